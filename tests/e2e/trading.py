"""A small world that trades at random: customers buy, distributors earn and withdraw, money comes back."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.catalog import Product
from chalicelib.domain.errors import Refusal
from chalicelib.domain.order import Order
from chalicelib.usecases.decide_withdrawal import Verdict
from chalicelib.usecases.ports import Command
from local.people import at_their_word
from local.testing import World
from tests.e2e.shop import AGENT_STOCK, NAMED, PRODUCTS, TOPUP, VIRTUAL, Shop
from tests.e2e.tree import Tree, a_plan, percent
from tests.fakes.operations import Script

READERS = ("pay_commission", "project_journal", "project_accounts", "project_cards")
ITEMS = (VIRTUAL, NAMED, AGENT_STOCK)
DECIDES, PAYS = "stf_FFFFFFFFFFFF", "stf_GGGGGGGGGGGG"


class Trading:
    """Buyers below two distributors; a seed decides every step."""

    def __init__(self, world: World, seed: int, hold_days: int = 2) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.tree = Tree(world)
        self.tree.publish(a_plan(days=hold_days, rules=(percent(1, 800), percent(2, 300))))
        for product in PRODUCTS:
            bootstrap.books().commit(None, catalog_items.product_changes(product, None))
        bootstrap.catalog().forget()
        self.shop = Shop(now=self.tree.now, catalog=bootstrap.catalog())
        self.shop.stocked(AGENT_STOCK, 20, "G")
        self.chain = tuple(self.tree.line(2)[::-1])
        for distributor_id in self.chain:
            self.tree.payee(distributor_id)
        self.card_id = self.shop.card_with(300_000)
        self.orders: list[str] = []
        self.withdrawals: list[str] = []
        self.done: list[str] = []

    def lives(self, steps: int) -> None:
        for _ in range(steps):
            self.step()
        self.drain()

    def step(self) -> None:
        deeds: tuple[Callable[[], object], ...] = (
            *[self.buys] * 4,
            *[self.tops_up] * 2,
            *[self.pays_by_card] * 3,
            *[self.refunds] * 3,
            self.is_checked,
            self.is_cleared,
            *[self.day_passes] * 3,
            *[self.asks_for_money] * 2,
            *[self.is_paid_out] * 2,
            self.is_rejected,
            self.comes_back,
        )
        deed = self.chance.choice(deeds)
        with suppress(Refusal):
            deed()
            self.done.append(deed.__name__)
        if self.chance.random() < 0.5:
            self.drain()

    def drain(self) -> None:
        self.world.drain(only=READERS)

    def command(self) -> Command:
        """A buyer's, who was brought by the distributors; a moment after the one before."""
        self.shop.now = self.tree.now = self.tree.now + timedelta(milliseconds=7)
        return self.shop.command(referrers=self.chain)

    # what is bought, and comes back

    def sold(self, product: Product, **wish: object) -> Order:
        """An order that is paid through the channel."""
        placed = self.shop.buy(product, self.command(), **wish)
        return self._kept(self.shop.pay(placed.order.order_id))

    def tops_up_by(self, amount_fen: int) -> Order:
        return self.sold(TOPUP, card_id=self.card_id, amount_fen=amount_fen, expected_fen=amount_fen)

    def pays_by_card(self) -> Order:
        return self._kept(self.shop.buy(VIRTUAL, self.command(), pay_card_id=self.card_id).order)

    def _kept(self, order: Order) -> Order:
        self.orders.append(order.order_id)
        return order

    def buys(self) -> None:
        self.sold(self.chance.choice(ITEMS))

    def tops_up(self) -> None:
        self.tops_up_by(self.chance.randrange(1_000, 150_000))

    def refunds(self) -> None:
        order = self._some_order()
        part_fen = self.chance.choice([0, 333, max(1, order.payable_fen // 3)])
        with suppress(Refusal):
            self.shop.refund(order, self.command(), amount_fen=part_fen)
        if self.chance.random() < 0.7:
            self.shop.send_refund(order.order_id, self.shop.now)

    def _some_order(self) -> Order:
        order = bootstrap.orders().get(self.chance.choice(self.orders or [""]))
        if order is None:
            raise Refusal
        return order

    # commission

    def is_checked(self) -> None:
        bootstrap.hold_commission().hold(self._some_order(), "velocity", self.tree.now)

    def is_cleared(self) -> None:
        bootstrap.hold_commission().free(self._some_order(), "looked at", self.tree.now)

    def day_passes(self) -> None:
        self.drain()
        self.tree.now += timedelta(days=1)
        self.tree.release()
        self.drain()

    # withdrawals

    def asks(self, distributor_id: str, amount_fen: int) -> str:
        command = self.tree.command(f"cus_{distributor_id[4:]}")
        filed = at_their_word(bootstrap.request_withdrawal())(command, amount_fen)
        self.withdrawals.append(filed.withdrawal.withdrawal_id)
        return self.withdrawals[-1]

    def pays_out(self, withdrawal_id: str) -> None:
        self.decided(withdrawal_id, Verdict.APPROVE)
        self.tree.pay_withdrawal(self.tree.office(PAYS, "finance"), withdrawal_id)

    def decided(self, withdrawal_id: str, verdict: Verdict) -> None:
        command = self.tree.office(DECIDES, "finance", reason="looked at")
        bootstrap.decide_withdrawal()(command, withdrawal_id, verdict)

    def asks_for_money(self) -> None:
        distributor_id = self.chance.choice(self.chain)
        available_fen, *_ = self.tree.balances(distributor_id)
        self.asks(distributor_id, self.chance.choice([1_000, available_fen, available_fen // 2]))

    def is_paid_out(self) -> None:
        self.pays_out(self.chance.choice(self.withdrawals or [""]))

    def is_rejected(self) -> None:
        self.decided(self.chance.choice(self.withdrawals or [""]), Verdict.REJECT)

    def comes_back(self) -> None:
        """The bank sends back what it has paid out."""
        self.tree.bank.script(Script(later="RETURNED"))
        withdrawal_id = self.chance.choice(self.withdrawals or [""])
        self.pays_out(withdrawal_id)
        back = self.tree.office(PAYS, "finance", reason="sent back")
        self.tree.pay_withdrawal.give_back(back, withdrawal_id)
