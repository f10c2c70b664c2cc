"""Watch orders: what follows when an order changes, beside commission?

    new and unpaid      its closing timer is set; behind it stands the sweep
    paid just now       the fraud checks look at it
    paid AGENT top-up   it is submitted to the oil company
    refund approved     it is sent back through its channel

Each step looks at the order as it is now, so a change that comes again, or late, does nothing twice.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import unpaid
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import UNPAID_TERM, Order, OrderState, RefundState
from chalicelib.usecases.ports import Documents, Queue
from chalicelib.usecases.submit_top_up import SubmitTopUp, is_to_be_submitted

logger = logging.getLogger("forecourt")  # as observability.py calls it: so the line keeps its fields


@dataclass(frozen=True)
class WatchOrders:
    documents: Documents
    timers: Queue
    check_order: Callable[[Order, datetime], object]
    submit_top_up: Callable[[], SubmitTopUp]  # built for the first order that needs it
    send_refund: Callable[[str, datetime], object]

    def set_timers(self, orders: Sequence[Order], now: datetime) -> None:
        """Have each of these new orders looked at again when its time to pay is over.

        A queue that is away holds up nothing: the sweep finds the orders by their rows.
        """
        waiting = [order for order in orders if order.state is OrderState.PENDING_PAY]
        if not waiting:
            return
        self.documents.put_many(unpaid.TABLE, [unpaid.row_of(order, now) for order in waiting])
        # 900 seconds is also the longest that SQS waits; a timer that rings early comes back by itself.
        timers = [{"order": order.order_id, "channel": order.channel} for order in waiting]
        try:
            self.timers.send(timers, delay_seconds=int(UNPAID_TERM.total_seconds()))
        except Unavailable:
            logger.warning("timers of unpaid orders are left to the sweep", extra={"orders": len(timers)})

    def ask_again(self, order_id: str, now: datetime) -> None:
        """Follow a paid top-up that nobody followed yet, checks first; ask about one that was submitted."""
        order = self.submit_top_up().orders.get(order_id)
        if order is not None and is_to_be_submitted(order):
            self.follow(None, order, now)
        else:
            self.submit_top_up().ask_again(order_id, now)

    def follow(self, before: Order | None, order: Order, now: datetime) -> None:
        """Do what the change of one order asks for."""
        if order.paid_at is not None and (before is None or before.paid_at is None):
            self.check_order(order, now)
        if is_to_be_submitted(order):
            self.submit_top_up()(order.order_id, now)
        if any(refund.state is RefundState.APPROVED for refund in order.refunds):
            self.send_refund(order.order_id, now)
