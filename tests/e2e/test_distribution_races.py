"""Distribution under contention: many clients at once, on a calm table and on a busy one."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import bootstrap
from chalicelib.domain.account import InsufficientAvailable
from chalicelib.domain.errors import Refusal
from chalicelib.domain.order import Order
from chalicelib.domain.withdrawal import WithdrawalState
from chalicelib.domain.withdrawal_record import Filed
from chalicelib.usecases.decide_withdrawal import Verdict
from chalicelib.usecases.join_distribution import DistributorAlready
from local.people import at_their_word
from local.testing import World
from tests.e2e.crowd import at_once, disturbed
from tests.e2e.tree import AGREEMENT, Tree, a_plan, percent

BUSY = pytest.mark.parametrize("busy", [False, True], ids=["calm", "busy"])


@pytest.fixture
def tree(world: World) -> Tree:
    tree = Tree(world)
    tree.publish(a_plan("at_once", days=0))
    return tree


def paying(tree: Tree, order: Order) -> Callable[[], object]:
    return lambda: bootstrap.pay_commission()(order, tree.now)


@BUSY
@pytest.mark.capability("S-039")
def test_v14_an_order_that_many_readers_pay_at_once_is_paid_once(tree: Tree, busy: bool) -> None:
    root, seller = tree.line(2)
    order = tree.order(seller, root, plan_id="at_once")
    with disturbed(tree.world, busy):
        at_once(8, [paying(tree, order)] * 16)
    assert (tree.balances(seller), tree.balances(root)) == ((0, 800, 0, 0), (0, 300, 0, 0))
    tree.check_books()


@BUSY
def test_orders_of_one_seller_paid_side_by_side_all_count(tree: Tree, busy: bool) -> None:
    root, seller = tree.line(2)
    orders = [tree.order(seller, root, plan_id="at_once") for _ in range(24)]
    with disturbed(tree.world, busy):
        at_once(8, [paying(tree, order) for order in orders])
    assert (tree.balances(seller)[1], tree.balances(root)[1]) == (24 * 800, 24 * 300)
    tree.check_books()


@BUSY
def test_refunds_and_releases_at_once_lose_nothing_and_take_nothing_twice(tree: Tree, busy: bool) -> None:
    root, seller = tree.line(2)
    orders = [tree.order(seller, root, plan_id="at_once") for _ in range(8)]
    tree.drain()
    refunded = [tree.refund(order, 50_000) for order in orders[:6]]
    asks = [paying(tree, order) for order in refunded] + [tree.release] * 3
    random.Random(1).shuffle(asks)
    with disturbed(tree.world, busy):
        at_once(8, asks)
    tree.drain()
    tree.release()
    assert tree.balances(seller) == (8 * 800 - 6 * 400, 0, 0, 0)
    assert tree.balances(root) == (8 * 300 - 6 * 150, 0, 0, 0)
    tree.check_books()


@BUSY
def test_of_eight_requests_for_a_third_of_what_is_there_exactly_three_pass(tree: Tree, busy: bool) -> None:
    person_id = tree.with_available(30_000)
    commands = [tree.command(person_id) for _ in range(8)]
    request = at_their_word(bootstrap.request_withdrawal())

    def asking(number: int) -> Callable[[], Filed]:
        return lambda: request(commands[number], 10_000)

    with disturbed(tree.world, busy):
        answers = at_once(8, [asking(number) for number in range(8)])
    assert sum(isinstance(answer, Filed) for answer in answers) == 3
    assert sum(isinstance(answer, InsufficientAvailable) for answer in answers) == 5
    assert tree.balances(f"dst_{person_id[4:]}") == (0, 0, 30_000, 0)
    tree.check_books()


@BUSY
def test_a_payout_that_is_begun_many_times_leaves_once(tree: Tree, busy: bool) -> None:
    person_id = tree.with_available(30_000)
    filed = at_their_word(bootstrap.request_withdrawal())(tree.command(person_id), 30_000)
    withdrawal_id = filed.withdrawal.withdrawal_id
    bootstrap.decide_withdrawal()(tree.office("stf_FFFFFFFFFFFF", "finance"), withdrawal_id, Verdict.APPROVE)
    one_key = tree.office("stf_GGGGGGGGGGGG", "finance")
    commands = [one_key] * 4 + [replace(one_key, key=next(tree.keys)) for _ in range(4)]

    def paying_out(number: int) -> Callable[[], Filed]:
        return lambda: tree.pay_withdrawal(commands[number], withdrawal_id)

    with disturbed(tree.world, busy):
        at_once(8, [paying_out(number) for number in range(8)])
    assert list(tree.bank.paid_fen) == [withdrawal_id]
    assert tree.pay_withdrawal.query(withdrawal_id, tree.now).state is WithdrawalState.PAID
    assert tree.balances(f"dst_{person_id[4:]}") == (0, 0, 0, 0)
    tree.check_books()


@BUSY
def test_a_person_who_joins_in_two_places_at_once_has_one(tree: Tree, busy: bool) -> None:
    parents = [tree.root() for _ in range(4)]
    person_id = next(tree.people)
    commands = [tree.command(person_id) for _ in parents]

    def joining(number: int) -> Callable[[], object]:
        return lambda: bootstrap.join_distribution()(commands[number], parents[number][4:], AGREEMENT)

    with disturbed(tree.world, busy):
        answers = at_once(4, [joining(number) for number in range(4)])
    assert sum(isinstance(answer, DistributorAlready) for answer in answers) == 3
    assert not any(isinstance(a, Refusal) for a in answers if not isinstance(a, DistributorAlready))
    edges = [item for item in tree.world.items("edges") if item["sk"]["S"].startswith("child#")]
    assert len(edges) == 1


@BUSY
@pytest.mark.capability("S-014")
@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_every_balance_is_the_fold_of_its_entries(tree: Tree, seed: int, busy: bool) -> None:
    chance = random.Random(seed)
    tree.publish(a_plan("later", days=2, rules=(percent(1, 1_000), percent(2, 500))))
    members = tree.line(3)
    for member in members:
        tree.payee(member)
    walk = Walk(tree, members, chance)
    with disturbed(tree.world, busy, seed):
        for _ in range(60):
            walk.step()
            if chance.random() < 0.2:
                tree.drain()
    tree.drain()
    tree.check_books()
    for member in members:
        lines = bootstrap.query_statement().page(member, 0, 100)
        newest = dict(lines[0].balances) if lines else {"available_fen": 0, "held_fen": 0, "owed_fen": 0}
        available, _, held, owed = tree.balances(member)
        assert newest == {"available_fen": available, "held_fen": held, "owed_fen": owed}
        assert bootstrap.query_statement().broken(member) == ()


class Walk:
    """A random walk through everything that can happen to commission and withdrawals."""

    def __init__(self, tree: Tree, members: list[str], chance: random.Random) -> None:
        self.tree, self.members, self.chance = tree, members, chance
        self.orders: list[Order] = []
        self.withdrawals: list[str] = []
        self.steps = (
            [self.sell] * 4 + [self.refund] * 2 + [self.release] * 2 + [self.ask] * 2 + [self.decide] * 2
        )
        self.steps += [self.pay, self.hold, self.free]

    def step(self) -> None:
        """One of them; a refusal is an answer too."""
        try:
            self.chance.choice(self.steps)()
        except Refusal:
            self.refused = True

    def sell(self) -> None:
        place = self.chance.randrange(1, len(self.members))
        plan_id = self.chance.choice(("at_once", "later"))
        order = self.tree.order(
            self.members[place],
            self.members[place - 1],
            paid_fen=self.chance.randrange(100, 900_000),
            plan_id=plan_id,
        )
        bootstrap.pay_commission()(order, self.tree.now)
        self.orders.append(order)

    def refund(self) -> None:
        left = [number for number, order in enumerate(self.orders) if order.refunded_fen < order.payable_fen]
        if left:
            number = self.chance.choice(left)
            order = self.orders[number]
            rest_fen = order.payable_fen - order.refunded_fen
            refund_fen = self.chance.choice((rest_fen, self.chance.randrange(1, rest_fen + 1)))
            self.orders[number] = self.tree.refund(order, refund_fen)
            bootstrap.pay_commission()(self.orders[number], self.tree.now)

    def release(self) -> None:
        self.tree.drain()
        self.tree.release()

    def ask(self) -> None:
        member = self.chance.choice(self.members)
        available_fen = self.tree.balances(member)[0]
        amount_fen = self.chance.randrange(1_000, max(1_001, available_fen + 1))
        command = self.tree.command(f"cus_{member[4:]}")
        filed = at_their_word(bootstrap.request_withdrawal())(command, amount_fen)
        self.withdrawals.append(filed.withdrawal.withdrawal_id)

    def decide(self) -> None:
        if self.withdrawals:
            person_id, role = self.chance.choice(
                (("stf_FFFFFFFFFFFF", "finance"), ("stf_RRRRRRRRRRRR", "risk"))
            )
            verdict = self.chance.choice((Verdict.APPROVE, Verdict.APPROVE, Verdict.REJECT))
            command = self.tree.office(person_id, role, reason="looked at")
            bootstrap.decide_withdrawal()(command, self.chance.choice(self.withdrawals), verdict)

    def pay(self) -> None:
        if self.withdrawals:
            command = self.tree.office("stf_GGGGGGGGGGGG", "finance")
            self.tree.pay_withdrawal(command, self.chance.choice(self.withdrawals))

    def hold(self) -> None:
        if self.orders:
            bootstrap.hold_commission().hold(self.chance.choice(self.orders), "velocity", self.tree.now)

    def free(self) -> None:
        if self.orders:
            bootstrap.hold_commission().free(self.chance.choice(self.orders), "cleared", self.tree.now)
