"""The stream pump's rules: the same as Lambda's event source mapping, one test a rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from local.batch_rules import Batch, Record, sequence_number
from local.checkpoints import Checkpoints
from local.pump import StreamPump
from local.wiring import Function, StreamMapping
from tests.engine.consumers import consumer

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MAPPING = StreamMapping(
    name="ReadOrders",
    function=Function("consume", "tests.engine.consumers.consume", 30),
    table_name="orders",
    stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/1",
    batch_size=100,
    reports_item_failures=True,
    bisects=True,
    retries_max=2,
    record_age_seconds_max=3600,
    failure_bucket="dead-letters",
)


def record(name: str, place: int, age_seconds: int = 0, event: str = "INSERT") -> Record:
    return {
        "eventName": event,
        "dynamodb": {
            "Keys": {"pk": {"S": name}},
            "SequenceNumber": f"{place:05d}",
            "ApproximateCreationDateTime": int(NOW.timestamp()) - age_seconds,
        },
    }


def stream(names: str) -> list[Record]:
    return [record(name, place) for place, name in enumerate(names.split(), 1)]


@dataclass
class KeptStream:
    """A stream in memory, read like the real one."""

    records: list[Record]
    place: int | None = None

    def read(self, position: str | None, limit: int) -> list[Record]:
        if self.place is None:
            self.place = sum(1 for one in self.records if sequence_number(one) <= (position or ""))
        found = self.records[self.place : self.place + limit]
        self.place += len(found)
        return found

    def rewind(self) -> None:
        self.place = None


@dataclass
class KeptDestination:
    """Given-up batches in memory."""

    kept: list[tuple[str, list[str]]] = field(default_factory=list)

    def keep(self, mapping: StreamMapping, batch: Batch, condition: str, error: str, now: datetime) -> None:
        self.kept.append((condition, [one["dynamodb"]["Keys"]["pk"]["S"] for one in batch.records]))


def pump_of(records: Sequence[Record], mapping: StreamMapping = MAPPING) -> StreamPump:
    return StreamPump(
        mapping,
        KeptStream(list(records)),
        Checkpoints(),
        KeptDestination(),
        sleep=lambda _: None,
        clock=lambda: NOW,
    )


def drained(pump: StreamPump) -> list[tuple[str, list[str]]]:
    """Step until quiet; what was given up."""
    while pump.step():
        pass
    assert isinstance(pump.destination, KeptDestination)
    return pump.destination.kept


def poison(*names: str) -> Callable[[list[str]], Any]:
    """A function that raises whenever one of these is in its batch."""

    def behaviour(batch: list[str]) -> None:
        if set(names) & set(batch):
            raise RuntimeError("poison")

    return behaviour


def reporting(*names: str) -> Callable[[list[str]], Any]:
    """A function that reports these as failed and handles the rest."""
    return lambda batch: [name for name in batch if name in names]


def once(*names: str) -> Callable[[list[str]], Any]:
    """A function that reports these as failed the first time only."""
    left = set(names)

    def behaviour(batch: list[str]) -> list[str]:
        failed = [name for name in batch if name in left]
        left.difference_update(failed)
        return failed

    return behaviour


@pytest.mark.parametrize(
    "size, expected",
    [(1, [["a"], ["b"], ["c"]]), (2, [["a", "b"], ["c"]]), (3, [["a", "b", "c"]]), (10, [["a", "b", "c"]])],
)
def test_a_batch_holds_no_more_than_its_size_and_keeps_the_order(
    size: int, expected: list[list[str]]
) -> None:
    consumer.reset()
    assert drained(pump_of(stream("a b c"), replace(MAPPING, batch_size=size))) == []
    assert consumer.calls == expected


@pytest.mark.parametrize(
    "failed, expected",
    [
        (["b"], [["a", "b", "c", "d"], ["b", "c", "d"]]),
        (["d"], [["a", "b", "c", "d"], ["d"]]),
        (["c", "b"], [["a", "b", "c", "d"], ["b", "c", "d"]]),
        ([], [["a", "b", "c", "d"]]),
    ],
)
def test_the_lowest_reported_failure_is_the_checkpoint_and_all_after_it_come_again(
    failed: list[str], expected: list[list[str]]
) -> None:
    consumer.reset(once(*failed))
    assert drained(pump_of(stream("a b c d"))) == []
    assert consumer.calls == expected


@pytest.mark.parametrize("answer", [["unknown"], [""], ["a", "unknown"]])
def test_an_answer_that_names_no_record_of_the_batch_fails_the_whole_batch(answer: list[str]) -> None:
    answers = iter([answer, []])
    consumer.reset(lambda batch: next(answers))
    drained(pump_of(stream("a b"), replace(MAPPING, bisects=False)))
    assert consumer.calls == [["a", "b"], ["a", "b"]]


def test_without_the_report_setting_the_answer_does_not_count() -> None:
    consumer.reset(reporting("a"))
    assert drained(pump_of(stream("a b"), replace(MAPPING, reports_item_failures=False))) == []
    assert consumer.calls == [["a", "b"]]


def test_bisecting_isolates_the_poison_and_every_other_record_is_handled() -> None:
    consumer.reset(poison("c"))
    given_up = drained(pump_of(stream("a b c d e f g h")))
    assert given_up == [("RetryAttemptsExhausted", ["c"])]
    handled = [name for batch in consumer.calls for name in batch if "c" not in batch]
    assert handled == ["a", "b", "d", "e", "f", "g", "h"]


def test_splits_use_up_no_retries() -> None:
    consumer.reset(poison("a"))
    drained(pump_of(stream("a b c d e f g h"), replace(MAPPING, retries_max=1)))
    assert [batch for batch in consumer.calls if "a" in batch] == [
        ["a", "b", "c", "d", "e", "f", "g", "h"],
        ["a", "b", "c", "d"],
        ["a", "b"],
        ["a"],
        ["a"],
    ]


@pytest.mark.parametrize("retries, calls", [(0, 1), (1, 2), (5, 6)])
def test_a_record_is_retried_so_often_and_then_kept_in_the_failure_destination(
    retries: int, calls: int
) -> None:
    consumer.reset(poison("a"))
    given_up = drained(pump_of(stream("a b"), replace(MAPPING, batch_size=1, retries_max=retries)))
    assert given_up == [("RetryAttemptsExhausted", ["a"])]
    assert consumer.calls == [["a"]] * calls + [["b"]]


def test_without_bisect_the_whole_batch_is_retried_and_given_up_together() -> None:
    consumer.reset(poison("b"))
    given_up = drained(pump_of(stream("a b c"), replace(MAPPING, bisects=False)))
    assert given_up == [("RetryAttemptsExhausted", ["a", "b", "c"])]
    assert consumer.calls == [["a", "b", "c"]] * 3


def test_a_reported_poison_is_isolated_like_a_raised_one() -> None:
    consumer.reset(reporting("b"))
    assert drained(pump_of(stream("a b c d"))) == [("RetryAttemptsExhausted", ["b"])]
    assert consumer.calls[-1] == ["c", "d"]


def test_records_older_than_the_limit_are_given_up_before_the_function_sees_them() -> None:
    consumer.reset()
    records = [record("old", 1, age_seconds=3601), record("just", 2, age_seconds=3600), record("new", 3)]
    assert drained(pump_of(records)) == [("MaximumRecordAgeExceeded", ["old"])]
    assert consumer.calls == [["just", "new"]]


def test_filtered_records_are_not_handed_over_but_move_the_checkpoint() -> None:
    consumer.reset()
    records = [record("a", 1), record("b", 2, event="MODIFY"), record("c", 3, event="REMOVE")]
    pump = pump_of(records, replace(MAPPING, patterns=({"eventName": ["INSERT"]},)))
    drained(pump)
    assert consumer.calls == [["a"]]
    assert pump.checkpoints.position("ReadOrders") == "00003"


def test_a_stopped_pump_goes_on_after_the_last_batch_that_was_done() -> None:
    checkpoints = Checkpoints()
    consumer.reset(poison("c"))
    first = replace_checkpoints(pump_of(stream("a b c d"), replace(MAPPING, batch_size=1)), checkpoints)

    def dies(seconds: float) -> None:
        raise KeyboardInterrupt

    first.sleep = dies  # killed while it waits before the first retry of c
    with pytest.raises(KeyboardInterrupt):
        drained(first)
    consumer.reset()
    drained(replace_checkpoints(pump_of(stream("a b c d"), replace(MAPPING, batch_size=1)), checkpoints))
    assert consumer.calls == [["c"], ["d"]]


def replace_checkpoints(pump: StreamPump, checkpoints: Checkpoints) -> StreamPump:
    pump.checkpoints = checkpoints
    return pump


def test_the_order_of_each_key_is_kept_through_failures() -> None:
    records = [record(name, place) for place, name in enumerate("x1 y1 x2 y2 x3".split(), 1)]
    handled: list[str] = []
    bad = {"y1", "x2"}

    def stops_at_the_first_bad_one(batch: list[str]) -> list[str]:
        for place, name in enumerate(batch):
            if name in bad:
                bad.remove(name)
                return batch[place:]
            handled.append(name)
        return []

    consumer.reset(stops_at_the_first_bad_one)
    drained(pump_of(records))
    assert handled == ["x1", "y1", "x2", "y2", "x3"]


def test_when_the_failure_destination_fails_the_record_is_not_lost() -> None:
    consumer.reset(poison("a"))
    pump = pump_of(stream("a b"), replace(MAPPING, batch_size=1, retries_max=0))

    class Unreachable(KeptDestination):
        def keep(
            self, mapping: StreamMapping, batch: Batch, condition: str, error: str, now: datetime
        ) -> None:
            raise ConnectionError("the bucket does not answer")

    kept, pump.destination = pump.destination, Unreachable()
    with pytest.raises(ConnectionError):
        drained(pump)
    assert pump.checkpoints.position("ReadOrders") is None
    pump.destination = kept
    assert drained(pump) == [("RetryAttemptsExhausted", ["a"])]


def test_each_retry_waits_longer_than_the_one_before() -> None:
    waits: list[float] = []
    consumer.reset(poison("a"))
    pump = pump_of(stream("a"), replace(MAPPING, retries_max=4))
    pump.sleep = waits.append
    drained(pump)
    assert waits == [0.2, 0.4, 0.8, 1.6]


def test_a_window_waits_for_a_batch_to_fill() -> None:
    consumer.reset()
    pump = pump_of(stream("a"), replace(MAPPING, batch_size=2, window_seconds=1))
    kept = pump.reader
    assert isinstance(kept, KeptStream)
    pump.sleep = lambda _: kept.records.append(record("b", 2)) if len(kept.records) == 1 else None
    drained(pump)
    assert consumer.calls == [["a", "b"]]
