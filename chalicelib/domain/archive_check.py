"""The check of the archive: which record was changed, is missing, or was added?

Links are taken one by one in the order of the keys they lie under, so that an
archive of any size is checked in little memory. Each mistake is named once: after
a broken link the check goes on from what the link itself says.

    archive    sequence without a gap, every link follows the one before, every hash is that of its body
    roots      every finished day has the root of exactly its records, and follows the day before
    journal    every record of the store is in the archive as it is, and the other way round
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from chalicelib.domain.archive import BEGINNING, Link, OpenDay, day_of, hour_of, link_hash, records_key
from chalicelib.domain.merkle import MerkleTree
from chalicelib.domain.record import Client, digest_of


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `sequence` is its place in the chain, 0 where it has none."""

    subject: str
    problem: str
    sequence: int = 0

    def __str__(self) -> str:
        place = (
            f" (archive sequence {self.sequence})" if self.sequence and "archive" not in self.subject else ""
        )
        return f"{self.subject}: {self.problem}{place}"


@dataclass(slots=True)
class ArchiveCheck:
    """A walk along the archive. `seals`: by day (YYYY-MM-DD) the document of its root object."""

    seals: Mapping[str, dict[str, Any]]
    sequence: int = 0
    hash: str = BEGINNING
    key: str = ""
    newest_root: str = ""
    sealed_days: list[str] = field(default_factory=list)
    unsealed_days: list[str] = field(default_factory=list)
    _day: OpenDay | None = None
    _seal_digest: str = BEGINNING

    def laid_down(self) -> dict[str, Any]:
        """How far the walk has come, in plain values."""
        day = self._day
        return {
            "sequence": self.sequence,
            "hash": self.hash,
            "key": self.key,
            "newest_root": self.newest_root,
            "sealed_days": self.sealed_days,
            "unsealed_days": self.unsealed_days,
            "seal_digest": self._seal_digest,
            "day": day and [day.day, day.previous, day.first_sequence, day.last_hash],
            "tree": day and [day.tree.count, [peak.hex() for peak in day.tree.peaks]],
        }

    @classmethod
    def taken_up(cls, laid_down: Mapping[str, Any]) -> "ArchiveCheck":
        """The walk that was laid down; its seals are the caller's to read again."""
        day: OpenDay | None = None
        if laid_down["day"]:
            count, peaks = laid_down["tree"]
            tree = MerkleTree(count, tuple(bytes.fromhex(peak) for peak in peaks))
            name, previous, first_sequence, last_hash = laid_down["day"]
            day = OpenDay(name, previous, first_sequence, last_hash, tree)
        return cls(
            {},
            laid_down["sequence"],
            laid_down["hash"],
            laid_down["key"],
            laid_down["newest_root"],
            list(laid_down["sealed_days"]),
            list(laid_down["unsealed_days"]),
            day,
            laid_down["seal_digest"],
        )

    def take(self, key: str, link: Link) -> Iterator[Finding]:
        """What is wrong with the next link."""
        if key != self.key:
            yield from self._object_begins(key, link)
        yield from self._days_until(day_of(key).isoformat())
        yield from self._link_follows(link)
        assert self._day is not None
        self._day = self._day.grown(link)
        self.sequence, self.hash = max(self.sequence, link.sequence), link.hash

    def end(self) -> Iterator[Finding]:
        """What is wrong with the seals of the last days; call it after the last link."""
        last_sealed = max(self.seals, default="")
        if self._day is not None:
            yield from self._days_until(max(last_sealed, self._day.day))
            yield from self._day_ends(self._day)
            self._day = None
        known = set(self.sealed_days)
        for day in sorted(set(self.seals) - known):
            yield Finding(f"root {day}", "seals a day that has no place in the archive")

    def _object_begins(self, key: str, link: Link) -> Iterator[Finding]:
        if hour_of(key) < hour_of(self.key) or key != records_key(hour_of(key), link.sequence):
            yield Finding(f"archive object {key}", "lies in the wrong place", link.sequence)
        self.key = key

    def _link_follows(self, link: Link) -> Iterator[Finding]:
        subject = f"archive sequence {link.sequence}"
        expected = self.sequence + 1
        if link.sequence > expected:
            missing = str(expected) if link.sequence == expected + 1 else f"{expected} to {link.sequence - 1}"
            yield Finding(f"archive sequence {missing}", "missing", expected)
        elif link.sequence < expected:
            yield Finding(subject, f"added (record {link.record_id})", link.sequence)
        elif link.previous != self.hash:
            yield Finding(subject, f"does not follow the one before (record {link.record_id})", link.sequence)
        if link_hash(link.previous, digest_of(link.body)) != link.hash:
            yield Finding(subject, f"changed (record {link.record_id})", link.sequence)

    def _days_until(self, day: str) -> Iterator[Finding]:
        """End every day before this one, those without records too."""
        if self._day is None:
            self._day = OpenDay(day, BEGINNING, 1, BEGINNING)
        while self._day.day < day:
            yield from self._day_ends(self._day)
            tomorrow = (date.fromisoformat(self._day.day) + timedelta(days=1)).isoformat()
            self._day = OpenDay(tomorrow, self._seal_digest, self.sequence + 1, self.hash)

    def _day_ends(self, day: OpenDay) -> Iterator[Finding]:
        seal = self.seals.get(day.day)
        if seal is None:
            if day.day < max(self.seals, default=""):
                yield Finding(f"root {day.day}", "missing")
            self.unsealed_days.append(day.day)
            return
        computed = day.root()
        for name, value in computed.document().items():
            if seal.get(name) != value:
                yield Finding(f"root {day.day}", f"its {name} is not that of the archive")
        self.sealed_days.append(day.day)
        self.newest_root = str(seal.get("root"))
        self._seal_digest = digest_of(seal)


class Stored(NamedTuple):
    """A record as the store has it: the text of its body, the digest and the personal data beside it."""

    record_id: str
    body: str
    digest: str
    private: str = ""


def compare(stored: Stored, archived_sequence: int, archived_digest: str) -> Iterator[Finding]:
    """What is wrong with one record of the store that the archive holds too."""
    subject = f"journal record {stored.record_id}"
    digest = hashlib.sha256(stored.body.encode()).hexdigest()
    if digest != archived_digest:
        yield Finding(subject, "changed", archived_sequence)
    elif stored.digest != digest:
        yield Finding(subject, "its digest was changed", archived_sequence)
    elif stored.private and not _is_committed(stored):
        yield Finding(subject, "the client beside it was changed", archived_sequence)


def _is_committed(stored: Stored) -> bool:
    """Whether the personal data beside a record is what the record committed itself to."""
    try:
        client = Client(*json.loads(stored.private))
    except (ValueError, TypeError):
        return False
    return bool(json.loads(stored.body).get("client") == client.commitment)


def added(record_id: str) -> Finding:
    """The finding of a record that the store holds and the archive does not."""
    return Finding(f"journal record {record_id}", "added: it is not in the archive")


def missing(record_id: str, sequence: int) -> Finding:
    """The finding of a record that the archive holds and the store does not."""
    return Finding(f"journal record {record_id}", "missing", sequence)
