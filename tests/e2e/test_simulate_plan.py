"""Simulating plans on the embedded engine: real orders, a report of this very draft, no approval without."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.catalog_items import setting_changes
from chalicelib.domain.errors import KeyReused
from chalicelib.domain.parameters import SIMULATION_DAYS_MAX, Setting
from chalicelib.domain.plan import Plan
from chalicelib.domain.plan_diff import How
from chalicelib.domain.plan_simulation import Side
from chalicelib.usecases.publish_plan import Drafted, PlanNotSimulated, PlanUnknown
from chalicelib.usecases.sample_orders import Bounds, SampleOrders
from chalicelib.usecases.simulate_plan import Report, SimulationUnknown
from local.testing import World
from tests.e2e.shop import NAMED, VIRTUAL
from tests.e2e.trading import Trading
from tests.e2e.tree import DAY, Tree, a_plan, percent

DRAFTER, APPROVER = "stf_DDDDDDDDDDDD", "stf_AAAAAAAAAAAA"


@pytest.fixture
def tree(world: World) -> Tree:
    return Tree(world)


def drafted(tree: Tree, plan: Plan) -> Drafted:
    return bootstrap.publish_plan().draft(tree.office(DRAFTER), plan)


def simulated(tree: Tree, plan_id: str) -> Report:
    return bootstrap.simulate_plan()(tree.office(DRAFTER), plan_id)


def approve(tree: Tree, draft: Drafted) -> Plan:
    command = tree.office(APPROVER, "risk")
    return bootstrap.publish_plan().approve(command, draft.plan.plan_id, draft.request_id)


def next_plan(**fields: object) -> Plan:
    """The rules of the trading world, a tenth more for the seller, from tomorrow on."""
    rules = (percent(1, 880), percent(2, 300))
    return a_plan("p2", version=2, rules=rules, effective_at=bootstrap.now() + DAY, **fields)


def test_real_orders_of_the_last_days_are_computed_under_both_plans(world: World) -> None:
    trading = Trading(world, seed=0)
    for product in (VIRTUAL, NAMED, VIRTUAL):
        trading.sold(product)
    trading.pays_by_card()  # from a card: it earns nothing, and is not known to the books of the platform
    trading.drain()
    tree, plan = trading.tree, next_plan()
    drafted(tree, plan)
    report = simulated(tree, "p2")
    today = business_date(tree.now)
    extent = report.extent
    assert (extent.first_day, extent.last_day) == (day_text(today - 6 * DAY), day_text(today))
    assert (extent.channel_orders, extent.channel_orders_taken, extent.balance_orders_taken) == (3, 3, 0)
    assert extent.is_whole
    assert (report.sample.order_count, report.sample.paid_fen) == (3, 118_500)
    assert report.sample.margin_fen == 300 + 1_500 + 300
    assert report.sample.old == Side((9_480, 3_555), 0, 13_035 * 10_000 // 2_100)
    assert report.sample.new.level_fen == (10_428, 3_555)
    assert report.sample.difference_fen == 948
    assert (report.follows, report.moment) == ("p1", plan.effective_at)
    assert [(use.rule_id, use.never) for use in report.rules] == [("r1", None), ("r2", None)]
    assert bootstrap.simulate_plan().report("p2") == report


def test_a_sample_is_bounded_and_says_so(world: World) -> None:
    trading = Trading(world, seed=0)
    for _ in range(6):
        trading.sold(VIRTUAL)
        trading.drain()  # a pack each
    whole = bootstrap.simulate_plan().sample
    orders, extent = whole(trading.tree.now)
    assert (len(orders), extent.channel_orders, extent.is_whole) == (6, 6, True)
    few, taken = replace(whole, bounds=Bounds(channel_orders=2))(trading.tree.now)
    assert (len(few), taken.channel_orders, taken.channel_orders_taken, taken.is_whole) == (2, 6, 2, True)
    assert (
        few
        == SampleOrders(whole.documents, whole.orders, whole.records, Bounds(channel_orders=2))(
            trading.tree.now
        )[0]
    )
    part, counted = replace(whole, bounds=Bounds(packs_of_day=3, packs_of_hour=2))(trading.tree.now)
    assert 2 <= len(part) <= 4 and not counted.is_whole
    assert {order.order_id for order in part} < {order.order_id for order in orders}


def test_no_draft_is_approved_before_just_this_one_was_simulated(tree: Tree) -> None:
    draft = drafted(tree, next_plan())
    records = tree.records()
    with pytest.raises(PlanNotSimulated):
        approve(tree, draft)
    with pytest.raises(PlanNotSimulated):
        bootstrap.inbox().decide(tree.office(APPROVER, "risk"), draft.request_id, True)
    assert tree.records() == records
    simulated(tree, "p2")
    bootstrap.inbox().decide(tree.office(APPROVER, "risk"), draft.request_id, False)
    other = drafted(tree, next_plan(paid_levels=1))
    with pytest.raises(PlanNotSimulated):
        approve(tree, other)
    simulated(tree, "p2")
    assert approve(tree, other).paid_levels == 1


@pytest.mark.parametrize("days", [7, 2])
def test_a_report_is_good_for_as_many_days_as_the_parameter_says(tree: Tree, days: int) -> None:
    if days != 7:
        setting = Setting(SIMULATION_DAYS_MAX, "", tree.now - DAY, days)
        bootstrap.books().commit(None, setting_changes(setting))
        bootstrap.catalog().forget()
    draft = drafted(tree, next_plan())
    simulated(tree, "p2")
    look, end = bootstrap.simulate_plan().draft, tree.now + days * DAY
    assert look("p2", end).is_simulated
    assert not look("p2", end + timedelta(milliseconds=1)).is_simulated
    tree.now += 2 * DAY + timedelta(seconds=1)
    if days == 2:
        with pytest.raises(PlanNotSimulated):
            approve(tree, draft)
    else:
        assert approve(tree, draft).plan_id == "p2"


def test_a_draft_tells_what_it_changes_in_the_plan_that_it_follows(tree: Tree) -> None:
    tree.publish(a_plan("p1", rules=(percent(1, 800), percent(2, 300))))
    drafted(tree, next_plan())
    draft = bootstrap.simulate_plan().draft("p2", tree.now)
    (change,) = draft.differences
    assert (draft.follows, change.what, change.name, change.how) == ("p1", "rules", "r1", How.CHANGED)
    assert (change.old["value"], change.new["value"]) == (800, 880)
    assert (draft.is_simulated, [one.request_id for one in bootstrap.simulate_plan().drafts("", 5)]) == (
        False,
        [draft.request.request_id],
    )


def test_the_first_plan_of_all_follows_none(tree: Tree) -> None:
    drafted(tree, next_plan())
    report = simulated(tree, "p2")
    assert (report.follows, report.sample.order_count, report.sample.old) == (None, 0, Side((0, 0), 0))
    examples = {one.name: one.compared for one in report.examples}
    assert examples["card_of_100"].difference_fen == 880 + 300


def test_what_does_not_wait_cannot_be_simulated(tree: Tree) -> None:
    with pytest.raises(PlanUnknown):
        simulated(tree, "p2")
    with pytest.raises(SimulationUnknown):
        bootstrap.simulate_plan().report("p2")
    draft = drafted(tree, next_plan())
    bootstrap.inbox().decide(tree.office(APPROVER, "risk"), draft.request_id, False)
    with pytest.raises(PlanUnknown):
        simulated(tree, "p2")


def test_a_command_sent_again_makes_one_report(tree: Tree) -> None:
    drafted(tree, next_plan())
    command, of_draft = tree.office(DRAFTER), tree.office(DRAFTER)
    bootstrap.publish_plan().draft(of_draft, a_plan("p3"))
    first = bootstrap.simulate_plan()(command, "p2")
    assert bootstrap.simulate_plan()(command, "p2") == first
    assert sum(record.action == "plan.simulate" for record in tree.records()) == 1
    for used in (command, of_draft):
        with pytest.raises(KeyReused):
            bootstrap.simulate_plan()(used, "p3")
