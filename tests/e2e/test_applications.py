"""Applications for a place: asked by a customer, decided by the office, carried out with the last word."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain import catalog_items, people_items
from chalicelib.domain.application import (
    REVIEW,
    Application,
    ApplicationState,
    ApplicationUnknown,
    NoReviewNeeded,
    ReviewNeeded,
)
from chalicelib.domain.approval import EXPIRES_AFTER, State
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.closing import GRACE
from chalicelib.domain.distributor import DistributorState, InviteCodeUnknown, ParentNotActive
from chalicelib.domain.errors import IllegalState, KeyReused, Refusal
from chalicelib.domain.joining_questions import RulesNotKnown
from chalicelib.domain.parameters import Setting
from chalicelib.domain.person import Person
from chalicelib.domain.withdrawal import KycRequired
from chalicelib.usecases.join_distribution import AgreementOutdated, DistributorAlready
from chalicelib.usecases.ports import Command
from local.testing import World
from tests.e2e.subjects import ANN, BEN, RIGHT, Asked, agree, inbox, refuse, reviewing
from tests.e2e.tree import AGREEMENT, DAY, Tree

S = ApplicationState


@pytest.fixture
def tree(world: World) -> Tree:
    tree = Tree(world)
    reviewing(tree)
    return tree


def somebody(tree: Tree) -> str:
    """A customer with a profile."""
    person_id = next(tree.people)
    person = Person(person_id, ("customer",), "139****9000", True, "", tree.now)
    bootstrap.books().commit(None, people_items.new_person(person, f"of {person_id}", "", ""))
    return person_id


def apply(
    command: Command, root: str, agreement: str = AGREEMENT, answers: dict[str, str] = RIGHT
) -> Application:
    return bootstrap.apply_for_place().ask(command, root[4:], agreement, answers)


def applied(tree: Tree, root: str) -> tuple[str, Asked]:
    person_id = somebody(tree)
    command = tree.command(person_id)
    assert apply(command, root).state(tree.now) is S.SUBMITTED
    return person_id, Asked(f"apl_{command.key}", lambda: True, person_id)


def found(tree: Tree, person_id: str) -> Application:
    return bootstrap.apply_for_place().read(tree.command(person_id).actor)


def everything(tree: Tree) -> list[list[str]]:
    return [sorted(map(repr, tree.world.items(table))) for table in ("edges", "journal", "work")]


def test_an_approved_applicant_has_the_place_and_the_edge_with_the_last_word(tree: Tree) -> None:
    root = tree.root()
    person_id, asked = applied(tree, root)
    assert inbox(tree, ANN, "ops") == inbox(tree, ANN, "risk") == [asked.request_id]
    assert inbox(tree, ANN, "finance") == []
    assert bootstrap.query_tree().recruits(root, "", 10) == []
    assert agree(tree, asked, ANN, "ops").state is State.APPROVED
    place = bootstrap.query_tree().own_place(tree.command(person_id).actor)
    assert (place.distributor.state, place.distributor.parent_id) == (DistributorState.ACTIVE, root)
    assert place.agreement == AGREEMENT
    (edge,) = bootstrap.query_tree().recruits(root, "", 10)
    assert edge.distributor_id == place.distributor.distributor_id
    assert found(tree, person_id).state(tree.now) is S.APPROVED
    record = next(one for one in tree.records() if one.action == "application.approve")
    assert (record.actor, record.about["request"], record.about["requested_by"]) == (
        ANN,
        asked.request_id,
        person_id,
    )
    with pytest.raises(DistributorAlready):
        apply(tree.command(person_id), root)


def test_a_refusal_is_read_with_its_reason_and_one_may_apply_again(tree: Tree) -> None:
    root = tree.root()
    person_id, asked = applied(tree, root)
    refuse(tree, asked, ANN)
    told = found(tree, person_id)
    assert (told.state(tree.now), told.reason, told.decided_at) == (S.REFUSED, "not now", tree.now)
    command = tree.command(person_id)
    assert apply(command, root).state(tree.now) is S.SUBMITTED
    assert inbox(tree, ANN) == [f"apl_{command.key}"]


def test_who_takes_it_back_waits_in_no_inbox_and_nobody_decides_on_it(tree: Tree) -> None:
    person_id, asked = applied(tree, tree.root())
    command = tree.command(person_id)
    for _ in range(2):
        assert bootstrap.apply_for_place().withdraw(command).state(tree.now) is S.WITHDRAWN
    assert inbox(tree, ANN) == []
    with pytest.raises(Refusal) as refused:
        agree(tree, asked, ANN)
    assert refused.value.code == "REQUEST_DECIDED"
    with pytest.raises(IllegalState):
        bootstrap.apply_for_place().withdraw(tree.command(person_id))


def test_what_nobody_decided_in_a_week_lapses_and_is_asked_anew(tree: Tree) -> None:
    root = tree.root()
    person_id, _ = applied(tree, root)
    with pytest.raises(IllegalState):
        apply(tree.command(person_id), root)
    tree.now += EXPIRES_AFTER
    assert found(tree, person_id).state(tree.now) is S.LAPSED
    assert apply(tree.command(person_id), root).state(tree.now) is S.SUBMITTED


def test_the_same_command_again_is_the_same_application(tree: Tree) -> None:
    root, person_id = tree.root(), somebody(tree)
    command = tree.command(person_id)
    first = apply(command, root)
    before = everything(tree)
    assert apply(command, root) == first
    assert everything(tree) == before
    with pytest.raises(KeyReused):
        apply(tree.command(person_id, key=command.key, request_hash="another"), root)


@pytest.mark.parametrize(
    ("refusal", "more"),
    [
        (AgreementOutdated, {"agreement": "2020-01"}),
        (RulesNotKnown, {"answers": RIGHT | {"paid_levels": "any"}}),
        (RulesNotKnown, {"answers": {}}),
    ],
)
def test_whoever_has_not_agreed_or_does_not_know_the_rules_leaves_nothing_behind(
    tree: Tree, refusal: type[Refusal], more: dict[str, object]
) -> None:
    root, person_id = tree.root(), somebody(tree)
    before = everything(tree)
    with pytest.raises(refusal):
        apply(tree.command(person_id), root, **more)  # type: ignore[arg-type]
    assert everything(tree) == before


def test_whoever_is_not_known_by_name_or_names_no_active_place_leaves_nothing_behind(tree: Tree) -> None:
    root, person_id = tree.root(), somebody(tree)
    suspended = tree.root()
    state = {"state": "SUSPENDED"}
    assert bootstrap.documents().change(DocumentChange("edges", suspended, "self", state, {}))
    before = everything(tree)
    with pytest.raises(KycRequired):
        apply(tree.command(person_id, real_name=False), root)
    with pytest.raises(InviteCodeUnknown):
        apply(tree.command(person_id), "dst_ZZZZZZZZZZZZ")
    with pytest.raises(ParentNotActive):
        apply(tree.command(person_id), suspended)
    with pytest.raises(ApplicationUnknown):
        found(tree, person_id)
    assert everything(tree) == before


def test_where_reviews_hold_nobody_joins_at_once_and_elsewhere_nobody_applies(tree: Tree) -> None:
    reviewed, free = tree.root(), tree.root()
    assert bootstrap.documents().change(DocumentChange("edges", free, "self", {"region": "53"}, {}))
    bootstrap.books().commit(None, catalog_items.setting_changes(Setting(REVIEW, "53", tree.now, False)))
    bootstrap.catalog().forget()
    person_id = somebody(tree)
    with pytest.raises(ReviewNeeded):
        tree.join(reviewed, person_id)
    with pytest.raises(NoReviewNeeded):
        apply(tree.command(person_id), free)
    assert tree.join(free, person_id) == f"dst_{person_id[4:]}"


def test_who_joined_before_reviews_began_gets_the_first_answer_again(world: World) -> None:
    tree = Tree(world)
    root, command = tree.root(), tree.command(next(tree.people))
    first = bootstrap.join_distribution()(command, root[4:], AGREEMENT)
    reviewing(tree)
    assert bootstrap.join_distribution()(command, root[4:], AGREEMENT) == first


def test_nobody_gets_a_place_whose_account_is_closing_or_gone(tree: Tree) -> None:
    root = tree.root()
    for values in ({"closes_at": int((tree.now + GRACE).timestamp() * 1000)}, {"locked": True}):
        person_id, asked = applied(tree, root)
        change = DocumentChange("people", person_id, "profile", values, {})
        assert bootstrap.documents().change(change)
        with pytest.raises(IllegalState):
            agree(tree, asked, ANN)
        assert refuse(tree, asked, ANN).state is State.REFUSED
    assert bootstrap.query_tree().recruits(root, "", 10) == []


@pytest.mark.race
def test_of_an_approval_and_a_withdrawal_at_once_one_stands(tree: Tree) -> None:
    root = tree.root()
    for _ in range(5):
        person_id, asked = applied(tree, root)
        taken_back = tree.command(person_id)
        with ThreadPoolExecutor(2) as pool:
            word = pool.submit(agree, tree, asked, BEN)
            back = pool.submit(bootstrap.apply_for_place().withdraw, taken_back)
        lost = [one.exception() for one in (word, back) if one.exception()]
        assert len(lost) == 1
        is_approved = found(tree, person_id).state(tree.now) is S.APPROVED
        assert is_approved == (word.exception() is None)
        edges = {edge.distributor_id for edge in bootstrap.query_tree().recruits(root, "", 100)}
        assert (f"dst_{person_id[4:]}" in edges) == is_approved


def test_the_review_is_a_parameter_with_a_moment(world: World) -> None:
    tree = Tree(world)
    setting = Setting(REVIEW, "", tree.now + DAY, True)
    bootstrap.books().commit(None, catalog_items.setting_changes(setting))
    bootstrap.catalog().forget()
    root = tree.root()
    tree.join(root)
    tree.now += DAY + timedelta(seconds=1)
    with pytest.raises(ReviewNeeded):
        tree.join(root)
