"""A preview of a withdrawal: what it promises is what the request, the office and the bank then do."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.business_time import business_date, working_days_after
from chalicelib.domain.errors import Refusal
from chalicelib.domain.tax import TaxMethod
from chalicelib.domain.withdrawal import Split, WithdrawalState
from chalicelib.usecases.decide_withdrawal import Verdict
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.preview_withdrawal import Preview
from chalicelib.usecases.query_tree import NotADistributor
from chalicelib.usecases.second_factors import State
from local.people import at_their_word
from local.testing import World
from tests.e2e.test_distribution_withdrawal import FINANCE, OTHER_FINANCE, RISK, ask, decide, limited
from tests.e2e.tree import Tree


@pytest.fixture
def tree(world: World) -> Tree:
    return Tree(world)


class Guarded:
    """Second factors of people who all have one."""

    def state(self, person_id: str) -> State:
        return State(True, None, 10)


def preview(tree: Tree, person_id: str, amount_fen: int | None = None, **actor: bool) -> Preview:
    look = replace(bootstrap.preview_withdrawal(), factors=Guarded())
    who = Actor(person_id, frozenset({"customer"}), real_name=actor.get("real_name", True))
    return look(who, tree.now, amount_fen)


def codes(refusals: tuple[Refusal, ...]) -> list[str]:
    return [refusal.code for refusal in refusals]


@pytest.mark.parametrize(
    ("method", "amount_fen", "split", "people"),
    [
        (TaxMethod.PER_PAYMENT, 1_000_000, Split(834_000, 160_000, 6_000), 2),
        (TaxMethod.PER_PAYMENT, 80_000, Split(79_520, 0, 480), 1),
        (TaxMethod.CUMULATIVE, 1_000_000, Split(985_000, 9_000, 6_000), 2),
        (TaxMethod.NONE, 1_000, Split(994, 0, 6), 1),
    ],
)
def test_what_is_shown_before_is_what_is_paid(
    tree: Tree, method: TaxMethod, amount_fen: int, split: Split, people: int
) -> None:
    person_id = tree.with_available(1_000_000)
    tree.agreed_terms(f"dst_{person_id[4:]}", "gold", method)
    before = preview(tree, person_id, amount_fen)
    assert before.missing == () and before.minimum_fen <= amount_fen <= before.maximum_fen == 1_000_000
    assert before.worked is not None and before.worked.refused == ()
    assert (before.worked.split, before.worked.terms.approvals_needed) == (split, people)
    withdrawal_id = ask(tree, person_id, amount_fen)
    for approver in (FINANCE, RISK)[:people]:
        assert decide(tree, withdrawal_id, approver, Verdict.APPROVE).terms == before.worked.terms
    paid = tree.pay_withdrawal(tree.office(OTHER_FINANCE, "finance"), withdrawal_id)
    assert (paid.state, paid.split) == (WithdrawalState.PAID, split)


def test_the_tax_goes_by_what_was_paid_before_in_the_month(tree: Tree) -> None:
    person_id = tree.with_available(2_000_000)
    withdrawal_id = ask(tree, person_id, 1_000_000)
    assert preview(tree, person_id).pending_fen == 1_000_000
    for approver in (FINANCE, RISK):
        decide(tree, withdrawal_id, approver)
    tree.pay_withdrawal(tree.office(OTHER_FINANCE, "finance"), withdrawal_id)
    after = preview(tree, person_id, 1_000_000)
    assert after.pending_fen == 0 and after.worked is not None
    # 20 000 yuan of one month are one payment: 16 000 at 20 %, of which 1 600 were withheld before.
    assert after.worked.split == Split(834_000, 160_000, 6_000)
    tree.earn(f"dst_{person_id[4:]}", 1_500_000)
    last = preview(tree, person_id, 2_500_000)
    assert last.worked is not None and last.worked.split is not None
    # 35 000 yuan: 28 000 at 30 % less 2 000, of which 1 600 were withheld before.
    assert last.worked.split.tax_fen == 640_000 - 160_000


def test_what_is_missing_is_told_all_at_once(tree: Tree) -> None:
    root = tree.root()
    person_id = f"cus_{root[4:]}"
    bare = bootstrap.preview_withdrawal()(Actor(person_id, frozenset({"customer"})), tree.now)
    assert codes(bare.missing) == [
        "KYC_REQUIRED",
        "PAYEE_MISSING",
        "SECOND_FACTOR_MISSING",
        "INSUFFICIENT_AVAILABLE",
    ]
    assert (bare.worked, bare.maximum_fen, bare.minimum_fen) == (None, 0, 1_000)
    tree.payee(root, age=timedelta(hours=23))
    (hold, _) = preview(tree, person_id).missing
    assert (hold.code, hold.facts) == (
        "PAYEE_COOL_DOWN",
        {"open_at": (tree.now + timedelta(hours=1)).isoformat()},
    )
    with pytest.raises(NotADistributor):
        preview(tree, next(tree.people))


def test_how_often_one_may_ask_still_is_told_until_it_is_missing(tree: Tree) -> None:
    limited("daily_count_max", 2)
    person_id = tree.with_available(50_000)
    left = []
    for _ in range(2):
        before = preview(tree, person_id)
        left.append((before.left_today, before.left_this_month, before.missing))
        ask(tree, person_id, 5_000)
    assert left == [(2, 30, ()), (1, 29, ())]
    used_up = preview(tree, person_id)
    assert (used_up.left_today, used_up.left_this_month) == (0, 28)
    assert codes(used_up.missing) == ["TOO_MANY_WITHDRAWALS"]


def test_an_amount_outside_the_bounds_is_told_as_the_request_refuses_it(tree: Tree) -> None:
    limited("amount_fen_max", 30_000)
    person_id = tree.with_available(20_000)
    for amount_fen, expected in (
        (999, ["BELOW_MIN"]),
        (20_001, ["INSUFFICIENT_AVAILABLE"]),
        (30_001, ["ABOVE_MAX", "INSUFFICIENT_AVAILABLE"]),
    ):
        shown = preview(tree, person_id, amount_fen)
        assert shown.worked is not None and codes(shown.worked.refused) == expected
        with pytest.raises(Refusal) as refused:
            ask(tree, person_id, amount_fen)
        assert refused.value.code == expected[0]


def test_the_day_of_arrival_follows_the_parameter(tree: Tree) -> None:
    person_id = tree.with_available(5_000)
    today = business_date(tree.now)
    assert preview(tree, person_id).arrives_by == working_days_after(today, 3)
    limited("arrival_days", 1)
    assert preview(tree, person_id).arrives_by == working_days_after(today, 1)


def test_a_fee_that_was_stored_too_high_is_missing_not_a_fault(tree: Tree) -> None:
    limited("fee_bps", 9_000)
    person_id = tree.with_available(1_000_000)
    shown = preview(tree, person_id, 1_000_000)
    assert codes(shown.missing) == ["WITHDRAWAL_FEE_TOO_HIGH"]
    assert shown.worked is not None and shown.worked.split is None
    with pytest.raises(Refusal) as refused:
        at_their_word(bootstrap.request_withdrawal())(tree.command(person_id), 1_000_000)
    assert refused.value.code == "WITHDRAWAL_FEE_TOO_HIGH"
