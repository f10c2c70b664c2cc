"""Orders: buy a card, top one up, look at an order, pay for it, cancel it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.card import (
    CardBalanceCap,
    CardNotSpendable,
    CardUnknown,
    InsufficientBalance,
    IssuerDiffers,
)
from chalicelib.domain.catalog import PriceChanged, ProductNotOffered, ProductUnknown, RealNameRequired
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.order import Order, OrderUnknown
from chalicelib.domain.payment import AmountDiffers, ChannelUnknown
from chalicelib.domain.stock import OutOfStock
from chalicelib.handlers.fields import (
    AmountFen,
    Body,
    CardId,
    Listing,
    Name,
    OrderId,
    Page,
    PageQuery,
    Path,
    Region,
    SkuId,
    View,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Shows
from chalicelib.usecases.place_order import Placed, Purchase
from chalicelib.usecases.ports import Actor, Command

routes = Routes(__name__)

OFFICE = ("support", "finance", "risk", "auditor", "ops", "admin")


class PayByChannel(Body):
    """Pay on the hosted page of a payment channel."""

    method: Literal["CHANNEL"]
    channel: Name


class PayByCard(Body):
    """Pay at once from an electronic card account of the same issuer."""

    method: Literal["CARD"]
    card_id: CardId


class PlaceOrder(Body):
    """A purchase. `expected_fen` is the price that was shown: another price is refused, not charged."""

    use: Literal["CARD_SALE", "TOPUP"]
    sku_id: SkuId
    quantity: Annotated[int, Field(strict=True, ge=1, le=20)] = 1
    amount_fen: AmountFen | None = Field(default=None, description="TOPUP of a free amount: fen credited")
    card_id: CardId | None = Field(default=None, description="TOPUP: the card to be topped up")
    region: Region = Field(default="", validate_default=False)
    expected_fen: AmountFen
    payment: PayByChannel | PayByCard = Field(discriminator="method")
    invite_code: Annotated[str, Field(pattern=r"^[A-Z0-9]{12}$")] | None = Field(
        default=None, description="binds a buyer who has no distributor yet"
    )


class OrderPath(Path):
    order_id: OrderId


class StepView(View):
    state: str
    at: datetime
    actor: str
    reason: str


class RefundView(View):
    refund_id: str
    state: str = Field(description="REQUESTED: an oil company is asked first; REJECTED: it said no")
    cause: str
    amount_fen: int = Field(description="goes back to the payer")
    withdrawn_fen: int = Field(description="leaves the card")
    open_fen: int = Field(description="has not reached the payer; of a MANUAL refund the office sends it")
    units: int
    at: datetime
    card_ids: list[str] = Field(description="of a REJECTED refund: what the oil company did not close")


class OrderView(View):
    """One purchase with everything that happened to it. Amounts are whole fen for the whole order."""

    order_id: str
    customer_id: str
    use: str
    state: str
    sku_id: str
    issuer: str
    mode: str
    quantity: int
    face_fen: int
    payable_fen: int
    region: str
    payer: str
    card_ids: list[str]
    created_at: datetime
    paid_at: datetime | None
    payment_id: str
    plan_id: str
    topup_state: str
    refunds: list[RefundView]
    steps: list[StepView]
    version: int


class PlacedView(View):
    """The order, and the page on which to pay it ("" when nothing is left to pay)."""

    order: OrderView
    pay_url: str


@routes.post(
    "/v1/orders",
    roles=("customer",),
    body=PlaceOrder,
    answers=PlacedView,
    status=201,
    records=("SALE_FROM_CARD", "order"),
    refusals=(
        ProductUnknown,
        ProductNotOffered,
        PriceChanged,
        RealNameRequired,
        ChannelUnknown,
        OutOfStock,
        CardUnknown,
        CardNotSpendable,
        InsufficientBalance,
        CardBalanceCap,
        IssuerDiffers,
    ),
    under_notice=True,
    summary="Buy a card or top one up",
)
def place_order(command: Command, body: PlaceOrder) -> Placed:
    by_card = body.payment.card_id if isinstance(body.payment, PayByCard) else ""
    channel = body.payment.channel if isinstance(body.payment, PayByChannel) else ""
    purchase = Purchase(
        use=body.use,
        sku_id=body.sku_id,
        expected_fen=body.expected_fen,
        quantity=body.quantity,
        amount_fen=body.amount_fen or 0,
        card_id=body.card_id or "",
        region=body.region,
        channel=channel,
        pay_card_id=by_card,
    )
    return bootstrap.place_order()(command, purchase, body.invite_code or "")


@routes.get(
    "/v1/orders",
    roles=("customer",),
    query=PageQuery,
    answers=Page[OrderView],
    summary="My orders, the newest first",
)
def my_orders(actor: Actor, query: PageQuery) -> Listing:
    found = bootstrap.orders().page(actor.person_id, query.cursor, query.limit)
    return Listing(found, found[-1].order_id if len(found) == query.limit else None)


@routes.get(
    "/v1/orders/{order_id}",
    roles=("customer", *OFFICE),
    path=OrderPath,
    answers=OrderView,
    shows=Shows("customer", "a buyer is helped with an order"),
    refusals=(OrderUnknown,),
    by_region=True,
    summary="One order",
)
def one_order(actor: Actor, path: OrderPath) -> Order:
    order = bootstrap.orders().get(path.order_id)
    is_office = bool(actor.roles & set(OFFICE))
    if order is None or not (
        order.customer_id == actor.person_id or (is_office and actor.reaches(order.region))
    ):
        raise OrderUnknown(order_id=path.order_id)
    return order


@routes.post(
    "/v1/orders/{order_id}/payment",
    roles=("customer",),
    path=OrderPath,
    answers=PlacedView,
    unrecorded="asks the channel for the page of a payment that is known by the order's id",
    refusals=(OrderUnknown,),
    summary="The pay page of an unpaid order",
)
def pay_page(command: Command, path: OrderPath) -> Placed:
    return bootstrap.place_order().pay_page(command.actor, path.order_id)


@routes.post(
    "/v1/orders/{order_id}/payment-check",
    roles=("customer",),
    path=OrderPath,
    answers=OrderView,
    records=("SALE_ISSUER", "SALE_AGENT", "TOPUP_ISSUER", "TOPUP_AGENT", "PAYMENT_TO_RETURN"),
    refusals=(OrderUnknown, AmountDiffers),
    summary="My order after its channel was asked whether it was paid",
)
def check_payment(command: Command, path: OrderPath) -> Order:
    return bootstrap.check_payment()(command.actor, path.order_id, command.now)


class PayFromCard(Body):
    """The own card account, of the issuer of what is bought, that pays at once."""

    card_id: CardId


@routes.post(
    "/v1/orders/{order_id}/payment-from-card",
    roles=("customer",),
    path=OrderPath,
    body=PayFromCard,
    answers=OrderView,
    records=("SALE_FROM_CARD",),
    refusals=(
        OrderUnknown,
        IllegalState,
        ProductNotOffered,
        CardUnknown,
        CardNotSpendable,
        InsufficientBalance,
        CardBalanceCap,
        IssuerDiffers,
    ),
    under_notice=True,
    summary="Pay an order that waits for its channel from a card account instead",
)
def pay_order(command: Command, path: OrderPath, body: PayFromCard) -> Order:
    return bootstrap.pay_order()(command, path.order_id, body.card_id)


@routes.post(
    "/v1/orders/{order_id}/cancellation",
    roles=("customer",),
    path=OrderPath,
    answers=OrderView,
    records=("order",),
    refusals=(OrderUnknown, IllegalState, AmountDiffers),
    summary="Cancel an unpaid order",
)
def cancel_order(command: Command, path: OrderPath) -> Order:
    return bootstrap.close_order().cancelled(command, path.order_id)
