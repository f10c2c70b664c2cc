"""Findings: what did the system find wrong with its own books, and since when?

A finding is a row that stays until somebody has looked into it; finding the same
again counts it once more. Nothing is repaired because of a finding. In the table `work`:

    pk finding#<kind>   sk <what it is about>   first_at, last_at, times, detail
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms

TABLE = "work"
DETAIL_LENGTH_MAX = 400  # characters of a detail: it helps whoever looks, and is no archive


class Kind(StrEnum):
    """Everything that can be found."""

    COMMISSION_EXTRA = "COMMISSION_EXTRA"  # an entry or a reversal that nothing calls for
    COMMISSION_DIFFERS = "COMMISSION_DIFFERS"  # an entry of another content than the rules give
    COMMISSION_STUCK = "COMMISSION_STUCK"  # an order that could not be looked at
    LEDGER_DIFFERENCE = "LEDGER_DIFFERENCE"  # a balance that is not the fold of its journal
    STATEMENT_REBUILT = "STATEMENT_REBUILT"  # lines that the stream lost and that were made anew
    STATEMENT_UNEXPLAINED = "STATEMENT_UNEXPLAINED"  # lines that are missing and cannot be made anew


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. `about` is an id: a record, an order, an account."""

    kind: Kind
    about: str
    detail: str
    first_at: datetime
    last_at: datetime
    times: int = 1

    @property
    def key(self) -> tuple[str, str]:
        return partition_of(self.kind), self.about


def partition_of(kind: Kind) -> str:
    return f"finding#{kind}"


def first_values(detail: str, now: datetime) -> dict[str, Any]:
    """The row of something that was never found before."""
    return {"first_at": to_ms(now), "times": 1} | seen_values(detail, now)


def seen_values(detail: str, now: datetime) -> dict[str, Any]:
    """What changes when it is found again."""
    return {"last_at": to_ms(now), "detail": detail[:DETAIL_LENGTH_MAX]}


def finding_of(item: Mapping[str, Any]) -> Finding:
    return Finding(
        Kind(item["pk"].partition("#")[2]),
        item["sk"],
        item["detail"],
        from_ms(item["first_at"]),
        from_ms(item["last_at"]),
        item["times"],
    )
