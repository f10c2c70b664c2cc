"""Handing over: one that fails holds up nobody but the later changes of its own item."""

from collections.abc import Callable
from typing import Any

from chalicelib.usecases.hand_over import OVERTAKEN, RECORDS_AT_ONCE, HandOver
from tests.fakes.functions import FakeFunctions


def record(number: int, item: str) -> dict[str, Any]:
    return {"dynamodb": {"Keys": {"pk": {"S": item}}, "SequenceNumber": str(number)}}


def handed(handle: Callable[[list[Any]], Any], *items: str) -> tuple[dict[str, str], list[list[str]]]:
    """What failed, and the items of each call. The n-th item's record has the sequence number n."""
    functions = FakeFunctions({"read": handle})
    failed = HandOver(functions)("read", [record(number, item) for number, item in enumerate(items)])
    return failed, [[one["dynamodb"]["Keys"]["pk"]["S"] for one in records] for _, records in functions.calls]


def refuses(item: str) -> Callable[[list[Any]], Any]:
    def handle(records: list[Any]) -> Any:
        if any(one["dynamodb"]["Keys"]["pk"]["S"] == item for one in records):
            raise KeyError(item)
        return {"batchItemFailures": []}

    return handle


def test_what_goes_through_goes_in_one_call() -> None:
    assert handed(lambda records: None, "a", "b", "a") == ({}, [["a", "b", "a"]])


def test_a_call_that_raises_is_made_again_record_by_record_and_in_order() -> None:
    failed, calls = handed(refuses("b"), "a", "b", "c", "b")
    assert failed == {"1": "KeyError('b')", "3": OVERTAKEN}
    assert calls == [["a", "b", "c", "b"], ["a"], ["b"], ["c"]]


def test_later_calls_leave_out_the_items_that_failed() -> None:
    items = ["b"] + ["a"] * (RECORDS_AT_ONCE - 1) + ["b", "c"]
    failed, calls = handed(lambda records: _failing(records, "0"), *items)
    assert failed.keys() == {"0", str(RECORDS_AT_ONCE)}
    assert failed[str(RECORDS_AT_ONCE)] == OVERTAKEN
    assert calls[-1] == ["c"]


def _failing(records: list[Any], place: str) -> Any:
    places = [one["dynamodb"]["SequenceNumber"] for one in records]
    return {"batchItemFailures": [{"itemIdentifier": place}] if place in places else []}


def test_a_single_record_that_raises_is_not_tried_a_second_time() -> None:
    failed, calls = handed(refuses("a"), "a")
    assert (failed, calls) == ({"0": "KeyError('a')"}, [["a"]])
