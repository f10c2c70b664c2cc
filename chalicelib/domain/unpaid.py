"""Unpaid orders: where does the sweep look for those that their timers missed?

An order that waits for its payment has a row, under the minute in which it is to be
closed, written by the reader of its stream, and by the sale itself where a card is
reserved; rows vanish by themselves two days later. A cursor remembers
up to which minute all is swept. An order that is not done with gets a row in a later one,
and one among the payments in doubt, where somebody of the office finds it:

    pk unpaid#<minute>     sk <order>   channel; since (it is in doubt)
    pk payments-in-doubt   sk <order>   channel, since
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.order import UNPAID_TERM, Order

TABLE = "work"
IN_DOUBT = "payments-in-doubt"
CURSOR = ("cursor", "sweep_unpaid")
GRACE = timedelta(minutes=2)  # the timer itself comes first
AGAIN_AFTER = timedelta(minutes=5)
ROWS_KEPT = timedelta(days=2)
FIRST_SWEEP = timedelta(hours=1)  # a system that never swept is younger than that
MINUTES_AT_ONCE = 120  # a run after a long pause catches up two hours at a time

_MINUTE_MS = 60_000


def minute_of(moment: datetime) -> int:
    """Whole minutes since 1970."""
    return to_ms(moment) // _MINUTE_MS


def partition(minute: int) -> str:
    return f"unpaid#{minute}"


def row_of(order: Order, now: datetime) -> tuple[str, str, dict[str, Any]]:
    """The row of an order that waits for its payment, in a minute that no sweep has passed yet."""
    return _row(order.order_id, order.channel, max(order.created_at + UNPAID_TERM, now))


def row_again(row: Mapping[str, Any], now: datetime) -> tuple[str, str, dict[str, Any]]:
    """The row by which an order that is not done with is looked at once more."""
    return _row(row["sk"], row["channel"], now + AGAIN_AFTER, since=row.get("since", to_ms(now)))


def doubt_of(again: tuple[str, str, dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
    """The row of an order among the payments in doubt; it vanishes if no sweep comes to it any more."""
    _, order_id, values = again
    return IN_DOUBT, order_id, values


def is_in_doubt(row: Mapping[str, Any]) -> bool:
    """Whether an earlier sweep was not done with the order of this row."""
    return "since" in row


def _row(order_id: str, channel: str, at: datetime, **more: int) -> tuple[str, str, dict[str, Any]]:
    values = {"channel": channel, **more, "expires_at": to_ms(at + ROWS_KEPT) // 1000}
    return partition(minute_of(at)), order_id, values


def minutes_to_sweep(swept_minute: int, now: datetime) -> range:
    """The minutes that are over and not swept yet, the earliest first."""
    last = minute_of(now - GRACE)
    first = max(swept_minute + 1, minute_of(now - (ROWS_KEPT if swept_minute else FIRST_SWEEP)))
    return range(first, min(last + 1, first + MINUTES_AT_ONCE))
