"""Orders: every step that the table knows, and none besides."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
    awaits_channel,
    booked_fen,
    is_channel_given_up,
    is_known_payment,
    is_time_over,
    move,
    move_topup,
    noted,
    payment_behind,
    refund_of,
    state_after_refund,
    state_before_refund,
    surplus_refund,
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
    with pytest.raises(IllegalState) as refused:
        move_topup(order, wanted)
    assert refused.value.facts == {"entity": order.order_id, "state": state, "wanted": wanted}


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
    sums = (order.refunded_fen, order.withdrawn_fen, order.refunded_units)
    assert sums == ((500, 500, 1) if counted else (0, 0, 0))


def test_a_refund_that_fails_for_good_leads_back_to_where_the_order_was() -> None:
    order = move(an_order(OrderState.PAID), OrderState.RISK_HOLD, at=NOW, actor="system")
    order = move(order, OrderState.REFUNDING, at=NOW, actor="system")
    assert state_before_refund(order) is OrderState.RISK_HOLD


@pytest.mark.parametrize(
    "payer, channel, card_id",
    [
        ("channel:sandbox", "sandbox", ""),
        ("card:crd_P", "", "crd_P"),
        ("channel:bank:east", "bank:east", ""),
        ("card:crd:P", "", "crd:P"),
        ("", "", ""),
    ],
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


def test_a_note_stands_in_the_history_and_moves_nothing() -> None:
    order = move(an_order(OrderState.PENDING_PAY), OrderState.PAID, at=NOW, actor="sandbox")
    later = NOW + timedelta(minutes=1)
    told = noted(order, later, "stf_BBBBBBBBBBBB", "the customer called")
    note = Step(OrderState.PAID, later, "stf_BBBBBBBBBBBB", "the customer called")
    assert told == replace(order, steps=(*order.steps, note))


# ---------------------------------------------------------------- payments beside the one that pays

PAID = an_order(OrderState.PAID, payment_id="pay_1")
SURPLUS = surplus_refund(PAID, "sandbox", "pay_2", 50_000, NOW)
PAID_TWICE = with_refund(PAID, SURPLUS)


def test_a_payment_too_many_goes_back_whole_and_is_no_refund_of_the_purchase() -> None:
    wanted = Refund(
        refund_id="695066b51e77dba4ca4792eb94",  # derived, and the same in ten years
        state=RefundState.APPROVED,
        cause="SURPLUS",
        amount_fen=50_000,
        withdrawn_fen=0,
        units=0,
        at=NOW,
        payment="sandbox:pay_2",
    )
    assert surplus_refund(PAID, "sandbox", "pay_2", 50_000, NOW) == wanted
    assert (PAID_TWICE.own_refunds, PAID_TWICE.refunded_fen, PAID_TWICE.withdrawn_fen) == ((), 0, 0)


def test_the_same_payment_too_many_goes_back_once_and_each_other_one_by_itself() -> None:
    again = surplus_refund(PAID_TWICE, "sandbox", "pay_2", 50_000, NOW + timedelta(hours=1))
    others = [
        surplus_refund(PAID, "sandbox", "pay_3", 50_000, NOW),
        surplus_refund(PAID, "alipay", "pay_2", 50_000, NOW),
        surplus_refund(replace(PAID, order_id="ord_another"), "sandbox", "pay_2", 50_000, NOW),
    ]
    assert again.refund_id == SURPLUS.refund_id
    assert len({SURPLUS.refund_id, *(other.refund_id for other in others)}) == 4


def test_a_refund_is_found_by_its_id() -> None:
    own = a_refund(RefundState.APPROVED, 500, 1)
    order = with_refund(with_refund(PAID, own), SURPLUS)
    assert [refund_of(order, name) for name in ("R", SURPLUS.refund_id, "unknown")] == [own, SURPLUS, None]


def test_each_refund_goes_back_through_the_payment_that_it_came_by() -> None:
    assert payment_behind(PAID_TWICE, a_refund(RefundState.APPROVED, 500, 1)) == ("sandbox", "pay_1")
    assert payment_behind(PAID_TWICE, SURPLUS) == ("sandbox", "pay_2")
    odd = surplus_refund(PAID, "alipay", "2026:7", 1, NOW)  # a channel names its payments as it likes
    assert payment_behind(PAID, odd) == ("alipay", "2026:7")


KNOWN = [  # channel, payment, whether the order has booked it, how much of it
    ("sandbox", "pay_1", True, 197_000),
    ("sandbox", "pay_2", True, 50_000),
    ("sandbox", "pay_3", False, None),
    ("alipay", "pay_1", False, None),
    ("alipay", "pay_2", False, None),
]


@pytest.mark.parametrize("channel, payment_id, known, fen", KNOWN)
def test_an_order_knows_the_payments_that_it_booked(
    channel: str, payment_id: str, known: bool, fen: int | None
) -> None:
    assert is_known_payment(PAID_TWICE, channel, payment_id) is known
    if fen is not None:
        assert booked_fen(PAID_TWICE, channel, payment_id) == fen


def test_an_order_that_nobody_paid_knows_no_payment() -> None:
    assert not is_known_payment(an_order(OrderState.PENDING_PAY), "sandbox", "")


UNPAID = an_order(OrderState.PENDING_PAY)
PAID_BY_CARD = an_order(OrderState.PAID, payer="card:crd_P")
PAID_ELSEWHERE = with_refund(UNPAID, surplus_refund(UNPAID, "alipay", "pay_9", 197_000, NOW))


@pytest.mark.parametrize(
    "order, channel, awaits",
    [
        (UNPAID, "sandbox", True),
        (UNPAID, "alipay", True),
        (PAID, "sandbox", False),  # paid there
        (PAID, "alipay", True),  # begun there before, and perhaps paid there too
        (PAID_ELSEWHERE, "alipay", False),  # paid there, and on its way back
        (PAID_ELSEWHERE, "sandbox", True),
        (PAID_ELSEWHERE, "ali", True),  # the name of one channel may begin another's
        (PAID_BY_CARD, "", False),
    ],
)
def test_each_channel_is_awaited_until_a_payment_of_it_is_booked(
    order: Order, channel: str, awaits: bool
) -> None:
    assert awaits_channel(order, channel) is awaits


@pytest.mark.parametrize("minutes, is_over, is_given_up", [(15, True, False), (30, True, True)])
def test_an_order_waits_a_quarter_of_an_hour_and_for_a_silent_channel_half_an_hour(
    minutes: int, is_over: bool, is_given_up: bool
) -> None:
    order, end = an_order(OrderState.PENDING_PAY), NOW + timedelta(minutes=minutes)
    just_before = end - timedelta(microseconds=1)
    assert (is_time_over(order, end), is_channel_given_up(order, end)) == (is_over, is_given_up)
    assert is_time_over(order, just_before) is (minutes == 30)
    assert not is_channel_given_up(order, just_before)
