"""Approvals on the embedded engine: asked by one, decided by others, carried out with the last word."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.approval import (
    EXPIRES_AFTER,
    FourEyes,
    Kind,
    RequestDecided,
    RequestExpired,
    RequestUnknown,
    RoleRequired,
    State,
    first_waiting,
    kind_of,
)
from chalicelib.domain.errors import KeyReused
from chalicelib.domain.parameters import Setting
from chalicelib.usecases.inbox import Letter
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.publish_plan import PlanExists
from local.testing import World
from tests.e2e.tree import DAY, Tree, a_plan

ASKER, ANN, BEN, CAT = (f"stf_{letter * 12}" for letter in "DABC")
EVERY_ROLE = ("ops", "finance", "risk", "support", "admin")
NAME = "withdrawal.amount_fen_max"


@pytest.fixture
def tree(world: World) -> Tree:
    return Tree(world)


@dataclass(frozen=True)
class Asked:
    """A request that waits: which, and what shows that it was carried out."""

    request_id: str
    is_done: Callable[[], bool]
    asker: str = ASKER


def a_parameter(tree: Tree) -> Asked:
    setting = Setting(NAME, "", tree.now, 7_000)
    proposal = bootstrap.set_parameter().propose(tree.office(ASKER, *EVERY_ROLE), setting)
    return Asked(proposal.proposal_id, lambda: bool(tree.world.items("catalog")))


def a_plan_drafted(tree: Tree) -> Asked:
    command = tree.office(ASKER, *EVERY_ROLE)
    bootstrap.publish_plan().draft(command, a_plan("p1"))
    plans = bootstrap.documents
    return Asked(f"pln_{command.key}", lambda: plans().get("catalog", "plans", "p1") is not None)


KINDS: dict[Kind, Callable[[Tree], Asked]] = {Kind.PLAN: a_plan_drafted, Kind.PARAMETER: a_parameter}
every_kind = pytest.mark.parametrize("ask", KINDS.values(), ids=KINDS)


def agree(tree: Tree, asked: Asked, person_id: str, *roles: str) -> Letter:
    return bootstrap.inbox().decide(tree.office(person_id, *(roles or EVERY_ROLE)), asked.request_id, True)


def refuse(tree: Tree, asked: Asked, person_id: str) -> Letter:
    command = tree.office(person_id, *EVERY_ROLE, reason="not now")
    return bootstrap.inbox().decide(command, asked.request_id, False)


def inbox(tree: Tree, person_id: str, *roles: str, kind: Kind | None = None) -> list[str]:
    actor = Actor(person_id, frozenset(roles or EVERY_ROLE))
    return [one.request.request_id for one in bootstrap.inbox().page(actor, tree.now, kind, "", 20)]


def everything(tree: Tree) -> list[list[str]]:
    return [
        sorted(map(repr, tree.world.items(table))) for table in ("catalog", "journal", "work", "accounts")
    ]


@every_kind
def test_who_asked_never_agrees_whatever_roles_they_hold(tree: Tree, ask: Callable[[Tree], Asked]) -> None:
    asked = ask(tree)
    before = everything(tree)
    same_person = ("stf_" + asked.asker[4:], "cus_" + asked.asker[4:])
    for person_id in same_person:
        for decide in (agree, refuse):
            with pytest.raises(FourEyes) as refused:
                decide(tree, asked, person_id)
            assert (refused.value.code, refused.value.status) == ("FOUR_EYES", 403)
    assert everything(tree) == before


@every_kind
def test_who_has_none_of_the_roles_decides_nothing(tree: Tree, ask: Callable[[Tree], Asked]) -> None:
    asked = ask(tree)
    for role in ("ops", "auditor", "customer"):
        with pytest.raises(RoleRequired):
            agree(tree, asked, ANN, role)
    assert not asked.is_done()


@every_kind
def test_one_refusal_ends_it_and_nothing_is_carried_out(tree: Tree, ask: Callable[[Tree], Asked]) -> None:
    asked = ask(tree)
    letter = refuse(tree, asked, ANN)
    assert [one.reason for one in letter.request.decisions] == ["not now"]
    assert (letter.state, asked.is_done(), inbox(tree, BEN)) == (State.REFUSED, False, [])
    with pytest.raises(RequestDecided):
        agree(tree, asked, BEN)


def test_a_refused_draft_leaves_its_id_to_the_next_one(tree: Tree) -> None:
    refuse(tree, a_plan_drafted(tree), ANN)
    again = a_plan_drafted(tree)
    assert agree(tree, again, ANN).state is State.APPROVED
    assert again.is_done()


def test_an_expired_draft_leaves_its_id_to_the_next_one_and_a_waiting_one_does_not(tree: Tree) -> None:
    a_plan_drafted(tree)
    with pytest.raises(PlanExists):
        a_plan_drafted(tree)
    tree.now += EXPIRES_AFTER
    again = a_plan_drafted(tree)
    assert inbox(tree, ANN) == [again.request_id]
    assert agree(tree, again, ANN).state is State.APPROVED


def test_a_week_later_nobody_agrees_any_more(tree: Tree) -> None:
    for ask in KINDS.values():
        asked = ask(tree)
        tree.now += EXPIRES_AFTER - timedelta(seconds=1)
        assert asked.request_id in inbox(tree, ANN)
        tree.now += timedelta(seconds=1)
        assert asked.request_id not in inbox(tree, ANN)
        for decide in (agree, refuse):
            with pytest.raises(RequestExpired):
                decide(tree, asked, ANN)
        assert bootstrap.inbox().read(asked.request_id, tree.now).state is State.EXPIRED


def test_the_inbox_shows_what_waits_for_this_person_and_never_what_expired(tree: Tree) -> None:
    old = a_parameter(tree)
    tree.now += EXPIRES_AFTER + 2 * DAY
    plan, parameter = a_plan_drafted(tree), a_parameter(tree)
    both = [plan.request_id, parameter.request_id]
    assert inbox(tree, ANN) == both
    assert inbox(tree, ANN, kind=Kind.PARAMETER) == [parameter.request_id]
    assert inbox(tree, ANN, "finance") == inbox(tree, ASKER) == []
    assert inbox(tree, ANN, "risk") == inbox(tree, ANN, "auditor") == both
    assert old.request_id < first_waiting(Kind.PARAMETER, tree.now) < parameter.request_id
    assert bootstrap.inbox().read(old.request_id, tree.now).state is State.EXPIRED


def test_pages_follow_each_other_across_kinds(tree: Tree) -> None:
    asked = [a_plan_drafted(tree), *(a_parameter(tree) for _ in range(3))]
    actor, after, seen = Actor(ANN, frozenset({"risk"})), "", []
    while page := bootstrap.inbox().page(actor, tree.now, None, after, 2):
        seen.append([one.request.request_id for one in page])
        after = page[-1].request.request_id
    ids = [one.request_id for one in asked]
    assert seen == [ids[:2], ids[2:]]


def test_a_decision_sent_again_is_the_same_and_its_key_says_nothing_else(tree: Tree) -> None:
    asked, other = a_parameter(tree), a_plan_drafted(tree)
    command = tree.office(ANN, "risk")
    first = bootstrap.inbox().decide(command, asked.request_id, True)
    again = bootstrap.inbox().decide(replace(command, now=tree.now + DAY), asked.request_id, True)
    assert again == first
    with pytest.raises(KeyReused):
        bootstrap.inbox().decide(replace(command, request_hash="other"), asked.request_id, True)
    with pytest.raises(KeyReused):
        bootstrap.inbox().decide(command, other.request_id, True)
    assert not other.is_done()


@pytest.mark.race
def test_of_two_last_approvals_at_once_one_is_counted(tree: Tree) -> None:
    for _ in range(5):
        asked = a_parameter(tree)
        with ThreadPoolExecutor(2) as pool:
            tries = [pool.submit(agree, tree, asked, person_id) for person_id in (ANN, BEN)]
        lost = [one.exception() for one in tries if one.exception() is not None]
        assert [type(one) for one in lost] == [RequestDecided]
        assert len(bootstrap.inbox().read(asked.request_id, tree.now).request.approved_by) == 1
        tree.now += timedelta(minutes=1)


def test_what_was_never_asked_is_unknown(tree: Tree) -> None:
    for request_id in ("prm_01JD3Q8Z6N5W4V3T2S1R0QPAMK", "xyz_1"):
        with pytest.raises(RequestUnknown):
            bootstrap.inbox().read(request_id, tree.now)
    assert kind_of("wdr_x") is Kind.WITHDRAWAL
