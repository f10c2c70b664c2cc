"""Interruptions of a sale: the process dies at any call, the queue is away; nothing is half done."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import OrderState
from chalicelib.gateways.queues import SqsQueue
from chalicelib.usecases.sweep_unpaid import SweepUnpaid
from local.testing import World
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import NAMED, STOCK, TOPUP, VIRTUAL, Shop, balance_fen
from tests.e2e.shop_streams import ShopStreams

CALLS_MAX = 20


class Died(BaseException):
    """The process ended: no handler of the code sees it, as none would."""


@dataclass
class Fate:
    """The call, counted over all ports, at which the process dies; before it is done, or after."""

    dies_at: int
    after: bool
    calls: int = 0

    def meets(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def met(*arguments: Any, **named: Any) -> Any:
            mine = self.calls == self.dies_at
            self.calls += 1
            if mine and not self.after:
                raise Died
            try:
                return call(*arguments, **named)
            finally:
                if mine:
                    raise Died

        return met


@dataclass
class Mortal:
    """A port whose every call may be the last one of its process."""

    port: Any
    fate: Fate

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.port, name)
        return self.fate.meets(found) if callable(found) else found


def mortal(use_case: Any, fate: Fate, *ports: str) -> Any:
    """The use case with ports that may die."""
    return replace(use_case, **{name: Mortal(getattr(use_case, name), fate) for name in ports})


def buy_from_card(shop: Shop, fate: Fate) -> Callable[[], object]:
    payer = shop.card_with(30_000)
    command, whole = shop.command(), shop.place_order
    shop.place_order = mortal(whole, fate, "books", "orders", "cards", "documents", "stock")
    return lambda: shop.buy(VIRTUAL, command, pay_card_id=payer)


def buy_stock_from_card(shop: Shop, fate: Fate) -> Callable[[], object]:
    payer = shop.card_with(30_000)
    shop.stocked(STOCK, 2)
    command, whole = shop.command(), shop.place_order
    shop.place_order = mortal(whole, fate, "books", "orders", "cards", "documents", "stock")
    return lambda: shop.buy(STOCK, command, pay_card_id=payer)


def hear_of_a_payment(shop: Shop, fate: Fate) -> Callable[[], object]:
    order_id = shop.buy(NAMED).order.order_id
    notice = shop.channel.verify(*shop.channel.pay(order_id))
    settle = mortal(shop.settle_payment, fate, "books", "orders")
    return lambda: settle(notice, shop.now)


def hear_of_a_top_up_over_the_cap(shop: Shop, fate: Fate) -> Callable[[], object]:
    card_id = shop.card_with(450_000)
    wish = {"card_id": card_id, "amount_fen": 50_000, "expected_fen": 50_000}
    first, second = (shop.buy(TOPUP, **wish).order.order_id for _ in range(2))
    shop.pay(first)
    notice = shop.channel.verify(*shop.channel.pay(second))
    settle = mortal(shop.settle_payment, fate, "books", "orders")
    return lambda: settle(notice, shop.now)


def refund_through_the_channel(shop: Shop, fate: Fate) -> Callable[[], object]:
    order = shop.bought(NAMED)
    command = shop.command()
    refund = mortal(shop.refund_order, fate, "books", "orders", "cards")
    send = replace(
        mortal(shop.send_refund, fate, "books", "orders"), channels=lambda name: Mortal(shop.channel, fate)
    )
    shop.refund_order = refund

    def both() -> object:
        shop.refund(order, command)
        send(order.order_id, shop.now)
        after = bootstrap.orders().get(order.order_id)
        assert after is not None
        for known in after.refunds:
            send.ask_again(order.order_id, known.refund_id, shop.now)
        return bootstrap.orders().get(order.order_id)

    return both


SALES = (
    buy_from_card,
    buy_stock_from_card,
    hear_of_a_payment,
    hear_of_a_top_up_over_the_cap,
    refund_through_the_channel,
)


@pytest.mark.capability("S-024")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("begin", SALES, ids=lambda begin: begin.__name__)
def test_a_sale_whose_process_dies_at_any_call_is_whole_or_not_there_and_ends_well(
    engine: Any, begin: Callable[[Shop, Fate], Callable[[], object]], after: bool
) -> None:
    for call in range(CALLS_MAX):
        world = World(engine)
        bootstrap.catalog().forget()
        attempt = begin(Shop(), Fate(call, after))
        try:
            attempt()
        except Died:
            assert broken(Tables.read(world.items)) == []  # the moment after, nothing is half posted
            attempt()  # whoever asked asks again, with the same key
            attempt()  # and once more, which changes nothing
            assert broken(Tables.read(world.items)) == []
        else:
            assert call >= 1, "the process died nowhere"
            return
    pytest.fail("more calls than were met")


@pytest.mark.capability("S-030")
def test_a_sale_succeeds_while_the_queue_is_down_and_its_work_catches_up_later(world: World) -> None:
    shop = Shop()
    streams = ShopStreams(world, shop)
    streams.timers.failure = Unavailable()
    order = shop.bought(VIRTUAL)
    waiting = shop.buy(VIRTUAL).order
    assert order.state is OrderState.COMPLETED
    assert balance_fen(order.card_ids[0]) == 10_000
    streams.drain()
    assert streams.timers.messages == []
    streams.timers.failure = None
    shop.later(minutes=20)
    assert SweepUnpaid(bootstrap.documents(), shop.close_order)(shop.now).looked_at == 2
    closed = bootstrap.orders().get(waiting.order_id)
    assert closed is not None and closed.state is OrderState.CLOSED
    assert broken(Tables.read(world.items)) == []


def timers_waiting(queue: SqsQueue) -> int:
    """Messages of the queue, at once or later."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    told = queue.client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=names)
    return sum(int(number) for number in told["Attributes"].values())


@pytest.mark.capability("S-030")
def test_the_deployed_reader_bears_a_queue_that_is_gone_and_the_sweep_catches_up(world: World) -> None:
    shop = Shop(now=bootstrap.now())
    queue = bootstrap.order_timers()
    outside: dict[Any, Any] = {bootstrap.now: lambda: shop.now, bootstrap.channel: lambda name: shop.channel}
    gone = SqsQueue(queue.client, f"{queue.url}-gone")
    with pytest.raises(Unavailable):
        gone.send([{"order": "any"}])
    with replaced(outside | {bootstrap.order_timers: lambda: gone}):
        sold = shop.bought(VIRTUAL)
        waiting = shop.buy(VIRTUAL).order
        world.drain(only={"watch_orders"})
    assert sold.state is OrderState.COMPLETED
    assert timers_waiting(queue) == 0
    with replaced(outside):
        shop.later(minutes=20)
        world.drain(only={"watch_orders", "close_unpaid_order"})
        assert state_of(waiting.order_id) is OrderState.PENDING_PAY
        world.tick("sweep_unpaid")
        assert state_of(waiting.order_id) is OrderState.CLOSED
        shop.buy(VIRTUAL)
        world.drain(only={"watch_orders"})
    assert timers_waiting(queue) == 1
    assert state_of(sold.order_id) is OrderState.COMPLETED
    assert broken(Tables.read(world.items)) == []


def state_of(order_id: str) -> OrderState:
    order = bootstrap.orders().get(order_id)
    assert order is not None
    return order.state
