"""Orders, plain items, books: each condition of the store holds, and what it refuses changes nothing.

The expressions are those that ship, evaluated by the simulated tables.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.card import (
    CardChange,
)
from chalicelib.domain.change import (
    Change,
    DocumentChange,
    DocumentGone,
    NewDocument,
    NewOrder,
    OrderMoved,
    Replayed,
    Stale,
)
from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.order import ChainLink, OrderState, Refund, RefundState, Step, TopUpState
from chalicelib.domain.record import Client, Record
from tests.simulation.store_programs import CUSTOMER, DISTRIBUTOR, NOW
from tests.simulation.used_store import ACCOUNT, ACTIVE, FROZEN, LATER, ORDER_ID, POT, Store, opened, order


@pytest.fixture
def store() -> Store:
    return Store()


# ---------------------------------------------------------------- orders


FULL = {
    "chain": (ChainLink(DISTRIBUTOR, "city", True),),
    "plan_id": "p1",
    "paid_at": LATER,
    "payment_id": "pay_1",
    "topup_state": TopUpState.SUBMITTED,
    "self_purchase": True,
    "category": "FUEL",
    "region": "53",
    "request_hash": "h",
    "steps": (Step(OrderState.PENDING_PAY, NOW, CUSTOMER, "why"),),
    "refunds": (
        Refund("R1", RefundState.APPROVED, "CUSTOMER", 5, 4, 1, NOW, card_ids=("crd_A",), closes=True),
        Refund("R2", RefundState.APPROVED, "SURPLUS", 5, 0, 0, NOW, payment="sandbox:p", owed_fen=3),
    ),
}


EMPTY = {"face_fen": 0, "cost_fen": 0, "quantity": 0, "card_ids": ()}


@pytest.mark.parametrize("fields", [{}, FULL, EMPTY])
def test_an_order_is_read_as_it_was_written(store: Store, fields: dict[str, Any]) -> None:
    store.orders.put_new(order(**fields))
    assert store.orders.get(ORDER_ID) == order(version=1, **fields)


@pytest.mark.parametrize(
    "changed, earns",
    [
        ({"state": OrderState.PAID}, True),
        ({"state": OrderState.PAID, "plan_id": ""}, False),
        ({"state": OrderState.PAID, "chain": ()}, False),
        ({"state": OrderState.PAID, "plan_id": "", "chain": ()}, False),
        ({"state": OrderState.PENDING_PAY}, False),
        ({"state": OrderState.CLOSED}, False),
    ],
)
def test_an_order_is_marked_for_the_commission_reader_when_it_earns(
    store: Store, changed: dict[str, Any], earns: bool
) -> None:
    store.orders.put_new(order(**{**FULL, **changed}))
    item = store.documents.get("orders", CUSTOMER, ORDER_ID) or {}
    assert item.get("cm") == ("p1" if earns else None)


def test_an_order_takes_no_more_room_than_it_has_to_tell(store: Store) -> None:
    store.orders.put_new(order())
    item = store.documents.get("orders", CUSTOMER, ORDER_ID) or {}
    left_out = {"chain", "steps", "refunds", "topup_state", "paid_at", "plan_id", "self_purchase", "cm"}
    assert not left_out & item.keys()
    told = order(order_id=f"{ORDER_ID[:-1]}9", steps=(Step(OrderState.PENDING_PAY, NOW, CUSTOMER, "超时"),))
    store.orders.put_new(told)
    item = store.documents.get("orders", CUSTOMER, told.order_id) or {}
    assert item["steps"] == f'[["PENDING_PAY",{to_ms(NOW)},"{CUSTOMER}","超时"]]'


@pytest.mark.parametrize(
    "rare, told",
    [
        ({}, []),
        ({"payment": "sandbox:p"}, ["sandbox:p"]),
        ({"failures": 2}, ["", 2]),
        ({"owed_fen": 3}, ["", 0, 3]),
        ({"settled": "set_1"}, ["", 0, 0, "set_1"]),
    ],
)
def test_a_refund_takes_no_more_room_than_it_has_to_tell(
    store: Store, rare: dict[str, Any], told: list[Any]
) -> None:
    refund = Refund("R1", RefundState.APPROVED, "CUSTOMER", 5, 4, 1, NOW, **rare)
    store.orders.put_new(order(refunds=(refund,)))
    item = store.documents.get("orders", CUSTOMER, ORDER_ID) or {}
    (fields,) = json.loads(item["refunds"])
    assert fields[9:] == told, "nine that every refund has, then what few have"
    assert store.orders.get(ORDER_ID) == order(version=1, refunds=(refund,))


def test_an_order_is_placed_once_and_the_second_is_told_of_the_first(store: Store) -> None:
    store.books.commit(None, [NewOrder(order(request_hash="h")), NewDocument("work", "d", "n", {})])
    again = [NewOrder(order(request_hash="other")), NewDocument("work", "d", "m", {})]
    for deed in (lambda: store.books.commit(None, again), lambda: store.orders.put_new(order())):
        refused = store.refuses(Replayed, deed)
        assert isinstance(refused, Replayed)
        assert (refused.request_hash, refused.order) == ("h", order(request_hash="h", version=1))


def test_the_second_is_told_of_the_order_as_it_is_now(store: Store) -> None:
    store.orders.put_new(order())
    store.sent.clear()
    with pytest.raises(Replayed):
        store.orders.put_new(order())
    assert [call.get("ConsistentRead") for call in store.sent] == [None, True]


def test_an_order_moves_only_from_the_version_that_was_read(store: Store) -> None:
    store.orders.put_new(order())
    for version in (0, 2):
        moved = [OrderMoved(order(version=version)), NewDocument("work", "d", "n", {})]
        refused = store.refuses(Stale, lambda moved=moved: store.books.commit(None, moved))
        assert str(refused) == "the order is at version 1"
    moved = order(version=1, state=OrderState.PAID)
    store.books.commit(None, [OrderMoved(moved), NewDocument("work", "d", "n", {})])
    assert store.orders.get(ORDER_ID) == replace(moved, version=2)


def test_the_orders_of_a_customer_are_read_from_the_newest(store: Store) -> None:
    ids = [f"{ORDER_ID[:-1]}{number}" for number in range(4)]
    for order_id in ids:
        store.orders.put_new(replace(order(), order_id=order_id))
    assert [one.order_id for one in store.orders.page(CUSTOMER, "", 3)] == ids[:0:-1]
    assert [one.order_id for one in store.orders.page(CUSTOMER, ids[2], 3)] == ids[1::-1]


# ---------------------------------------------------------------- plain items


@pytest.mark.parametrize(
    "change, holds",
    [
        (NewDocument("work", "d", "x", {}), False),
        (NewDocument("work", "d", "y", {}), True),
        (DocumentGone("work", "d", "x"), True),
        (DocumentGone("work", "d", "none"), True),
        (DocumentGone("work", "d", "x", {"a": 1, "b": 2}), True),
        (DocumentGone("work", "d", "x", {"a": 1, "b": 3}), False),
        (DocumentGone("work", "d", "x", {"a": 2, "b": 2}), False),
        (DocumentChange("work", "d", "x", {}, {"a": 1, "b": 2}), True),
        (DocumentChange("work", "d", "x", {}, {"a": 1, "b": 3}), False),
        (DocumentChange("work", "d", "x", {}, {"a": 2, "b": 2}), False),
        (DocumentChange("work", "d", "x", {}, {"c": None}), True),
        (DocumentChange("work", "d", "x", {}, {"a": None}), False),
        (DocumentChange("work", "d", "x", {"a": 2}, {}, at_least={"a": 1}), True),
        (DocumentChange("work", "d", "x", {"a": 2}, {}, at_least={"a": 2}), False),
        (DocumentChange("work", "d", "x", {}, {}, {"a": -1}, {"a": 1}), True),
    ],
)
def test_a_plain_item_changes_under_its_conditions(store: Store, change: Change, holds: bool) -> None:
    first = NewDocument("work", "d", "x", {"a": 1, "b": 2})
    store.books.commit(None, [first, NewDocument("work", "d", "w", {})])
    deed = lambda: store.books.commit(None, [change, NewDocument("work", "d", "n", {})])  # noqa: E731
    if holds:
        deed()
        assert store.documents.get("work", "d", "n") is not None
    else:
        store.refuses(Stale, deed)


@pytest.mark.parametrize(
    "change, after",
    [
        (DocumentChange("work", "d", "x", {"a": 7}, {"a": 1}), {"a": 7, "b": 2}),
        (DocumentChange("work", "d", "x", {}, {}, add={"a": 5}), {"a": 6, "b": 2}),
        (DocumentChange("work", "d", "x", {"c": 3}, {}, add={"a": 5}), {"a": 6, "b": 2, "c": 3}),
        (DocumentChange("work", "d", "x", {}, {"a": 1}), {"a": 1, "b": 2}),
        (DocumentChange("work", "d", "y", {"a": 7}, {"a": None}), {"a": 7}),
        (DocumentChange("work", "d", "y", {}, {"a": None}), None),
        (DocumentGone("work", "d", "x", {"a": 1}), None),
    ],
)
def test_a_plain_item_is_afterwards_what_the_change_says(
    store: Store, change: DocumentChange | DocumentGone, after: dict[str, Any] | None
) -> None:
    """A mere expectation writes nothing, not even an empty item where none was expected."""
    store.documents.put("work", "d", "x", {"a": 1, "b": 2})
    store.books.commit(None, [change, NewDocument("work", "d", "n", {})])
    found = store.documents.get("work", "d", change.sk)
    assert found == (after and {"pk": "d", "sk": change.sk, **after})


def test_it_is_told_whether_an_item_moved_on_or_is_not_there(store: Store) -> None:
    store.documents.put("work", "d", "x", {"a": 1})
    for sk, told in (("x", "d x has moved on"), ("y", "it is gone, or not there yet")):
        changes = [DocumentChange("work", "d", sk, {}, {"a": 2}), NewDocument("work", "d", "n", {})]
        refused = store.refuses(Stale, lambda changes=changes: store.books.commit(None, changes))
        assert str(refused) == told


@pytest.mark.parametrize("consistent", [True, False])
def test_plain_items_are_read_as_they_are_now_where_that_is_asked(store: Store, consistent: bool) -> None:
    store.documents.get("work", "d", "x", consistent)
    store.documents.query("work", "d", consistent=consistent)
    store.documents.get_many("work", [("d", "x")], consistent)
    get, query, many = store.sent
    asked = [get, query, *many["RequestItems"].values()]
    assert [bool(call.get("ConsistentRead")) for call in asked] == [consistent] * 3


# ---------------------------------------------------------------- the books


@dataclass(frozen=True)
class Refused:
    name: str
    changes: list[Change]
    told: type[Exception]


SPOILT = NewDocument("work", "d", "x", {})
POOR = CardChange("crd_A", ACTIVE, holder_id="cus_XXXXXXXXXXXX")


@pytest.mark.parametrize(
    "refused",
    [
        Refused("what has moved on says more than a refusal", [POOR, SPOILT], Stale),
        Refused("whatever the order", [SPOILT, POOR], Stale),
        Refused("a replay says more than both", [SPOILT, POOR, NewOrder(order())], Replayed),
    ],
    ids=lambda refused: refused.name,
)
def test_of_several_reasons_the_most_telling_is_told(store: Store, refused: Refused) -> None:
    opened(store)
    store.orders.put_new(order())
    store.documents.put("work", "d", "x", {})
    store.refuses(refused.told, lambda: store.books.commit(None, refused.changes))


def test_of_two_replays_the_one_that_brings_the_order_is_told(store: Store) -> None:
    record = Record("par", "sale", "demo", NOW, "system", request_hash="of the record")
    store.books.commit(record, [])
    store.orders.put_new(order(request_hash="of the order"))
    refused = store.refuses(Replayed, lambda: store.books.commit(record, [NewOrder(order())]))
    assert isinstance(refused, Replayed)
    assert (refused.request_hash, refused.order) == (
        "of the order",
        order(request_hash="of the order", version=1),
    )


def test_what_is_personal_lies_beside_a_record_and_not_in_its_body(store: Store) -> None:
    client = Client("203.0.113.7", "browser", "salt")
    record = Record("par", "alone", "demo", NOW, "system", client=client)
    store.books.commit(record, [])
    item = store.documents.get("journal", "par", "alone") or {}
    assert json.loads(item["private"]) == ["203.0.113.7", "browser", "salt"]
    assert item["digest"] == record.digest
    assert "203.0.113.7" not in item["body"]
    kept = store.books.record("par", "alone")
    assert kept is not None and kept.client_commitment == client.commitment


def test_a_record_alone_is_written_once(store: Store) -> None:
    record = Record("par", "alone", "demo", NOW, "system", request_hash="h")
    store.books.commit(record, [])
    refused = store.refuses(Replayed, lambda: store.books.commit(replace(record, request_hash="i"), []))
    assert isinstance(refused, Replayed) and refused.request_hash == "h"
    assert refused.body == record.body()
    assert all("TransactItems" not in call for call in store.sent)  # a single write costs half


def test_a_record_that_was_there_is_read_as_it_is_now(store: Store) -> None:
    record = Record("par", "alone", "demo", NOW, "system")
    store.books.commit(record, [])
    store.sent.clear()
    with pytest.raises(Replayed):
        store.books.commit(record, [])
    assert [call.get("ConsistentRead") for call in store.sent] == [None, True]


def test_records_are_read_by_their_prefix(store: Store) -> None:
    for name in ("a1", "a2", "b1"):
        store.books.commit(Record("par", name, "demo", NOW, "system"), [])
    assert [record.entry_id for record in store.books.records("par", "a")] == ["a1", "a2"]
    assert len(store.books.records("par")) == 3
    assert store.books.record("par", "none") is None


def test_money_that_no_change_lets_through_is_a_bug(store: Store) -> None:
    lines = (debit("E:COMMISSION", 5), credit(FROZEN, 5))
    store.refuses(AssertionError, lambda: store.post("COMMISSION", lines, ACCOUNT))
    store.refuses(AssertionError, lambda: store.post("COMMISSION", lines, replace(POT, day="risk")))
