"""The stream batch: a failure is reported, never swallowed, and never overtaken."""

from typing import Any

from chalice.app import DynamoDBEvent

from chalicelib.handlers.stream_batch import ItemChange, handle_each, handle_together


def record(number: int, pk: str = "a", **images: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventID": str(number),
        "eventName": "INSERT",
        "dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": "1"}}, "SequenceNumber": str(number), **images},
    }


def event(*records: dict[str, Any]) -> DynamoDBEvent:
    return DynamoDBEvent({"Records": list(records)}, None)


def failures(answer: dict[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_reader_sees_plain_values_and_whole_numbers() -> None:
    seen: list[ItemChange] = []
    image = {
        "pk": {"S": "a"},
        "amount_fen": {"N": "98500"},
        "steps": {"L": [{"M": {"state": {"S": "PAID"}}}]},
    }
    handle_each(event(record(1, NewImage=image)), seen.append)
    plain = {"pk": "a", "amount_fen": 98500, "steps": [{"state": "PAID"}]}
    assert seen == [ItemChange("1", "INSERT", "a", "1", None, plain)]


def test_a_record_that_fails_is_named_and_the_others_are_handled() -> None:
    handled: list[str] = []

    def handle(change: ItemChange) -> None:
        if change.pk == "bad":
            raise ValueError
        handled.append(change.sequence_number)

    answer = handle_each(event(record(1, "a"), record(2, "bad"), record(3, "b")), handle)
    assert failures(answer) == ["2"]
    assert handled == ["1", "3"]


def test_a_later_change_of_an_item_does_not_overtake_the_one_that_failed() -> None:
    def handle(change: ItemChange) -> None:
        if change.sequence_number == "1":
            raise ValueError

    assert failures(handle_each(event(record(1, "a"), record(2, "b"), record(3, "a")), handle)) == ["1", "3"]


def test_a_record_that_cannot_be_read_fails_alone() -> None:
    odd = record(1, "a", NewImage={"price": {"N": "0.5"}})
    handled: list[str] = []
    answer = handle_each(event(odd, record(2, "b")), lambda change: handled.append(change.sequence_number))
    assert (failures(answer), handled) == (["1"], ["2"])


def test_a_batch_handled_at_once_reports_what_it_could_not_take() -> None:
    answer = handle_together(event(record(1), record(2), record(3)), lambda changes: changes[1:2])
    assert failures(answer) == ["2"]
