"""Withdrawals: what may be asked for, who agrees, and how the money is split."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.approval import FourEyes, RoleRequired, Tier, people_needed
from chalicelib.domain.errors import IllegalState, Refusal
from chalicelib.domain.tax import TaxMethod, withhold
from chalicelib.domain.withdrawal import (
    FEE_BPS_MAX,
    TRANSITIONS,
    Allocation,
    Applicant,
    FeeTooHigh,
    Happening,
    OpenEntry,
    Split,
    Step,
    Withdrawal,
    WithdrawalState,
    WithdrawalTerms,
    allocate,
    approval_step,
    approvers_of,
    check_request,
    split,
    state_of,
    taken,
)

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
REQUESTER = "cus_AAAAAAAAAAAA"
ANN, BEN, CAT, DAN = (f"stf_{letter * 12}" for letter in "BCDE")
ALL_ROLES = frozenset({"finance", "risk", "admin"})
SOUND = Applicant(kyc_passed=True, payee_changed_at=NOW - timedelta(days=2))
TERMS = WithdrawalTerms()


def in_review(approvals: int = 1) -> Withdrawal:
    started = (Happening(Step.SUBMIT, REQUESTER, NOW), Happening(Step.OPEN_REVIEW, "job", NOW))
    return Withdrawal("wdr_1", REQUESTER, 600_000, approvals, started)


def step_by(withdrawal: Withdrawal, step: Step, actor: str, *roles: str) -> Withdrawal:
    return taken(withdrawal, Happening(step, actor, NOW), frozenset(roles))


def approved_by(withdrawal: Withdrawal, actor: str, *roles: str) -> Withdrawal:
    return step_by(withdrawal, approval_step(withdrawal), actor, *roles)


@pytest.mark.parametrize(
    "amount_fen, applicant, code, facts",
    [
        (-1, SOUND, "AMOUNT_INVALID", {"amount_fen": -1}),
        (0, SOUND, "AMOUNT_INVALID", {"amount_fen": 0}),
        (1, SOUND, "BELOW_MIN", {"amount_fen_min": 1_000}),
        (999, SOUND, "BELOW_MIN", {"amount_fen_min": 1_000}),
        (10_000_001, SOUND, "ABOVE_MAX", {"amount_fen_max": 10_000_000}),
        (1_000, Applicant(False, NOW - timedelta(days=2)), "KYC_REQUIRED", {}),
        (1_000, Applicant(True, None), "PAYEE_MISSING", {}),
        (
            1_000,
            Applicant(True, NOW - timedelta(hours=24) + timedelta(seconds=1)),
            "PAYEE_COOL_DOWN",
            {"open_at": "2026-11-22T04:00:01+00:00"},
        ),
        (
            1_000,
            Applicant(True, NOW - timedelta(days=2), NOW - timedelta(days=30, seconds=1)),
            "DEBT_OVERDUE",
            {"debt_since": "2026-10-23T03:59:59+00:00"},
        ),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused_by_its_name(
    amount_fen: int, applicant: Applicant, code: str, facts: dict[str, object]
) -> None:
    with pytest.raises(Refusal) as refusal:
        check_request(amount_fen, TERMS, applicant, NOW)
    assert (refusal.value.code, refusal.value.status, refusal.value.facts) == (code, 422, facts)


@pytest.mark.parametrize(
    "amount_fen, applicant",
    [
        (1_000, SOUND),
        (10_000_000, SOUND),
        (1_000, Applicant(True, NOW - timedelta(hours=24))),
        (1_000, Applicant(True, NOW - timedelta(days=2), NOW - timedelta(days=30))),
    ],
)
def test_a_request_at_the_very_limit_passes(amount_fen: int, applicant: Applicant) -> None:
    check_request(amount_fen, TERMS, applicant, NOW)


@pytest.mark.parametrize(
    "amount_fen, expected",
    [(1, 1), (499_999, 1), (500_000, 2), (5_000_000, 2), (5_000_001, 3), (10**12, 3)],
)
def test_larger_amounts_take_more_people(amount_fen: int, expected: int) -> None:
    assert people_needed(amount_fen) == expected


@pytest.mark.parametrize("tiers, expected", [((), 3), ((Tier(None, 0),), 1), ((Tier(None, 9),), 3)])
def test_no_tier_skips_the_person_and_none_asks_for_more_than_there_are(
    tiers: tuple[Tier, ...], expected: int
) -> None:
    assert people_needed(600_000, tiers) == expected


def test_three_people_approve_a_fourth_pays_and_the_money_arrives() -> None:
    withdrawal = in_review(approvals=3)
    for actor, role, state in (
        (ANN, "finance", WithdrawalState.REVIEW_2),
        (BEN, "risk", WithdrawalState.REVIEW_3),
        (CAT, "admin", WithdrawalState.APPROVED),
    ):
        withdrawal = approved_by(withdrawal, actor, role)
        assert state_of(withdrawal.history) is state
    assert approvers_of(withdrawal) == (ANN, BEN, CAT)
    withdrawal = step_by(withdrawal, Step.PAY, DAN, "finance")
    withdrawal = step_by(withdrawal, Step.LOSE_ANSWER, "job")
    withdrawal = step_by(withdrawal, Step.SUCCEED, "job")
    assert state_of(withdrawal.history) is WithdrawalState.PAID


def test_nobody_approves_his_own_request_not_even_from_the_office() -> None:
    same_person = "stf_" + REQUESTER[4:]
    for step in (Step.APPROVE_LAST, Step.REJECT):
        with pytest.raises(FourEyes) as refusal:
            step_by(in_review(), step, same_person, *ALL_ROLES)
        assert (refusal.value.code, refusal.value.status) == ("FOUR_EYES", 403)


def test_nobody_approves_twice_whatever_roles_he_holds() -> None:
    withdrawal = approved_by(in_review(approvals=2), ANN, *ALL_ROLES)
    with pytest.raises(FourEyes):
        approved_by(withdrawal, ANN, *ALL_ROLES)


@pytest.mark.parametrize("actor", [ANN, BEN, "stf_" + REQUESTER[4:]])
def test_whoever_asked_or_approved_does_not_pay(actor: str) -> None:
    withdrawal = approved_by(approved_by(in_review(2), ANN, "finance"), BEN, "risk")
    with pytest.raises(FourEyes):
        step_by(withdrawal, Step.PAY, actor, "finance")


@pytest.mark.parametrize(
    "done, roles, needed",
    [
        (0, {"risk", "admin", "auditor"}, "finance"),
        (1, {"finance", "admin"}, "risk"),
        (2, {"finance", "risk"}, "admin"),
    ],
)
def test_each_review_has_its_own_role(done: int, roles: set[str], needed: str) -> None:
    withdrawal = in_review(approvals=3)
    for actor, role in ((ANN, "finance"), (BEN, "risk"))[:done]:
        withdrawal = approved_by(withdrawal, actor, role)
    for step in (approval_step(withdrawal), Step.REJECT):
        with pytest.raises(RoleRequired) as refusal:
            step_by(withdrawal, step, DAN, *roles)
        assert refusal.value.facts == {"role": needed}


def test_an_approval_cannot_be_called_the_last_before_it_is() -> None:
    for approvals, step in ((2, Step.APPROVE_LAST), (1, Step.APPROVE)):
        with pytest.raises(IllegalState) as refusal:
            step_by(in_review(approvals), step, ANN, "finance")
        assert refusal.value.facts == {"state": "REVIEW_1", "wanted": step}


def test_a_step_that_does_not_follow_is_refused_with_where_it_stands() -> None:
    with pytest.raises(IllegalState) as refusal:
        step_by(in_review(), Step.PAY, ANN, "finance")
    assert refusal.value.facts == {"state": "REVIEW_1", "wanted": "PAY"}


def test_a_hold_by_risk_is_lifted_by_risk_to_where_it_was_or_rejected() -> None:
    held = step_by(approved_by(in_review(2), ANN, "finance"), Step.HOLD, "job")
    assert state_of(held.history) is WithdrawalState.RISK_HOLD
    for step in (Step.LIFT_HOLD, Step.REJECT):
        with pytest.raises(RoleRequired) as refusal:
            step_by(held, step, BEN, "finance")
        assert refusal.value.facts == {"role": "risk"}
    lifted = step_by(held, Step.LIFT_HOLD, BEN, "risk")
    assert state_of(lifted.history) is WithdrawalState.REVIEW_2
    assert state_of(step_by(held, Step.REJECT, BEN, "risk").history) is WithdrawalState.REJECTED
    assert state_of(approved_by(lifted, BEN, "risk").history) is WithdrawalState.APPROVED


def test_a_second_hold_returns_to_its_own_place() -> None:
    withdrawal = step_by(step_by(in_review(), Step.HOLD, "job"), Step.LIFT_HOLD, BEN, "risk")
    withdrawal = step_by(approved_by(withdrawal, ANN, "finance"), Step.HOLD, "job")
    lifted = step_by(withdrawal, Step.LIFT_HOLD, BEN, "risk")
    assert state_of(lifted.history) is WithdrawalState.APPROVED


@pytest.mark.parametrize(
    "state, reachable",
    [
        ("DRAFT", "SUBMITTED"),
        ("SUBMITTED", "REVIEW_1 CANCELLED RISK_HOLD"),
        ("REVIEW_1", "REVIEW_2 APPROVED CANCELLED REJECTED RISK_HOLD"),
        ("REVIEW_2", "REVIEW_3 APPROVED CANCELLED REJECTED RISK_HOLD"),
        ("REVIEW_3", "APPROVED CANCELLED REJECTED RISK_HOLD"),
        ("APPROVED", "PAYING RISK_HOLD RETURNED"),
        ("RISK_HOLD", "REJECTED"),
        ("PAYING", "PAID FAILED UNKNOWN"),
        ("UNKNOWN", "PAID FAILED"),
        ("FAILED", "PAYING RETURNED"),
        ("PAID", "RETURNED"),
        ("REJECTED", ""),
        ("CANCELLED", ""),
        ("RETURNED", ""),
    ],
)
def test_the_table_leads_where_the_picture_says_and_nowhere_else(state: str, reachable: str) -> None:
    assert {end for (start, _), end in TRANSITIONS.items() if start == state} == set(reachable.split())


@given(steps=st.lists(st.sampled_from(list(Step)), max_size=12))
def test_no_history_leads_to_a_payout_without_an_approval_by_a_person(steps: list[Step]) -> None:
    withdrawal = Withdrawal("wdr_1", REQUESTER, 600_000, 2)
    staff = iter([ANN, BEN, CAT, DAN] * 3)
    for step in steps:
        try:
            withdrawal = step_by(withdrawal, step, next(staff), *ALL_ROLES)
        except Refusal:
            continue
    if state_of(withdrawal.history) in (
        WithdrawalState.APPROVED,
        WithdrawalState.PAYING,
        WithdrawalState.PAID,
    ):
        assert len(set(approvers_of(withdrawal))) == 2


def test_v11_a_withdrawal_splits_into_net_tax_and_fee() -> None:
    tax_fen = withhold(TaxMethod.PER_PAYMENT, None, 1_000_000, NOW.date()).tax_fen
    assert split(1_000_000, tax_fen, 60) == Split(net_fen=834_000, tax_fen=160_000, fee_fen=6_000)


@given(
    payouts_fen=st.lists(st.integers(1, 20) | st.integers(1, 10**9), min_size=1, max_size=5),
    fee_bps=st.integers(0, FEE_BPS_MAX) | st.just(FEE_BPS_MAX),
    method=st.sampled_from(TaxMethod),
)
def test_the_parts_of_a_split_sum_to_the_whole_whatever_was_paid_before(
    payouts_fen: list[int], fee_bps: int, method: TaxMethod
) -> None:
    position = None
    for gross_fen in payouts_fen:
        withholding = withhold(method, position, gross_fen, NOW.date())
        position = withholding.position
        parts = split(gross_fen, withholding.tax_fen, fee_bps)
        assert parts.net_fen + parts.tax_fen + parts.fee_fen == gross_fen
        assert min(parts.net_fen, parts.tax_fen, parts.fee_fen) >= 0
        assert parts.fee_fen * 10_000 <= gross_fen * fee_bps


def test_a_fee_that_could_eat_the_payout_is_refused_when_it_is_asked_for_and_when_it_is_paid() -> None:
    with pytest.raises(FeeTooHigh) as refusal:
        check_request(100_000, replace(TERMS, fee_bps=FEE_BPS_MAX + 1), SOUND, NOW)
    assert refusal.value.facts == {"fee_bps": 5_001, "fee_bps_max": 5_000}
    check_request(100_000, replace(TERMS, fee_bps=FEE_BPS_MAX), SOUND, NOW)
    with pytest.raises(FeeTooHigh) as refusal:
        split(100_000, 1, 10_000)
    assert refusal.value.facts == {"fee_bps": 10_000, "fee_bps_max": 5_000}
    assert split(100_000, 0, 10_000) == Split(net_fen=0, tax_fen=0, fee_fen=100_000)


def test_where_the_least_is_one_fen_one_fen_may_be_asked_for() -> None:
    check_request(1, replace(TERMS, amount_fen_min=1), SOUND, NOW)


def test_the_oldest_entries_are_taken_first_and_the_last_in_part() -> None:
    entries = [OpenEntry("cme_c", NOW, 500), OpenEntry("cme_b", NOW, 0), OpenEntry("cme_a", NOW, 300)]
    entries.append(OpenEntry("cme_z", NOW - timedelta(days=1), 400))
    expected = (Allocation("cme_z", 400), Allocation("cme_a", 300), Allocation("cme_c", 100))
    assert allocate(800, entries) == expected


@given(parts=st.lists(st.integers(0, 10_000), min_size=1, max_size=20), share_bps=st.integers(0, 10_000))
def test_allocations_sum_to_the_withdrawal_and_never_exceed_an_entry(
    parts: list[int], share_bps: int
) -> None:
    entries = {f"cme_{i:02}": part_fen for i, part_fen in enumerate(parts)}
    amount_fen = sum(parts) * share_bps // 10_000
    allocations = allocate(amount_fen, (OpenEntry(entry_id, NOW, fen) for entry_id, fen in entries.items()))
    assert sum(allocation.amount_fen for allocation in allocations) == amount_fen
    assert all(0 < allocation.amount_fen <= entries[allocation.entry_id] for allocation in allocations)
