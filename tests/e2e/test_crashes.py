"""A process dies, or an answer is lost, at every single call: what is left over finds its end by itself.

Each story is told once undisturbed to count its calls to the outside of the use
cases. Then it is told again for each of them with one fault:

    died      the process dies right after it, which is before the next one too
    unknown   the call is done, and nobody is told so

The client then asks again with the same key, or is never heard of again; timers and
the schedule do the rest. Nobody follows what the order stream says.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain import due
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.errors import Refusal, Unavailable
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import RefundState
from chalicelib.domain.outside import Outcome
from chalicelib.store import cards, orders
from chalicelib.store.values import from_item
from chalicelib.usecases.ports import Command
from chalicelib.usecases.query_unknown import QueryUnknown
from chalicelib.usecases.watch_orders import WatchOrders
from local.testing import World
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import AGENT_STOCK, AGENT_TOPUP, NAMED, STOCK, TOPUP, VIRTUAL, Shop
from tests.fakes.operations import Script
from tests.fakes.queue import FakeQueue

# Who is gone learns nothing either way: what remains is what had been done.
KINDS = {"asked again": ("died", "unknown"), "client gone": ("died",)}
SETTLED = ("COMPLETED", "CLOSED", "REFUNDED", "PARTIALLY_REFUNDED")


class Died(BaseException):
    """The process is gone: nothing of it runs any more."""


@dataclass
class Fault:
    """The n-th call meets this kind of fault; 0: none."""

    turn: int = 0
    kind: str = ""
    calls: int = 0

    def call(self, function: Callable[..., Any], *values: Any, **named: Any) -> Any:
        self.calls += 1
        kind = self.kind if self.calls == self.turn else ""
        answer = function(*values, **named)
        if kind == "died":
            raise Died
        if kind == "unknown":
            if isinstance(answer, Outcome):
                return Outcome("UNKNOWN", reason="NO_ANSWER")
            raise Unavailable
        return answer


class Disturbed:
    """A port whose calls may meet a fault."""

    def __init__(self, port: Any, fault: Fault) -> None:
        self.port, self.fault = port, fault

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.port, name)
        return (lambda *v, **n: self.fault.call(member, *v, **n)) if callable(member) else member


PORTS = ("books", "orders", "cards", "documents", "stock", "issuer", "issuers", "objects")


def disturbed(usecase: Any, fault: Fault) -> Any:
    """The use case with every port of it, and of the use cases in it, disturbed."""
    changed: dict[str, Any] = {}
    for field in fields(usecase):
        known = getattr(usecase, field.name)
        if field.name in PORTS:
            changed[field.name] = Disturbed(known, fault)
        elif field.name == "channels":
            changed[field.name] = lambda name, known=known: Disturbed(known(name), fault)
        elif is_dataclass(known) and type(known).__module__.startswith("chalicelib.usecases."):
            changed[field.name] = disturbed(known, fault)
    return replace(usecase, **changed)


USECASES = (
    *("place_order", "settle_payment", "pay_order", "close_order", "check_payment"),
    *("refund_order", "send_refund", "submit_top_up"),
)


def disturb(shop: Shop, fault: Fault) -> None:
    for name in USECASES:
        setattr(shop, name, disturbed(getattr(shop, name), fault))


# ---------------------------------------------------------------- stories

Step = Callable[[Shop], object]


def callback(shop: Shop, order_id: str) -> None:
    """The channel says again and again that it was paid."""
    payment = shop.channel.payments.get(order_id)
    if payment is None:
        return
    if payment.state == "PENDING":
        shop.told = shop.channel.pay(order_id)  # type: ignore[attr-defined]
    shop.settle_payment(shop.channel.verify(*shop.told), shop.now)  # type: ignore[attr-defined]


def refund_of(shop: Shop, order_id: str, command: Command) -> None:
    order = bootstrap.orders().get(order_id)
    if order is not None:
        shop.refund(order, command)


def order_id_of(command: Command) -> str:
    return f"ord_{command.actor.person_id[4:]}{command.key}"


def bought_and_refunded(shop: Shop) -> list[Step]:
    shop.stocked(STOCK, 2)
    buy, refund = shop.command(), shop.command()
    order_id = order_id_of(buy)
    return [
        lambda s: s.buy(STOCK, buy),
        lambda s: callback(s, order_id),
        lambda s: refund_of(s, order_id, refund),
        lambda s: s.send_refund(order_id, s.now),
    ]


def agent_card_revealed_and_refunded(shop: Shop) -> list[Step]:
    (card_id,) = shop.stocked(AGENT_STOCK, 1)
    order = shop.bought(AGENT_STOCK)
    bootstrap.books().commit(None, [CardChange(card_id, (CardState.SOLD,), revealed_at=shop.now)])
    refund = shop.command()
    return [lambda s: s.refund(order, refund), lambda s: s.send_refund(order.order_id, s.now)]


def topped_up_at_the_oil_company(shop: Shop) -> list[Step]:
    (card_id,) = shop.stocked(AGENT_STOCK, 1)
    shop.bought(AGENT_STOCK)
    buy = shop.command()
    order_id = order_id_of(buy)
    wish = {"card_id": card_id, "amount_fen": 50_000, "expected_fen": 50_000}
    return [
        lambda s: s.buy(AGENT_TOPUP, buy, **wish),
        lambda s: callback(s, order_id),
        lambda s: s.submit_top_up(order_id, s.now),
    ]


def refused_by_the_oil_company(shop: Shop) -> list[Step]:
    steps = topped_up_at_the_oil_company(shop)
    shop.issuer.script_topup(Script("FAILED"))
    return steps


def paid_from_a_card_and_refunded(shop: Shop) -> list[Step]:
    shop.stocked(STOCK, 2)
    payer = shop.card_with(30_000)
    buy, refund = shop.command(), shop.command()
    return [
        lambda s: s.buy(STOCK, buy, pay_card_id=payer),
        lambda s: refund_of(s, order_id_of(buy), refund),
    ]


def reserved_and_cancelled(shop: Shop) -> list[Step]:
    shop.stocked(STOCK, 2)
    buy, cancel = shop.command(), shop.command()
    return [
        lambda s: s.buy(STOCK, buy),
        lambda s: s.close_order.cancelled(cancel, order_id_of(buy)),
    ]


def paid_by_card_and_by_channel(shop: Shop) -> list[Step]:
    payer = shop.card_with(30_000)
    buy, pay = shop.command(), shop.command()
    order_id = order_id_of(buy)
    return [
        lambda s: s.buy(VIRTUAL, buy),
        lambda s: s.pay_order(pay, order_id, payer),
        lambda s: callback(s, order_id),
    ]


def topped_up_beyond_the_cap(shop: Shop) -> list[Step]:
    card_id = shop.card_with(450_000)
    first, second = shop.command(), shop.command()
    wish = {"card_id": card_id, "amount_fen": 50_000, "expected_fen": 50_000}
    return [
        lambda s: s.buy(TOPUP, first, **wish),
        lambda s: s.buy(TOPUP, second, **wish),
        lambda s: callback(s, order_id_of(first)),
        lambda s: callback(s, order_id_of(second)),
    ]


def refunded_in_part(shop: Shop) -> list[Step]:
    order = shop.bought(NAMED)
    refund = shop.command()
    return [
        lambda s: s.refund(order, refund, amount_fen=30_000),
        lambda s: s.send_refund(order.order_id, s.now),
    ]


STORIES = (
    bought_and_refunded,
    agent_card_revealed_and_refunded,
    topped_up_at_the_oil_company,
    refused_by_the_oil_company,
    paid_from_a_card_and_refunded,
    reserved_and_cancelled,
    paid_by_card_and_by_channel,
    topped_up_beyond_the_cap,
    refunded_in_part,
)


# ---------------------------------------------------------------- telling them


def tell(shop: Shop, steps: list[Step], again: bool) -> None:
    """Every step by a process of its own; one that died or refused is asked again, or its client is gone."""
    for step in steps:
        if not went_well(step, shop) and again:
            went_well(step, shop)


def went_well(step: Step, shop: Shop) -> bool:
    try:
        step(shop)
    except (Died, Refusal):
        return False
    return True


def recover(shop: Shop) -> None:
    """What runs by itself for an hour: the timers, and the questions of the schedule."""
    documents = bootstrap.documents()
    watch = WatchOrders(
        documents, FakeQueue(), lambda order, now: None, lambda: shop.submit_top_up, shop.send_refund
    )
    ask = QueryUnknown(
        documents,
        {
            due.TOPUP: lambda row, now: watch.ask_again(row.call_id, now),
            due.REFUND: lambda row, now: shop.send_refund.ask_again(
                row.about["order"], row.about["refund"], now
            ),
            due.CLOSURE: shop.close_cards.ask_again,
        },
    )
    known = [item["sk"]["S"] for item in shop.world.items("orders")]  # type: ignore[attr-defined]
    for _ in range(3):
        shop.later(minutes=16)
        for order_id in known:  # the timers that the stream's reader set
            shop.close_order.when_overdue(order_id, shop.now, "sandbox")
        ask(shop.now)


def left_over(shop: Shop) -> Iterator[str]:
    """What did not find its end."""
    world: World = shop.world  # type: ignore[attr-defined]
    yield from broken(Tables.read(world.items))
    for item in world.items("orders"):
        order = orders.from_values(from_item(item))
        if order.state not in SETTLED:
            yield f"{order.order_id} is {order.state}"
        yield from (
            f"{r.refund_id} is {r.state}" for r in order.refunds if r.state is not RefundState.SUCCEEDED
        )
    for item in world.items("cards"):
        card = cards.from_values(from_item(item))
        if card.state in (CardState.RESERVED, CardState.REFUND_PENDING):
            yield f"{card.card_id} is {card.state}"
    for item in world.items("work"):
        if item["pk"]["S"].startswith("due#"):
            yield f"still due: {item['sk']['S']}"
    yield from money_outside(shop)
    for card_id in shop.issuer.closed_cards:
        if (card := bootstrap.cards().get(card_id)) and card.state is not CardState.CLOSED:
            yield f"{card_id} is closed at its oil company, and {card.state} here"


def money_outside(shop: Shop) -> Iterator[str]:
    """What the channel holds for us is what our books say it does."""
    paid_fen = sum(p.amount_fen for p in shop.channel.payments.values() if p.state == "SUCCEEDED")
    back_fen = sum(shop.channel.refunded_fen.values())
    world: World = shop.world  # type: ignore[attr-defined]
    ours_fen = fold(Tables.read(world.items).records).get("A:CHANNEL:sandbox", 0)
    if ours_fen != paid_fen - back_fen:
        yield f"the channel holds {paid_fen} - {back_fen}, our books say {ours_fen}"


def fresh(world: World) -> Shop:
    world.engine.process.ask("POST", "reset")
    shop = Shop()
    shop.world = world  # type: ignore[attr-defined]
    return shop


def calls_of(world: World, story: Callable[[Shop], list[Step]]) -> int:
    shop, counting = fresh(world), Fault()
    steps = story(shop)
    disturb(shop, counting)
    tell(shop, steps, again=False)
    return counting.calls


@pytest.mark.parametrize("client", KINDS)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_every_call_may_fail_in_every_way(
    world: World, story: Callable[[Shop], list[Step]], client: str
) -> None:
    wrong = {}
    faults = itertools.product(range(1, calls_of(world, story) + 1), KINDS[client])
    for turn, kind in faults:
        shop = fresh(world)
        healthy = {name: getattr(shop, name) for name in USECASES}
        steps = story(shop)
        disturb(shop, Fault(turn, kind))
        tell(shop, steps, again=client == "asked again")
        vars(shop).update(healthy)
        recover(shop)
        if found := list(left_over(shop)):
            wrong[turn, kind] = found
    assert wrong == {}
