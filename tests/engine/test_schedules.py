"""Schedules: when is the next run, and what does a restart do to it?"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import bootstrap
from local.checkpoints import Checkpoints
from local.failure_destination import BucketDestination
from local.schedule_expression import next_after
from local.schedule_pump import SchedulePump
from local.telemetry import Datum
from local.testing import World
from local.wiring import Function, Schedule

START = datetime(2026, 11, 22, 10, 7, 30, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    "expression, expected",
    [
        ("rate(1 minute)", "2026-11-22T10:08:30"),
        ("rate(5 minutes)", "2026-11-22T10:12:30"),
        ("rate(1 hour)", "2026-11-22T11:07:30"),
        ("rate(2 days)", "2026-11-24T10:07:30"),
        ("cron(* * * * ? *)", "2026-11-22T10:08:00"),
        ("cron(0/15 * * * ? *)", "2026-11-22T10:15:00"),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-23T18:00:00"),
        ("cron(30 2 1 * ? *)", "2026-12-01T02:30:00"),
        ("cron(0 10 * * ? *)", "2026-11-23T10:00:00"),
        ("cron(5,10 10 * * ? *)", "2026-11-22T10:10:00"),
        ("cron(0 0 ? * 1 *)", "2026-11-29T00:00:00"),
        ("cron(0 0 29 FEB ? *)", "2028-02-29T00:00:00"),
    ],
)
def test_the_next_run_is_as_eventbridge_says(expression: str, expected: str) -> None:
    assert next_after(expression, START) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("expression", ["rate(5 weeks)", "cron(* * * *)", "cron(61 * * * ? *)", "0 * * * *"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each names its own field
        next_after(expression, START)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


calls: list[str] = []


def ring(event: dict[str, str], context: object) -> None:
    """The function of the schedule in these tests."""
    calls.append(event["time"])


def pump_of(checkpoints: Checkpoints, clock: Clock) -> SchedulePump:
    function = Function("ring", f"{__name__}.ring", 30)
    destination = BucketDestination(None)  # nothing is given up to it
    return SchedulePump(Schedule("Ring", function, "rate(1 minute)", "arn"), checkpoints, destination, clock)


def test_a_new_schedule_waits_its_first_period_and_then_runs_each_period() -> None:
    calls.clear()
    clock, checkpoints = Clock(), Checkpoints()
    pump = pump_of(checkpoints, clock)
    ran = []
    for _ in range(4):
        ran.append(pump.step())
        clock.now += timedelta(seconds=30)
    assert ran == [0, 0, 1, 0]


def test_after_a_long_stop_an_overdue_schedule_runs_once_and_at_once() -> None:
    calls.clear()
    clock, checkpoints = Clock(), Checkpoints()
    assert pump_of(checkpoints, clock).step() == 0
    clock.now += timedelta(hours=5)
    restarted = pump_of(checkpoints, clock)
    assert [restarted.step(), restarted.step()] == [1, 0]
    assert calls == ["2026-11-22T15:07:30Z"]
    assert pump_of(checkpoints, clock).step() == 0


def fail(event: dict[str, str], context: object) -> None:
    """The function of the schedule in this test."""
    raise RuntimeError(event["time"])


def test_a_run_that_failed_is_kept_with_its_error_told_and_handed_over_by_nobody(world: World) -> None:
    (known,) = [pump for pump in world.pumps.schedules if pump.schedule.function.name == "seal_archive"]
    function = Function("fail", f"{__name__}.fail", 30, known.schedule.function.deployed_name)
    told: list[Datum] = []
    pump = replace(known, schedule=replace(known.schedule, function=function), tell=told.append, failures=[])
    pump.run(START)
    dropped = [one for one in told if one.metric == "AsyncEventsDropped"]
    assert [one.dimensions for one in dropped] == [(("FunctionName", "forecourt-local-seal-archive"),)]
    s3, bucket = world.client("s3"), world.environment["BUCKET_DEAD_LETTERS"]
    (listed,) = s3.list_objects_v2(Bucket=bucket)["Contents"]
    folder = "aws/lambda/async/forecourt-local-seal-archive/2026/11/22/2026-11-22T10.07.30-"
    assert listed["Key"].startswith(folder)
    document = json.load(s3.get_object(Bucket=bucket, Key=listed["Key"])["Body"])
    assert document["requestPayload"]["time"] == "2026-11-22T10:07:30Z"
    assert "RuntimeError: 2026-11-22T10:07:30Z" in document["responseContext"]["functionError"]
    assert bootstrap.letters().waiting() == []
