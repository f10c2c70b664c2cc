"""Orders: every step that the table knows, and none besides."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from chalicelib.domain.errors import IllegalState
from chalicelib.domain.order import (
    TOPUP_TRANSITIONS,
    TRANSITIONS,
    Order,
    OrderState,
    Refund,
    RefundState,
    Step,
    TopUpState,
    move,
    move_topup,
    state_after_refund,
    state_before_refund,
    with_refund,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def an_order(state: OrderState, **fields: object) -> Order:
    order = Order(
        order_id="ord_BBBBBBBBBBBB01KAMX7Q000000000000000000",
        customer_id="cus_BBBBBBBBBBBB",
        use="CARD_SALE",
        state=state,
        sku_id="sku_named",
        issuer="ours",
        mode="ISSUER",
        category="",
        region="",
        quantity=2,
        face_fen=200_000,
        payable_fen=197_000,
        cost_fen=194_000,
        price_version=1,
        payer="channel:sandbox",
        card_ids=("crd_A", "crd_B"),
        created_at=NOW,
        request_hash="",
    )
    return replace(order, **fields)  # type: ignore[arg-type]


def a_refund(state: RefundState, amount_fen: int, units: int) -> Refund:
    return Refund("R", state, "CUSTOMER", amount_fen, amount_fen, units, NOW)


PICTURE = [
    ("CREATED", "PENDING_PAY CLOSED"),
    ("PENDING_PAY", "PAID CLOSED"),
    ("PAID", "FULFILLING RISK_HOLD REFUNDING"),
    ("RISK_HOLD", "PAID REFUNDING"),
    ("FULFILLING", "COMPLETED REFUNDING"),
    ("COMPLETED", "REFUNDING"),
    ("PARTIALLY_REFUNDED", "FULFILLING REFUNDING"),
    ("REFUNDING", "REFUNDED PARTIALLY_REFUNDED PAID RISK_HOLD FULFILLING COMPLETED"),
    ("CLOSED", ""),
    ("REFUNDED", ""),
]
TOPUP_PICTURE = [
    ("", "SUBMITTED"),
    ("SUBMITTED", "SUCCEEDED SUCCEEDED_PENDING_LOAD FAILED UNKNOWN"),
    ("UNKNOWN", "SUCCEEDED SUCCEEDED_PENDING_LOAD FAILED"),
    ("SUCCEEDED_PENDING_LOAD", "LOADED"),
    ("SUCCEEDED", ""),
    ("LOADED", ""),
    ("FAILED", ""),
]


@pytest.mark.parametrize("state, wanted", PICTURE)
def test_an_order_goes_where_the_picture_says_and_nowhere_else(state: str, wanted: str) -> None:
    assert TRANSITIONS[OrderState(state)] == set(wanted.split())


@pytest.mark.parametrize("state, wanted", TOPUP_PICTURE)
def test_a_top_up_goes_where_the_picture_says_and_nowhere_else(state: str, wanted: str) -> None:
    assert TOPUP_TRANSITIONS[TopUpState(state)] == set(wanted.split())


def test_the_pictures_hold_every_state() -> None:
    assert {state for state, _ in PICTURE} == set(OrderState)
    assert {state for state, _ in TOPUP_PICTURE} == set(TopUpState)


@pytest.mark.capability("S-015")
@pytest.mark.parametrize("state, wanted", [*product(OrderState, OrderState)])
def test_an_order_takes_the_steps_of_the_table_and_keeps_its_path(
    state: OrderState, wanted: OrderState
) -> None:
    order = an_order(state)
    if wanted in TRANSITIONS[state]:
        moved = move(order, wanted, at=NOW, actor="cus_BBBBBBBBBBBB", reason="because")
        assert moved.state is wanted
        assert moved.steps == (Step(wanted, NOW, "cus_BBBBBBBBBBBB", "because"),)
        return
    with pytest.raises(IllegalState) as refused:
        move(order, wanted, at=NOW, actor="cus_BBBBBBBBBBBB")
    assert (refused.value.status, refused.value.code) == (409, "ILLEGAL_STATE")
    assert refused.value.facts == {"entity": order.order_id, "state": state, "wanted": wanted}
    assert order == an_order(state)


@pytest.mark.parametrize("state, wanted", [*product(TopUpState, TopUpState)])
def test_a_top_up_at_the_issuer_takes_the_steps_of_its_table(state: TopUpState, wanted: TopUpState) -> None:
    order = an_order(OrderState.FULFILLING, topup_state=state)
    if wanted in TOPUP_TRANSITIONS[state]:
        assert move_topup(order, wanted).topup_state is wanted
        return
    with pytest.raises(IllegalState):
        move_topup(order, wanted)


def test_closed_and_refunded_are_final() -> None:
    assert TRANSITIONS[OrderState.CLOSED] == TRANSITIONS[OrderState.REFUNDED] == frozenset()


def test_several_steps_at_once_are_each_in_the_path() -> None:
    steps = (OrderState.PAID, OrderState.FULFILLING, OrderState.COMPLETED)
    moved = move(an_order(OrderState.PENDING_PAY), *steps, at=NOW, actor="sandbox")
    assert [step.state for step in moved.steps] == list(steps)


REFUNDS = [  # refunds so far, where the order stands when the last of them has arrived
    ([(30_000, 0)], OrderState.PARTIALLY_REFUNDED),
    ([(98_500, 1)], OrderState.PARTIALLY_REFUNDED),
    ([(98_500, 1), (98_500, 1)], OrderState.REFUNDED),
    ([(0, 2)], OrderState.REFUNDED),
    ([(197_000, 0)], OrderState.REFUNDED),
]


@pytest.mark.parametrize("refunds, state", REFUNDS)
def test_an_order_is_refunded_when_nothing_of_its_payment_is_left(
    refunds: list[tuple[int, int]], state: OrderState
) -> None:
    order = an_order(OrderState.REFUNDING)
    for number, (amount_fen, units) in enumerate(refunds):
        refund = replace(a_refund(RefundState.SUCCEEDED, amount_fen, units), refund_id=f"R{number}")
        order = with_refund(order, refund)
    assert state_after_refund(order) is state


@pytest.mark.parametrize("state", RefundState)
def test_only_a_rejected_refund_counts_as_none(state: RefundState) -> None:
    """One that the channel failed has left the card, and is owed."""
    order = with_refund(an_order(OrderState.REFUNDING), a_refund(state, 500, 1))
    counted = state is not RefundState.REJECTED
    assert (order.refunded_fen, order.refunded_units) == ((500, 1) if counted else (0, 0))


def test_a_refund_that_fails_for_good_leads_back_to_where_the_order_was() -> None:
    order = move(an_order(OrderState.PAID), OrderState.RISK_HOLD, at=NOW, actor="system")
    order = move(order, OrderState.REFUNDING, at=NOW, actor="system")
    assert state_before_refund(order) is OrderState.RISK_HOLD


@pytest.mark.parametrize(
    "payer, channel, card_id",
    [("channel:sandbox", "sandbox", ""), ("card:crd_P", "", "crd_P"), ("", "", "")],
)
def test_an_order_is_paid_by_a_channel_or_by_a_card(payer: str, channel: str, card_id: str) -> None:
    order = an_order(OrderState.PAID, payer=payer)
    assert (order.channel, order.payer_card_id) == (channel, card_id)


@pytest.mark.parametrize("state", RefundState)
@pytest.mark.parametrize("owed_fen, open_fen", [(0, 70), (30, 30)])
def test_a_refund_is_open_until_it_is_paid_or_rejected(
    state: RefundState, owed_fen: int, open_fen: int
) -> None:
    refund = replace(a_refund(state, 70, 0), owed_fen=owed_fen)
    ended = state in (RefundState.SUCCEEDED, RefundState.REJECTED)
    assert refund.open_fen == (0 if ended else open_fen)
