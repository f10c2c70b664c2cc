"""Random walks: whatever customers do, in whatever order, on whatever table: do the books stay exact?

A seed decides every step; a failure names it, and the same seed walks the same way.
"""

import random
from collections import Counter
from collections.abc import Callable

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.errors import Refusal
from chalicelib.domain.order import Order
from chalicelib.domain.refund import Cause
from local.testing import World
from tests.e2e.crowd import answered, disturbed
from tests.e2e.invariants import Tables, broken, broken_views
from tests.e2e.shop import AGENT_STOCK, BONUS, NAMED, STOCK, TOPUP, VIRTUAL, Shop
from tests.e2e.shop_streams import ShopStreams

STEPS = 150
ITEMS = (VIRTUAL, NAMED, BONUS, STOCK, AGENT_STOCK)


class Walk:
    """One customer who does something else at every step."""

    def __init__(self, world: World, seed: int) -> None:
        self.shop = Shop()
        self.chance = random.Random(seed)
        self.streams = ShopStreams(world, self.shop)
        self.orders: list[str] = []
        self.done: Counter[str] = Counter()
        self.shop.card_with(400_000)
        self.shop.stocked(STOCK, 12, "S")
        self.shop.stocked(AGENT_STOCK, 12, "G")

    def step(self) -> None:
        deeds: tuple[Callable[[], object], ...] = (
            self.buy_from_card,
            self.buy_from_card,
            self.buy_for_channel,
            self.top_up,
            self.pay_at_channel,
            self.pay_from_card,
            self.cancel,
            self.refund,
            self.refund,
            self.freeze_or_lift,
            self.streams.drain,
        )
        deed = self.chance.choice(deeds)
        answer = answered(deed)
        told = answer.code if isinstance(answer, Refusal) else "done"
        self.done[f"{deed.__name__} {told}"] += 1
        if isinstance(answer, Order):
            self.orders.append(answer.order_id)

    def some_order(self) -> Order:
        order = bootstrap.orders().get(self.chance.choice(self.orders[-6:]))
        assert order is not None
        return order

    def some_card(self) -> str:
        """Mostly the account that the walk began with, else a card of a recent order."""
        recent = [order for order in map(bootstrap.orders().get, self.orders[-6:]) if order]
        card_ids = [card_id for order in recent for card_id in order.card_ids]
        return self.chance.choice(["crd_A"] * max(1, len(card_ids)) + card_ids)

    def buy_from_card(self) -> Order:
        return self.shop.buy(self.chance.choice(ITEMS), pay_card_id=self.some_card()).order

    def buy_for_channel(self) -> Order:
        return self.shop.buy(self.chance.choice(ITEMS)).order

    def top_up(self) -> Order:
        amount_fen = self.chance.randrange(1, 200_000)
        wish = {"card_id": self.some_card(), "amount_fen": amount_fen, "expected_fen": amount_fen}
        return self.shop.buy(TOPUP, **wish).order

    def pay_at_channel(self) -> object:
        waiting = [one for one in self.shop.channel.payments.values() if one.state == "PENDING"]
        return self.shop.pay(self.chance.choice(waiting).order_id).state if waiting else None

    def pay_from_card(self) -> object:
        if not self.orders:
            return None
        return self.shop.pay_order(self.shop.command(), self.some_order().order_id, self.some_card()).state

    def cancel(self) -> object:
        if not self.orders:
            return None
        return self.shop.close_order.cancelled(self.shop.command(), self.some_order().order_id).state

    def refund(self) -> object:
        if not self.orders:
            return None
        order = self.some_order()
        part_fen = self.chance.choice([0, 1, 333, max(1, order.payable_fen // 3)])
        cause = self.chance.choice(list(Cause))
        return self.shop.refund(order, amount_fen=part_fen, cause=cause).state

    def freeze_or_lift(self) -> None:
        card_id = self.some_card()
        card = bootstrap.cards().get(card_id)
        if card is not None and card.state in (CardState.ACTIVE, CardState.FROZEN):
            other = CardState.FROZEN if card.state is CardState.ACTIVE else CardState.ACTIVE
            bootstrap.books().commit(None, [CardChange(card_id, (card.state,), move_to=other)])


@pytest.mark.capability("S-014")
@pytest.mark.parametrize("is_disturbed", [False, True], ids=["quiet", "disturbed"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_card_and_every_channel_holds_what_its_entries_say(
    world: World, seed: int, is_disturbed: bool
) -> None:
    walk = Walk(world, seed)
    with disturbed(world, is_disturbed, seed):
        for _ in range(STEPS):
            walk.step()
    assert broken(Tables.read(world.items)) == []
    walk.streams.drain()
    tables = Tables.read(world.items)
    assert broken(tables) + broken_views(tables) == []
    assert sum(n for deed, n in walk.done.items() if deed.endswith("done")) > STEPS // 3, walk.done
