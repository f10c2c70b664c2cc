"""Waiting orders: which orders need somebody of the office, why, and in which queue does each stand?

    TOPUP      the oil company has given no final answer about a paid top-up for ten minutes
    REFUND     a channel has given none about a refund for a day
    CLOSURE    an oil company has given none about cards that it must close before a refund for a day
    PAYMENT    the time to pay is over, and the channel has not said whether anything was paid
    HELD       a suspicion holds the goods until somebody has looked

The first three are the rows of open calls (due.py), the fourth those of payments in doubt (unpaid.py),
the last one those of open alerts (alert.py).
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from chalicelib.domain import alert, due, unpaid
from chalicelib.domain.alert import Alert
from chalicelib.domain.business_time import from_ms

TABLE = "work"
GOODS = "GOODS"  # of what an alert holds


class Kind(StrEnum):
    TOPUP = "TOPUP"
    REFUND = "REFUND"
    CLOSURE = "CLOSURE"
    PAYMENT = "PAYMENT"
    HELD = "HELD"


CALLS = {Kind.TOPUP: due.TOPUP, Kind.REFUND: due.REFUND, Kind.CLOSURE: due.CLOSURE}


class Wait(NamedTuple):
    """Why an order waits, and since when. `tries`: how often the outside was asked."""

    kind: Kind
    order_id: str
    since: datetime
    tries: int = 0
    alert_id: str = ""


class Queue(NamedTuple):
    """Where the rows of a kind stand: a partition, and how their sort keys begin."""

    partition: str
    prefix: str = ""


def queues_of(kind: Kind) -> list[Queue]:
    """Every place in which orders of this kind stand."""
    if kind is Kind.HELD:
        return [Queue(alert.OPEN)]
    if kind is Kind.PAYMENT:
        return [Queue(unpaid.IN_DOUBT)]
    return [Queue(partition, f"{CALLS[kind]}#") for partition in due.partitions()]


def wait_of(kind: Kind, item: Mapping[str, Any], now: datetime) -> Wait | None:
    """What a row of a queue says; None while nobody of the office is needed for it."""
    if kind is Kind.HELD:
        is_held = GOODS in item["held"]
        raised_at = from_ms(item["raised_at"])
        return Wait(kind, item["order"], raised_at, alert_id=item["alert_id"]) if is_held else None
    if kind is Kind.PAYMENT or due.is_late(due.from_item(item), now):
        return asked(kind, item)
    return None


def asked(kind: Kind, item: Mapping[str, Any]) -> Wait:
    """What the row of an open call says, or of a payment in doubt, however young it is."""
    if kind is Kind.PAYMENT:
        return Wait(kind, item["sk"], from_ms(item["since"]))
    call = due.from_item(item)
    return Wait(kind, call.about.get("order", call.call_id), call.since, call.tries)


def held_by(suspicion: Alert) -> Wait:
    return Wait(Kind.HELD, suspicion.order_id, suspicion.raised_at, alert_id=suspicion.alert_id)


def calls_of(order_id: str, refund_ids: list[str]) -> dict[tuple[str, str], Kind]:
    """The keys of all rows that an order can have in the queues of open calls and of payments in doubt."""
    keys = {due.key_of(due.TOPUP, order_id): Kind.TOPUP, (unpaid.IN_DOUBT, order_id): Kind.PAYMENT}
    for refund_id in refund_ids:
        call_id = f"{order_id}#{refund_id}"
        keys |= {due.key_of(due.REFUND, call_id): Kind.REFUND, due.key_of(due.CLOSURE, call_id): Kind.CLOSURE}
    return keys
