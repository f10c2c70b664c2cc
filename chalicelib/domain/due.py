"""Due: which calls to the outside still have no final answer, and when is each asked about again?

A due row is written in the transaction that makes the call necessary and deleted in
the one that ends it. So a reader of the stream that was never told, a process that
dies, or an answer that is lost leaves a row that a schedule works off: it begins what
nobody began, asks for the truth of the rest, and never sends anything twice.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentGone, NewDocument

TABLE = "work"
SHARDS = 4  # more writers at once than one partition takes; the schedule reads them all
REFUND = "refund"
CLOSURE = "closure"  # of cards that an oil company must close before they are refunded
TOPUP = "topup"
PAYOUT = "payout"
VERDICT = "verdict"  # no call: commission that is let go after a verdict of no fraud
IMPORT = "import"  # no call: the message that wakes the job of a card batch

FIRST_QUESTION_AFTER = timedelta(seconds=20)
DOUBLINGS_MAX = 8  # the next wait would be longer than the last one
LAST_WAIT = timedelta(hours=1)
TOPUP_LATE_AFTER = timedelta(minutes=10)  # a customer stands at the pump
OVERDUE_AFTER = timedelta(days=1)  # who says nothing for so long is asked by a person, too


@dataclass(frozen=True, slots=True)
class Due:
    """One open call. `about` names what it was for; `tries` counts the questions asked so far."""

    kind: str
    call_id: str
    since: datetime
    about: Mapping[str, str]
    tries: int = 0

    @property
    def key(self) -> tuple[str, str]:
        return key_of(self.kind, self.call_id)


def key_of(kind: str, call_id: str) -> tuple[str, str]:
    """Where the row of a call stands."""
    shard = int(hashlib.sha256(call_id.encode()).hexdigest()[:8], 16) % SHARDS
    return f"due#{shard}", f"{kind}#{call_id}"


def opened(kind: str, call_id: str, now: datetime, **about: str) -> NewDocument:
    """The row of a call that is to be made from now on."""
    due = Due(kind, call_id, now, about)
    return NewDocument(TABLE, *due.key, {"since": to_ms(now), "about": dict(about), "tries": 0})


def ended(kind: str, call_id: str) -> DocumentGone:
    """The end of a call's row."""
    return DocumentGone(TABLE, *key_of(kind, call_id))


def refund_opened(order_id: str, refund_id: str, now: datetime) -> NewDocument:
    """The row of a refund that its channel is to be told of."""
    return opened(REFUND, f"{order_id}#{refund_id}", now, order=order_id, refund=refund_id)


def refund_ended(order_id: str, refund_id: str) -> DocumentGone:
    return ended(REFUND, f"{order_id}#{refund_id}")


def closure_opened(order_id: str, refund_id: str, by: str, now: datetime) -> NewDocument:
    """The row of a refund, wished by `by`, whose oil company is to be asked to close its cards."""
    return opened(CLOSURE, f"{order_id}#{refund_id}", now, order=order_id, refund=refund_id, by=by)


def closure_ended(order_id: str, refund_id: str) -> DocumentGone:
    return ended(CLOSURE, f"{order_id}#{refund_id}")


def from_item(item: Mapping[str, Any]) -> Due:
    kind, _, call_id = item["sk"].partition("#")
    return Due(kind, call_id, from_ms(item["since"]), item["about"], item.get("tries", 0))


def is_asked_now(due: Due, now: datetime) -> bool:
    """Whether the next question is due: after 20 s, then 40 s, … doubling, at last an hour apart."""
    doublings = min(due.tries, DOUBLINGS_MAX)
    waited = FIRST_QUESTION_AFTER * ((1 << doublings) - 1) + LAST_WAIT * (due.tries - doublings)
    return now >= due.since + waited + FIRST_QUESTION_AFTER


def is_overdue(due: Due, now: datetime) -> bool:
    """Whether there was no final answer for a day."""
    return now >= due.since + OVERDUE_AFTER


def is_late_topup(due: Due, now: datetime) -> bool:
    """Whether it is a top-up that a customer has waited for too long."""
    return due.kind == TOPUP and now >= due.since + TOPUP_LATE_AFTER


def is_late(due: Due, now: datetime) -> bool:
    """Whether somebody of the office is to look at it."""
    return is_late_topup(due, now) or is_overdue(due, now)


def partitions() -> list[str]:
    return [f"due#{shard}" for shard in range(SHARDS)]
