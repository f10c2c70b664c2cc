"""Paying on the embedded engine: one payment is the order's, and every other goes back to its payer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardBalanceCap, CardState, CardUnknown, InsufficientBalance
from chalicelib.domain.catalog import ProductNotOffered
from chalicelib.domain.change import Change
from chalicelib.domain.errors import IllegalState, KeyReused
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import Order, OrderState, OrderUnknown, RefundState
from chalicelib.domain.outside import PaymentNotice
from chalicelib.domain.record import Record
from chalicelib.store.books import DynamoBooks
from local.testing import World
from tests.e2e.shop import AGENT_STOCK, BUYER, NAMED, STOCK, TOPUP, VIRTUAL, Shop, all_records, balance_fen


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop()


def now_is(order_id: str) -> Order:
    order = bootstrap.orders().get(order_id)
    assert order is not None
    return order


def books_of(world: World) -> dict[str, int]:
    return fold(all_records(world.items("journal")))


def notice(order: Order, payment_id: str, at: datetime) -> PaymentNotice:
    return PaymentNotice("sandbox", order.order_id, payment_id, order.payable_fen, "SUCCEEDED", at)


def test_a_waiting_order_is_paid_from_a_card_account(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    waiting = shop.buy(VIRTUAL).order
    order = shop.pay_order(shop.command(), waiting.order_id, payer)
    assert order.state is OrderState.COMPLETED
    assert order == now_is(order.order_id)
    assert (balance_fen(payer), balance_fen(order.card_ids[0])) == (20_000, 10_000)


def test_the_stock_card_that_waited_is_the_one_that_is_sold(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    (card_id,) = shop.stocked(STOCK, 1)
    waiting = shop.buy(STOCK).order
    shop.pay_order(shop.command(), waiting.order_id, payer)
    card = bootstrap.cards().get(card_id)
    assert card is not None
    assert (card.state, card.holder_id, card.available_fen) == (CardState.SOLD, BUYER, 10_000)


def test_the_same_command_pays_once_and_another_one_finds_it_paid(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    order_id = shop.buy(VIRTUAL).order.order_id
    command = shop.command()
    first = shop.pay_order(command, order_id, payer)
    assert shop.pay_order(command, order_id, payer) == first
    with pytest.raises(KeyReused):
        shop.pay_order(shop.command(command.key, request="other"), order_id, payer)
    with pytest.raises(IllegalState):
        shop.pay_order(shop.command(), order_id, payer)
    assert balance_fen(payer) == 20_000


def test_nobody_pays_anothers_order_or_with_anothers_card(world: World, shop: Shop) -> None:
    stranger = "cus_SSSSSSSSSSSS"
    own, others = shop.card_with(30_000, "A"), shop.card_with(30_000, "B", stranger)
    order_id = shop.buy(VIRTUAL).order.order_id
    with pytest.raises(OrderUnknown):
        shop.pay_order(shop.command(person_id=stranger), order_id, others)
    with pytest.raises(CardUnknown):
        shop.pay_order(shop.command(), order_id, others)
    assert now_is(order_id).state is OrderState.PENDING_PAY
    assert (balance_fen(own), balance_fen(others)) == (30_000, 30_000)


def test_what_a_card_cannot_pay_stays_unpaid(world: World, shop: Shop) -> None:
    poor, full = shop.card_with(9_999, "A"), shop.card_with(480_000, "B")
    card = shop.buy(VIRTUAL).order
    with pytest.raises(InsufficientBalance):
        shop.pay_order(shop.command(), card.order_id, poor)
    top_up = shop.buy(TOPUP, card_id=full, amount_fen=20_000, expected_fen=20_000).order
    with pytest.raises(ProductNotOffered):
        shop.pay_order(shop.command(), top_up.order_id, full)
    shop.bought(TOPUP, card_id=full, amount_fen=10_000, expected_fen=10_000)
    rich = shop.card_with(30_000, "C")
    with pytest.raises(CardBalanceCap):
        shop.pay_order(shop.command(), top_up.order_id, rich)
    shop.stocked(AGENT_STOCK, 1)
    agent = shop.buy(AGENT_STOCK).order
    with pytest.raises(ProductNotOffered):
        shop.pay_order(shop.command(), agent.order_id, rich)
    assert {now_is(o.order_id).state for o in (card, top_up, agent)} == {OrderState.PENDING_PAY}
    assert balance_fen(rich) == 30_000


def test_a_channel_that_pays_an_order_paid_from_a_card_gives_its_money_back(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    waiting = shop.buy(VIRTUAL).order
    callback = shop.channel.pay(waiting.order_id)
    paid = shop.pay_order(shop.command(), waiting.order_id, payer)
    told = shop.channel.verify(*callback)
    assert [shop.settle_payment(told, shop.now).state for _ in range(3)] == [OrderState.COMPLETED] * 3
    shop.send_refund(waiting.order_id, shop.now)
    order = now_is(waiting.order_id)
    assert (order.state, order.payer, order.card_ids) == (paid.state, paid.payer, paid.card_ids)
    assert [(r.cause, r.state) for r in order.refunds] == [("SURPLUS", RefundState.SUCCEEDED)]
    assert order.refunded_fen == 0, "what was bought is not refunded"
    books = books_of(world)
    assert "A:CHANNEL:sandbox" not in books
    assert "L:REFUND_PAYABLE" not in books
    assert shop.refund(order).state is OrderState.REFUNDED


def test_of_many_payments_of_one_order_each_surplus_one_goes_back_as_itself(world: World, shop: Shop) -> None:
    waiting = shop.buy(NAMED).order
    for number in range(4):
        shop.settle_payment(notice(waiting, f"PY-{number}", shop.now), shop.now)
    order = now_is(waiting.order_id)
    assert (order.state, order.payment_id) == (OrderState.COMPLETED, "PY-0")
    assert [refund.payment for refund in order.refunds] == [f"sandbox:PY-{n}" for n in (1, 2, 3)]
    books = books_of(world)
    assert (books["A:CHANNEL:sandbox"], books["L:REFUND_PAYABLE"]) == (4 * 98_500, -3 * 98_500)


def test_two_late_payments_of_a_closed_order_both_go_back(world: World, shop: Shop) -> None:
    waiting = shop.buy(NAMED).order
    shop.later(minutes=16)
    shop.close_order.when_overdue(waiting.order_id, shop.now)
    for number in (0, 1, 1):
        shop.settle_payment(notice(waiting, f"PY-{number}", shop.now), shop.now)
    order = now_is(waiting.order_id)
    assert order.state is OrderState.CLOSED
    assert [refund.payment for refund in order.refunds] == ["sandbox:PY-0", "sandbox:PY-1"]
    assert books_of(world)["L:REFUND_PAYABLE"] == -2 * 98_500


def test_refunds_of_two_buyers_under_one_key_are_two_at_the_channel(world: World, shop: Shop) -> None:
    other = "cus_SSSSSSSSSSSS"
    mine = shop.bought(NAMED)
    theirs = shop.pay(shop.buy(NAMED, shop.command(person_id=other)).order.order_id)
    key = next(shop.keys)
    shop.refund(mine, shop.command(key))
    shop.refund(theirs, shop.command(key, other))
    for order in (mine, theirs):
        shop.send_refund(order.order_id, shop.now)
        assert now_is(order.order_id).state is OrderState.REFUNDED
    assert shop.channel.refunded_fen == {mine.order_id: 98_500, theirs.order_id: 98_500}
    assert "L:REFUND_PAYABLE" not in books_of(world)


class RacingBooks:
    """Books before whose first write somebody else is faster."""

    def __init__(self, books: DynamoBooks, race: Callable[[], object]) -> None:
        self.books, self.race = books, race

    def commit(self, record: Record | None, changes: list[Change], token: str = "") -> None:
        race, self.race = self.race, lambda: None
        race()
        self.books.commit(record, changes, token)

    def record(self, partition: str, entry_id: str) -> Record | None:
        return self.books.record(partition, entry_id)


@pytest.mark.parametrize("rival", ["the channel", "another card", "a cancellation"])
def test_who_loses_the_race_for_a_stocked_order_is_told_of_the_order_not_of_its_card(
    world: World, shop: Shop, rival: str
) -> None:
    payer, other = shop.card_with(30_000, "A"), shop.card_with(30_000, "B")
    shop.stocked(STOCK, 1)
    waiting = shop.buy(STOCK).order
    races: dict[str, Callable[[], object]] = {
        "the channel": lambda: shop.settle_payment(notice(waiting, "PY-0", shop.now), shop.now),
        "another card": partial(shop.pay_order, shop.command(), waiting.order_id, other),
        "a cancellation": lambda: shop.close_order.cancelled(shop.command(), waiting.order_id),
    }
    late = replace(shop.pay_order, books=RacingBooks(bootstrap.books(), races[rival]))  # type: ignore[arg-type]
    with pytest.raises(IllegalState) as refused:
        late(shop.command(), waiting.order_id, payer)
    assert refused.value.code == "ILLEGAL_STATE"
    assert refused.value.facts["entity"] == waiting.order_id
    assert balance_fen(payer) == 30_000


def test_the_same_command_twice_at_once_on_a_stocked_order_has_one_answer(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    shop.stocked(STOCK, 1)
    waiting, command = shop.buy(STOCK).order, shop.command()
    twin = partial(shop.pay_order, command, waiting.order_id, payer)
    late = replace(shop.pay_order, books=RacingBooks(bootstrap.books(), twin))  # type: ignore[arg-type]
    assert late(command, waiting.order_id, payer) == now_is(waiting.order_id)
    assert balance_fen(payer) == 20_000


def test_an_order_that_was_cancelled_is_not_paid(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    order_id = shop.buy(VIRTUAL).order.order_id
    shop.close_order.cancelled(shop.command(), order_id)
    with pytest.raises(IllegalState):
        shop.pay_order(shop.command(), order_id, payer)
    assert balance_fen(payer) == 30_000
