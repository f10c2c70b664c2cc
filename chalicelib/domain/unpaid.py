"""Unpaid orders: where does the sweep look for those that their timers missed?

Rows stand under the minute in which their order is to be closed, and vanish by
themselves two days later. A cursor remembers up to which minute all is swept.
"""

from datetime import datetime, timedelta

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.order import UNPAID_TERM, Order

TABLE = "work"
CURSOR = ("cursor", "sweep_unpaid")
GRACE = timedelta(minutes=2)  # the timer itself comes first
ROWS_KEPT = timedelta(days=2)
MINUTES_AT_ONCE = 120  # a run after a long pause catches up two hours at a time

_MINUTE_MS = 60_000


def minute_of(moment: datetime) -> int:
    """Whole minutes since 1970."""
    return to_ms(moment) // _MINUTE_MS


def partition(minute: int) -> str:
    return f"unpaid#{minute}"


def row_of(order: Order) -> tuple[str, str, dict[str, int]]:
    """The row of an order that waits for its payment: key and values."""
    closes_at = order.created_at + UNPAID_TERM
    expires_at = to_ms(closes_at + ROWS_KEPT) // 1000
    return partition(minute_of(closes_at)), order.order_id, {"expires_at": expires_at}


def minutes_to_sweep(swept_minute: int, now: datetime) -> range:
    """The minutes that are over and not swept yet, the earliest first."""
    last = minute_of(now - GRACE)
    first = max(swept_minute + 1, minute_of(now - ROWS_KEPT))
    return range(first, min(last + 1, first + MINUTES_AT_ONCE))
