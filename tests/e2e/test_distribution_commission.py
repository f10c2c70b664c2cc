"""Commission on the embedded engine: paid from the stream, once, exact, and taken back exactly."""

from dataclasses import replace

import pytest

from chalicelib import bootstrap
from chalicelib.domain.commission_entry import entry_id_of, history_of
from chalicelib.domain.explanation import Reason, recompute
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import ChainLink, Order
from chalicelib.domain.plan import Campaign, Rule, RuleKind, Scope
from chalicelib.usecases.decide_withdrawal import Verdict
from local.people import at_their_word
from local.testing import World
from tests.e2e.invariants import Tables, every_pot_holds_its_entries
from tests.e2e.tree import DAY, Tree, a_plan, open_entries, percent


@pytest.fixture
def tree(world: World) -> Tree:
    tree = Tree(world)
    tree.publish(a_plan())
    return tree


def earned(tree: Tree, distributor_id: str) -> list[int]:
    """The fen of each commission entry of somebody."""
    records = bootstrap.books().records(distributor_id, "cme_")
    return [r.lines[0].amount_fen for r in records if r.action == "COMMISSION"]


@pytest.mark.capability("S-039")
def test_v1_two_levels_earn_800_and_300_frozen_within_one_pump_cycle(tree: Tree) -> None:
    root, seller = tree.line(2)
    tree.order(seller, root)
    tree.world.drain(only={"pay_commission"})
    assert (tree.balances(seller), tree.balances(root)) == ((0, 800, 0, 0), (0, 300, 0, 0))
    assert tree.fold()["E:COMMISSION"] == 1_100
    tree.check_books()


@pytest.mark.parametrize(
    ("paid_fen", "shares"),
    [(33_333, (266, 99)), (12_345, (98, 37)), (124, (0, 0)), (125, (1, 0)), (1, (0, 0))],
)
def test_v2_each_share_is_floored_and_nothing_is_written_for_zero(
    tree: Tree, paid_fen: int, shares: tuple[int, int]
) -> None:
    root, seller = tree.line(2)
    told = bootstrap.pay_commission()(tree.order(seller, root, paid_fen=paid_fen), tree.now)
    assert tuple(share.amount_fen for share in told) == shares
    assert [earned(tree, one) for one in (seller, root)] == [[fen] if fen else [] for fen in shares]
    assert all(share.amount_fen or share.reason for share in told)


@pytest.mark.capability("S-039")
def test_v14_an_order_whose_change_comes_again_pays_once(tree: Tree) -> None:
    root, seller = tree.line(2)
    order = tree.order(seller, root)
    for _ in range(3):
        bootstrap.pay_commission()(order, tree.now + DAY)
    tree.world.drain(only={"pay_commission"})
    assert (earned(tree, seller), earned(tree, root)) == ([800], [300])
    assert (tree.balances(seller)[1], tree.balances(root)[1]) == (800, 300)


@pytest.mark.capability("S-038")
def test_v15_a_move_after_the_order_changes_no_old_commission(tree: Tree) -> None:
    root, old_parent, seller = tree.line(3)
    other = tree.join(root)
    tree.order(seller, old_parent)
    bootstrap.move_distributor()(tree.office(), seller, other)
    tree.world.drain(only={"pay_commission"})
    assert (earned(tree, seller), earned(tree, old_parent), earned(tree, other)) == ([800], [300], [])


def test_v16_a_buyer_of_the_own_tree_earns_nobody_anything(tree: Tree) -> None:
    root, seller = tree.line(2)
    order = tree.order(seller, root, self_purchase=True)
    shares = bootstrap.pay_commission()(order, tree.now)
    assert {share.reason for share in shares} == {Reason.SELF_PURCHASE}
    assert tree.records()[-1].action == "distributor.found"


def test_v17_a_suspended_place_is_skipped_and_not_shifted(tree: Tree) -> None:
    root, seller = tree.line(2)
    chain = (ChainLink(seller, "", False), ChainLink(root, "", True))
    order = replace(tree.order(seller, root), chain=chain)
    first, second = bootstrap.pay_commission()(order, tree.now)
    assert (first.amount_fen, first.reason, second.amount_fen) == (0, Reason.SUSPENDED, 300)


@pytest.mark.capability("S-049")
def test_an_entry_carries_what_it_takes_to_compute_it_again(tree: Tree) -> None:
    tree.publish(a_plan("capped", margin_share_bps=5_000, rules=(percent(1, 150), percent(2, 80))))
    root, seller = tree.line(2)
    order = tree.order(seller, root, paid_fen=97_000, cost_fen=93_000, plan_id="capped")
    bootstrap.pay_commission()(order, tree.now)
    for distributor_id, level, amount_fen in ((seller, 1, 1_455), (root, 2, 545)):
        entry_id = entry_id_of(order.order_id, level)
        history = history_of(bootstrap.books().records(distributor_id, entry_id), entry_id)
        assert history is not None
        assert recompute(history.explanation) == history.amount_fen == amount_fen


def test_two_levels_cost_eight_write_units_and_read_nothing(tree: Tree) -> None:
    root, seller = tree.line(2)
    order = tree.order(seller, root)
    bootstrap.catalog().plan("p1")
    tree.world.engine.process.ask("DELETE", "meter")
    bootstrap.pay_commission()(order, tree.now)
    report = tree.world.engine.process.ask("GET", "meter")
    assert sum(report["write_units"].values()) == 8
    assert report["read_units"] == {}


# refunds


def test_v7_reversals_of_partial_refunds_sum_to_the_entry(tree: Tree) -> None:
    root, seller = tree.line(2)
    order = tree.order(seller, root, paid_fen=123_456)
    for refund_fen in (30_000, 50_000, 43_456):
        order = tree.refund(order, refund_fen)
        bootstrap.pay_commission()(order, tree.now)
    records = bootstrap.books().records(seller, "cme_")
    reversals = [-r.lines[-1].amount_fen for r in records if r.action == "COMMISSION_REVERSAL"]
    assert reversals == [240, 400, 347]
    assert tree.balances(seller) == (0, 0, 0, 0)
    tree.check_books()


@pytest.mark.parametrize("way", ["entry first", "refund first", "both changes again"])
def test_a_refund_that_overtakes_its_commission_ends_the_same(tree: Tree, way: str) -> None:
    root, seller = tree.line(2)
    paid = tree.order(seller, root)
    refunded = tree.refund(paid, 40_000)
    images = {
        "entry first": (paid, refunded),
        "refund first": (refunded, paid),
        "both changes again": (refunded, paid, refunded, paid),
    }[way]
    for order in images:
        bootstrap.pay_commission()(order, tree.now)
    assert (tree.balances(seller), tree.balances(root)) == ((0, 480, 0, 0), (0, 180, 0, 0))
    tree.check_books()


def test_v8_after_release_a_reversal_takes_what_is_available_and_the_rest_is_owed(tree: Tree) -> None:
    tree.publish(a_plan("at_once", days=0, rules=(percent(1, 1_000),), paid_levels=1))
    seller = tree.root()
    order = tree.order(seller, paid_fen=80_000, plan_id="at_once")
    tree.drain()
    assert tree.release() == 1
    tree.payee(seller)
    at_their_word(bootstrap.request_withdrawal())(tree.command(f"cus_{seller[4:]}"), 5_000)
    withdrawal = bootstrap.books().records(seller, "wdr_")[0].entry_id
    bootstrap.decide_withdrawal()(tree.office("stf_FFFFFFFFFFFF", "finance"), withdrawal, Verdict.APPROVE)
    assert tree.balances(seller) == (3_000, 0, 5_000, 0)
    bootstrap.pay_commission()(tree.refund(order, 80_000), tree.now)
    assert tree.balances(seller) == (0, 0, 5_000, 5_000)
    tree.order(seller, paid_fen=24_000, plan_id="at_once")
    tree.drain()
    assert tree.release() == 1
    assert tree.balances(seller) == (0, 0, 5_000, 2_600)
    tree.check_books()


def test_a_reversal_calls_an_unapproved_withdrawal_back_as_a_whole(tree: Tree) -> None:
    tree.publish(a_plan("at_once", days=0, rules=(percent(1, 1_000),), paid_levels=1))
    seller = tree.root()
    order = tree.order(seller, paid_fen=80_000, plan_id="at_once")
    tree.drain()
    tree.release()
    tree.payee(seller)
    filed = at_their_word(bootstrap.request_withdrawal())(tree.command(f"cus_{seller[4:]}"), 7_000)
    bootstrap.pay_commission()(tree.refund(order, 20_000), tree.now)
    state = bootstrap.withdrawal_file().read(filed.withdrawal.withdrawal_id).state
    assert (state, tree.balances(seller)) == ("CANCELLED", (6_000, 0, 0, 0))
    tree.check_books()


# campaigns


def with_campaign(tree: Tree, budget_fen: int) -> None:
    special = Rule("c1", RuleKind.PERCENT, 120, level=1, scope=Scope(campaign_id="oct"))
    rules = (percent(1, 80), percent(2, 30), special)
    tree.publish(a_plan("oct1", rules=rules, campaigns=(Campaign("oct", budget_fen),)))
    bootstrap.documents().put("work", "campaign#oct", "purse", {"left_fen": budget_fen})


@pytest.mark.parametrize(("budget_fen", "amount_fen", "left_fen"), [(300, 788, 300), (394, 1_182, 0)])
def test_v6_a_purse_that_cannot_pay_the_whole_extra_pays_nothing_of_it(
    tree: Tree, budget_fen: int, amount_fen: int, left_fen: int
) -> None:
    with_campaign(tree, 1_000_000)
    bootstrap.documents().put("work", "campaign#oct", "purse", {"left_fen": budget_fen})
    root, seller = tree.line(2)
    order = tree.order(seller, root, paid_fen=98_500, plan_id="oct1")
    for _ in range(2):
        first, second = bootstrap.pay_commission()(order, tree.now)
        assert (first.amount_fen, second.amount_fen) == (amount_fen, 295)
    purse = bootstrap.documents().get("work", "campaign#oct", "purse", consistent=True)
    assert purse is not None and purse["left_fen"] == left_fen


# holds


def test_a_held_order_waits_in_the_risk_pot_until_it_is_freed(tree: Tree) -> None:
    root, seller = tree.line(2)
    order = tree.order(seller, root)
    holds = bootstrap.hold_commission()
    assert holds.hold(order, "velocity", tree.now) == holds.hold(order, "velocity", tree.now) == 1_100
    assert bootstrap.accounts().pot(seller, "risk").frozen_fen == 800
    later = tree.now + 30 * DAY
    assert holds.free(order, "cleared", later) == holds.free(order, "cleared", later) == 0
    tree.drain()
    tree.now = later
    tree.release()
    assert (tree.balances(seller), tree.balances(root)) == ((800, 0, 0, 0), (300, 0, 0, 0))
    tree.check_books()


def test_a_refund_of_a_held_order_takes_from_the_risk_pot(tree: Tree) -> None:
    seller = tree.root()
    order = tree.order(seller)
    bootstrap.hold_commission().hold(order, "velocity", tree.now)
    bootstrap.pay_commission()(tree.refund(order, 100_000), tree.now)
    assert tree.balances(seller) == (0, 0, 0, 0)
    tree.check_books()


# a pot that was released and is filled again


def refilled(tree: Tree) -> tuple[str, Order, Order]:
    """Somebody with a released order and one behind it, in the same pot."""
    tree.publish(a_plan("at once", 0, rules=(percent(1, 80),), paid_levels=1))
    seller = tree.root()
    first = tree.order(seller, plan_id="at once")
    bootstrap.pay_commission()(first, tree.now)
    tree.drain()
    assert tree.release() == 1
    second = tree.order(seller, plan_id="at once", paid_fen=70_000)
    for _ in range(2):
        bootstrap.pay_commission()(second, tree.now)
        bootstrap.pay_commission()(first, tree.now)
    assert tree.balances(seller) == (800, 560, 0, 0)
    return seller, first, second


def test_a_released_entry_is_not_held_out_of_the_money_of_the_next(tree: Tree) -> None:
    seller, first, second = refilled(tree)
    holds = bootstrap.hold_commission()
    assert holds.hold(first, "velocity", tree.now) == 0
    assert holds.hold(second, "velocity", tree.now) == 560
    assert holds.free(first, "cleared", tree.now) == holds.free(second, "cleared", tree.now) == 0
    assert tree.balances(seller) == (800, 560, 0, 0)
    assert pots_are_right(tree)


def test_a_released_entry_is_not_taken_back_out_of_the_money_of_the_next(tree: Tree) -> None:
    seller, first, second = refilled(tree)
    bootstrap.pay_commission()(tree.refund(first, 50_000), tree.now)
    assert tree.balances(seller) == (400, 560, 0, 0)
    bootstrap.pay_commission()(tree.refund(second, 70_000), tree.now)
    assert tree.balances(seller) == (400, 0, 0, 0)
    assert pots_are_right(tree)


def test_an_entry_that_comes_back_to_its_pot_after_a_release_waits_for_the_next_one(tree: Tree) -> None:
    seller, _, second = refilled(tree)
    holds = bootstrap.hold_commission()
    holds.hold(second, "velocity", tree.now)
    third = tree.order(seller, plan_id="at once", paid_fen=10_000)
    bootstrap.pay_commission()(third, tree.now)
    tree.drain()
    assert tree.release() == 1
    holds.free(second, "cleared", tree.now)
    assert tree.balances(seller) == (880, 560, 0, 0)
    assert pots_are_right(tree)
    assert holds.hold(third, "velocity", tree.now) == 0
    assert holds.hold(second, "again", tree.now) == 560
    assert holds.free(second, "cleared", tree.now) == 0
    tree.drain()
    assert tree.release() == 1
    bootstrap.pay_commission()(tree.refund(second, 70_000), tree.now)
    assert tree.balances(seller) == (880, 0, 0, 0)
    assert pots_are_right(tree)


def test_what_comes_after_its_release_day_is_an_entry_of_its_own(tree: Tree) -> None:
    root, seller = tree.line(2)
    paid_at, early = tree.now, tree.order(seller, root)
    tree.drain()
    tree.now += 8 * DAY
    assert tree.release() == 2
    late = tree.order(seller, root, paid_at=paid_at)
    bootstrap.pay_commission()(late, tree.now)
    bootstrap.pay_commission()(tree.refund(early, 100_000), tree.now)
    assert (tree.balances(seller), tree.balances(root)) == ((0, 800, 0, 0), (0, 300, 0, 0))
    assert pots_are_right(tree)


def test_an_entry_in_a_refilled_pot_is_no_other_entry_to_the_reconciliation(tree: Tree) -> None:
    _, first, second = refilled(tree)
    checked = bootstrap.check_commission()([first.order_id, second.order_id], tree.now)
    assert (checked.emitted, checked.wrong, checked.failed) == (0, set(), set())


def pots_are_right(tree: Tree) -> bool:
    tree.check_books()
    assert list(every_pot_holds_its_entries(Tables.read(tree.world.items))) == []
    return True


# release


def test_a_pot_is_released_on_its_day_and_once(tree: Tree) -> None:
    root, seller = tree.line(2)
    tree.order(seller, root)
    tree.order(seller, root, paid_fen=50_000)
    tree.drain()
    tree.now += 6 * DAY
    assert tree.release() == 0
    tree.now += DAY
    assert (tree.release(), tree.release()) == (2, 0)
    assert (tree.balances(seller), tree.balances(root)) == ((1_200, 0, 0, 0), (450, 0, 0, 0))
    assert tree.world.items("work")[0]["sk"]["S"] == "progress" or len(tree.world.items("work")) == 0
    tree.check_books()


def test_money_that_comes_into_a_released_pot_is_released_at_the_next_tick(tree: Tree) -> None:
    tree.publish(a_plan("at_once", days=0))
    seller = tree.root()
    for round_number in (1, 2):
        tree.order(seller, plan_id="at_once")
        tree.drain()
        tree.world.tick("release_commission")
        assert tree.balances(seller) == (800 * round_number, 0, 0, 0)


def test_commission_that_comes_weeks_late_is_in_the_balance_at_once(tree: Tree) -> None:
    seller = tree.root()
    tree.order(seller)
    tree.drain()
    tree.now += 20 * DAY
    assert tree.release() == 1
    tree.drain()
    stated = bootstrap.query_statement().page(seller, 0, 99)
    settled = stated[0].balances
    for days in (17, 14, 19):
        late = tree.order(seller, paid_at=tree.now - days * DAY)
        bootstrap.pay_commission()(late, tree.now)
    assert tree.balances(seller) == (800, 2_400, 0, 0)
    tree.drain()
    tree.check_books()
    late_lines = bootstrap.query_statement().page(seller, 0, 99)[: -len(stated)]
    assert [line.balances for line in late_lines] == [settled] * 3, "told, and nothing of it can be spent yet"


@pytest.mark.capability("S-044")
def test_what_is_payable_is_the_sum_of_the_open_entries(tree: Tree) -> None:
    root, seller = tree.line(2)
    orders = [tree.order(seller, root, paid_fen=fen) for fen in (100_000, 33_333, 77_777)]
    tree.refund(orders[1], 10_000)
    tree.drain()
    books = fold(tree.records())
    payable = -sum(fen for account, fen in books.items() if account.startswith("L:COMM"))
    entries = [*open_entries(root), *open_entries(seller)]
    assert payable == sum(one.open_fen for one in entries) == books["E:COMMISSION"]
    assert books["E:COMMISSION"] == 800 + 300 + 186 + 69 + 622 + 233
