"""Alarms in a run: one of each severity goes off when its fault is provoked, tells its topic, and clears."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.alarms import TOPICS
from infra.build import transformed_template
from local import engine_process
from local.checkpoints import Checkpoints
from local.children import PROJECT
from local.engine_alarms import ALARM, OK
from local.resources import Resources
from local.state import ENVIRONMENT_NAME
from local.worker import CHECKPOINTS_NAME
from tests.e2e.private_run import PrivateRun

DAY = 86_400
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
PAGE, TICKET, NOTICE = "ledger-difference", "dead-letters-watch-orders", "sign-in-failures"


class Watched:
    """A private run, with somebody who listens to the topics of its alarms."""

    def __init__(self, run: PrivateRun) -> None:
        self.run = run
        self.environment = json.loads((run.state / ENVIRONMENT_NAME).read_text())
        self.resources = Resources(transformed_template("local"), self.environment["AWS_ENDPOINT_URL"])
        self.engine_port = int(self.environment["AWS_ENDPOINT_URL"].rpartition(":")[2])
        eventually(lambda: self.state(NOTICE) == OK, "the alarms were never put")
        self.queue = self.client("sqs").create_queue(QueueName="who-is-called")["QueueUrl"]
        for topic in TOPICS.values():
            where = self.resources.attribute(topic, None)
            endpoint = "arn:aws:sqs:us-east-1:000000000000:who-is-called"
            self.client("sns").subscribe(TopicArn=where, Protocol="sqs", Endpoint=endpoint)

    def client(self, service: str) -> Any:
        return self.resources.client(service)

    def state(self, name: str) -> str:
        found = self.client("cloudwatch").describe_alarms(AlarmNames=[f"forecourt-local-{name}"])
        return str(found["MetricAlarms"][0]["StateValue"]) if found["MetricAlarms"] else "not put yet"

    def later(self, name: str, seconds: float) -> str:
        states = engine_process.ask(self.engine_port, "POST", "alarms", {"later_seconds": seconds})
        return str(states[f"forecourt-local-{name}"])

    def told(self) -> list[tuple[str, str]]:
        """What those who are called heard since the last time: which alarm went into which state."""
        heard: list[tuple[str, str]] = []
        while True:
            found = self.client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
            if "Messages" not in found:
                return heard
            for message in found["Messages"]:
                said = json.loads(json.loads(message["Body"])["Message"])
                heard.append((said["AlarmName"].removeprefix("forecourt-local-"), said["NewStateValue"]))
                self.client("sqs").delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])

    def fold_now(self) -> None:
        """Let the night's fold begin anew, and its schedule be due at this moment."""
        keys = {"pk": {"S": "fold"}, "sk": {"S": "job"}}
        self.client("dynamodb").delete_item(TableName=self.environment["TABLE_WORK"], Key=keys)
        checkpoints = Checkpoints(self.run.state / CHECKPOINTS_NAME)
        checkpoints.keep("schedule:FoldBalancesFoldBalancesEvent", LONG_AGO)
        checkpoints.close()

    def pay_in_secret(self, card_id: str, amount_fen: int) -> None:
        """Change a balance past the ledger."""
        self.client("dynamodb").update_item(
            TableName=self.environment["TABLE_CARDS"],
            Key={"pk": {"S": card_id}},
            UpdateExpression="ADD available_fen :more",
            ExpressionAttributeValues={":more": {"N": str(amount_fen)}},
        )

    def card_with_money(self) -> str:
        found = self.client("dynamodb").scan(TableName=self.environment["TABLE_CARDS"])["Items"]
        return next(item["pk"]["S"] for item in found if int(item.get("available_fen", {"N": "0"})["N"]) > 0)

    def status(self) -> tuple[int, list[str]]:
        # This process may have the environment of an engine that other tests share.
        elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("TABLE_")}
        said = subprocess.run(
            [sys.executable, "-m", "local.status"],
            cwd=PROJECT,
            env={**elsewhere, "FORECOURT_STATE": str(self.run.state), "COLUMNS": "80"},
            capture_output=True,
            text=True,
        )
        assert said.stderr == ""
        return said.returncode, said.stdout.splitlines()


def eventually(is_so: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    run = PrivateRun(tmp_path_factory.mktemp("watched") / "state")
    try:
        yield Watched(run)
    finally:
        run.stop()


def test_a_run_in_order_has_no_alarm_and_says_so(watched: Watched) -> None:
    code, lines = watched.status()
    assert (code, lines[2].split(",")[0]) == (0, "alarms: 0 on"), lines


def test_notice_sign_ins_that_fail(watched: Watched) -> None:
    for number in range(31):
        body = {"phone": f"138{number:08d}", "password": "a wrong password"}
        assert httpx.post(f"{watched.run.url}/v1/sessions", json=body, timeout=30).status_code == 401
    eventually(lambda: watched.state(NOTICE) == ALARM, "nobody noticed")
    assert watched.told() == [(NOTICE, ALARM)]
    assert watched.later(NOTICE, 301) == OK
    assert (NOTICE, OK) in watched.told()


def test_ticket_a_record_that_no_reader_can_handle(watched: Watched) -> None:
    poison = {"pk": {"S": "cus_BBBBBBBBBBBB"}, "sk": {"S": "ord_poison"}}
    watched.client("dynamodb").put_item(TableName=watched.environment["TABLE_ORDERS"], Item=poison)
    eventually(lambda: watched.state(TICKET) == ALARM, "nobody missed the record")
    assert (TICKET, ALARM) in watched.told()
    assert watched.state("dead-letters-project-cards") == OK
    code, lines = watched.status()
    assert code == 1
    assert max(map(len, lines)) <= 80
    (row,) = [line.split() for line in lines if TICKET in line]
    assert (row[0], row[-1]) == ("ticket", "redrive.md")
    (letters,) = [line.split() for line in lines if line.startswith("bucket of dead letters")]
    assert letters[-1] == "1"
    assert watched.later(TICKET, 3_601) == OK
    assert (TICKET, OK) in watched.told()


def test_page_a_balance_that_somebody_changed_past_the_ledger(watched: Watched) -> None:
    card_id = watched.card_with_money()
    watched.pay_in_secret(card_id, 500)
    watched.fold_now()
    eventually(lambda: watched.state(PAGE) == ALARM, "nobody got up")
    assert (PAGE, ALARM) in watched.told()
    _, lines = watched.status()
    assert [line.split()[0] for line in lines if PAGE in line and ".md" in line] == ["page"]

    seen_at = time.time()
    time.sleep(2)
    watched.pay_in_secret(card_id, -500)
    watched.fold_now()
    metric = {"Namespace": "Forecourt", "MetricName": "LedgerDifferenceFen"}
    service = [{"Name": "service", "Value": "forecourt-local"}]

    def found_nothing() -> bool:
        now = datetime.now(UTC).timestamp()
        found = watched.client("cloudwatch").get_metric_statistics(
            **metric, Dimensions=service, StartTime=seen_at + 1, EndTime=now + 60, Period=60,
            Statistics=["SampleCount", "Sum"],
        )["Datapoints"]  # fmt: skip
        return sum(one["SampleCount"] for one in found) >= 1 and sum(one["Sum"] for one in found) == 0

    eventually(found_nothing, "the next fold told nothing")
    assert watched.state(PAGE) == ALARM  # of this day it is still true
    assert watched.later(PAGE, DAY + seen_at + 1 - time.time()) == OK
    assert (PAGE, OK) in watched.told()


def test_when_nothing_runs_status_says_so_in_one_line(tmp_path: Path) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TABLE", "BUCKET"))
    }
    said = subprocess.run(
        [sys.executable, "-m", "local.status"],
        cwd=PROJECT,
        env={**environment, "FORECOURT_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == f"no run of Forecourt was found at {tmp_path}: start it with `make run`\n"
