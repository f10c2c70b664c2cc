"""Redriving in memory: many documents and messages, little time, and marks that are there already."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.given_up import LETTERS, Message
from chalicelib.usecases.operator_run import AuditRun, OperatorRun
from chalicelib.usecases.redrive import QUEUES, Redrive, Redriven
from tests.fakes.books import FakeBooks
from tests.fakes.documents import FakeDocuments
from tests.fakes.functions import FakeFunctions
from tests.fakes.letters import FakeDeadLetters, FakeLetters

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ARN = "arn:aws:lambda:us-east-1:1:function:forecourt-local-pay-commission"
WORKER = "close_unpaid_order"


@dataclass
class Desk:
    """An operator's desk: what lies there, and what the functions refuse."""

    letters: FakeLetters = field(default_factory=FakeLetters)
    queue: FakeDeadLetters = field(default_factory=FakeDeadLetters)
    refused: set[str] = field(default_factory=set)  # items and messages
    handled: list[str] = field(default_factory=list)

    def lay_down(self, moment: str, *numbers: int) -> str:
        """A document of records of the item of each number's last digit."""
        records = [
            {"dynamodb": {"Keys": {"pk": {"S": f"item{number % 10}"}}, "SequenceNumber": str(number)}}
            for number in numbers
        ]
        context = {"functionArn": ARN, "condition": "RetryAttemptsExhausted"}
        document = {"requestContext": context, "payload": json.dumps({"Records": records})}
        key = f"{LETTERS}m/s/2026/11/22/{moment}-{len(self.letters.documents)}"
        self.letters.documents[key] = json.dumps(document).encode()
        return key

    def send(self, count: int) -> None:
        attributes = {"ApproximateReceiveCount": "6", "SentTimestamp": "0"}
        for number in range(count):
            event = {"messageId": f"m{number}", "body": "{}", "attributes": attributes}
            self.queue.messages.append(Message(f"m{number}", "", event))

    def run(self, times: int = 1_000, cursor: str = "", is_dry: bool = False) -> Redriven:
        """A run that has time to look at its clock so often."""
        functions = FakeFunctions({"pay_commission": self._read, WORKER: self._work})
        looks = iter(range(times))
        redrive = Redrive(
            self.letters,
            {WORKER: self.queue},
            functions,
            lambda function, done: None,
            AuditRun(FakeBooks(FakeDocuments())),
            lambda: NOW,
        )
        run = OperatorRun("anna", f"KEY{len(self.handled)}", NOW, is_dry)
        return redrive(run, lambda: next(looks, None) is None, cursor=cursor)

    def _read(self, records: list[Any]) -> Any:
        return self._taken(
            [(one["dynamodb"]["SequenceNumber"], one["dynamodb"]["Keys"]["pk"]["S"]) for one in records]
        )

    def _work(self, records: list[Any]) -> Any:
        return self._taken([(one["messageId"], one["messageId"]) for one in records])

    def _taken(self, named: list[tuple[str, str]]) -> Any:
        self.handled += [place for place, about in named if about not in self.refused]
        failed = [{"itemIdentifier": place} for place, about in named if about in self.refused]
        return {"batchItemFailures": failed}


def until_done(desk: Desk, times: int) -> tuple[int, list[str]]:
    """How many runs it took, and their cursors."""
    cursors = [desk.run(times).cursor]
    while cursors[-1]:
        cursors.append(desk.run(times, cursors[-1]).cursor)
    return len(cursors), cursors


def test_documents_are_taken_in_the_order_of_time_whatever_their_keys_are() -> None:
    desk = Desk()
    desk.lay_down("2026-11-22T09.00.00", 31, 22)
    desk.lay_down("2026-11-22T08.00.00", 11)
    desk.lay_down("2026-11-22T09.00.00", 21)
    desk.run()
    assert desk.handled == ["11", "21", "22", "31"]
    assert desk.letters.waiting() == []


def test_a_later_change_waits_over_several_runs_for_the_earlier_one_that_failed() -> None:
    desk = Desk(refused={"item1"})
    keys = [desk.lay_down(f"2026-11-22T0{hour}.00.00", hour * 10 + 1, hour * 10 + 2) for hour in range(1, 5)]
    assert until_done(desk, 1)[0] == 4
    assert desk.handled == ["12", "22", "32", "42"]
    assert desk.letters.waiting() == keys
    desk.refused, desk.handled = set(), []
    desk.run()
    assert desk.handled == ["11", "21", "31", "41"], "what was done is not handed over again"
    assert desk.letters.waiting() == []


def test_a_second_with_more_records_than_there_is_time_for_is_ended_by_later_runs() -> None:
    desk = Desk(refused={"item7"})
    keys = [desk.lay_down("2026-11-22T08.00.00", *range(first, first + 100)) for first in range(0, 1000, 100)]
    runs, cursors = until_done(desk, 2)
    assert (runs > 2, cursors[0]) == (True, "0")
    assert len(desk.handled) == len(set(desk.handled)) == 900
    assert desk.letters.waiting() == keys
    desk.refused, desk.handled = set(), []
    desk.run()
    assert desk.handled == [str(number) for number in range(7, 1000, 10)]
    assert desk.letters.waiting() == []


def test_of_many_messages_those_that_fail_stay_and_can_be_seen_by_others() -> None:
    desk = Desk(refused={"m3", "m17"})
    desk.send(25)
    redriven = desk.run()
    assert (redriven.done[WORKER], redriven.failed[WORKER], redriven.cursor) == (23, 2, "")
    assert [one.message_id for one in desk.queue.messages] == ["m3", "m17"]
    assert desk.queue.hidden == set()
    assert len(desk.letters.marks) == 23


def test_messages_that_there_was_no_time_for_are_visible_again() -> None:
    desk = Desk()
    desk.send(25)
    runs, cursors = until_done(desk, 12)
    assert (cursors[0], runs > 2) == (QUEUES, True)
    assert (desk.queue.messages, desk.queue.hidden) == ([], set())
    assert sorted(desk.handled) == sorted(f"m{number}" for number in range(25))


def test_a_dry_run_hides_and_hands_over_nothing() -> None:
    desk = Desk()
    desk.lay_down("2026-11-22T08.00.00", 11)
    desk.send(12)
    looked = desk.run(is_dry=True)
    assert looked.waiting == {"pay_commission": 1, WORKER: 12}
    assert (desk.handled, desk.letters.marks) == ([], {})
    assert (desk.queue.hidden, len(desk.queue.messages)) == (set(), 12)


def test_a_message_that_comes_again_after_it_was_marked_changes_no_mark() -> None:
    desk = Desk()
    desk.send(1)
    desk.run()
    (mark,) = desk.letters.marks.values()
    desk.send(1)
    desk.run()
    assert list(desk.letters.marks.values()) == [mark]
