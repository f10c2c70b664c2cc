"""Refunds: get money back, and what becomes of those that wait for a person?"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.card import CardBalanceCap
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.manual_refund import PARTITION, TABLE, RefundUnknown, from_item
from chalicelib.domain.order import Order, OrderUnknown
from chalicelib.domain.refund import ApprovalNeeded, Cause
from chalicelib.handlers.api.orders import OrderPath, OrderView
from chalicelib.handlers.fields import (
    AmountFen,
    Body,
    CardId,
    Listing,
    OrderId,
    Page,
    PageQuery,
    Path,
    Query,
    Reason,
    View,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.requests import REFUND_REFUSALS, REFUNDED, RequestId, RequestView, view_of
from chalicelib.handlers.route import Shows
from chalicelib.usecases.ask_refund import NoApprovalNeeded, RefundAsked, RefundRequestUnknown, told_of
from chalicelib.usecases.inbox import letter_of
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.refund_order import RefundWish

routes = Routes(__name__)

RefundId = Annotated[str, Field(pattern=r"^[0-9A-Za-z]{26}$", examples=["01JD3Q8Z6N5W4V3T2S1R0QPAMK"])]


class RefundPath(Path):
    order_id: OrderId
    refund_id: RefundId


class ManualRefundView(View):
    """Money on its way back to a payer that no machine could bring there."""

    order_id: OrderId
    refund_id: RefundId
    cause: Literal["CHANNEL_REFUSES", "CARD_CANNOT_TAKE_IT"]
    amount_fen: int = Field(description="still owed to the payer")
    since: datetime
    reason: str = Field(description="the channel's last word")


class Because(Body):
    """Why it may succeed now."""

    reason: Reason


class SentByBank(Body):
    """`bank_reference`: the transfer's name at the bank. The reason says who was paid, on what word."""

    bank_reference: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{6,40}$", examples=["20261122-000017"])]
    reason: Reason


@routes.get(
    "/v1/office/refunds",
    roles=("finance", "support", "auditor"),
    query=PageQuery,
    answers=Page[ManualRefundView],
    shows=Shows("customer", "money that waits for a person finds its way back"),
    summary="The refunds that wait for a person",
)
def waiting_refunds(query: PageQuery) -> Listing:
    items = bootstrap.documents().query(TABLE, PARTITION, after=query.cursor, limit=query.limit)
    more = len(items) == query.limit
    return Listing([from_item(item) for item in items], items[-1]["sk"] if more else None)


@routes.post(
    "/v1/office/orders/{order_id}/refunds/{refund_id}/retry",
    roles=("finance",),
    path=RefundPath,
    body=Because,
    answers=OrderView,
    records=("refund.retry", "REFUND_SETTLED"),
    refusals=(OrderUnknown, RefundUnknown, IllegalState, CardBalanceCap),
    by_region=True,
    summary="Let a refund go its way once more: through its channel, or onto the paying card",
)
def retry_refund(command: Command, path: RefundPath, body: Because) -> Order:
    _check_region(command.actor, path.order_id)
    return bootstrap.settle_refund().retry(command, path.order_id, path.refund_id)


@routes.post(
    "/v1/office/orders/{order_id}/refunds/{refund_id}/settlement",
    roles=("finance",),
    path=RefundPath,
    body=SentByBank,
    answers=RequestView,
    status=201,
    records=("refund.by_bank",),
    refusals=(OrderUnknown, RefundUnknown, IllegalState),
    by_region=True,
    summary="Say that a refund is sent from the bank; others agree before it is booked",
)
def settle_refund(command: Command, path: RefundPath, body: SentByBank) -> RequestView:
    _check_region(command.actor, path.order_id)
    reference = body.bank_reference
    asked = bootstrap.settle_by_bank().ask(command, path.order_id, path.refund_id, reference)
    return view_of(letter_of(asked, command.now))


def _check_region(actor: Actor, order_id: str) -> None:
    """Raises: OrderUnknown for an order that was placed elsewhere, or nowhere in particular."""
    if actor.regions is None:
        return
    order = bootstrap.orders().get(order_id)
    if order is None or not actor.reaches(order.region):
        raise OrderUnknown(order_id=order_id)


class AskRefund(Body):
    """All that is left, or `amount_fen` of the payment; of all cards of the order, or of those named."""

    amount_fen: AmountFen | None = None
    card_ids: Annotated[tuple[CardId, ...], Field(max_length=20, strict=False)] = ()
    reason: Reason = Field(default="", validate_default=False)


class OfficeRefund(AskRefund):
    """`cause` ISSUER: we are the reason, so the discount is kept (法释〔2025〕4号 art. 18)."""

    cause: Literal["CUSTOMER", "ISSUER"]
    reason: Reason


class RefundQuery(Query):
    amount_fen: Annotated[int, Field(ge=1)] | None = None
    card_id: CardId | None = Field(default=None, description="of an order of several: this one alone")


class RefundPreview(View):
    refund_fen: int = Field(description="goes back to the payer")
    withdrawn_by_card: dict[str, int] = Field(description="leaves each card")


@routes.get(
    "/v1/orders/{order_id}/refund-preview",
    roles=("customer",),
    path=OrderPath,
    query=RefundQuery,
    answers=RefundPreview,
    refusals=REFUND_REFUSALS,
    summary="What a refund would give, by the rule of the law",
)
def preview_refund(actor: Actor, now: datetime, path: OrderPath, query: RefundQuery) -> object:
    chosen = (query.card_id,) if query.card_id else ()
    wish = RefundWish(path.order_id, Cause.CUSTOMER, query.amount_fen or 0, chosen)
    return bootstrap.refund_order().preview(Command(actor, "", now), wish)


class OfficeRefundQuery(RefundQuery):
    """`card_id`: of this card of the order alone."""

    cause: Literal["CUSTOMER", "ISSUER"] = "CUSTOMER"
    card_id: CardId | None = None


@routes.get(
    "/v1/office/orders/{order_id}/refund-preview",
    roles=("finance", "support", "auditor"),
    path=OrderPath,
    query=OfficeRefundQuery,
    answers=RefundPreview,
    shows=Shows("customer", "a refund is worked out before it is asked for"),
    refusals=REFUND_REFUSALS,
    by_region=True,
    summary="What a refund of a customer's order would give, by its cause",
)
def preview_office_refund(actor: Actor, now: datetime, path: OrderPath, query: OfficeRefundQuery) -> object:
    _check_region(actor, path.order_id)
    cards = (query.card_id,) if query.card_id else ()
    wish = RefundWish(path.order_id, Cause(query.cause), query.amount_fen or 0, cards)
    return bootstrap.refund_order().preview(Command(actor, "", now), wish, own=False)


@routes.post(
    "/v1/orders/{order_id}/refunds",
    roles=("customer",),
    path=OrderPath,
    body=AskRefund,
    answers=OrderView,
    status=201,
    records=REFUNDED,
    refusals=(*REFUND_REFUSALS, ApprovalNeeded),
    summary="Get money back",
)
def ask_refund(command: Command, path: OrderPath, body: AskRefund) -> Order:
    wish = RefundWish(path.order_id, Cause.CUSTOMER, body.amount_fen or 0, body.card_ids)
    return bootstrap.refund_order()(command, wish)


@routes.post(
    "/v1/office/orders/{order_id}/refunds",
    roles=("support",),
    path=OrderPath,
    body=OfficeRefund,
    answers=OrderView,
    status=201,
    records=REFUNDED,
    refusals=(*REFUND_REFUSALS, ApprovalNeeded),
    by_region=True,
    summary="Refund a customer's order",
)
def office_refund(command: Command, path: OrderPath, body: OfficeRefund) -> Order:
    _check_region(command.actor, path.order_id)
    wish = RefundWish(path.order_id, Cause(body.cause), body.amount_fen or 0, body.card_ids)
    return bootstrap.refund_order()(command, wish, own=False)


REQUEST_REFUSALS = (*REFUND_REFUSALS, NoApprovalNeeded, RefundAsked)


class RefundRequestView(View):
    """What became of a request for more than goes back at once."""

    request_id: RequestId
    order_id: OrderId
    state: Literal["WAITING", "APPROVED", "REFUSED", "EXPIRED"]
    amount_fen: int = Field(description="at most")
    expires_at: datetime
    reason: str = Field(description="why not")
    refund_id: str = Field(description="the refund of the order that it became")


@routes.post(
    "/v1/orders/{order_id}/refund-request",
    roles=("customer",),
    path=OrderPath,
    body=AskRefund,
    answers=RefundRequestView,
    status=201,
    records=("refund.ask",),
    refusals=REQUEST_REFUSALS,
    summary="Ask for more than goes back at once; people of the office agree within a week",
)
def request_refund(command: Command, path: OrderPath, body: AskRefund) -> object:
    wish = RefundWish(path.order_id, Cause.CUSTOMER, body.amount_fen or 0, body.card_ids)
    return told_of(bootstrap.ask_refund().ask(command, wish), command.now)


@routes.get(
    "/v1/orders/{order_id}/refund-request",
    roles=("customer",),
    path=OrderPath,
    answers=RefundRequestView,
    refusals=(OrderUnknown, RefundRequestUnknown),
    summary="The latest request for a refund of an order, and what became of it",
)
def refund_request(actor: Actor, now: datetime, path: OrderPath) -> object:
    return bootstrap.ask_refund().told(actor.person_id, path.order_id, now)


@routes.post(
    "/v1/office/orders/{order_id}/refund-request",
    roles=("support",),
    path=OrderPath,
    body=OfficeRefund,
    answers=RequestView,
    status=201,
    records=("refund.ask",),
    refusals=REQUEST_REFUSALS,
    by_region=True,
    summary="Ask for more than goes back at once, for a customer",
)
def office_refund_request(command: Command, path: OrderPath, body: OfficeRefund) -> RequestView:
    _check_region(command.actor, path.order_id)
    wish = RefundWish(path.order_id, Cause(body.cause), body.amount_fen or 0, body.card_ids)
    return view_of(letter_of(bootstrap.ask_refund().ask(command, wish, own=False), command.now))
