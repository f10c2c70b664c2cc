"""Distributors: codes, moves in the tree, and who counts as buying from himself."""

import random
from itertools import pairwise

import pytest

from chalicelib.domain import distributor as distributors
from chalicelib.domain.distributor import (
    TRANSITIONS,
    Distributor,
    DistributorState,
    below,
    chain_of,
    checked_invite_code,
    invite_code,
    is_self_purchase,
    moved_to,
    reparented,
)
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.ids import KEY_ALPHABET
from chalicelib.domain.order import ChainLink

CODES = 1_000_000


def member(name: str, parent: str | None = "dst_root", root: str = "dst_root", **more: object) -> Distributor:
    settings: dict[str, object] = {"state": DistributorState.ACTIVE, **more}
    return Distributor(name, root, parent_id=parent, **settings)  # type: ignore[arg-type]


@pytest.mark.capability("S-037")
def test_a_million_invite_codes_collide_nowhere_and_follow_no_order() -> None:
    chance = random.Random(37)
    codes = [invite_code(chance.randrange) for _ in range(CODES)]
    assert len(set(codes)) == CODES
    assert {len(code) for code in codes} == {12}
    assert set("".join(codes[:10_000])) == set(KEY_ALPHABET)
    # Not sequential: a code is above the one before it as often as below.
    rising = sum(later > earlier for earlier, later in pairwise(codes))
    assert abs(rising - CODES // 2) < CODES // 200
    # Not guessable: a million hits in 31^12 leave a guess below one in 10^11.
    assert distributors.INVITE_CODES // CODES > 10**11


def test_a_code_has_only_characters_that_nobody_mistakes() -> None:
    assert len(KEY_ALPHABET) == 31
    assert not set("0O1IL") & set(KEY_ALPHABET)


def test_every_number_has_its_own_code() -> None:
    asked = []
    codes = {invite_code(lambda below, n=n: asked.append(below) or n) for n in range(1_000)}
    assert len(codes) == 1_000
    assert set(asked) == {31**12}


@pytest.mark.parametrize("typed", ["ABCD2345WXYZ", "abcd2345wxyz", "ABCD-2345-WXYZ", " abcd 2345 wxyz "])
def test_a_code_is_read_however_it_was_typed(typed: str) -> None:
    assert checked_invite_code(typed) == "ABCD2345WXYZ"


@pytest.mark.parametrize(
    "typed", ["", "ABCD2345WXY", "ABCD2345WXYZZ", "ABCD2345WXY0", "ABCD2345WXYı", "1BCD2345WXYZ"]
)
def test_what_cannot_be_a_code_is_refused(typed: str) -> None:
    with pytest.raises(distributors.InviteCodeUnknown):
        checked_invite_code(typed)


def test_a_newcomer_stands_below_the_one_who_invited_and_has_yet_to_be_accepted() -> None:
    newcomer = below(member("dst_a", upline=("dst_root",)), "dst_b")
    assert newcomer.parent_id == "dst_a"
    assert newcomer.root_id == "dst_root"
    assert newcomer.upline == ("dst_a",)
    assert newcomer.state is DistributorState.APPLIED


def test_nobody_joins_or_moves_below_someone_who_is_not_active() -> None:
    suspended = member("dst_a", state=DistributorState.SUSPENDED)
    with pytest.raises(distributors.ParentNotActive):
        below(suspended, "dst_b")
    with pytest.raises(distributors.ParentNotActive):
        reparented(member("dst_b"), suspended, ("dst_root",))


def test_a_move_within_the_tree_changes_the_parent_and_the_upline() -> None:
    moved = reparented(member("dst_b", "dst_a", upline=("dst_a",)), member("dst_c"), ("dst_root",))
    assert (moved.parent_id, moved.upline, moved.root_id) == ("dst_c", ("dst_c",), "dst_root")


def test_a_move_into_another_tree_is_refused() -> None:
    with pytest.raises(distributors.RootChangeForbidden):
        reparented(member("dst_b"), member("dst_x", "dst_other", "dst_other"), ("dst_other",))


def test_a_move_below_oneself_or_below_ones_own_people_is_refused() -> None:
    mover = member("dst_b")
    deep_walk = ("dst_d", "dst_c", "dst_b", "dst_root")
    with pytest.raises(distributors.Cycle):
        reparented(mover, mover, ("dst_root",))
    with pytest.raises(distributors.Cycle):
        reparented(mover, member("dst_e", "dst_d"), deep_walk)
    root = member("dst_root", None)
    with pytest.raises(distributors.Cycle):
        reparented(root, member("dst_b"), ("dst_root",))


def test_a_walk_that_stops_short_of_the_root_is_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        reparented(member("dst_b"), member("dst_e", "dst_d"), ("dst_d",))


def test_random_moves_never_close_a_circle_and_never_leave_the_tree() -> None:
    chance = random.Random(5)
    tree = {"dst_root": member("dst_root", None)}
    for number in range(60):
        tree[f"dst_{number}"] = member(f"dst_{number}", chance.choice(list(tree)))
    refused = 0
    for _ in range(2_000):
        mover, parent = (tree[chance.choice(list(tree))] for _ in range(2))
        try:
            tree[mover.distributor_id] = reparented(mover, parent, walk_up(tree, parent))
        except distributors.Cycle:
            refused += 1
        assert all((name, *walk_up(tree, who))[-1] == "dst_root" for name, who in tree.items())
    assert 0 < refused < 2_000


def walk_up(tree: dict[str, Distributor], start: Distributor) -> tuple[str, ...]:
    walk: list[str] = []
    while start.parent_id is not None:
        assert start.parent_id not in walk, "a circle"
        walk.append(start.parent_id)
        start = tree[start.parent_id]
    return tuple(walk)


def test_an_order_freezes_the_places_that_may_be_paid_as_they_are_now() -> None:
    seller = member("dst_c", "dst_b", tier="staff")
    upline = (member("dst_b", "dst_a", tier="city", state=DistributorState.SUSPENDED), member("dst_a"))
    assert chain_of(seller, upline) == (
        ChainLink("dst_c", "staff", True),
        ChainLink("dst_b", "city", False),
    )


@pytest.mark.parametrize(
    "buyer_root, order_root, expected",
    [
        ("dst_root", "dst_root", True),
        ("dst_other", "dst_root", False),
        (None, "dst_root", False),
        (None, None, False),
    ],
)
def test_a_buyer_who_belongs_to_the_tree_that_would_be_paid_buys_from_himself(
    buyer_root: str | None, order_root: str | None, expected: bool
) -> None:
    assert is_self_purchase(buyer_root, order_root) is expected


@pytest.mark.parametrize(
    "state, reachable",
    [
        ("APPLIED", "KYC REJECTED WITHDRAWN"),
        ("KYC", "SIGNED REJECTED WITHDRAWN"),
        ("SIGNED", "ACTIVE REJECTED WITHDRAWN"),
        ("ACTIVE", "SUSPENDED TERMINATED"),
        ("SUSPENDED", "ACTIVE TERMINATED"),
        ("REJECTED", ""),
        ("WITHDRAWN", ""),
        ("TERMINATED", ""),
    ],
)
def test_a_distributor_moves_by_the_table_and_not_otherwise(state: str, reachable: str) -> None:
    here = member("dst_a", state=DistributorState(state))
    assert TRANSITIONS[here.state] == set(reachable.split())
    for wanted in DistributorState:
        if wanted in TRANSITIONS[here.state]:
            assert moved_to(here, wanted).state is wanted
            continue
        with pytest.raises(IllegalState):
            moved_to(here, wanted)
