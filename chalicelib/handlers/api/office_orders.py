"""Orders for the office: which ones need somebody, and what happened to one of them?"""

from datetime import datetime
from typing import Literal

from chalicelib import bootstrap
from chalicelib.domain.order import OrderUnknown
from chalicelib.domain.waiting_order import Kind, Wait
from chalicelib.handlers.api.orders import OFFICE, OrderPath, OrderView
from chalicelib.handlers.fields import Listing, Page, PageQuery, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Shows
from chalicelib.usecases.list_waiting_orders import Waiting
from chalicelib.usecases.look_at_order import LookedAtOrder
from chalicelib.usecases.ports import Actor

routes = Routes(__name__)

WaitKind = Literal["TOPUP", "REFUND", "CLOSURE", "PAYMENT", "HELD"]


class WaitingOrdersQuery(PageQuery):
    """The orders that need somebody for one reason."""

    kind: WaitKind


class WaitingOrderView(View):
    """An order that waits, and since when.

    `tries`: how often the outside was asked; `alert_id`: of a HELD one.
    """

    kind: WaitKind
    order_id: str
    customer_id: str
    use: str
    state: str
    topup_state: str
    issuer: str
    payer: str
    payable_fen: int
    region: str
    created_at: datetime
    since: datetime
    tries: int
    alert_id: str


class WaitView(View):
    kind: WaitKind
    since: datetime
    tries: int


class HappenedView(View):
    """STEP: the order became `name`. RECORD: `name` was booked. REFUND: one was asked for, now `name`."""

    at: datetime
    what: Literal["STEP", "RECORD", "REFUND"]
    name: str
    actor: str
    reason: str


class LookedAtOrderView(View):
    """An order, all that happened to it by time, and what it waits for; `alert_id` where one was raised."""

    order: OrderView
    timeline: list[HappenedView]
    waits: list[WaitView]
    alert_id: str


@routes.get(
    "/v1/office/orders",
    roles=OFFICE,
    query=WaitingOrdersQuery,
    answers=Page[WaitingOrderView],
    shows=Shows("customer", "orders that need somebody are found"),
    by_region=True,
    summary="The orders that need somebody, by what they wait for",
)
def waiting_orders(actor: Actor, query: WaitingOrdersQuery, now: datetime) -> Listing:
    """TOPUP: the oil company has given no final answer about a paid top-up for ten minutes.
    REFUND: a channel has given none about a refund for a day.
    CLOSURE: an oil company has given none for a day about cards that it must close before their refund.
    PAYMENT: the time to pay is over, and the channel has not said whether anything was paid.
    HELD: a suspicion holds the goods until somebody gives a verdict. The others are asked about on and on.
    """
    found = bootstrap.list_waiting_orders()(Kind(query.kind), actor.reaches, query.cursor, query.limit, now)
    return Listing(list(map(_row, found)), found[-1].position if len(found) == query.limit else None)


@routes.get(
    "/v1/office/orders/{order_id}",
    roles=OFFICE,
    path=OrderPath,
    answers=LookedAtOrderView,
    shows=Shows("customer", "a buyer is helped with an order"),
    refusals=(OrderUnknown,),
    by_region=True,
    summary="One order with everything that happened to it, by time",
)
def office_order(actor: Actor, path: OrderPath) -> LookedAtOrder:
    return bootstrap.look_at_order()(actor, path.order_id)


def _row(found: Waiting) -> WaitingOrderView:
    order, wait = found.order, found.wait
    return WaitingOrderView(
        kind=_kind(wait),
        order_id=order.order_id,
        customer_id=order.customer_id,
        use=order.use,
        state=order.state,
        topup_state=order.topup_state,
        issuer=order.issuer,
        payer=order.payer,
        payable_fen=order.payable_fen,
        region=order.region,
        created_at=order.created_at,
        since=wait.since,
        tries=wait.tries,
        alert_id=wait.alert_id,
    )


def _kind(wait: Wait) -> WaitKind:
    return wait.kind.value
