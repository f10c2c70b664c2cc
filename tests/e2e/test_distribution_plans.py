"""Plans and parameters on the embedded engine: drafted, checked, approved by another, seen everywhere."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain import plan as plans
from chalicelib.domain.approval import EXPIRES_AFTER, FourEyes, RequestDecided
from chalicelib.domain.catalog import ProductUnknown
from chalicelib.domain.errors import KeyReused, Refusal, Unavailable
from chalicelib.domain.parameter_check import ParameterInvalid
from chalicelib.domain.parameters import Setting
from chalicelib.domain.plan import (
    Campaign,
    EntryFeeForbidden,
    EntryTerms,
    EventNotAllowed,
    Plan,
    PlanLevelCap,
)
from chalicelib.domain.withdrawal import FeeTooHigh
from chalicelib.store.catalog import DynamoCatalog
from chalicelib.usecases.publish_plan import Drafted, PlanExists, PlanUnknown
from chalicelib.usecases.set_parameter import ParameterExists, Proposal, ProposalUnknown
from local.people import at_their_word
from local.testing import World
from tests.e2e.shop import VIRTUAL
from tests.e2e.tree import DAY, Tree, a_plan, percent
from tests.fakes.ulids import ulid_of_number

DRAFTER, APPROVER = "stf_DDDDDDDDDDDD", "stf_AAAAAAAAAAAA"


@pytest.fixture
def tree(world: World) -> Tree:
    return Tree(world)


def simulated(tree: Tree, plan: Plan) -> Drafted:
    """The draft, with a report of what it would pay."""
    drafted = bootstrap.publish_plan().draft(tree.office(DRAFTER), plan)
    bootstrap.simulate_plan()(tree.office(DRAFTER), plan.plan_id)
    return drafted


def published(tree: Tree, plan: Plan) -> Plan:
    approved = approve(tree, simulated(tree, plan))
    bootstrap.catalog().forget()
    return approved


def approve(tree: Tree, drafted: Drafted, by: str = APPROVER) -> Plan:
    command = tree.office(by, "risk")
    return bootstrap.publish_plan().approve(command, drafted.plan.plan_id, drafted.request_id)


def test_a_plan_comes_into_force_when_a_second_person_agrees_and_no_cache_can_have_missed_it(
    tree: Tree,
) -> None:
    drafted = simulated(tree, a_plan("p1"))
    assert bootstrap.catalog().plan("p1") is None
    with pytest.raises(FourEyes):
        approve(tree, drafted, by=DRAFTER)
    approved = approve(tree, drafted)
    assert approved.effective_at == tree.now + timedelta(seconds=catalog_items.CACHE_SECONDS)
    bootstrap.catalog().forget()
    assert bootstrap.catalog().plan_at(tree.now) is None
    assert bootstrap.catalog().plan_at(approved.effective_at) == approved


@pytest.mark.capability("S-036")
@pytest.mark.capability("S-047")
@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda plan: replace(plan, rules=(*plan.rules, percent(3, 10))), PlanLevelCap),
        (lambda plan: replace(plan, paid_levels=3), PlanLevelCap),
        (lambda plan: replace(plan, entry=EntryTerms(fee_fen=1)), EntryFeeForbidden),
        (lambda plan: replace(plan, entry=EntryTerms(purchase_fen_min=1)), EntryFeeForbidden),
        (lambda plan: replace(plan, entry=EntryTerms(role_sku_ids=("sku_start",))), EntryFeeForbidden),
    ],
)
def test_v18_v19_what_the_law_forbids_is_never_stored(
    tree: Tree, change: Callable[[Plan], Plan], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        bootstrap.publish_plan().draft(tree.office(DRAFTER), change(a_plan("p1")))
    assert tree.world.items("catalog") == []
    assert tree.records() == []


def test_v19_an_event_of_joining_is_no_event(tree: Tree) -> None:
    document = plans.to_document(a_plan("p1")) | {"events": ["JOIN"]}
    with pytest.raises(EventNotAllowed):
        plans.from_document(document)


def test_a_plan_is_never_changed_and_the_next_one_follows_it(tree: Tree) -> None:
    first = published(tree, a_plan("p1"))
    with pytest.raises(PlanExists):
        bootstrap.publish_plan().draft(tree.office(DRAFTER), a_plan("p1", days=0))
    second = published(tree, a_plan("p2", version=2, effective_at=tree.now + 3 * DAY))
    catalog = bootstrap.catalog()
    moments = (tree.now + DAY, tree.now + 3 * DAY)
    assert [catalog.plan_at(moment) for moment in moments] == [first, second]
    assert catalog.plan("p1") == first
    with pytest.raises(PlanUnknown):
        approve(tree, Drafted(a_plan("p3"), f"pln_{tree.office(DRAFTER).key}"))


def test_who_has_an_old_page_agrees_to_nothing_that_was_drafted_since(tree: Tree) -> None:
    seen = bootstrap.publish_plan().draft(tree.office(DRAFTER), a_plan("p1", days=30))
    bootstrap.inbox().decide(tree.office(APPROVER, "risk"), seen.request_id, False)
    unseen = simulated(tree, a_plan("p1", days=0))
    before = bootstrap.approvals().read(unseen.request_id)
    with pytest.raises(RequestDecided):
        approve(tree, seen)
    with pytest.raises(PlanUnknown):  # of another plan
        approve(tree, Drafted(a_plan("p2"), unseen.request_id))
    assert bootstrap.approvals().read(unseen.request_id) == before
    bootstrap.catalog().forget()
    assert bootstrap.catalog().plan("p1") is None
    first = approve(tree, unseen)
    assert (first.hold_days, approve(tree, unseen)) == (a_plan("p1", days=0).hold_days, first)


@pytest.mark.parametrize("agrees", [True, False])
def test_a_late_word_on_an_expired_request_leaves_the_newer_draft_alone(tree: Tree, agrees: bool) -> None:
    later = tree.now + EXPIRES_AFTER
    early = tree.office(DRAFTER)
    late = tree.office(DRAFTER, now=later, key=ulid_of_number(later, 1))
    bootstrap.publish_plan().draft(early, a_plan("p1", days=30))
    bootstrap.simulate_plan()(tree.office(DRAFTER), "p1")
    bootstrap.publish_plan().draft(late, a_plan("p1", days=0))
    draft = bootstrap.documents().get("catalog", "drafts", "p1", consistent=True)
    with pytest.raises(Unavailable):  # its clock was read a moment before the end
        bootstrap.inbox().decide(tree.office(APPROVER, "risk"), f"pln_{early.key}", agrees)
    assert bootstrap.documents().get("catalog", "drafts", "p1", consistent=True) == draft
    assert draft is not None and draft["request"] == f"pln_{late.key}"
    bootstrap.catalog().forget()
    assert bootstrap.catalog().plan("p1") is None


def test_a_campaign_that_is_named_again_keeps_its_purse(tree: Tree) -> None:
    published(tree, a_plan("p1", campaigns=(Campaign("oct", 500),)))
    bootstrap.documents().put("work", "campaign#oct", "purse", {"left_fen": 20})
    published(tree, a_plan("p2", version=2, campaigns=(Campaign("oct", 500),)))
    purse = bootstrap.documents().get("work", "campaign#oct", "purse")
    assert purse is not None and purse["left_fen"] == 20


def test_a_command_sent_again_drafts_nothing_new(tree: Tree) -> None:
    command = tree.office(DRAFTER)
    for _ in range(2):
        bootstrap.publish_plan().draft(command, a_plan("p1"))
    with pytest.raises(KeyReused):
        bootstrap.publish_plan().draft(replace(command, request_hash="other"), a_plan("p2"))


# parameters


def given(tree: Tree, setting: Setting) -> Proposal:
    proposal = bootstrap.set_parameter().propose(tree.office(DRAFTER), setting)
    approved = bootstrap.set_parameter().approve(tree.office(APPROVER, "admin"), proposal.proposal_id)
    bootstrap.catalog().forget()
    return approved


def test_the_narrowest_region_and_the_newest_moment_decide(tree: Tree) -> None:
    name = "withdrawal.amount_fen_min"
    later = tree.now + DAY
    for scope, moment, value in (("", tree.now, 2_000), ("53", tree.now, 3_000), ("", later, 4_000)):
        given(tree, Setting(name, scope, moment, value))
    catalog = bootstrap.catalog()
    soon = tree.now + timedelta(seconds=5)
    assert catalog.parameter(name, tree.now - DAY) == 1_000
    assert (catalog.parameter(name, soon), catalog.parameter(name, later)) == (2_000, 4_000)
    assert (catalog.parameter(name, later, "530102"), catalog.parameter(name, later, "51")) == (3_000, 4_000)


def test_nobody_moves_a_limit_alone(tree: Tree) -> None:
    setting = Setting("withdrawal.amount_fen_max", "", tree.now, 1)
    proposal = bootstrap.set_parameter().propose(tree.office(DRAFTER), setting)
    bootstrap.catalog().forget()
    assert bootstrap.catalog().parameter(setting.name, tree.now + DAY) == 10_000_000
    with pytest.raises(FourEyes):
        bootstrap.set_parameter().approve(tree.office(DRAFTER, "admin"), proposal.proposal_id)
    with pytest.raises(ProposalUnknown):
        bootstrap.set_parameter().approve(tree.office(APPROVER, "admin"), "prm_1")


@pytest.mark.parametrize(
    ("name", "scope", "value"),
    [
        ("no.such", "", 1),
        ("withdrawal.fee_bps", "", "60"),
        ("withdrawal.fee_bps", "", 5_001),
        ("withdrawal.fee_bps", "", -1),
        ("withdrawal.fee_bps", "", True),
        ("withdrawal.fee_bps", "5", 1),
        ("withdrawal.approval_tiers", "", []),
        ("withdrawal.approval_tiers", "", [[100, 1]]),
        ("withdrawal.approval_tiers", "", [[None, 0]]),
        ("withdrawal.approval_tiers", "", [[200, 1], [100, 2], [None, 3]]),
        ("withdrawal.approval_tiers", "", [["many", 1], [None, 2]]),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(tree: Tree, name: str, scope: str, value: object) -> None:
    setting = Setting(name, scope, tree.now, value)  # type: ignore[arg-type]
    with pytest.raises(ParameterInvalid):
        bootstrap.set_parameter().propose(tree.office(), setting)


def test_a_value_once_given_stays(tree: Tree) -> None:
    setting = Setting("withdrawal.fee_bps", "", tree.now + DAY, 50)
    given(tree, setting)
    with pytest.raises(ParameterExists):
        given(tree, setting._replace(value=70))


# the cache


def test_a_cache_sees_a_change_after_five_seconds_and_reads_nothing_before(tree: Tree) -> None:
    clock_ms = [0]
    catalog = DynamoCatalog(bootstrap.dynamo(), lambda: clock_ms[0])
    with pytest.raises(ProductUnknown):
        catalog.product(VIRTUAL.sku_id)
    bootstrap.books().commit(None, catalog_items.product_changes(VIRTUAL, None))
    clock_ms[0] = 4_999
    tree.world.engine.process.ask("DELETE", "meter")
    assert catalog.products() == []
    assert tree.world.engine.process.ask("GET", "meter")["calls"] == {}
    clock_ms[0] = 5_000
    assert catalog.product(VIRTUAL.sku_id) == VIRTUAL
    dearer = replace(VIRTUAL, price_fen=10_500, price_version=2)
    bootstrap.books().commit(None, catalog_items.product_changes(dearer, 1))
    catalog.forget()
    assert catalog.products() == [dearer]


def test_under_a_fee_that_leaves_nothing_no_withdrawal_is_taken(tree: Tree) -> None:
    """It was set before such fees were refused: nobody finds out at the payout."""
    setting = Setting("withdrawal.fee_bps", "", tree.now - DAY, 10_000)
    bootstrap.books().commit(None, catalog_items.setting_changes(setting))
    person_id = tree.with_available(50_000)
    before = tree.records()
    with pytest.raises(FeeTooHigh):
        at_their_word(bootstrap.request_withdrawal())(tree.command(person_id), 50_000)
    assert (tree.records(), tree.balances(f"dst_{person_id[4:]}")) == (before, (50_000, 0, 0, 0))
