"""What was given up: Lambda's documents are read as they are documented, and nothing else passes for one."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.function_call import Called, reasons_in
from chalicelib.domain.function_names import function_name, handler_of
from chalicelib.domain.given_up import Message, Note, in_order, letter_from, moment_of, note_from

KEY = "aws/lambda/5f3a/shardId-1/2026/11/22/2026-11-22T08.15.30-0b1c"
ARN = "arn:aws:lambda:cn-north-1:123456789012:function:forecourt-prod-pay-commission"
AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def record(number: int, sk: str = "ord_1", **image: Any) -> dict[str, Any]:
    return {
        "eventName": "MODIFY",
        "dynamodb": {
            "Keys": {"pk": {"S": "cus_1"}, "sk": {"S": sk}},
            "NewImage": image,
            "SequenceNumber": str(number),
            "ApproximateCreationDateTime": AT.timestamp(),
        },
    }


def document(*records: Any, **changes: Any) -> dict[str, Any]:
    """A document as the manual shows it for a bucket as destination."""
    return {
        "requestContext": {
            "requestId": "316aa6d0",
            "functionArn": ARN,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 6,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-11-22T08:15:30.717Z",
        "DDBStreamBatchInfo": {"shardId": "shardId-1", "batchSize": len(records)},
        "payload": json.dumps({"Records": records}),
    } | changes


def read(found: Any, note: Note | None = None) -> Any:
    return letter_from(KEY, json.dumps(found).encode(), note or Note())


def test_each_record_of_a_document_tells_its_function_item_operation_age_and_error() -> None:
    letter = read(document(record(7), record(8, last_record={"S": "dst_1/cme_1"})))
    first, second = letter.waiting()
    assert first.told(AT + timedelta(hours=7)) == {
        "function": "pay_commission",
        "key": "cus_1/ord_1",
        "operation_id": "cus_1/ord_1",
        "age_seconds": 25_200,
        "error": "RetryAttemptsExhausted: Unhandled",
    }
    assert second.operation_id == "dst_1/cme_1"


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"responseContext": None}, "RetryAttemptsExhausted"),
        ({"responseContext": {"functionError": None}}, "RetryAttemptsExhausted"),
        ({"payload": {"Records": [record(7)]}}, "RetryAttemptsExhausted: Unhandled"),
    ],
)
def test_a_batch_that_was_never_answered_or_is_kept_as_an_object_is_read_too(
    changes: dict[str, Any], error: str
) -> None:
    (one,) = read(document(record(7), **changes)).waiting()
    assert (one.place, one.error) == ("7", error)


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {},
        document(),
        document(record(7), payload="{}"),
        document(record(7), payload="no json"),
        document(record(7), requestContext={}),
        document(record(7), responseContext="?"),
        document({"dynamodb": {}}),
        document(record(7) | {"dynamodb": {"Keys": {"pk": {"N": "1"}}, "SequenceNumber": "1"}}),
    ],
)
def test_what_is_no_such_document_is_refused(found: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (its text is for the operator's eyes)
        read(found)


def test_what_is_done_waits_no_longer_and_the_newest_error_is_told() -> None:
    note = note_from(Note(frozenset({"7"}), {"8": "PlanMissing: ord_1"}).document())
    letter = read(document(record(7), record(8), record(9)), note)
    assert [(one.place, one.error) for one in letter.waiting()] == [
        ("8", "PlanMissing: ord_1"),
        ("9", "RetryAttemptsExhausted: Unhandled"),
    ]
    after = note_from(letter.noted(["8"], {"9": "newer"}).document())
    assert (after.done, after.errors["9"]) == ({"7", "8"}, "newer")
    assert note_from(None) == Note()


def test_records_come_in_the_order_of_their_stream_and_once() -> None:
    rows = [one for numbers in ((10, 9), (9, 100)) for one in read(document(*map(record, numbers))).waiting()]
    assert [one.place for one in in_order(rows)] == ["9", "10", "100"]


def test_a_key_says_when_its_document_was_laid_down() -> None:
    assert moment_of(KEY) == "2026-11-22T08.15.30"


@pytest.mark.parametrize(
    "body, subject",
    [('{"order":"ord_1"}', "ord_1"), ('{"batch_id":"bat_1"}', "bat_1"), ("?", "m"), ("[]", "m")],
)
def test_a_message_is_told_by_what_it_is_about(body: str, subject: str) -> None:
    attributes = {"ApproximateReceiveCount": "6", "SentTimestamp": str(int(AT.timestamp() * 1000))}
    told = Message("m", "r", {"body": body, "attributes": attributes}).given_up("import_cards", Note())
    assert (told.operation_id, told.error, told.created_at) == (subject, "received 6 times", AT)


# ---------------------------------------------------------------- calls and names


@pytest.mark.parametrize("arn", [ARN, f"{ARN}:$LATEST", ARN.replace("prod", "dev")])
def test_a_functions_arn_names_its_handler(arn: str) -> None:
    assert handler_of(arn) == "pay_commission"
    assert function_name("prod", handler_of(ARN)) == ARN.rpartition(":")[2]


@pytest.mark.parametrize("arn", ["", "arn:aws:lambda:x:1:function:somebody-elses", "pay_commission"])
def test_a_function_that_is_not_ours_has_no_handler(arn: str) -> None:
    assert handler_of(arn) == ""


def failures(*places: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": place} for place in places]}


@pytest.mark.parametrize(
    "called, failed",
    [
        (Called(failures()), set()),
        (Called(None), set()),
        (Called({}), set()),
        (Called(failures("2")), {"2"}),
        (Called(failures("1", "2")), {"1", "2"}),
        (Called(failures("9")), {"1", "2"}),
        (Called({"batchItemFailures": [{}]}), {"1", "2"}),
        (Called(raised="KeyError: 'x'"), {"1", "2"}),
    ],
)
def test_a_call_names_the_records_that_it_did_not_take(called: Called, failed: set[str]) -> None:
    assert called.failed(["1", "2"]).keys() == failed


def test_why_a_record_failed_stands_in_the_functions_log() -> None:
    lines = [
        "START RequestId: r-1",
        json.dumps({"level": "INFO", "message": "fine", "sequence_number": "2"}),
        json.dumps(
            {"level": "ERROR", "exception": "Traceback\n  …\nPlanMissing: ord_1", "sequence_number": "1"}
        ),
        json.dumps({"level": "ERROR", "message": "record not archived", "reason": "it shows personal data"}),
    ]
    assert reasons_in("\n".join(lines)) == {"1": "PlanMissing: ord_1", "": "it shows personal data"}
    called = Called(failures("1", "2"), log="\n".join(lines))
    assert called.failed(["1", "2"]) == {"1": "PlanMissing: ord_1", "2": "it shows personal data"}
    assert "r-1" in Called(failures("1"), request_id="r-1").failed(["1"])["1"]
