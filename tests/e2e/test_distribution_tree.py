"""The tree on the embedded engine: joining, moving, suspending, and what each leaves behind."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib import bootstrap
from chalicelib.domain import tree_items
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import Stale
from chalicelib.domain.distributor import (
    Cycle,
    DistributorState,
    InviteCodeUnknown,
    ParentNotActive,
    RootChangeForbidden,
)
from chalicelib.domain.errors import IllegalState, KeyReused, Refusal
from chalicelib.domain.record import Client
from chalicelib.domain.withdrawal import KycRequired
from chalicelib.usecases.attribution import attribution_of
from chalicelib.usecases.join_distribution import AgreementOutdated, DistributorAlready
from chalicelib.usecases.move_distributor import RootStays, TreeMoved
from chalicelib.usecases.ports import Command
from local.testing import World
from local.verify_archive import Summary, places_of, verify
from tests.e2e.tree import AGREEMENT, DAY, Tree, a_plan


@pytest.fixture
def tree(world: World) -> Tree:
    return Tree(world)


def edges(tree: Tree) -> list[str]:
    return sorted(f"{item['pk']['S']} {item['sk']['S']}" for item in tree.world.items("edges"))


def test_joining_costs_one_read_and_four_write_units_at_any_depth(tree: Tree) -> None:
    members = tree.line(5)
    bootstrap.catalog().parameter("distribution.agreement", tree.now)
    for parent_id in (members[0], members[-1]):
        tree.world.engine.process.ask("DELETE", "meter")
        tree.join(parent_id)
        report = tree.world.engine.process.ask("GET", "meter")
        assert sum(report["calls"].values()) == 2
        assert sum(report["write_units"].values()) == 4
        assert sum(report["read_units"].values()) == 0.5


def test_a_tree_may_be_as_deep_as_it_likes(tree: Tree) -> None:
    members = tree.line(12)
    assert [tree.parent_of(member) for member in members] == [None, *members[:-1]]


@pytest.mark.capability("S-051")
def test_v18_joining_pays_nobody_and_is_one_audit_record(tree: Tree) -> None:
    tree.publish(a_plan())
    root = tree.root()
    member = tree.join(root)
    tree.world.drain(only={"pay_commission"})
    assert tree.fold() == {}
    (edge,) = (item for item in tree.world.items("edges") if "record" in item)
    body = json.loads(edge["record"]["S"])
    assert (body["action"], body["about"]["parent"], body["about"]["root"]) == (
        "distributor.join",
        root,
        root,
    )
    assert edge["sk"]["S"] == f"child#{member}"


def test_the_same_command_joins_once_and_another_one_not_again(tree: Tree) -> None:
    first, second = tree.root(), tree.root()
    command = tree.command(next(tree.people))
    places = [bootstrap.join_distribution()(command, first[4:], AGREEMENT) for _ in range(2)]
    assert places[0] == places[1]
    with pytest.raises(KeyReused):
        bootstrap.join_distribution()(command, second[4:], AGREEMENT)
    with pytest.raises(DistributorAlready):
        bootstrap.join_distribution()(replace(command, key=next(tree.keys)), second[4:], AGREEMENT)


@pytest.mark.parametrize(
    ("refusal", "real_name", "code", "agreement"),
    [
        (KycRequired, False, "", AGREEMENT),
        (AgreementOutdated, True, "", "2020-01"),
        (InviteCodeUnknown, True, "ZZZZZZZZZZZZ", AGREEMENT),
        (InviteCodeUnknown, True, "O0I1L", AGREEMENT),
        (InviteCodeUnknown, True, "own", AGREEMENT),
        (ParentNotActive, True, "suspended", AGREEMENT),
    ],
)
def test_a_refused_joining_leaves_the_tree_as_it_was(
    tree: Tree, refusal: type[Refusal], real_name: bool, code: str, agreement: str
) -> None:
    root, person_id = tree.root(), next(tree.people)
    if code == "suspended":
        bootstrap.suspend_distributor()(tree.office(), root, DistributorState.SUSPENDED)
    codes = {"": root[4:], "own": person_id[4:], "suspended": root[4:]}
    before = edges(tree)
    command = tree.command(person_id, real_name=real_name)
    with pytest.raises(refusal):
        bootstrap.join_distribution()(command, codes.get(code, code), agreement)
    assert edges(tree) == before


# moving


@pytest.mark.capability("S-017")
def test_a_move_keeps_the_old_edge_as_history(tree: Tree) -> None:
    root, left, member = tree.line(3)
    right = tree.join(root)
    command = tree.office(reason="moved house")
    for _ in range(2):
        place = bootstrap.move_distributor()(command, member, right)
        assert place.distributor.parent_id == right
    ended = [edge for edge in edges(tree) if "#until#" in edge]
    assert len(ended) == 1
    assert ended[0].startswith(f"{left} child#{member}#until#")
    assert f"{right} child#{member}" in edges(tree)
    assert f"{left} child#{member}" not in edges(tree)
    recruits = bootstrap.documents().query("edges", left, tree_items.CHILD)
    assert tree_items.edges_of(recruits) == []


@pytest.mark.capability("S-017")
def test_who_is_moved_below_himself_or_into_another_tree_stays(tree: Tree) -> None:
    root, member, below = tree.line(3)
    stranger = tree.root()
    before = edges(tree)
    for refusal, mover, parent_id in (
        (Cycle, member, below),
        (Cycle, member, member),
        (RootChangeForbidden, member, stranger),
        (RootStays, root, below),
    ):
        with pytest.raises(refusal):
            bootstrap.move_distributor()(tree.office(), mover, parent_id)
    assert edges(tree) == before


@pytest.mark.capability("S-017")
def test_of_two_crossing_moves_at_once_one_is_refused(tree: Tree) -> None:
    for _ in range(8):
        root = tree.root()
        left, right = tree.join(root), tree.join(root)
        with ThreadPoolExecutor(2) as pool:
            moves = [
                pool.submit(bootstrap.move_distributor(), tree.office(), mover, parent_id)
                for mover, parent_id in ((left, right), (right, left))
            ]
        refused = [move.exception() for move in moves if move.exception()]
        assert len(refused) == 1
        assert isinstance(refused[0], TreeMoved | Cycle)
        assert root in (tree.parent_of(left), tree.parent_of(right))


def test_a_move_decided_on_an_older_tree_is_refused(tree: Tree) -> None:
    root, left, member = tree.line(3)
    right = tree.join(root)
    before = tree_items.place_of(bootstrap.documents().get("edges", member, "self") or {}).distributor
    after = replace(before, parent_id=right)
    stale = tree_items.moving_changes(before, after, {"since": to_ms(tree.now)}, tree.now, version=0)
    bootstrap.move_distributor()(tree.office(), right, left)
    with pytest.raises(Stale):
        bootstrap.books().commit(None, stale)
    assert tree.parent_of(member) == left


# states


def test_a_suspended_place_comes_back_and_a_terminated_one_does_not(tree: Tree) -> None:
    member = tree.root()
    change = bootstrap.suspend_distributor()
    for state in (DistributorState.SUSPENDED, DistributorState.ACTIVE, DistributorState.TERMINATED):
        assert change(tree.office(reason="because"), member, state).distributor.state is state
    with pytest.raises(IllegalState):
        change(tree.office(), member, DistributorState.ACTIVE)
    actions = [record.about["to"] for record in tree.records() if record.action == "distributor.state"]
    assert sorted(map(str, actions)) == ["ACTIVE", "SUSPENDED", "TERMINATED"]


def test_v15_the_new_chain_holds_for_new_orders_only(tree: Tree) -> None:
    root, old_parent, seller = tree.line(3)
    other = tree.join(root)
    buyer = replace(tree.command("cus_BUYERBUYERBY").actor, referrers=(seller, old_parent))
    before = attribution_of(bootstrap.documents(), buyer)
    bootstrap.move_distributor()(tree.office(now=tree.now + DAY), seller, other)
    after = attribution_of(bootstrap.documents(), buyer)
    assert [link.distributor_id for link in before.chain] == [seller, old_parent]
    assert [link.distributor_id for link in after.chain] == [seller, other]


@pytest.mark.parametrize("read_first", [True, False])
def test_the_record_of_a_joining_stays_in_archive_and_store_however_often_its_distributor_moves(
    tree: Tree, read_first: bool
) -> None:
    root = tree.root()
    first, second = tree.join(root), tree.join(root)
    member = joined_from(tree, next(tree.people), first)
    if read_first:
        archive(tree)
    for parent in (second, root, first):
        tree.now += DAY
        bootstrap.move_distributor()(tree.office(), member, parent)
    archive(tree)
    found = verify(places_of(os.environ), tree.now + DAY, Summary(), 0)
    assert [str(one) for one in found] == []
    ended = [item for item in tree.world.items("edges") if tree_items.UNTIL in item["sk"]["S"]]
    assert [json.loads(item["private"]["S"])[0] for item in ended if "record" in item] == ["203.0.113.7"]


def joined_from(tree: Tree, person_id: str, parent_id: str) -> str:
    """A distributor who joined from a known address."""
    command: Command = tree.command(person_id)
    actor = replace(command.actor, client=Client("203.0.113.7", "Mozilla/5.0", "salt"))
    place = bootstrap.join_distribution()(replace(command, actor=actor), parent_id[4:], AGREEMENT)
    return place.distributor.distributor_id


def archive(tree: Tree) -> None:
    for reader in ("archive_journal", "archive_edges"):
        tree.world.drain(only=[reader])
