"""Look at an order: what happened to it and when, and what does it wait for now?"""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from chalicelib.domain import alert, waiting_order
from chalicelib.domain.order import Order, OrderUnknown
from chalicelib.domain.waiting_order import TABLE, Wait
from chalicelib.usecases.ports import Actor, Books, Documents, Orders


class Happened(NamedTuple):
    """A STEP of the order, a RECORD in the journal, or a REFUND that was asked for."""

    at: datetime
    what: str
    name: str
    actor: str = ""
    reason: str = ""


class LookedAtOrder(NamedTuple):
    """An order, everything that happened to it by time, and each call that has no answer yet."""

    order: Order
    timeline: tuple[Happened, ...]
    waits: tuple[Wait, ...]
    alert_id: str


@dataclass(frozen=True)
class LookAtOrder:
    books: Books
    orders: Orders
    documents: Documents

    def __call__(self, actor: Actor, order_id: str) -> LookedAtOrder:
        """Raises: OrderUnknown, also for one of a region that is not the actor's."""
        order = self.orders.get(order_id)
        if order is None or not actor.reaches(order.region):
            raise OrderUnknown(order_id=order_id)
        waits, alert_id = self._waits(order)
        return LookedAtOrder(
            order, tuple(sorted(self._happened(order), key=attrgetter("at"))), waits, alert_id
        )

    def _happened(self, order: Order) -> list[Happened]:
        steps = [Happened(step.at, "STEP", step.state, step.actor, step.reason) for step in order.steps]
        asked = [Happened(refund.at, "REFUND", refund.state, "", refund.cause) for refund in order.refunds]
        records = self.books.records(order.customer_id, order.order_id)
        booked = [Happened(one.at, "RECORD", one.action, one.actor, one.reason) for one in records]
        return [*steps, *asked, *booked]

    def _waits(self, order: Order) -> tuple[tuple[Wait, ...], str]:
        """What has no answer yet, however short a time it waits; and the alert about the order, or ""."""
        calls = waiting_order.calls_of(order.order_id, [refund.refund_id for refund in order.refunds])
        alert_id = alert.alert_id_of(order.order_id, order.paid_at) if order.paid_at else ""
        keys = [*calls, alert.key_of(alert_id)] if alert_id else [*calls]
        rows = self.documents.get_many(TABLE, keys, consistent=True)
        found = [waiting_order.asked(calls[key], row) for key, row in rows.items() if key in calls]
        suspected = rows.get(alert.key_of(alert_id)) if alert_id else None
        if suspected and suspected["state"] == alert.AlertState.OPEN:
            found.append(waiting_order.held_by(alert.alert_of(suspected)))
        return tuple(sorted(found, key=attrgetter("since"))), alert_id if suspected else ""
