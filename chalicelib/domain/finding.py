"""Findings: what did the system find wrong with its own books, since when, and what did the office say to it?

A finding is a row that stays; finding the same again counts it once more. Nothing is
repaired because of a finding, and nothing is posted by closing one:

    OPEN -> RESOLVED    a person of the office has looked into it, and says why it is closed
    RESOLVED -> OPEN    found again, and what was said does not hold for it any more

    EXPLAINED    it stays as it is, and the reason says why: found again just so, it stays closed
    CORRECTED    it is put right: found again at all, it is open again

"Just so" is the same `detail`. Hence a detail says how far things are apart, and nothing that
moves by itself: no balance, no count of tries.

In the table `work`:

    pk finding#<kind>   sk <what it is about>   first_at, last_at, times, detail; state and the last decision
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Conflict, NotFound

TABLE = "work"
DETAIL_LENGTH_MAX = 400  # characters of a detail: it helps whoever looks, and is no archive
ID_PREFIX = "fnd_"


class Kind(StrEnum):
    """Everything that can be found."""

    COMMISSION_EXTRA = "COMMISSION_EXTRA"  # an entry or a reversal that nothing calls for
    COMMISSION_DIFFERS = "COMMISSION_DIFFERS"  # an entry of another content than the rules give
    COMMISSION_STUCK = "COMMISSION_STUCK"  # an order that could not be looked at
    LEDGER_DIFFERENCE = "LEDGER_DIFFERENCE"  # a balance that is not the fold of its journal
    STATEMENT_REBUILT = "STATEMENT_REBUILT"  # lines that the stream lost and that were made anew
    STATEMENT_UNEXPLAINED = "STATEMENT_UNEXPLAINED"  # lines that are missing and cannot be made anew


class FindingState(StrEnum):
    OPEN = "OPEN"
    RESOLVED = "RESOLVED"


class FindingResolution(StrEnum):
    EXPLAINED = "EXPLAINED"
    CORRECTED = "CORRECTED"


class FindingUnknown(NotFound):
    code = "FINDING_UNKNOWN"


class FindingClosed(Conflict):
    """Somebody else has closed it."""

    code = "FINDING_CLOSED"
    advice = "Read the finding: it says who closed it, and why."


class FindingMoved(Conflict):
    """It says something else by now than what was read."""

    code = "FINDING_MOVED"
    advice = "Read the finding again, and decide on what it says now."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. `about` is an id: a record, an order, an account.

    `resolution`, `decided_by`, `decided_at` and `reason`: the last decision, also where it is open again.
    """

    kind: Kind
    about: str
    detail: str
    first_at: datetime
    last_at: datetime
    times: int = 1
    state: FindingState = FindingState.OPEN
    resolution: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return partition_of(self.kind), self.about

    @property
    def finding_id(self) -> str:
        """What it is about, in letters that may stand in a path."""
        name = urlsafe_b64encode(f"{self.kind}/{self.about}".encode()).decode()
        return ID_PREFIX + name.rstrip("=")


def partition_of(kind: Kind) -> str:
    return f"finding#{kind}"


def key_of(finding_id: str) -> tuple[str, str]:
    """Where the finding of this id stands. Raises: FindingUnknown."""
    name = finding_id.removeprefix(ID_PREFIX)
    try:
        kind, _, about = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode().partition("/")
        partition = partition_of(Kind(kind))
    except ValueError:
        raise FindingUnknown(id=finding_id) from None
    if not about:  # the store has no item with an empty key, and refuses to look for one
        raise FindingUnknown(id=finding_id)
    return partition, about


def first_values(detail: str, now: datetime) -> dict[str, Any]:
    """The row of something that was never found before."""
    return {"first_at": to_ms(now), "times": 1} | seen_values(detail, now)


def seen_values(detail: str, now: datetime) -> dict[str, Any]:
    """What changes when it is found again."""
    return {"last_at": to_ms(now), "detail": detail[:DETAIL_LENGTH_MAX]}


def seen_again(item: Mapping[str, Any], detail: str, now: datetime) -> DocumentChange:
    """That it was found once more; it is open again where what was said does not hold any more."""
    values = seen_values(detail, now)
    as_explained = (
        item.get("resolution") == FindingResolution.EXPLAINED and item["detail"] == values["detail"]
    )
    if item.get("state") == FindingState.RESOLVED and not as_explained:
        values["state"] = FindingState.OPEN.value
    # The moment of the decision too: opened and closed again meanwhile, the row looks as it did.
    expected = {"state": item.get("state"), "detail": item["detail"], "decided_at": item.get("decided_at")}
    return DocumentChange(TABLE, item["pk"], item["sk"], values, expected, add={"times": 1})


def resolved(
    finding: Finding, how: FindingResolution, decided_by: str, reason: str, now: datetime
) -> DocumentChange:
    """That a person closed it as it was read; not if it was found again, or closed by another, since."""
    values = {
        "state": FindingState.RESOLVED.value,
        "resolution": how.value,
        "decided_by": decided_by,
        "decided_at": to_ms(now),
        "reason": reason,
    }
    decided_at = to_ms(finding.decided_at) if finding.decided_at else None
    expected = {"times": finding.times, "detail": finding.detail, "decided_at": decided_at}
    return DocumentChange(TABLE, *finding.key, values, expected)


def finding_of(item: Mapping[str, Any]) -> Finding:
    return Finding(
        Kind(item["pk"].partition("#")[2]),
        item["sk"],
        item["detail"],
        from_ms(item["first_at"]),
        from_ms(item["last_at"]),
        item["times"],
        FindingState(item.get("state", FindingState.OPEN)),
        item.get("resolution", ""),
        item.get("decided_by", ""),
        from_ms(item["decided_at"]) if "decided_at" in item else None,
        item.get("reason", ""),
    )
