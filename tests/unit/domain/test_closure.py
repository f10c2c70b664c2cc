"""A refund that waits for an oil company: what its yes and its no make of order, cards and fen."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib.domain import closure
from chalicelib.domain.card import Card, CardState
from chalicelib.domain.commission_entry import reversing_refunds
from chalicelib.domain.order import Order, OrderState, Refund, RefundState, Step, units_fen, with_refund

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CARDS = ("crd_A", "crd_B", "crd_C")
BUYER = "cus_BBBBBBBBBBBB"


def sold(payable_fen: int = 100) -> Order:
    """An order of three cards that is done."""
    return Order(
        "ord_BBBBBBBBBBBB01", BUYER, "CARD_SALE", OrderState.COMPLETED, "sku_agent", "oil", "AGENT", "", "",
        3, 300, payable_fen, 90, 1, "channel:sandbox", CARDS, NOW, "", steps=(Step("COMPLETED", NOW, "x"),),
    )  # fmt: skip


def wished(order: Order, card_ids: tuple[str, ...] = CARDS, name: str = "R1") -> tuple[Order, Refund]:
    amount_fen = units_fen(order, len(card_ids))
    refund = Refund(
        name, RefundState.REQUESTED, "CUSTOMER", amount_fen, 0, len(card_ids), NOW, card_ids, closes=True
    )
    return closure.requested(order, refund, BUYER, "seen"), refund


def test_a_wish_takes_no_commission_back_and_keeps_others_out() -> None:
    order, _ = wished(sold())
    assert order.state is OrderState.REFUNDING
    assert order.steps[-1] == Step("REFUNDING", NOW, BUYER, "seen")
    assert reversing_refunds(order) == ()


def test_what_the_oil_company_closes_is_refunded_and_no_more() -> None:
    order, refund = wished(sold())
    assert closure.approved(order, refund, ()) == replace(refund, state=RefundState.APPROVED)
    two = closure.approved(order, refund, {"crd_B": "FAILED"})
    assert (two.state, two.card_ids, two.units) == (RefundState.APPROVED, ("crd_A", "crd_C"), 2)
    assert two.amount_fen == 66


@pytest.mark.parametrize("payable_fen", [3, 100, 101, 98_500])
def test_card_after_card_every_fen_goes_back_once(payable_fen: int) -> None:
    order = sold(payable_fen)
    for number, card_id in enumerate(CARDS):
        asked, refund = wished(order, (card_id,), f"R{number}")
        done = with_refund(asked, closure.approved(asked, refund, ()))
        order = replace(done, state=OrderState.PARTIALLY_REFUNDED)
    assert order.refunded_fen == payable_fen


@pytest.mark.parametrize("state", [OrderState.COMPLETED, OrderState.PARTIALLY_REFUNDED])
def test_a_no_leads_back_to_the_state_before_and_tells_which_cards_it_is_about(state: OrderState) -> None:
    before = replace(sold(), state=state, steps=(Step(state, NOW, "x"),))
    order, refund = wished(before)
    after = closure.rejected(order, refund, ("crd_B",), NOW, "CARD_USED")
    assert after.steps[-1] == Step(state, NOW, "issuer:oil", "CARD_USED")
    assert replace(after, steps=before.steps, refunds=()) == before
    assert after.refunds == (replace(refund, state=RefundState.REJECTED, card_ids=("crd_B",)),)
    assert [card_id for card_id in CARDS if closure.was_refused(after, card_id)] == ["crd_B"]


@pytest.mark.parametrize(
    "state", [CardState.SOLD, CardState.ACTIVE, CardState.FROZEN, CardState.LOST, CardState.EXPIRED]
)
def test_a_card_that_was_put_aside_goes_back_to_where_it_stood(state: CardState) -> None:
    (back,) = closure.put_back({"crd_A": state.value, "crd_B": "SOLD"}, ["crd_A"])
    assert (back.card_id, back.states, back.move_to) == ("crd_A", (CardState.REFUND_PENDING,), state)


@pytest.mark.parametrize("revealed_at, is_unseen", [(None, True), (NOW, False)])
def test_a_card_is_put_aside_as_it_was_read_and_for_its_buyer_alone(
    revealed_at: datetime | None, is_unseen: bool
) -> None:
    card = Card(
        "crd_A", "sku_agent", "oil", "AGENT", "NAMED", "PHYSICAL", CardState.ACTIVE, 0, "1",
        holder_id=BUYER, revealed_at=revealed_at,
    )  # fmt: skip
    change = closure.put_aside(sold(), card)
    assert (change.card_id, change.states) == ("crd_A", (CardState.ACTIVE,))
    assert (change.holder_id, change.not_revealed) == (BUYER, is_unseen)
    assert change.move_to is CardState.REFUND_PENDING
