"""Approvals: what waits for me to agree, who asked it and why, and my word on it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.approval import (
    DESKS,
    FourEyes,
    Kind,
    RequestDecided,
    RequestExpired,
    RequestUnknown,
    RoleRequired,
    kind_of,
)
from chalicelib.domain.distributor import InviteCodeUnknown, ParentNotActive
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.grant import GrantUnknown
from chalicelib.domain.manual_posting import MANUAL, Posting, PostingInvalid
from chalicelib.domain.manual_refund import RefundUnknown
from chalicelib.domain.raised_limit import LimitInvalid
from chalicelib.domain.unmasking import PersonUnknown
from chalicelib.domain.withdrawal_record import WithdrawalUnknown
from chalicelib.handlers.fields import AmountFen, Body, Listing, Name, Page, PageQuery, Path, Reason
from chalicelib.handlers.http import Routes
from chalicelib.handlers.requests import REFUND_REFUSALS, REFUNDED, KindName, RequestId, RequestView, view_of
from chalicelib.handlers.route import Shows
from chalicelib.usecases.inbox import letter_of
from chalicelib.usecases.join_distribution import DistributorAlready
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.publish_plan import PlanExists, PlanNotSimulated
from chalicelib.usecases.publish_product import PriceMoved, ProductExists, ProductInvalid
from chalicelib.usecases.query_tree import DistributorUnknown
from chalicelib.usecases.set_parameter import ParameterExists
from chalicelib.usecases.staff_file import StaffUnknown

routes = Routes(__name__)

DECIDERS = ("finance", "risk", "ops", "admin")
READERS = (*DECIDERS, "support", "auditor")


class RequestPath(Path):
    request_id: RequestId


class InboxQuery(PageQuery):
    """Of one kind, or of all, kind by kind."""

    kind: KindName | None = None


@routes.get(
    "/v1/office/approvals",
    roles=(*DECIDERS, "auditor"),
    query=InboxQuery,
    answers=Page[RequestView],
    shows=Shows("distributor", "requests are decided on"),
    summary="What waits for me: asked by others, and not decided by me; for an auditor, all that waits",
)
def my_inbox(actor: Actor, now: datetime, query: InboxQuery) -> Listing:
    kind = Kind(query.kind) if query.kind else None
    found = bootstrap.inbox().page(actor, now, kind, query.cursor, query.limit)
    more = len(found) == query.limit
    return Listing([view_of(one) for one in found], found[-1].request.request_id if more else None)


@routes.get(
    "/v1/office/approvals/{request_id}",
    roles=READERS,
    path=RequestPath,
    answers=RequestView,
    shows=Shows("distributor", "a request is decided on, or explained"),
    refusals=(RequestUnknown, WithdrawalUnknown),
    summary="One request, and who said what to it",
)
def one_request(actor: Actor, now: datetime, path: RequestPath) -> RequestView:
    is_withdrawal = kind_of(path.request_id) is Kind.WITHDRAWAL
    if is_withdrawal and actor.roles.isdisjoint((*DESKS[Kind.WITHDRAWAL].roles, "auditor")):
        raise WithdrawalUnknown(withdrawal_id=path.request_id)  # as at /v1/withdrawals
    return view_of(bootstrap.inbox().read(path.request_id, now))


class Remark(Body):
    """A word on the approval."""

    reason: Reason = Field(default="", validate_default=False)


class Because(Body):
    """Why not; whoever asked reads it."""

    reason: Reason


DECIDING = (RequestUnknown, RequestDecided, RequestExpired, RoleRequired, FourEyes)
OF_WITHDRAWALS = (WithdrawalUnknown, IllegalState)
OF_GRANTS = (StaffUnknown, GrantUnknown, PersonUnknown)
OF_LIMITS = (DistributorUnknown, LimitInvalid)
OF_PRODUCTS = (ProductInvalid, ProductExists, PriceMoved)
OF_REFUNDS = tuple(refusal for refusal in REFUND_REFUSALS if refusal is not IllegalState)


@routes.post(
    "/v1/office/approvals/{request_id}/approval",
    roles=DECIDERS,
    path=RequestPath,
    body=Remark,
    answers=RequestView,
    records=(
        "approval.agree",
        "application.approve",
        "distributor.limit",
        "distributor.terms",
        "factor.lost",
        "grant.approve",
        "plan.approve",
        "parameter.approve",
        "product.publish",
        "product.change",
        "staff.unlock",
        "withdrawal.approve",
        *REFUNDED,
        "REFUND_SETTLED",
        *MANUAL,
    ),
    refusals=(
        *DECIDING,
        *OF_WITHDRAWALS,
        *OF_REFUNDS,
        *OF_GRANTS,
        *OF_LIMITS,
        InviteCodeUnknown,
        ParentNotActive,
        DistributorAlready,
        RefundUnknown,
        PlanExists,
        PlanNotSimulated,
        ParameterExists,
        *OF_PRODUCTS,
    ),
    sensitive=True,
    second_person="who asked for it, and who agreed before",
    summary="Agree; the last one who must lets it happen at once",
)
def approve_request(command: Command, path: RequestPath) -> RequestView:
    return view_of(bootstrap.inbox().decide(command, path.request_id, agrees=True))


@routes.post(
    "/v1/office/approvals/{request_id}/refusal",
    roles=DECIDERS,
    path=RequestPath,
    body=Because,
    answers=RequestView,
    records=("approval.refuse", "grant.refuse", "WITHDRAWAL_RETURN"),
    refusals=(*DECIDING, *OF_WITHDRAWALS, *OF_GRANTS),
    summary="Refuse with a reason; one person is enough",
)
def refuse_request(command: Command, path: RequestPath) -> RequestView:
    return view_of(bootstrap.inbox().decide(command, path.request_id, agrees=False))


class AskPosting(Body):
    """A posting of one of the few templates, and why; two people agree before it is booked."""

    template: Literal["SUPPLIER_PREPAY", "CHANNEL_FEE_RAISED", "CHANNEL_FEE_LOWERED", "TAX_REMITTED"]
    amount_fen: AmountFen
    owner: Annotated[Name | None, Field(description="the oil company or the channel", examples=["oil"])] = (
        None
    )
    reason: Reason


@routes.post(
    "/v1/office/postings",
    roles=("finance",),
    body=AskPosting,
    answers=RequestView,
    status=201,
    records=("posting.ask",),
    refusals=(PostingInvalid,),
    summary="Ask for a posting by hand",
)
def ask_posting(command: Command, body: AskPosting) -> RequestView:
    posting = Posting(body.template, body.amount_fen, body.owner or "")
    return view_of(letter_of(bootstrap.post_by_hand().ask(command, posting), command.now))
