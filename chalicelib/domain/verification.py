"""Verification: how far has a check of the archive come that the office asked for, and what did it find?

    WAITING -> RUNNING -> DONE    in slices, each from where the one before ended

In the table `work`; there is at most one at a time:

    pk archive-verifications   sk ver_<ULID>   state, asked_by, asked_at, ended_at, objects, records,
                                               sealed_day, newest_root, findings, finding_count, version,
                                               held_until; progress: what the next slice goes on from
    pk archive-verification    sk current      verification: the one that is not done
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange, DocumentGone, NewDocument
from chalicelib.domain.errors import Conflict, NotFound

TABLE = "work"
VERIFICATIONS = "archive-verifications"
CURRENT = ("archive-verification", "current")
FINDINGS_KEPT = 100  # the others are counted; a broken archive is broken by the first


class VerificationUnknown(NotFound):
    code = "VERIFICATION_UNKNOWN"


class VerificationRuns(Conflict):
    code = "VERIFICATION_RUNS"
    advice = "Wait for the one that runs; it is `verification_id`."


class VerificationState(StrEnum):
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"


@dataclass(frozen=True, slots=True)
class Verification:
    """One check. `sealed_day`: the newest finished day whose seal was checked, "" for none."""

    verification_id: str
    asked_by: str
    asked_at: datetime
    state: VerificationState = VerificationState.WAITING
    ended_at: datetime | None = None
    objects: int = 0
    records: int = 0
    sealed_day: str = ""
    newest_root: str = ""
    findings: tuple[str, ...] = ()
    finding_count: int = 0
    held_until: int = 0
    progress: str = ""
    version: int = 1

    @property
    def is_intact(self) -> bool | None:
        """Whether nothing was wrong; None until it is done."""
        return self.finding_count == 0 if self.state is VerificationState.DONE else None

    def with_findings(self, found: list[str]) -> "Verification":
        kept = (*self.findings, *found)[:FINDINGS_KEPT]
        return replace(self, findings=kept, finding_count=self.finding_count + len(found))

    @property
    def laid_down(self) -> dict[str, Any]:
        """What the next slice goes on from; {} at the beginning."""
        return dict(json.loads(self.progress)) if self.progress else {}


def opened(verification: Verification) -> list[NewDocument]:
    """A check that was asked for now, and that no other one is."""
    one = verification.verification_id
    return [
        NewDocument(TABLE, VERIFICATIONS, one, _values(verification)),
        NewDocument(TABLE, *CURRENT, {"verification": one}),
    ]


def moved(verification: Verification) -> DocumentChange:
    """The check as it is now, while it is still as it was read."""
    values = _values(replace(verification, version=verification.version + 1))
    expected = {"version": verification.version}
    return DocumentChange(TABLE, VERIFICATIONS, verification.verification_id, values, expected)


def no_longer_current() -> DocumentGone:
    return DocumentGone(TABLE, *CURRENT)


def _values(verification: Verification) -> dict[str, Any]:
    return {
        "asked_by": verification.asked_by,
        "asked_at": to_ms(verification.asked_at),
        "state": verification.state.value,
        "ended_at": to_ms(verification.ended_at) if verification.ended_at else 0,
        "objects": verification.objects,
        "records": verification.records,
        "sealed_day": verification.sealed_day,
        "newest_root": verification.newest_root,
        "findings": list(verification.findings),
        "finding_count": verification.finding_count,
        "held_until": verification.held_until,
        "progress": verification.progress,
        "version": verification.version,
    }


def from_item(item: Mapping[str, Any]) -> Verification:
    plain = ("asked_by", "objects", "records", "sealed_day", "newest_root", "finding_count")
    return Verification(
        verification_id=item["sk"],
        asked_at=from_ms(item["asked_at"]),
        state=VerificationState(item["state"]),
        ended_at=from_ms(item["ended_at"]) if item["ended_at"] else None,
        findings=tuple(item["findings"]),
        held_until=item["held_until"],
        progress=item["progress"],
        version=item["version"],
        **{name: item[name] for name in plain},
    )
