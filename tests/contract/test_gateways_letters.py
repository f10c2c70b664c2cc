"""Letters and dead letters, fakes and AWS: what waits is found, marked once, and nothing is removed."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.domain.given_up import LETTERS, RUNS
from chalicelib.gateways.functions import LambdaFunctions
from chalicelib.gateways.letters import S3Letters, SqsDeadLetters
from chalicelib.gateways.objects import S3Objects
from tests.contract.aws import pretended_aws
from tests.fakes.letters import FakeLetters

RUN = f"{RUNS}forecourt-prod-seal-archive/2026/11/22/2026-11-22T08.00.00-x"
KEYS = [f"{LETTERS}mapping/shard/2026/11/22/2026-11-22T08.00.0{number}-x" for number in range(3)]


@pytest.fixture
def aws() -> Iterator[Any]:
    with pretended_aws() as client:
        yield client


@pytest.fixture(params=["fake", "s3"])
def letters(request: pytest.FixtureRequest) -> FakeLetters | S3Letters:
    if request.param == "fake":
        return FakeLetters(dict.fromkeys([*KEYS, RUN], b"{}"))
    s3 = request.getfixturevalue("aws")("s3")
    s3.create_bucket(Bucket="letters")
    for key in (*KEYS, RUN):
        s3.put_object(Bucket="letters", Key=key, Body=b"{}")
    return S3Letters(S3Objects(s3, "letters"))


def test_a_document_waits_until_it_is_marked_and_stays_for_ever(letters: FakeLetters | S3Letters) -> None:
    assert letters.waiting() == KEYS
    assert letters.settle(KEYS[1], b"done")
    assert not letters.settle(KEYS[1], b"done by another")
    assert letters.waiting() == [KEYS[0], KEYS[2]]
    assert letters.get(KEYS[1]) == b"{}"


def test_the_newest_note_counts_and_lets_its_document_wait(letters: FakeLetters | S3Letters) -> None:
    assert letters.noted(KEYS[0]) is None
    letters.note(KEYS[0], b"first")
    letters.note(KEYS[0], b"second")
    assert letters.noted(KEYS[0]) == b"second"
    assert letters.waiting() == KEYS


def test_a_message_is_hidden_while_it_is_looked_at_and_has_lambdas_form(aws: Any) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"order": "ord_1"}')
    queue = SqsDeadLetters(sqs, url, wait_seconds=0)
    (message,) = queue.receive()
    assert queue.receive() == []
    assert message.event["body"] == '{"order": "ord_1"}'
    assert message.event["messageId"] == message.message_id
    assert message.event["eventSource"] == "aws:sqs"
    queue.release(message)
    queue.release(message)
    (again,) = queue.receive()
    assert again.event["attributes"]["ApproximateReceiveCount"] == "2"
    queue.remove(again)
    assert queue.receive() == []


class Client:
    """A Lambda client that answers as the service does; it notes what it was asked."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def invoke(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        if isinstance(self.answer, Exception):
            raise self.answer
        payload = io.BytesIO(json.dumps(self.answer.pop("content")).encode())
        return {"ResponseMetadata": {"RequestId": "r-1"}, "Payload": payload, **self.answer}


def test_a_function_is_called_by_its_deployed_name_and_waited_for() -> None:
    client = Client({"content": {"batchItemFailures": []}, "LogResult": "bGluZQ=="})
    called = LambdaFunctions(client, "prod").call("pay_commission", {"Records": [1]})
    assert (called.answer, called.raised, called.log) == ({"batchItemFailures": []}, "", "line")
    (asked,) = client.asked
    assert asked["FunctionName"] == "forecourt-prod-pay-commission"
    assert json.loads(asked["Payload"]) == {"Records": [1]}
    assert asked.get("InvocationType", "RequestResponse") == "RequestResponse"


def test_what_a_function_raises_and_a_call_that_cannot_be_made_are_told() -> None:
    content = {"errorType": "PlanMissing", "errorMessage": "ord_1"}
    raised = LambdaFunctions(Client({"content": content, "FunctionError": "Unhandled"}), "prod")
    assert raised.call("pay_commission", {}).failed(["7"]) == {"7": "PlanMissing: ord_1"}
    refusal = ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "slow"}}, "Invoke")
    refused = LambdaFunctions(Client(refusal), "prod").call("pay_commission", {})
    assert "TooManyRequestsException" in refused.failed(["7"])["7"]
