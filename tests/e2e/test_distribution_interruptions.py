"""Commission and withdrawals when something else happens between the reading and the writing of a step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from chalicelib import bootstrap
from chalicelib.domain.change import Change, DocumentChange, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ledger import RISK_POT
from chalicelib.domain.record import Record
from chalicelib.domain.release_due import row_of
from chalicelib.usecases.allocate_withdrawal import AllocateWithdrawal
from chalicelib.usecases.grant_campaigns import GrantCampaigns
from chalicelib.usecases.hold_commission import HoldCommission
from chalicelib.usecases.pay_commission import PayCommission
from chalicelib.usecases.ports import Books
from chalicelib.usecases.release_commission import ReleaseCommission
from chalicelib.usecases.reverse_commission import ReverseCommission
from local.people import at_their_word
from local.testing import World
from tests.e2e.tree import DAY, Tree, a_plan, open_entries


@dataclass
class OvertakenBooks:
    """Books before whose first writing of an action something else happens."""

    action: str
    happens: Callable[[], object]
    books: Books = field(default_factory=bootstrap.books)
    overtaken: int = 0

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        if record is not None and record.action == self.action and not self.overtaken:
            self.overtaken += 1
            self.happens()
        self.books.commit(record, changes, token)

    def record(self, partition: str, entry_id: str) -> Record | None:
        return self.books.record(partition, entry_id)

    def records(self, partition: str, prefix: str = "") -> list[Record]:
        return self.books.records(partition, prefix)


@dataclass
class BusyBooks(OvertakenBooks):
    """Books in which one distributor's account is always somebody else's at this moment."""

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        if record is not None and record.partition == self.action:
            raise Stale("somebody was faster")
        self.books.commit(record, changes, token)


@dataclass
class OvertakenRows(OvertakenBooks):
    """Books before whose first rows of what a withdrawal takes something else happens."""

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        rows = [change for change in changes if isinstance(change, DocumentChange)]
        if not self.overtaken and any(row.sk.startswith(self.action) for row in rows):
            self.overtaken += 1
            self.happens()
        self.books.commit(record, changes, token)


@pytest.fixture
def tree(world: World) -> Tree:
    tree = Tree(world)
    tree.publish(a_plan())
    return tree


def pots_of(distributor_id: str) -> dict[str, int]:
    pots = bootstrap.accounts().balances(distributor_id).frozen_fen
    return {day: frozen_fen for day, frozen_fen in pots.items() if frozen_fen}


def test_a_refund_between_reading_and_holding_an_entry_leaves_nothing_in_the_risk_pot(tree: Tree) -> None:
    seller = tree.root()
    suspected, other = tree.order(seller), tree.order(seller)
    for order in (suspected, other):
        bootstrap.pay_commission()(order, tree.now)
    refunded = tree.refund(suspected, 50_000)
    books = OvertakenBooks("COMMISSION_HOLD", lambda: bootstrap.pay_commission()(refunded, tree.now))
    hold = HoldCommission(books, bootstrap.accounts(), bootstrap.pay_commission())
    assert hold.hold(suspected, "looked at", tree.now) == 400
    assert books.overtaken == 1
    assert pots_of(seller)[RISK_POT] == 400
    assert hold.free(suspected, "no fraud", tree.now) == 0
    assert list(pots_of(seller).values()) == [400 + 800]
    tree.check_books()


def test_a_hold_between_reading_and_reversing_an_entry_leaves_nothing_in_the_risk_pot(tree: Tree) -> None:
    seller = tree.root()
    suspected, other = tree.order(seller), tree.order(seller)
    for order in (suspected, other):
        bootstrap.pay_commission()(order, tree.now)
    hold = HoldCommission(bootstrap.books(), bootstrap.accounts(), bootstrap.pay_commission())
    books = OvertakenBooks("COMMISSION_REVERSAL", lambda: hold.hold(suspected, "looked at", tree.now))
    reverse = ReverseCommission(books, bootstrap.accounts(), lambda _: (), lambda *_: None)
    grants = GrantCampaigns(bootstrap.books(), bootstrap.documents())
    pay = PayCommission(bootstrap.books(), bootstrap.accounts(), bootstrap.catalog(), grants, reverse)
    pay(tree.refund(suspected, 100_000), tree.now)
    assert books.overtaken == 1
    assert list(pots_of(seller).values()) == [800] and RISK_POT not in pots_of(seller)
    tree.check_books()


def test_a_refund_of_released_commission_while_it_is_held_leaves_nothing_in_the_risk_pot(tree: Tree) -> None:
    seller = tree.root()
    tree.publish(a_plan("at_once", days=0))
    first = tree.order(seller, plan_id="at_once")
    bootstrap.pay_commission()(first, tree.now)
    tree.drain()
    assert tree.release() == 1
    hold = HoldCommission(bootstrap.books(), bootstrap.accounts(), bootstrap.pay_commission())

    def refilled_and_held() -> None:
        bootstrap.pay_commission()(tree.order(seller, plan_id="at_once"), tree.now)
        hold.hold(first, "looked at", tree.now)

    books = OvertakenBooks("COMMISSION_REVERSAL", refilled_and_held)
    reverse = ReverseCommission(books, bootstrap.accounts(), lambda _: (), lambda *_: None)
    grants = GrantCampaigns(bootstrap.books(), bootstrap.documents())
    pay = PayCommission(bootstrap.books(), bootstrap.accounts(), bootstrap.catalog(), grants, reverse)
    pay(tree.refund(first, 100_000), tree.now)
    assert books.overtaken == 1
    assert RISK_POT not in pots_of(seller)
    assert sum(tree.balances(seller)[:2]) == 800
    tree.check_books()


def test_a_pot_whose_filling_no_reader_was_told_of_is_released_all_the_same(tree: Tree) -> None:
    root, seller = tree.line(2)
    tree.order(seller, root)
    tree.world.drain(only={"pay_commission", "project_journal"})  # the change of the accounts is given up
    tree.now += 2 * DAY
    assert (bootstrap.sweep_pots()(tree.now), bootstrap.sweep_pots()(tree.now)) == (2, 0)
    assert tree.release() == 0
    tree.now += 5 * DAY
    assert tree.release() == 2
    assert (tree.balances(seller), tree.balances(root)) == ((800, 0, 0, 0), (300, 0, 0, 0))


def test_a_pot_that_is_found_late_is_looked_at_today_and_an_emptied_one_not_at_all(tree: Tree) -> None:
    tree.publish(a_plan("at_once", days=0))
    released, forgotten = tree.root(), tree.root()
    tree.order(released, plan_id="at_once")
    tree.drain()
    assert tree.release() == 1
    tree.order(forgotten, plan_id="at_once")
    tree.world.drain(only={"pay_commission", "project_journal"})
    tree.now += 2 * DAY
    assert bootstrap.sweep_pots()(tree.now) == 1
    assert tree.release() == 1
    assert tree.balances(forgotten) == (800, 0, 0, 0)


def test_pots_that_have_their_rows_get_no_second_one(tree: Tree) -> None:
    tree.order(tree.root())
    tree.drain()
    assert bootstrap.sweep_pots()(tree.now + 2 * DAY) == 0


def test_a_pot_that_is_always_busy_holds_up_no_other(tree: Tree) -> None:
    tree.publish(a_plan("at_once", days=0))
    sellers = [tree.root() for _ in range(4)]
    for seller in sellers:
        tree.order(seller, plan_id="at_once")
    tree.drain()
    busy = min(sellers, key=lambda one: row_of(one, "20260101", 1, tree.now.date()).key)  # comes first
    books = BusyBooks(busy, lambda: None)
    release = ReleaseCommission(books, bootstrap.accounts(), bootstrap.documents(), bootstrap.catalog())
    with pytest.raises(Unavailable):
        release(tree.now)
    assert [tree.balances(one)[0] for one in sellers if one != busy] == [800] * 3
    assert tree.release() == 1


@pytest.mark.parametrize("at_once", [False, True])
def test_a_withdrawal_given_back_before_its_request_is_seen_takes_no_entry(tree: Tree, at_once: bool) -> None:
    person_id = tree.with_available(30_000)
    distributor_id = f"dst_{person_id[4:]}"
    ask = at_their_word(bootstrap.request_withdrawal())
    withdrawal_id = ask(tree.command(person_id), 20_000).withdrawal.withdrawal_id
    bootstrap.cancel_withdrawal()(tree.command(person_id), withdrawal_id)
    request, cancelled = bootstrap.books().records(distributor_id, withdrawal_id)
    allocate = AllocateWithdrawal(bootstrap.books(), bootstrap.documents())
    if at_once:
        overtaken = OvertakenRows("cme_", lambda: allocate(cancelled, tree.now))
        AllocateWithdrawal(overtaken, bootstrap.documents())(request, tree.now)
        assert overtaken.overtaken == 1
    else:
        allocate(cancelled, tree.now)
        allocate(request, tree.now)
    assert bootstrap.documents().query("views", f"alloc#{distributor_id}", "cme_") == []
    assert [one.open_fen for one in open_entries(distributor_id)] == [30_000]
