"""The commission check: what an order should have earned, against the entries that are there."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.commission import calculate, facts_of
from chalicelib.domain.commission_check import (
    Verdict,
    expected_entries,
    is_earning,
    judged,
    order_id_behind,
    places_of,
)
from chalicelib.domain.commission_entry import history_of, reversal_record
from chalicelib.domain.order import ChainLink, Order, OrderState, Refund, RefundState
from chalicelib.domain.plan import HoldDays
from chalicelib.domain.record import Record
from chalicelib.domain.reversal import Sources
from tests.unit.domain.samples import percent, plan_of

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
CHAIN = ("dst_AAAAAAAAAAAA", "dst_CCCCCCCCCCCC", "dst_DDDDDDDDDDDD")
PLAN = plan_of(percent(1, 80), percent(2, 30), hold_days=HoldDays(7, 7, 7, 7))
ORDER = Order(
    order_id="ord_BBBBBBBBBBBB01JD3Q8Z6N5W4V3T2S1R0QPAMK",
    customer_id="cus_BBBBBBBBBBBB",
    use="TOPUP",
    state=OrderState.COMPLETED,
    sku_id="sku_x",
    issuer="ours",
    mode="ISSUER",
    category="",
    region="",
    quantity=1,
    face_fen=100_000,
    payable_fen=100_000,
    cost_fen=0,
    price_version=1,
    payer="channel:sandbox",
    card_ids=(),
    created_at=NOW,
    request_hash="",
    chain=tuple(ChainLink(one, "", True) for one in CHAIN),
    plan_id=PLAN.plan_id,
    paid_at=NOW,
)


def expected(order: Order = ORDER) -> dict[str, Record]:
    return expected_entries(order, calculate(facts_of(order), PLAN, NOW), PLAN)


def verdict(order: Order | None, found: Iterable[Record]) -> Verdict:
    return judged(order, expected(order) if order else {}, found)


def refunded(amount_fen: int, state: RefundState = RefundState.APPROVED) -> Order:
    refund = Refund("r1", state, "CUSTOMER", amount_fen, amount_fen, 0, NOW + timedelta(hours=1))
    return replace(ORDER, refunds=(refund,), state=OrderState.PARTIALLY_REFUNDED)


def reversal(entry: Record, amount_fen: int, refund_id: str = "r1") -> Record:
    history = history_of([entry], entry.entry_id)
    assert history is not None
    return reversal_record(history, refund_id, Sources(amount_fen, (), 0, 0), NOW)


FIRST, SECOND = expected().values()


def test_an_order_with_its_two_entries_is_clean() -> None:
    assert [entry.partition for entry in (FIRST, SECOND)] == list(CHAIN[:2])
    assert verdict(ORDER, [FIRST, SECOND]).is_clean


def test_each_entry_that_is_not_there_is_missing() -> None:
    assert verdict(ORDER, []).missing == (FIRST.record_id, SECOND.record_id)
    assert verdict(ORDER, [SECOND]).missing == (FIRST.record_id,)


@pytest.mark.parametrize("state", [OrderState.RISK_HOLD, OrderState.PENDING_PAY, OrderState.CLOSED])
def test_an_order_that_does_not_earn_now_lacks_nothing(state: OrderState) -> None:
    assert verdict(replace(ORDER, state=state), []).is_clean


@pytest.mark.parametrize("changes", [{"plan_id": ""}, {"chain": ()}, {"paid_at": None}])
def test_who_has_no_plan_no_chain_or_no_payment_does_not_earn(changes: dict[str, object]) -> None:
    assert is_earning(ORDER)
    assert not is_earning(replace(ORDER, **changes))  # type: ignore[arg-type]


def test_an_entry_of_an_order_that_does_not_exist_or_of_another_distributor_is_extra() -> None:
    stranger = replace(FIRST, partition="dst_EEEEEEEEEEEE")
    assert verdict(None, [FIRST]).extra == (FIRST.record_id,)
    assert verdict(ORDER, [FIRST, SECOND, stranger]).extra == (stranger.record_id,)


def test_an_entry_of_another_amount_differs() -> None:
    other = replace(FIRST, lines=tuple(replace_amount(FIRST)))
    assert verdict(ORDER, [other, SECOND]).differing == (FIRST.record_id,)


def replace_amount(record: Record) -> Iterable[object]:
    return (line._replace(amount_fen=line.amount_fen * 2) for line in record.lines)


def test_a_refund_that_took_nothing_back_lacks_its_reversals() -> None:
    order = refunded(50_000)
    assert verdict(order, [FIRST, SECOND]).missing == (f"{FIRST.record_id}#r", f"{SECOND.record_id}#r")
    taken = [reversal(FIRST, 400), reversal(SECOND, 150)]
    assert verdict(order, [FIRST, SECOND, *taken]).is_clean
    assert verdict(order, [FIRST, SECOND, reversal(FIRST, 399), taken[1]]).missing == (
        f"{FIRST.record_id}#r",
    )


@pytest.mark.parametrize("state", [RefundState.REQUESTED, RefundState.REJECTED])
def test_a_refund_that_nobody_agreed_to_takes_nothing_back(state: RefundState) -> None:
    order = refunded(50_000, state)
    assert verdict(order, [FIRST, SECOND]).is_clean
    taken = reversal(FIRST, 400)
    assert verdict(order, [FIRST, SECOND, taken]).extra == (taken.record_id,)


def test_a_reversal_for_a_refund_that_does_not_exist_is_extra() -> None:
    taken = reversal(FIRST, 1, "r9")
    assert verdict(ORDER, [FIRST, SECOND, taken]).extra == (taken.record_id,)


def test_only_the_paid_places_of_the_chain_can_hold_an_entry() -> None:
    assert [distributor for distributor, _ in places_of(ORDER)] == list(CHAIN[:2])


def test_the_places_are_numbered_from_the_nearest() -> None:
    assert [entry_id for _, entry_id in places_of(ORDER)] == [FIRST.entry_id, SECOND.entry_id]


@pytest.mark.parametrize("wrong", ["missing", "extra", "differing"])
def test_one_thing_that_is_wrong_is_enough(wrong: str) -> None:
    assert Verdict().is_clean
    assert not Verdict(**{wrong: ("a record",)}).is_clean


def test_an_entry_is_expected_of_one_fen_and_not_of_none() -> None:
    shares = calculate(facts_of(replace(ORDER, payable_fen=125)), PLAN, NOW)
    assert [share.amount_fen for share in shares] == [1, 0]
    assert len(expected_entries(ORDER, shares, PLAN)) == 1


def test_which_order_a_record_is_about() -> None:
    sale = Record("cus_B", "x", "SALE_ISSUER", NOW, "cus_B", {"order": ORDER.order_id})
    assert order_id_behind(sale) == order_id_behind(FIRST) == ORDER.order_id
    assert order_id_behind(reversal(FIRST, 1)) == ORDER.order_id
    assert order_id_behind(replace(sale, about={})) == ""
