"""Postings of a purchase: every leg of a sale, a top-up and a refund, to the fen."""

from dataclasses import replace

import pytest

from chalicelib.domain.order import Order, OrderState
from chalicelib.domain.posting import (
    agent_refund_lines,
    card_refund_lines,
    paid_out_lines,
    payment_to_return_lines,
    purchase_action,
    purchase_lines,
    refund_action,
    settled_by_bank_lines,
    settled_on_card_lines,
)
from chalicelib.domain.record import Line
from tests.unit.domain.test_order import an_order

CHANNEL, OWED = "A:CHANNEL:sandbox", "L:REFUND_PAYABLE"
CARD_A, CARD_B, PAYER = "L:PREPAID:crd_A", "L:PREPAID:crd_B", "L:PREPAID:crd_P"
PREPAY = "A:SUPPLIER_PREPAY:oil"

Legs = dict[str, int]


def ours(face_fen: int, payable_fen: int, **fields: object) -> Order:
    return an_order(OrderState.PAID, face_fen=face_fen, payable_fen=payable_fen, **fields)


def theirs(payable_fen: int, cost_fen: int, **fields: object) -> Order:
    goods = {"mode": "AGENT", "issuer": "oil", "card_ids": ("crd_A",)} | fields
    return an_order(OrderState.PAID, payable_fen=payable_fen, cost_fen=cost_fen, **goods)


def legs(lines: tuple[Line, ...]) -> Legs:
    assert len({line.account for line in lines}) == len(lines), "an account twice"
    return {line.account: line.amount_fen for line in lines}


PURCHASES: list[tuple[str, Order, str, Legs]] = [
    (
        "our cards below their face: the rest is promotion",
        ours(200_001, 197_000),
        "SALE_ISSUER",
        {CHANNEL: 197_000, CARD_A: -100_001, CARD_B: -100_000, "E:PROMO": 3_001},
    ),
    (
        "our cards above their face: the rest is a fee",
        ours(200_000, 200_001),
        "SALE_ISSUER",
        {CHANNEL: 200_001, CARD_A: -100_000, CARD_B: -100_000, "I:FEE": -1},
    ),
    (
        "our card at its face",
        ours(100, 100, card_ids=("crd_A",), use="TOPUP"),
        "TOPUP_ISSUER",
        {CHANNEL: 100, CARD_A: -100},
    ),
    (
        "an oil company's goods: the margin is income",
        theirs(10_000, 9_700),
        "SALE_AGENT",
        {CHANNEL: 10_000, PREPAY: -9_700, "I:MARGIN": -300},
    ),
    (
        "an oil company's goods at a loss: the loss is promotion",
        theirs(10_000, 10_001, use="TOPUP"),
        "TOPUP_AGENT",
        {CHANNEL: 10_000, PREPAY: -10_001, "E:PROMO": 1},
    ),
    (
        "paid from a card",
        ours(200, 180, payer="card:crd_P"),
        "SALE_FROM_CARD",
        {PAYER: 180, CARD_A: -100, CARD_B: -100, "E:PROMO": 20},
    ),
]


@pytest.mark.parametrize("order, action, expected", [p[1:] for p in PURCHASES], ids=[p[0] for p in PURCHASES])
def test_a_purchase_posts_its_legs_and_no_others(order: Order, action: str, expected: Legs) -> None:
    assert purchase_action(order) == action
    assert legs(purchase_lines(order)) == expected


@pytest.mark.parametrize(
    "order, action",
    [
        (ours(100, 100), "REFUND"),
        (theirs(100, 100), "REFUND_AGENT"),
        (ours(100, 100, payer="card:crd_P"), "REFUND_TO_CARD"),
        (theirs(100, 100, payer="card:crd_P"), "REFUND_TO_CARD"),
    ],
)
def test_a_refund_uses_the_template_of_its_goods_and_its_payer(order: Order, action: str) -> None:
    assert refund_action(order) == action


def test_a_refund_of_our_goods_takes_the_discount_back() -> None:
    lines = card_refund_lines(ours(200, 180), {"crd_A": 100, "crd_B": 60}, 144)
    assert legs(lines) == {CARD_A: 100, CARD_B: 60, "E:PROMO": -16, OWED: -144}


def test_a_refund_of_our_goods_gives_the_fee_back() -> None:
    lines = card_refund_lines(ours(200, 210), {"crd_A": 100}, 105)
    assert legs(lines) == {CARD_A: 100, "I:FEE": 5, OWED: -105}


@pytest.mark.parametrize(
    "payer_gets_fen, expected", [(144, {PAYER: -144}), (1, {PAYER: -1, OWED: -143}), (0, {OWED: -144})]
)
def test_what_the_paying_card_has_no_room_for_is_owed(payer_gets_fen: int, expected: Legs) -> None:
    order = ours(200, 180, payer="card:crd_P")
    lines = card_refund_lines(order, {"crd_A": 160}, 144, "crd_P", payer_gets_fen)
    assert legs(lines) == {CARD_A: 160, "E:PROMO": -16} | expected


@pytest.mark.parametrize(
    "payable_fen, cost_fen, refund_fen, expected",
    [
        (10_000, 9_700, 10_000, {PREPAY: 9_700, "I:MARGIN": 300, OWED: -10_000}),
        (10_000, 9_700, 3_333, {PREPAY: 3_233, "I:MARGIN": 100, OWED: -3_333}),  # 3 233.01
        (10_000, 9_999, 5_000, {PREPAY: 4_999, "I:MARGIN": 1, OWED: -5_000}),  # 4 999.5, rounded down
        (10_000, 10_000, 5_000, {PREPAY: 5_000, OWED: -5_000}),
        (10_000, 10_300, 5_000, {PREPAY: 5_150, "E:PROMO": -150, OWED: -5_000}),
    ],
)
def test_a_refund_of_an_oil_companys_goods_divides_the_cost_down_to_the_fen(
    payable_fen: int, cost_fen: int, refund_fen: int, expected: Legs
) -> None:
    assert legs(agent_refund_lines(theirs(payable_fen, cost_fen), refund_fen)) == expected


def test_what_is_owed_is_paid_back_the_way_it_came_or_by_hand() -> None:
    order = ours(100, 100)
    assert legs(payment_to_return_lines("sandbox", 7)) == {CHANNEL: 7, OWED: -7}
    assert legs(paid_out_lines("sandbox", 7)) == {OWED: 7, CHANNEL: -7}
    assert legs(settled_by_bank_lines(order, 7)) == {OWED: 7, "A:BANK_CUSTODY": -7}
    assert legs(settled_by_bank_lines(replace(order, mode="AGENT"), 7)) == {OWED: 7, "A:BANK_OPER": -7}
    assert legs(settled_on_card_lines("crd_A", 7)) == {OWED: 7, CARD_A: -7}
