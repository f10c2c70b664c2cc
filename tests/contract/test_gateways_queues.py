"""A queue, fake and SQS: everything that is sent arrives, or the sender is told."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.domain.errors import Unavailable
from chalicelib.gateways.queues import MessageRefused, SqsQueue
from tests.contract.aws import Counted, pretended_aws
from tests.fakes.queue import FakeQueue

Sent = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def sqs() -> Iterator[Any]:
    with pretended_aws() as client:
        yield client("sqs")


@pytest.fixture(params=["fake", "sqs"])
def queue_and_sent(request: pytest.FixtureRequest) -> tuple[FakeQueue | SqsQueue, Sent]:
    """A queue, and what would arrive from it now."""
    if request.param == "fake":
        fake = FakeQueue()
        return fake, lambda: fake.messages
    sqs = request.getfixturevalue("sqs")
    url = sqs.create_queue(QueueName="timers")["QueueUrl"]
    return SqsQueue(sqs, url), lambda: received(sqs, url)


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def test_all_messages_arrive_however_many(queue_and_sent: tuple[FakeQueue | SqsQueue, Sent]) -> None:
    queue, sent = queue_and_sent
    queue.send([{"order": f"ord_{number}", "title": "加油卡"} for number in range(23)])
    assert sorted(message["order"] for message in sent()) == sorted(f"ord_{number}" for number in range(23))


def test_nothing_to_send_is_sent_without_a_word(queue_and_sent: tuple[FakeQueue | SqsQueue, Sent]) -> None:
    queue, sent = queue_and_sent
    queue.send([])
    assert sent() == []


def test_no_queue_waits_longer_than_a_quarter_of_an_hour(
    queue_and_sent: tuple[FakeQueue | SqsQueue, Sent],
) -> None:
    queue, sent = queue_and_sent
    with pytest.raises(AssertionError):
        queue.send([{"order": "ord_1"}], delay_seconds=901)
    assert sent() == []


def test_a_delayed_message_does_not_arrive_yet(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="timers")["QueueUrl"]
    SqsQueue(sqs, url).send([{"order": "ord_1"}], delay_seconds=900)
    assert received(sqs, url) == []
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert counts["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "1"


def test_ten_messages_cost_one_call(sqs: Any) -> None:
    counted = Counted(sqs)
    SqsQueue(counted, sqs.create_queue(QueueName="timers")["QueueUrl"]).send([{"n": n} for n in range(20)])
    assert counted.calls == {"send_message_batch": 2}


class Choosy:
    """An SQS that takes the first of a batch and fails the rest, so many times."""

    def __init__(self, times: int, sender_fault: bool = False) -> None:
        self.times = times
        self.sender_fault = sender_fault
        self.taken: list[str] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        kept = Entries[:1] if self.times else Entries
        self.times -= bool(self.times)
        self.taken += [entry["MessageBody"] for entry in kept]
        failed = [
            {"Id": entry["Id"], "Code": "InternalError", "SenderFault": self.sender_fault}
            for entry in Entries[len(kept) :]
        ]
        return {"Failed": failed} if failed else {}


def test_only_the_failed_part_of_a_batch_is_sent_again() -> None:
    choosy = Choosy(times=2)
    SqsQueue(choosy, "url").send([{"n": number} for number in range(5)])
    assert choosy.taken == [f'{{"n":{number}}}' for number in range(5)]


def test_a_queue_that_keeps_failing_is_told() -> None:
    with pytest.raises(Unavailable):
        SqsQueue(Choosy(times=9), "url").send([{"n": number} for number in range(9)])


def test_a_message_that_sqs_finds_wrong_is_not_sent_again() -> None:
    with pytest.raises(MessageRefused):
        SqsQueue(Choosy(times=1, sender_fault=True), "url").send([{"n": 1}, {"n": 2}])
