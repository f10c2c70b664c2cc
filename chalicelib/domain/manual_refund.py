"""Manual refunds: which money on its way back waits for a person, how much, and why?

A row is written in the transaction that makes a refund MANUAL and goes in the one that
ends that. In the table `work`:

    pk refunds-by-hand   sk <order id>#<refund id>   cause, amount_fen, since, reason
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentGone, NewDocument
from chalicelib.domain.errors import NotFound
from chalicelib.domain.order import Order, Refund

TABLE = "work"
PARTITION = "refunds-by-hand"
# By the times of due.py the eighth answer comes an hour and a half after the first.
FAILURES_MAX = 8


class RefundUnknown(NotFound):
    code = "REFUND_UNKNOWN"


class Cause(StrEnum):
    CHANNEL_REFUSES = "CHANNEL_REFUSES"  # the payment's channel said no, again and again
    CARD_CANNOT_TAKE_IT = "CARD_CANNOT_TAKE_IT"  # the paying card is at its cap, or closed


@dataclass(frozen=True, slots=True)
class ManualRefund:
    """One refund that waits for a person; `reason` is the channel's last word."""

    order_id: str
    refund_id: str
    cause: Cause
    amount_fen: int
    since: datetime
    reason: str


def opened(order: Order, refund: Refund, cause: Cause, now: datetime, reason: str = "") -> NewDocument:
    values = {"cause": cause.value, "amount_fen": refund.open_fen, "since": to_ms(now), "reason": reason}
    return NewDocument(TABLE, PARTITION, _sort_key(order.order_id, refund.refund_id), values)


def ended(order: Order, refund: Refund) -> DocumentGone:
    return DocumentGone(TABLE, PARTITION, _sort_key(order.order_id, refund.refund_id))


def from_item(item: Mapping[str, Any]) -> ManualRefund:
    order_id, _, refund_id = item["sk"].partition("#")
    return ManualRefund(
        order_id, refund_id, Cause(item["cause"]), item["amount_fen"], from_ms(item["since"]), item["reason"]
    )


def _sort_key(order_id: str, refund_id: str) -> str:
    return f"{order_id}#{refund_id}"
