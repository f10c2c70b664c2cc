"""Due: which calls to the outside still have no final answer, and when is each asked about again?

A due row is written in the transaction that begins the call and deleted in the
one that ends it. So a process that dies, or an answer that is lost, leaves a row
that a schedule works off: it asks for the truth, and never sends anything new.
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
TOPUP = "topup"
PAYOUT = "payout"

FIRST_QUESTION_AFTER = timedelta(seconds=20)
LAST_WAIT = timedelta(hours=1)


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
        shard = int(hashlib.sha256(self.call_id.encode()).hexdigest()[:8], 16) % SHARDS
        return f"due#{shard}", f"{self.kind}#{self.call_id}"


def opened(kind: str, call_id: str, now: datetime, **about: str) -> NewDocument:
    """The row of a call that begins now."""
    due = Due(kind, call_id, now, about)
    return NewDocument(TABLE, *due.key, {"since": to_ms(now), "about": dict(about), "tries": 0})


def ended(kind: str, call_id: str) -> DocumentGone:
    """The end of a call's row."""
    due = Due(kind, call_id, from_ms(0), {})
    return DocumentGone(TABLE, *due.key)


def from_item(item: Mapping[str, Any]) -> Due:
    kind, _, call_id = item["sk"].partition("#")
    return Due(kind, call_id, from_ms(item["since"]), item["about"], item.get("tries", 0))


def is_asked_now(due: Due, now: datetime) -> bool:
    """Whether the next question is due: after 20 s, then 40 s, … doubling, at most an hour apart."""
    doubled = (1 << min(due.tries, 10)) - 1
    waited = min(FIRST_QUESTION_AFTER * doubled, LAST_WAIT * (due.tries + 1))
    return now >= due.since + waited + FIRST_QUESTION_AFTER


def partitions() -> list[str]:
    return [f"due#{shard}" for shard in range(SHARDS)]
