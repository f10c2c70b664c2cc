"""Withdrawals on the embedded engine: asked for, decided by people, taxed, paid once, or returned."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.account import InsufficientAvailable
from chalicelib.domain.approval import FourEyes, RoleRequired
from chalicelib.domain.errors import IllegalState, KeyReused, Refusal
from chalicelib.domain.parameters import Setting
from chalicelib.domain.raised_limit import Raised
from chalicelib.domain.withdrawal import (
    AboveMax,
    AmountInvalid,
    BelowMin,
    KycRequired,
    PayeeCoolDown,
    PayeeMissing,
    WithdrawalState,
)
from chalicelib.domain.withdrawal_pace import TooManyWithdrawals
from chalicelib.domain.withdrawal_record import Filed, WithdrawalUnknown
from chalicelib.usecases.decide_withdrawal import ReasonMissing, Verdict
from chalicelib.usecases.request_withdrawal import NotADistributor
from local.people import at_their_word
from local.testing import World
from tests.e2e.tree import Tree

FINANCE, OTHER_FINANCE, RISK, ADMIN = (
    "stf_FFFFFFFFFFFF",
    "stf_GGGGGGGGGGGG",
    "stf_RRRRRRRRRRRR",
    "stf_AAAAAAAAAAAA",
)
ROLES = {FINANCE: "finance", OTHER_FINANCE: "finance", RISK: "risk", ADMIN: "admin"}
S = WithdrawalState


@pytest.fixture
def tree(world: World) -> Tree:
    return Tree(world)


def ask(tree: Tree, person_id: str, amount_fen: int) -> str:
    filed = at_their_word(bootstrap.request_withdrawal())(tree.command(person_id), amount_fen)
    return filed.withdrawal.withdrawal_id


def decide(tree: Tree, withdrawal_id: str, person_id: str, verdict: Verdict = Verdict.APPROVE) -> Filed:
    command = tree.office(person_id, ROLES[person_id], reason="looked at")
    return bootstrap.decide_withdrawal()(command, withdrawal_id, verdict)


def approved(tree: Tree, amount_fen: int) -> tuple[str, str]:
    """A withdrawal that everybody has agreed to, and whose it is."""
    person_id = tree.with_available(amount_fen)
    withdrawal_id = ask(tree, person_id, amount_fen)
    for approver in (FINANCE, RISK, ADMIN):
        if decide(tree, withdrawal_id, approver).state is S.APPROVED:
            break
    return withdrawal_id, f"dst_{person_id[4:]}"


def pay(tree: Tree, withdrawal_id: str) -> Filed:
    return tree.pay_withdrawal(tree.office(OTHER_FINANCE, "finance"), withdrawal_id)


def everything(tree: Tree) -> list[object]:
    return [sorted(map(repr, tree.world.items(table))) for table in ("accounts", "journal")]


def test_v27_money_that_is_being_withdrawn_is_not_there_a_second_time(tree: Tree) -> None:
    person_id = tree.with_available(600_000)
    ask(tree, person_id, 600_000)
    with pytest.raises(InsufficientAvailable):
        ask(tree, person_id, 1_000)
    tree.check_books()


@pytest.mark.capability("S-093")
@pytest.mark.parametrize(
    ("amount_fen", "refusal"),
    [
        (-1, AmountInvalid),
        (0, AmountInvalid),
        (999, BelowMin),
        (10_000_001, AboveMax),
        (50_001, InsufficientAvailable),
    ],
)
def test_v28_an_amount_that_cannot_be_paid_is_refused_and_changes_nothing(
    tree: Tree, amount_fen: int, refusal: type[Refusal]
) -> None:
    person_id = tree.with_available(50_000)
    before = everything(tree)
    with pytest.raises(refusal) as refused:
        ask(tree, person_id, amount_fen)
    assert refused.value.status == 422
    assert everything(tree) == before


@pytest.mark.capability("S-093")
def test_who_is_unknown_has_no_payee_or_changed_it_today_gets_nothing(tree: Tree) -> None:
    person_id = tree.with_available(50_000)
    bare = tree.root()
    tree.earn(bare, 50_001)
    with pytest.raises(NotADistributor):
        ask(tree, next(tree.people), 5_000)
    with pytest.raises(PayeeMissing):
        ask(tree, f"cus_{bare[4:]}", 5_000)
    with pytest.raises(KycRequired):
        at_their_word(bootstrap.request_withdrawal())(tree.command(person_id, real_name=False), 5_000)
    tree.payee(f"dst_{person_id[4:]}", age=timedelta(hours=23, minutes=59))
    with pytest.raises(PayeeCoolDown):
        ask(tree, person_id, 5_000)
    tree.now += timedelta(minutes=1)
    assert ask(tree, person_id, 5_000)


def limited(name: str, value: int) -> None:
    setting = Setting(f"withdrawal.{name}", "", bootstrap.now() - timedelta(days=90), value)
    bootstrap.books().commit(None, catalog_items.setting_changes(setting))
    bootstrap.catalog().forget()


@pytest.mark.capability("S-093")
def test_whose_limit_others_have_raised_asks_for_more_until_its_end(tree: Tree) -> None:
    limited("amount_fen_max", 10_000)
    person_id = tree.with_available(50_000)
    until = tree.now + timedelta(days=2)
    wish = Raised(until, amount_fen_max=20_000)
    asked = bootstrap.raise_limit().ask(tree.office(FINANCE, "ops"), f"dst_{person_id[4:]}", wish)
    with pytest.raises(AboveMax):
        ask(tree, person_id, 20_000)
    bootstrap.inbox().decide(tree.office(RISK, "risk"), asked.request_id, agrees=True)
    assert ask(tree, person_id, 20_000)
    with pytest.raises(AboveMax) as refused:
        ask(tree, person_id, 20_001)
    assert refused.value.facts == {"amount_fen_max": 20_000}
    tree.now = until
    with pytest.raises(AboveMax):
        ask(tree, person_id, 10_001)
    tree.check_books()


@pytest.mark.capability("S-093")
def test_who_asks_too_often_waits_for_the_next_day_and_the_next_month(tree: Tree) -> None:
    limited("daily_count_max", 2)
    limited("monthly_count_max", 3)
    person_id = tree.with_available(50_000)
    tree.now = datetime(2027, 3, 29, 15, 59, tzinfo=UTC)  # a minute before midnight in Shanghai
    cancel = bootstrap.cancel_withdrawal()
    cancel(tree.command(person_id), ask(tree, person_id, 1_000))  # counts, whatever becomes of it
    ask(tree, person_id, 1_000)
    before = everything(tree)
    with pytest.raises(TooManyWithdrawals) as refused:
        ask(tree, person_id, 1_000)
    assert refused.value.facts == {"period": "day", "count_max": 2, "open_on": "2027-03-30"}
    assert everything(tree) == before
    tree.now += timedelta(minutes=1)
    ask(tree, person_id, 1_000)
    with pytest.raises(TooManyWithdrawals) as refused:
        ask(tree, person_id, 1_000)
    assert refused.value.facts == {"period": "month", "count_max": 3, "open_on": "2027-04-01"}
    tree.now += timedelta(days=2)
    ask(tree, person_id, 1_000)
    assert tree.balances(f"dst_{person_id[4:]}") == (47_000, 0, 3_000, 0)
    tree.check_books()


@pytest.mark.race
@pytest.mark.capability("S-093")
def test_of_many_requests_at_once_no_more_pass_than_may(tree: Tree) -> None:
    limited("daily_count_max", 3)
    person_id = tree.with_available(50_000)
    with ThreadPoolExecutor(6) as pool:
        commands = [tree.command(person_id) for _ in range(6)]
        request = at_their_word(bootstrap.request_withdrawal())
        tries = [pool.submit(request, command, 1_000) for command in commands]
    refused = [one.exception() for one in tries if one.exception() is not None]
    assert [type(one) for one in refused] == [TooManyWithdrawals] * 3
    assert tree.balances(f"dst_{person_id[4:]}") == (47_000, 0, 3_000, 0)


def test_one_command_asks_once_and_its_key_for_nothing_else(tree: Tree) -> None:
    person_id = tree.with_available(50_000)
    command = tree.command(person_id)
    first = at_their_word(bootstrap.request_withdrawal())(command, 50_000)
    assert at_their_word(bootstrap.request_withdrawal())(command, 50_000) == first
    with pytest.raises(KeyReused):
        at_their_word(bootstrap.request_withdrawal())(replace(command, request_hash="other"), 40_000)
    assert tree.balances(f"dst_{person_id[4:]}") == (0, 0, 50_000, 0)


def test_request_and_approval_cost_five_write_units(tree: Tree) -> None:
    person_id = tree.with_available(50_000)
    command = tree.command(person_id)
    tree.world.engine.process.ask("DELETE", "meter")
    withdrawal_id = at_their_word(bootstrap.request_withdrawal())(command, 50_000).withdrawal.withdrawal_id
    decide(tree, withdrawal_id, FINANCE)
    report = tree.world.engine.process.ask("GET", "meter")
    assert sum(report["write_units"].values()) == 5


# decisions


@pytest.mark.capability("S-041")
@pytest.mark.parametrize(
    ("amount_fen", "approvers"),
    [(499_999, [FINANCE]), (500_000, [FINANCE, RISK]), (5_000_001, [FINANCE, RISK, ADMIN])],
)
def test_the_amount_says_how_many_people_must_agree_before_money_leaves(
    tree: Tree, amount_fen: int, approvers: list[str]
) -> None:
    person_id = tree.with_available(amount_fen)
    withdrawal_id = ask(tree, person_id, amount_fen)
    for approver in approvers:
        with pytest.raises(IllegalState):
            pay(tree, withdrawal_id)
        state = decide(tree, withdrawal_id, approver).state
    assert state is S.APPROVED
    assert tree.bank.paid_fen == {}
    assert pay(tree, withdrawal_id).state is S.PAID
    steps = bootstrap.books().records(f"dst_{person_id[4:]}", f"{withdrawal_id}#")
    assert [step.actor for step in steps if "approve" in step.action] == approvers


@pytest.mark.capability("S-080")
def test_v29_nobody_decides_on_the_own_request_or_twice_or_pays_what_they_approved(tree: Tree) -> None:
    person_id = tree.with_available(600_000)
    withdrawal_id = ask(tree, person_id, 600_000)
    own = f"stf_{person_id[4:]}"
    with pytest.raises(FourEyes) as refused:
        bootstrap.decide_withdrawal()(tree.office(own, "finance"), withdrawal_id, Verdict.APPROVE)
    assert refused.value.status == 403
    decide(tree, withdrawal_id, FINANCE)
    with pytest.raises(FourEyes):
        bootstrap.decide_withdrawal()(tree.office(FINANCE, "finance", "risk"), withdrawal_id, Verdict.APPROVE)
    with pytest.raises(RoleRequired):
        decide(tree, withdrawal_id, OTHER_FINANCE)
    decide(tree, withdrawal_id, RISK)
    with pytest.raises(FourEyes):
        tree.pay_withdrawal(tree.office(FINANCE, "finance"), withdrawal_id)
    with pytest.raises(RoleRequired):
        tree.pay_withdrawal(tree.office(ADMIN, "admin"), withdrawal_id)
    assert pay(tree, withdrawal_id).state is S.PAID


def test_a_rejection_needs_a_reason_and_gives_the_money_back(tree: Tree) -> None:
    person_id = tree.with_available(50_000)
    withdrawal_id = ask(tree, person_id, 50_000)
    with pytest.raises(ReasonMissing):
        bootstrap.decide_withdrawal()(tree.office(FINANCE, "finance"), withdrawal_id, Verdict.REJECT)
    assert decide(tree, withdrawal_id, FINANCE, Verdict.REJECT).state is S.REJECTED
    assert tree.balances(f"dst_{person_id[4:]}") == (50_000, 0, 0, 0)
    with pytest.raises(IllegalState):
        decide(tree, withdrawal_id, RISK)
    tree.check_books()


def test_only_the_applicant_takes_a_request_back_and_only_before_it_is_approved(tree: Tree) -> None:
    person_id = tree.with_available(50_000)
    withdrawal_id = ask(tree, person_id, 50_000)
    cancel = bootstrap.cancel_withdrawal()
    with pytest.raises(WithdrawalUnknown):
        cancel(tree.command(next(tree.people)), withdrawal_id)
    assert cancel(tree.command(person_id), withdrawal_id).state is S.CANCELLED
    assert tree.balances(f"dst_{person_id[4:]}") == (50_000, 0, 0, 0)
    withdrawal_id = ask(tree, person_id, 50_000)
    decide(tree, withdrawal_id, FINANCE)
    with pytest.raises(IllegalState):
        cancel(tree.command(person_id), withdrawal_id)


def test_of_approval_rejection_and_cancellation_at_once_one_stands(tree: Tree) -> None:
    for _ in range(6):
        person_id = tree.with_available(50_000)
        withdrawal_id = ask(tree, person_id, 50_000)
        cancel = tree.command(person_id)
        with ThreadPoolExecutor(3) as pool:
            tries = [
                pool.submit(decide, tree, withdrawal_id, FINANCE),
                pool.submit(decide, tree, withdrawal_id, OTHER_FINANCE, Verdict.REJECT),
                pool.submit(bootstrap.cancel_withdrawal(), cancel, withdrawal_id),
            ]
        assert sum(one.exception() is None for one in tries) == 1
        filed = bootstrap.withdrawal_file().read(withdrawal_id)
        assert filed.steps_taken == 1
        held_fen = 50_000 if filed.state is S.APPROVED else 0
        assert tree.balances(f"dst_{person_id[4:]}") == (50_000 - held_fen, 0, held_fen, 0)


def test_a_decision_sent_again_is_the_same_decision(tree: Tree) -> None:
    person_id = tree.with_available(600_000)
    withdrawal_id = ask(tree, person_id, 600_000)
    command = tree.office(FINANCE, "finance")
    states = [bootstrap.decide_withdrawal()(command, withdrawal_id, Verdict.APPROVE).state for _ in range(2)]
    assert states == [S.REVIEW_2, S.REVIEW_2]
    changed = replace(command, request_hash="other")
    with pytest.raises(KeyReused):
        bootstrap.decide_withdrawal()(changed, withdrawal_id, Verdict.APPROVE)


# payout
