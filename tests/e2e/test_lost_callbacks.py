"""Callbacks that never come: the channel is asked before an order closes, and whenever its buyer asks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain import unpaid
from chalicelib.domain.card import CardState
from chalicelib.domain.catalog import Product, ProductUnknown
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import SURPLUS, Order, OrderState, OrderUnknown
from chalicelib.domain.outside import Outcome
from chalicelib.usecases.sweep_unpaid import SweepUnpaid
from chalicelib.usecases.watch_orders import WatchOrders
from local.testing import World
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import NAMED, STOCK, VIRTUAL, Shop, all_records, balance_fen
from tests.fakes.queue import FakeQueue


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop()


def order_now(order_id: str) -> Order:
    order = bootstrap.orders().get(order_id)
    assert order is not None
    return order


def books_of(world: World) -> dict[str, int]:
    assert broken(Tables.read(world.items)) == []
    return fold(all_records(world.items("journal")))


class SilentChannel:
    """A channel that answers nothing to questions about payments, so many times."""

    def __init__(self, shop: Shop, times: int) -> None:
        self.ask, self.times = shop.channel.query, times
        shop.channel.query = self  # type: ignore[method-assign]

    def __call__(self, order_id: str) -> Outcome:
        self.times -= 1
        return Outcome("UNKNOWN", reason="NO_ANSWER") if self.times >= 0 else self.ask(order_id)


def test_a_payment_whose_callback_was_lost_is_found_before_the_order_closes(world: World, shop: Shop) -> None:
    (card_id,) = shop.stocked(STOCK, 1)
    order_id = shop.buy(STOCK).order.order_id
    shop.channel.pay(order_id)
    shop.later(minutes=15)
    assert shop.close_order.when_overdue(order_id, shop.now) is True
    order = order_now(order_id)
    assert (order.state, order.paid_at) == (OrderState.COMPLETED, shop.now - timedelta(minutes=15))
    assert books_of(world) == {"A:CHANNEL:sandbox": 10_000, f"L:PREPAID:{card_id}": -10_000}


def test_the_callback_that_comes_after_the_question_posts_nothing(world: World, shop: Shop) -> None:
    order_id = shop.buy(NAMED).order.order_id
    headers, body = shop.channel.pay(order_id)
    notice = shop.channel.verify(headers, body)
    shop.later(minutes=15)
    shop.close_order.when_overdue(order_id, shop.now)
    before = order_now(order_id)
    assert shop.settle_payment(notice, shop.now) == before
    assert books_of(world)["A:CHANNEL:sandbox"] == 98_500


def test_the_buyer_who_looks_has_the_payment_found_at_once(world: World, shop: Shop) -> None:
    order_id = shop.buy(VIRTUAL).order.order_id
    buyer = shop.command().actor
    assert shop.check_payment(buyer, order_id, shop.now).state is OrderState.PENDING_PAY
    shop.channel.pay(order_id)
    found = shop.check_payment(buyer, order_id, shop.now)
    assert found.state is OrderState.COMPLETED
    assert found == order_now(order_id) == shop.check_payment(buyer, order_id, shop.now)
    with pytest.raises(OrderUnknown):
        shop.check_payment(shop.command(person_id="cus_SSSSSSSSSSSS").actor, order_id, shop.now)


def test_a_paid_order_is_not_cancelled_because_its_callback_was_lost(world: World, shop: Shop) -> None:
    order_id = shop.buy(VIRTUAL).order.order_id
    shop.channel.pay(order_id)
    with pytest.raises(IllegalState):
        shop.close_order.cancelled(shop.command(), order_id)
    assert order_now(order_id).state is OrderState.COMPLETED


def test_who_cancels_and_pays_all_the_same_gets_the_money_back(world: World, shop: Shop) -> None:
    order_id = shop.buy(VIRTUAL).order.order_id
    shop.close_order.cancelled(shop.command(), order_id)
    shop.channel.pay(order_id)
    shop.later(minutes=15)
    assert shop.close_order.when_overdue(order_id, shop.now) is True
    shop.send_refund(order_id, shop.now)
    order = order_now(order_id)
    assert (order.state, [refund.cause for refund in order.refunds]) == (OrderState.CLOSED, [SURPLUS])
    assert books_of(world) == {}


def test_who_pays_twice_by_card_and_channel_gets_the_channels_money_back(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    order_id = shop.buy(VIRTUAL).order.order_id
    shop.channel.pay(order_id)
    shop.pay_order(shop.command(), order_id, payer)
    shop.later(minutes=15)
    assert shop.close_order.when_overdue(order_id, shop.now, "sandbox") is True
    shop.send_refund(order_id, shop.now)
    assert [refund.cause for refund in order_now(order_id).refunds] == [SURPLUS]
    assert shop.channel.refunded_fen == {order_id: 10_000}
    assert "A:CHANNEL:sandbox" not in books_of(world)
    assert shop.close_order.when_overdue(order_id, shop.now, "sandbox") is True
    assert len(order_now(order_id).refunds) == 1


def test_a_silent_channel_is_asked_again_before_the_order_closes(world: World, shop: Shop) -> None:
    order_id = shop.buy(VIRTUAL).order.order_id
    shop.channel.pay(order_id)
    SilentChannel(shop, times=1)
    shop.later(minutes=15)
    assert shop.close_order.when_overdue(order_id, shop.now) is False
    assert order_now(order_id).state is OrderState.PENDING_PAY
    assert shop.close_order.when_overdue(order_id, shop.now) is True
    assert order_now(order_id).state is OrderState.COMPLETED


def test_a_channel_silent_for_long_frees_the_card_and_still_owes_its_answer(world: World, shop: Shop) -> None:
    (card_id,) = shop.stocked(STOCK, 1)
    order_id = shop.buy(STOCK).order.order_id
    shop.channel.pay(order_id)
    SilentChannel(shop, times=1)
    shop.later(minutes=45)
    assert shop.close_order.when_overdue(order_id, shop.now) is False
    card = bootstrap.cards().get(card_id)
    assert card is not None and card.state is CardState.IN_STOCK
    assert order_now(order_id).state is OrderState.CLOSED
    assert shop.close_order.when_overdue(order_id, shop.now) is True
    shop.send_refund(order_id, shop.now)
    assert books_of(world) == {}


def test_an_order_for_which_another_amount_was_paid_gives_money_and_card_back(
    world: World, shop: Shop
) -> None:
    (card_id,) = shop.stocked(STOCK, 1)
    order_id = placed(shop, STOCK)
    shop.channel.pay(order_id)
    told = shop.channel.query(order_id)
    shop.channel.query = lambda _: replace(told, amount_fen=9_999)  # type: ignore[method-assign]
    shop.later(minutes=20)
    assert sweep(shop) == 1
    card = bootstrap.cards().get(card_id)
    assert card is not None and card.state is CardState.IN_STOCK
    assert order_now(order_id).state is OrderState.CLOSED
    assert shop.alarms == [(told.external_id, 9_999)]
    shop.send_refund(order_id, shop.now)
    assert books_of(world) == {}


def test_nobody_is_asked_about_an_order_whose_payment_is_known(world: World, shop: Shop) -> None:
    order = shop.bought(VIRTUAL)
    asked = SilentChannel(shop, times=1)
    shop.later(minutes=15)
    assert shop.close_order.when_overdue(order.order_id, shop.now, "sandbox") is True
    assert asked.times == 1


# ---------------------------------------------------------------- the sweep


def read(shop: Shop, order: Order) -> None:
    """The order's stream record is read; the timer that this sets gets lost."""
    watch = WatchOrders(
        bootstrap.documents(), FakeQueue(), lambda *_: None, lambda: shop.submit_top_up, shop.send_refund
    )
    watch.set_timers([order], shop.now)


def placed(shop: Shop, item: Product) -> str:
    order = shop.buy(item).order
    read(shop, order)
    return order.order_id


def sweep(shop: Shop) -> int:
    return SweepUnpaid(bootstrap.documents(), shop.close_order)(shop.now).looked_at


def test_an_order_whose_timer_and_callback_were_lost_is_found_by_the_sweep(world: World, shop: Shop) -> None:
    paid, unpaid_one = (placed(shop, VIRTUAL) for _ in range(2))
    shop.channel.pay(paid)
    shop.later(minutes=20)
    assert sweep(shop) == 2
    assert order_now(paid).state is OrderState.COMPLETED
    assert order_now(unpaid_one).state is OrderState.CLOSED
    shop.later(minutes=20)
    assert sweep(shop) == 0


def test_one_order_in_the_way_does_not_keep_the_others_from_being_swept(world: World, shop: Shop) -> None:
    stuck = placed(shop, VIRTUAL)
    shop.channel.pay(stuck)
    shop.channel.payments[stuck] = replace(shop.channel.payments[stuck], amount_fen=1)
    other = placed(shop, NAMED)
    shop.later(minutes=20)
    assert sweep(shop) == 2
    assert order_now(other).state is OrderState.CLOSED
    assert order_now(stuck).state is OrderState.CLOSED
    shop.send_refund(stuck, shop.now)
    assert shop.channel.refunded_fen == {stuck: 1}


def test_a_silent_channel_is_asked_by_every_sweep_until_it_speaks(world: World, shop: Shop) -> None:
    order_id = placed(shop, VIRTUAL)
    shop.channel.pay(order_id)
    SilentChannel(shop, times=3)
    for _ in range(4):
        shop.later(minutes=20)
        assert sweep(shop) == 1
    shop.send_refund(order_id, shop.now)
    assert books_of(world) == {}
    assert [refund.cause for refund in order_now(order_id).refunds] == [SURPLUS]


def test_a_reservation_is_found_by_the_sweep_though_nobody_read_its_stream(world: World, shop: Shop) -> None:
    (card_id,) = shop.stocked(STOCK, 1)
    order_id = shop.buy(STOCK).order.order_id
    shop.later(minutes=20)
    assert sweep(shop) == 1
    card = bootstrap.cards().get(card_id)
    assert card is not None and card.state is CardState.IN_STOCK
    assert order_now(order_id).state is OrderState.CLOSED


def test_an_order_read_late_gets_its_row_where_the_sweep_still_comes(world: World, shop: Shop) -> None:
    order = shop.buy(VIRTUAL).order
    shop.later(hours=3)
    assert sweep(shop) == 0
    read(shop, order)
    shop.later(minutes=5)
    assert sweep(shop) == 1
    assert order_now(order.order_id).state is OrderState.CLOSED


def test_the_sweep_of_a_new_system_looks_at_today_first(world: World, shop: Shop) -> None:
    """A cursor that begins two days ago would let an order of today wait for hours."""
    minutes = unpaid.minutes_to_sweep(0, shop.now)
    assert minutes[-1] == unpaid.minute_of(shop.now - unpaid.GRACE)


def test_a_buyer_is_told_that_the_channel_is_silent_by_an_unchanged_order(world: World, shop: Shop) -> None:
    order_id = shop.buy(VIRTUAL).order.order_id
    SilentChannel(shop, times=1)
    found = shop.check_payment(shop.command().actor, order_id, shop.now)
    assert found.state is OrderState.PENDING_PAY


def test_a_payment_is_booked_though_the_product_is_not_known_yet(world: World, shop: Shop) -> None:
    """A process may not have heard of the newest product: that is no reason to give money back."""
    order_id = shop.buy(VIRTUAL).order.order_id
    notice = shop.channel.verify(*shop.channel.pay(order_id))
    shop.catalog.shelf.pop(VIRTUAL.sku_id)
    with pytest.raises(ProductUnknown):
        shop.settle_payment(notice, shop.now)
    assert order_now(order_id).state is OrderState.PENDING_PAY
    shop.catalog.shelf[VIRTUAL.sku_id] = VIRTUAL
    order = shop.settle_payment(notice, shop.now)
    assert balance_fen(order.card_ids[0]) == 10_000
