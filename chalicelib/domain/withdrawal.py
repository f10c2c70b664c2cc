"""Withdrawals: may this money leave, who has to agree, and how is it split?

    DRAFT -> SUBMITTED -> REVIEW_1 -> [REVIEW_2 -> [REVIEW_3]] -> APPROVED -> PAYING -> PAID
    SUBMITTED, REVIEW_*            -> CANCELLED
    REVIEW_*                       -> REJECTED
    SUBMITTED, REVIEW_*, APPROVED  -> RISK_HOLD -> the state before | REJECTED
    PAYING -> FAILED | UNKNOWN ; UNKNOWN -> (query) PAID | FAILED
    FAILED -> PAYING (the same payout id) | RETURNED ; PAID -> RETURNED (sent back by the bank)
    APPROVED -> RETURNED (its payee is no longer the one that was confirmed)

A withdrawal is what its history says: the state is a fold over the steps taken, and
who approved is read from the same steps. No policy skips the review by a person.
The money is gone from what is available from SUBMITTED on; REJECTED, CANCELLED and
RETURNED give it back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from chalicelib.domain.approval import TIERS, RoleRequired, Tier, check_four_eyes
from chalicelib.domain.errors import IllegalState, Refusal, Unprocessable
from chalicelib.domain.money import bps_floor
from chalicelib.domain.raised_limit import Raised


class WithdrawalState(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    REVIEW_1 = "REVIEW_1"
    REVIEW_2 = "REVIEW_2"
    REVIEW_3 = "REVIEW_3"
    APPROVED = "APPROVED"
    RISK_HOLD = "RISK_HOLD"
    PAYING = "PAYING"
    UNKNOWN = "UNKNOWN"
    PAID = "PAID"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"


class Step(StrEnum):
    """What can happen to a withdrawal."""

    SUBMIT = "SUBMIT"
    OPEN_REVIEW = "OPEN_REVIEW"
    APPROVE = "APPROVE"
    APPROVE_LAST = "APPROVE_LAST"
    REJECT = "REJECT"
    CANCEL = "CANCEL"
    HOLD = "HOLD"
    LIFT_HOLD = "LIFT_HOLD"
    PAY = "PAY"
    SUCCEED = "SUCCEED"
    FAIL = "FAIL"
    LOSE_ANSWER = "LOSE_ANSWER"
    RETURN = "RETURN"


_S = WithdrawalState
IN_REVIEW = (_S.REVIEW_1, _S.REVIEW_2, _S.REVIEW_3)
CANCELLABLE = (_S.SUBMITTED, *IN_REVIEW)
APPROVALS = frozenset({Step.APPROVE, Step.APPROVE_LAST})
# What a reversal of commission may still call back.
NOT_APPROVED = frozenset(CANCELLABLE)

# LIFT_HOLD is not in the table: it leads to the state before the hold.
TRANSITIONS: dict[tuple[WithdrawalState, Step], WithdrawalState] = {
    (_S.DRAFT, Step.SUBMIT): _S.SUBMITTED,
    (_S.SUBMITTED, Step.OPEN_REVIEW): _S.REVIEW_1,
    (_S.REVIEW_1, Step.APPROVE): _S.REVIEW_2,
    (_S.REVIEW_2, Step.APPROVE): _S.REVIEW_3,
    **{(state, Step.APPROVE_LAST): _S.APPROVED for state in IN_REVIEW},
    **{(state, Step.REJECT): _S.REJECTED for state in (*IN_REVIEW, _S.RISK_HOLD)},
    **{(state, Step.CANCEL): _S.CANCELLED for state in CANCELLABLE},
    **{(state, Step.HOLD): _S.RISK_HOLD for state in (*CANCELLABLE, _S.APPROVED)},
    (_S.APPROVED, Step.PAY): _S.PAYING,
    (_S.FAILED, Step.PAY): _S.PAYING,
    **{(state, Step.SUCCEED): _S.PAID for state in (_S.PAYING, _S.UNKNOWN)},
    **{(state, Step.FAIL): _S.FAILED for state in (_S.PAYING, _S.UNKNOWN)},
    (_S.PAYING, Step.LOSE_ANSWER): _S.UNKNOWN,
    **{(state, Step.RETURN): _S.RETURNED for state in (_S.APPROVED, _S.FAILED, _S.PAID)},
}

# The roles that may decide: first finance, then risk, then the senior office.
REVIEW_ROLES = {_S.REVIEW_1: "finance", _S.REVIEW_2: "risk", _S.REVIEW_3: "admin"}
HOLD_ROLE = "risk"
PAYOUT_ROLE = "finance"


class AmountInvalid(Unprocessable):
    code = "AMOUNT_INVALID"
    advice = "Ask for a whole number of fen above zero."


class BelowMin(Unprocessable):
    code = "BELOW_MIN"
    advice = "Ask for at least `amount_fen_min`."


class AboveMax(Unprocessable):
    code = "ABOVE_MAX"
    advice = "Ask for at most `amount_fen_max` at a time."


class PayeeMissing(Unprocessable):
    code = "PAYEE_MISSING"
    advice = "Register the account that the money should go to."


class PayeeCoolDown(Unprocessable):
    code = "PAYEE_COOL_DOWN"
    advice = "Wait until `open_at`: a payee account pays out a day after it was last changed."


class PayeeChanged(Unprocessable):
    """Whoever asked has confirmed this amount for another payee than the present one."""

    code = "PAYEE_CHANGED"
    advice = "Give the money back: the applicant asks again, and confirms the payee of now."


class KycRequired(Unprocessable):
    code = "KYC_REQUIRED"
    advice = "Finish the identity check first."


class DebtOverdue(Unprocessable):
    code = "DEBT_OVERDUE"
    advice = "Settle what is owed first."


class FeeTooHigh(Unprocessable):
    """The fee and the tax would take more than is withdrawn."""

    code = "WITHDRAWAL_FEE_TOO_HIGH"
    advice = "The office corrects the parameter `withdrawal.fee_bps` first."


# Tax takes at most 45 % of 80 % of a payout (tax.py): beside half, something is always left for the payee.
FEE_BPS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class WithdrawalTerms:
    """The parameters in force when a withdrawal is asked for."""

    amount_fen_min: int = 1_000
    amount_fen_max: int = 10_000_000
    fee_bps: int = 60
    payee_cool_down: timedelta = timedelta(hours=24)  # separates a stolen login from its money
    debt_age_max: timedelta = timedelta(days=30)
    daily_count_max: int = 5
    monthly_count_max: int = 30
    approval_tiers: tuple[Tier, ...] = TIERS


def with_raised(terms: WithdrawalTerms, raised: Raised | None, now: datetime) -> WithdrawalTerms:
    """The terms for a distributor whose limits were raised: never lower, and only until its end."""
    if raised is None or now >= raised.until:
        return terms
    return replace(
        terms,
        amount_fen_max=max(terms.amount_fen_max, raised.amount_fen_max),
        daily_count_max=max(terms.daily_count_max, raised.daily_count_max),
        monthly_count_max=max(terms.monthly_count_max, raised.monthly_count_max),
    )


@dataclass(frozen=True, slots=True)
class Applicant:
    """What is known of the one who asks. `debt_since`: when the oldest unpaid debt arose."""

    kyc_passed: bool
    payee_changed_at: datetime | None
    debt_since: datetime | None = None


class Happening(NamedTuple):
    """One step, by whom and when; `actor` is a person's id or the name of a job."""

    step: Step
    actor: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A request for money, and all that happened to it."""

    withdrawal_id: str
    requester_id: str
    amount_fen: int
    approvals_needed: int
    history: tuple[Happening, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """gross = net + tax + fee."""

    net_fen: int
    tax_fen: int
    fee_fen: int


class OpenEntry(NamedTuple):
    """A commission entry with money that no withdrawal has taken yet."""

    entry_id: str
    earned_at: datetime
    open_fen: int


class Allocation(NamedTuple):
    entry_id: str
    amount_fen: int


def check_request(amount_fen: int, terms: WithdrawalTerms, applicant: Applicant, now: datetime) -> None:
    """Let a request pass that may be submitted; whether the money is there is the ledger's condition.

    Raises: AmountInvalid, BelowMin, AboveMax, KycRequired, PayeeMissing, PayeeCoolDown,
    DebtOverdue, FeeTooHigh, whichever comes first in this order.
    """
    for refusal in (*amount_refusals(amount_fen, terms), *refusals_of(applicant, terms, now)):
        raise refusal


def amount_refusals(amount_fen: int, terms: WithdrawalTerms) -> Iterator[Refusal]:
    """Why the amount is refused, whoever asks for it."""
    if amount_fen <= 0:
        yield AmountInvalid(amount_fen=amount_fen)
    elif amount_fen < terms.amount_fen_min:
        yield BelowMin(amount_fen_min=terms.amount_fen_min)
    if amount_fen > terms.amount_fen_max:
        yield AboveMax(amount_fen_max=terms.amount_fen_max)


def refusals_of(applicant: Applicant, terms: WithdrawalTerms, now: datetime) -> Iterator[Refusal]:
    """Everything for which this applicant is refused any amount."""
    if not applicant.kyc_passed:
        yield KycRequired()
    if applicant.payee_changed_at is None:
        yield PayeeMissing()
    elif now < (open_at := applicant.payee_changed_at + terms.payee_cool_down):
        yield PayeeCoolDown(open_at=open_at.isoformat())
    if applicant.debt_since is not None and now - applicant.debt_since > terms.debt_age_max:
        yield DebtOverdue(debt_since=applicant.debt_since.isoformat())
    if terms.fee_bps > FEE_BPS_MAX:  # set before that was refused
        yield FeeTooHigh(fee_bps=terms.fee_bps, fee_bps_max=FEE_BPS_MAX)


def state_of(history: Iterable[Happening]) -> WithdrawalState:
    """The state that the steps lead to from DRAFT. Raises: IllegalState at a step that cannot follow."""
    state = before_hold = WithdrawalState.DRAFT
    for happening in history:
        if happening.step is Step.HOLD:
            before_hold = state
        if happening.step is Step.LIFT_HOLD and state is WithdrawalState.RISK_HOLD:
            state = before_hold
            continue
        reached = TRANSITIONS.get((state, happening.step))
        if reached is None:
            raise IllegalState(state=state, wanted=happening.step)
        state = reached
    return state


def approvers_of(withdrawal: Withdrawal) -> tuple[str, ...]:
    """The people who approved, in order."""
    return tuple(happening.actor for happening in withdrawal.history if happening.step in APPROVALS)


def approval_step(withdrawal: Withdrawal) -> Step:
    """The step that the next approval is: the last one opens the payout."""
    is_last = len(approvers_of(withdrawal)) + 1 >= withdrawal.approvals_needed
    return Step.APPROVE_LAST if is_last else Step.APPROVE


def taken(withdrawal: Withdrawal, happening: Happening, roles: frozenset[str] = frozenset()) -> Withdrawal:
    """The withdrawal after one more step by somebody with these roles.

    Raises: IllegalState; RoleRequired and FourEyes for the steps that a person of the
    office takes. The applicant's own steps and the payout's answers need no role.
    """
    history = (*withdrawal.history, happening)
    state = state_of(withdrawal.history)
    state_of(history)
    if happening.step in APPROVALS and happening.step is not approval_step(withdrawal):
        raise IllegalState(state=state, wanted=happening.step)
    role = _role_of(state, happening.step)
    if role is not None and role not in roles:
        raise RoleRequired(role=role)
    if role is not None:
        _check_four_eyes(withdrawal, happening)
    return replace(withdrawal, history=history)


def split(gross_fen: int, tax_fen: int, fee_bps: int) -> Split:
    """What is paid out, withheld and kept of a withdrawal; the fee is rounded down.

    Raises: FeeTooHigh, which no fee up to FEE_BPS_MAX can be.
    """
    fee_fen = bps_floor(gross_fen, fee_bps)
    net_fen = gross_fen - tax_fen - fee_fen
    if net_fen < 0:
        raise FeeTooHigh(fee_bps=fee_bps, fee_bps_max=FEE_BPS_MAX)
    return Split(net_fen, tax_fen, fee_fen)


def allocate(amount_fen: int, entries: Iterable[OpenEntry]) -> tuple[Allocation, ...]:
    """The entries that a withdrawal takes its money from: the oldest first, the last one in part.

    The entries must hold the amount: they hold at least what is available.
    """
    allocations = []
    for entry in sorted(entries, key=lambda e: (e.earned_at, e.entry_id)):
        part_fen = min(amount_fen, entry.open_fen)
        if part_fen > 0:
            allocations.append(Allocation(entry.entry_id, part_fen))
            amount_fen -= part_fen
    assert amount_fen == 0, "the open entries do not hold what is available"
    return tuple(allocations)


def _role_of(state: WithdrawalState, step: Step) -> str | None:
    """The role that a step takes, or None where no person of the office decides."""
    if step in APPROVALS or step is Step.REJECT:
        return REVIEW_ROLES.get(state, HOLD_ROLE)
    return {Step.LIFT_HOLD: HOLD_ROLE, Step.PAY: PAYOUT_ROLE, Step.RETURN: PAYOUT_ROLE}.get(step)


def _check_four_eyes(withdrawal: Withdrawal, happening: Happening) -> None:
    """Nobody decides on his own request, approves twice, or pays out what he approved."""
    barred = [withdrawal.requester_id]
    if happening.step in APPROVALS or happening.step is Step.PAY:
        barred += approvers_of(withdrawal)
    check_four_eyes(happening.actor, barred)
