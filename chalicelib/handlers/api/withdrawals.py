"""Withdrawals: ask for money, take it back; the office decides, pays out, and gives back."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.account import InsufficientAvailable
from chalicelib.domain.approval import FourEyes, RoleRequired
from chalicelib.domain.errors import IllegalState, Refusal
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.money import AMOUNT_FEN_MAX
from chalicelib.domain.withdrawal import (
    AboveMax,
    AmountInvalid,
    BelowMin,
    DebtOverdue,
    FeeTooHigh,
    KycRequired,
    PayeeChanged,
    PayeeCoolDown,
    PayeeMissing,
)
from chalicelib.domain.withdrawal_pace import TooManyWithdrawals
from chalicelib.domain.withdrawal_record import Filed, WithdrawalUnknown
from chalicelib.handlers.fields import (
    Body,
    Listing,
    Page,
    PageQuery,
    Path,
    Query,
    Reason,
    View,
    WithdrawalId,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.incoming import Incoming
from chalicelib.handlers.messages import language_of, words
from chalicelib.handlers.route import Shows
from chalicelib.usecases.decide_withdrawal import Verdict
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.query_tree import NotADistributor
from chalicelib.usecases.request_withdrawal import checked_amount

routes = Routes(__name__)

REVIEWERS = ("finance", "risk", "admin")
READERS = (*REVIEWERS, "auditor")


class AskWithdrawal(Body):
    """Whole fen of what is available. An amount not above zero is refused by the rule of withdrawals."""

    amount_fen: Annotated[int, Field(strict=True, ge=-AMOUNT_FEN_MAX, le=AMOUNT_FEN_MAX, examples=[10_000])]


class WithdrawalPath(Path):
    withdrawal_id: WithdrawalId


class HappeningView(View):
    step: str
    actor: str
    at: datetime
    reason: str


class SplitView(View):
    """gross = net + tax + fee."""

    net_fen: int
    tax_fen: int
    fee_fen: int


class WithdrawalView(View):
    withdrawal_id: str
    distributor_id: str
    amount_fen: int
    state: str
    approvals_needed: int
    fee_bps: int
    tax_method: str
    requested_at: datetime
    split: SplitView | None
    history: list[HappeningView]


def view_of(filed: Filed) -> WithdrawalView:
    """A withdrawal as its records say."""
    withdrawal = filed.withdrawal
    return WithdrawalView(
        withdrawal_id=withdrawal.withdrawal_id,
        distributor_id=filed.distributor_id,
        amount_fen=withdrawal.amount_fen,
        state=filed.state,
        approvals_needed=withdrawal.approvals_needed,
        fee_bps=filed.terms.fee_bps,
        tax_method=filed.terms.tax_method,
        requested_at=filed.requested_at,
        split=SplitView.model_validate(filed.split) if filed.split else None,
        history=[_happening(happening) for happening in withdrawal.history],
    )


def _happening(happening: Any) -> HappeningView:
    return HappeningView(step=happening.step, actor=happening.actor, at=happening.at, reason=happening.reason)


@routes.post(
    "/v1/withdrawals",
    roles=("customer",),
    body=AskWithdrawal,
    answers=WithdrawalView,
    status=201,
    records=("WITHDRAWAL_REQUEST",),
    refusals=(
        NotADistributor,
        AmountInvalid,
        BelowMin,
        AboveMax,
        KycRequired,
        PayeeMissing,
        PayeeCoolDown,
        DebtOverdue,
        FeeTooHigh,
        TooManyWithdrawals,
        InsufficientAvailable,
    ),
    confirmed=True,
    summary="Ask for available commission to be paid out",
)
def request_withdrawal(command: Command, body: AskWithdrawal) -> WithdrawalView:
    amount_fen = checked_amount(body.amount_fen)
    return view_of(bootstrap.request_withdrawal()(command, amount_fen))


@routes.get(
    "/v1/withdrawals",
    roles=("customer",),
    query=PageQuery,
    answers=Page[WithdrawalView],
    summary="My withdrawals, the newest first",
)
def my_withdrawals(actor: Actor, query: PageQuery) -> Listing:
    distributor_id = distributor_id_of(actor.person_id)
    found = bootstrap.withdrawal_file().page(distributor_id, query.cursor, query.limit)
    more = len(found) == query.limit
    return Listing([view_of(filed) for filed in found], found[-1].withdrawal.withdrawal_id if more else None)


class PreviewQuery(Query):
    amount_fen: Annotated[int | None, Field(ge=1, le=AMOUNT_FEN_MAX, description="Whole fen")] = None


class RefusedView(View):
    """What would refuse the request, told as its refusal would be."""

    code: str
    title: str
    advice: str
    facts: dict[str, Any]


class TierView(View):
    """How many people agree to an amount up to a limit; without one, to every larger amount."""

    amount_fen_max: int | None = None
    approvals: int


class WorkedView(View):
    """What becomes of the amount as of today: the request fixes fee and people, the payout the tax."""

    amount_fen: int
    approvals_needed: int
    split: SplitView | None = None
    refused: list[RefusedView]


class PreviewView(View):
    """With nothing in `missing`, an amount from minimum to maximum is taken, if nothing changes before."""

    available_fen: int
    pending_fen: int = Field(description="Asked for before and not paid yet: it is taxed first")
    minimum_fen: int
    maximum_fen: int = Field(description="Below the minimum: nothing can be asked for yet")
    left_today: int
    left_this_month: int
    fee_bps: int
    tax_method: str
    approvals: list[TierView]
    arrives_by: date = Field(description="Counted in days from Monday to Friday; holidays are not known")
    missing: list[RefusedView]
    worked: WorkedView | None = Field(default=None, description="Of the amount that was asked about")


@routes.get(
    "/v1/withdrawals/preview",
    roles=("customer",),
    query=PreviewQuery,
    answers=PreviewView,
    refusals=(NotADistributor,),
    summary="What I may withdraw, what arrives and when, and what is missing",
)
def preview_withdrawal(
    actor: Actor, query: PreviewQuery, now: datetime, incoming: Incoming
) -> dict[str, Any]:
    language = language_of(incoming.headers.get("accept-language", ""))
    found = bootstrap.preview_withdrawal()(actor, now, query.amount_fen)
    told = found._asdict() | {"missing": _refused(found.missing, language), "approvals": found.tiers}
    del told["tiers"]
    if (worked := found.worked) is not None:
        told["worked"] = {
            "amount_fen": worked.amount_fen,
            "approvals_needed": worked.terms.approvals_needed,
            "split": worked.split,
            "refused": _refused(worked.refused, language),
        }
    return told


def _refused(refusals: Iterable[Refusal], language: str) -> list[dict[str, Any]]:
    found = []
    for refusal in refusals:
        title, advice = words(type(refusal), language)
        found.append({"code": refusal.code, "title": title, "advice": advice, "facts": refusal.facts})
    return found


@routes.get(
    "/v1/withdrawals/{withdrawal_id}",
    roles=("customer", *READERS),
    path=WithdrawalPath,
    answers=WithdrawalView,
    shows=Shows("distributor", "a withdrawal is approved, paid or explained"),
    refusals=(WithdrawalUnknown,),
    summary="One withdrawal with its history",
)
def one_withdrawal(actor: Actor, path: WithdrawalPath) -> WithdrawalView:
    filed = bootstrap.withdrawal_file().read(path.withdrawal_id)
    if filed.withdrawal.requester_id != actor.person_id and not actor.roles & set(READERS):
        raise WithdrawalUnknown(withdrawal_id=path.withdrawal_id)
    return view_of(filed)


@routes.post(
    "/v1/withdrawals/{withdrawal_id}/cancellation",
    roles=("customer",),
    path=WithdrawalPath,
    answers=WithdrawalView,
    records=("WITHDRAWAL_RETURN",),
    refusals=(WithdrawalUnknown, IllegalState),
    summary="Take a request back before it is approved",
)
def cancel_withdrawal(command: Command, path: WithdrawalPath) -> WithdrawalView:
    return view_of(bootstrap.cancel_withdrawal()(command, path.withdrawal_id))


# the office


class WaitingView(View):
    """A withdrawal that waits for a person."""

    withdrawal_id: str
    distributor_id: str
    state: str
    amount_fen: int
    approvals_needed: int
    approved_by: list[str]
    since: datetime


@routes.get(
    "/v1/office/withdrawals",
    roles=READERS,
    query=PageQuery,
    answers=Page[WaitingView],
    shows=Shows("distributor", "withdrawals are approved and paid"),
    summary="The withdrawals that wait for somebody of the office",
)
def waiting_withdrawals(query: PageQuery) -> Listing:
    found = bootstrap.queue_reviews().page(query.cursor, query.limit)
    return Listing(found, found[-1].withdrawal_id if len(found) == query.limit else None)


class Remark(Body):
    """A word on a decision; a refusal needs one."""

    reason: Reason = Field(default="", validate_default=False)


class Because(Body):
    """Why; the applicant reads it."""

    reason: Reason


DECIDING = (WithdrawalUnknown, IllegalState, RoleRequired, FourEyes)


@routes.post(
    "/v1/office/withdrawals/{withdrawal_id}/approval",
    roles=REVIEWERS,
    path=WithdrawalPath,
    body=Remark,
    answers=WithdrawalView,
    records=("withdrawal.approve", "withdrawal.approve_last"),
    refusals=DECIDING,
    sensitive=True,
    second_person="each approver is another person, and none is the applicant",
    summary="Agree to a withdrawal",
)
def approve_withdrawal(command: Command, path: WithdrawalPath) -> WithdrawalView:
    return view_of(bootstrap.decide_withdrawal()(command, path.withdrawal_id, Verdict.APPROVE))


@routes.post(
    "/v1/office/withdrawals/{withdrawal_id}/rejection",
    roles=REVIEWERS,
    path=WithdrawalPath,
    body=Because,
    answers=WithdrawalView,
    records=("WITHDRAWAL_RETURN",),
    refusals=DECIDING,
    summary="Refuse a withdrawal; its money is available again",
)
def reject_withdrawal(command: Command, path: WithdrawalPath) -> WithdrawalView:
    return view_of(bootstrap.decide_withdrawal()(command, path.withdrawal_id, Verdict.REJECT))


@routes.post(
    "/v1/office/withdrawals/{withdrawal_id}/payout",
    roles=("finance",),
    path=WithdrawalPath,
    answers=WithdrawalView,
    records=("withdrawal.pay",),
    refusals=(*DECIDING, PayeeMissing, PayeeChanged, FeeTooHigh),
    sensitive=True,
    second_person="those who approved it; who pays is none of them",
    summary="Pay an approved withdrawal, or try one that failed again",
)
def pay_withdrawal(command: Command, path: WithdrawalPath) -> WithdrawalView:
    return view_of(bootstrap.pay_withdrawal()(command, path.withdrawal_id))


@routes.post(
    "/v1/office/withdrawals/{withdrawal_id}/return",
    roles=("finance",),
    path=WithdrawalPath,
    body=Because,
    answers=WithdrawalView,
    records=("WITHDRAWAL_RETURN", "WITHDRAWAL_SENT_BACK"),
    refusals=(WithdrawalUnknown, IllegalState),
    summary="Give back what was not or could not be paid, or what the bank sent back",
)
def return_withdrawal(command: Command, path: WithdrawalPath) -> WithdrawalView:
    return view_of(bootstrap.pay_withdrawal().give_back(command, path.withdrawal_id))
