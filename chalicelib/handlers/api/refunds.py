"""Refunds that wait for a person: which are they, and what becomes of each?"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.card import CardBalanceCap
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.manual_refund import PARTITION, TABLE, RefundUnknown, from_item
from chalicelib.domain.order import Order
from chalicelib.handlers.api.orders import OrderView
from chalicelib.handlers.fields import Body, Listing, OrderId, Page, PageQuery, Path, Reason, View
from chalicelib.handlers.http import Routes
from chalicelib.usecases.ports import Command

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
    refusals=(RefundUnknown, IllegalState, CardBalanceCap),
    summary="Let a refund go its way once more: through its channel, or onto the paying card",
)
def retry_refund(command: Command, path: RefundPath, body: Because) -> Order:
    return bootstrap.settle_refund().retry(command, path.order_id, path.refund_id)


@routes.post(
    "/v1/office/orders/{order_id}/refunds/{refund_id}/settlement",
    roles=("finance",),
    path=RefundPath,
    body=SentByBank,
    answers=OrderView,
    records=("REFUND_SETTLED",),
    refusals=(RefundUnknown, IllegalState),
    summary="Say that a refund was sent from the bank",
)
def settle_refund(command: Command, path: RefundPath, body: SentByBank) -> Order:
    return bootstrap.settle_refund().by_bank(command, path.order_id, path.refund_id, body.bank_reference)
