"""A busy world for tests: one day of trade through the real streams, archived."""

from dataclasses import dataclass
from typing import Any

from chalicelib import bootstrap
from local.people import at_their_word
from local.testing import World
from tests.e2e.by_hand import Operator
from tests.e2e.shop import NAMED, VIRTUAL, Shop
from tests.e2e.tree import Tree, a_plan

READERS = ("pay_commission", "project_journal", "project_accounts", "project_cards")
ARCHIVE = ("archive_journal", "archive_edges")


@dataclass
class Busy:
    """A world in which customers bought, paid by card, gave back, and distributors earned and withdrew."""

    world: World
    operator: Operator
    shop: Shop
    tree: Tree

    def trade(self) -> None:
        payer = self.shop.card_with(90_000, name=f"P{self.shop.first_number}")
        self.shop.buy(VIRTUAL, pay_card_id=payer)
        given_back = self.shop.bought(NAMED)
        self.shop.send_refund(self.shop.refund(given_back).order_id, self.shop.now)
        self.shop.bought(VIRTUAL)
        seller, root = self.tree.line(2)[::-1]
        self.tree.order(seller, root)
        withdrawing = self.tree.with_available(50_000)
        at_their_word(bootstrap.request_withdrawal())(self.tree.command(withdrawing), 20_000)
        self.world.drain(only=READERS)

    def archived(self) -> None:
        for reader in ARCHIVE:
            self.world.drain(only=[reader])

    def rebuilt(self) -> dict[str, Any]:
        return self.operator.looks("rebuild_balances")


def busy_world(world: World, operator: Operator) -> Busy:
    """After one day's trade, all of it archived."""
    tree = Tree(world)
    tree.publish(a_plan())
    found = Busy(world, operator, Shop(now=tree.now), tree)
    found.trade()
    found.archived()
    return found
