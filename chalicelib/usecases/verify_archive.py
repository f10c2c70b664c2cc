"""Verify the archive: is every record in its place in the chain, sealed, unchanged, and as the store has it?

The office asks; a schedule does it in slices. Each object of the archive is read with all its versions,
each link and seal is checked (archive_check.py), and each record is compared with the one in the store.
What the store holds and the archive does not is looked for by `make verify-archive`, which reads all of
the store.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from chalicelib.domain import tree_items, verification
from chalicelib.domain.archive import Link
from chalicelib.domain.archive_check import ArchiveCheck, Finding, Stored, compare, missing
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.record import digest_of
from chalicelib.domain.verification import (
    CURRENT,
    TABLE,
    VERIFICATIONS,
    Verification,
    VerificationRuns,
    VerificationState,
    VerificationUnknown,
)
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents, VersionedObjects
from chalicelib.usecases.read_archive import ReadArchive

TERM_MS = 200_000  # the function has 300 seconds
HELD_FOR = timedelta(minutes=6)  # whoever holds it longer is dead
READ_AT_ONCE = 100
JOIN = "join"  # how the entry of a joining begins, whose record is the edge itself


@dataclass(frozen=True)
class AskVerification:
    books: Books
    documents: Documents

    def __call__(self, command: Command) -> Verification:
        """The check that is asked for now. Raises: VerificationRuns, KeyReused, Unavailable."""
        wanted = Verification(f"ver_{command.key}", command.actor.person_id, command.now)
        record = audit_record(command, "archive.verify", verification=wanted.verification_id)
        try:
            self.books.commit(record, verification.opened(wanted))
        except Replayed as replayed:
            check_same(replayed, command)
            return self.read(wanted.verification_id)
        except Stale:
            current = self.current()
            raise VerificationRuns(verification_id=current) from None
        return wanted

    def read(self, verification_id: str) -> Verification:
        """Raises: VerificationUnknown."""
        item = self.documents.get(TABLE, VERIFICATIONS, verification_id, consistent=True)
        if item is None:
            raise VerificationUnknown(verification_id=verification_id)
        return verification.from_item(item)

    def page(self, before: str, limit: int) -> list[Verification]:
        """The newest first."""
        items = self.documents.query(TABLE, VERIFICATIONS, after=before, limit=limit, newest=True)
        return [verification.from_item(item) for item in items]

    def current(self) -> str:
        """The one that is not done, or ""."""
        item = self.documents.get(TABLE, *CURRENT, consistent=True)
        return str(item["verification"]) if item else ""


@dataclass(frozen=True)
class VerifyArchive:
    """`elapsed_ms`: milliseconds since some moment, which never go back."""

    books: Books
    documents: Documents
    objects: VersionedObjects
    ask: AskVerification
    elapsed_ms: Callable[[], int]

    def __call__(self, now: datetime) -> Verification | None:
        """Go on with the check that was asked for; None where there is none, or somebody is at it."""
        current = self.ask.current()
        taken = self._taken(self.ask.read(current), now) if current else None
        if taken is None:
            return None
        ends_at = self.elapsed_ms() + TERM_MS
        slice_ = Slice(self.documents, _taken_up(self.objects, taken))
        found = [str(finding) for finding in slice_.findings(lambda: self.elapsed_ms() > ends_at)]
        after = _moved_on(taken, slice_.archive, found, now)
        gone = [verification.no_longer_current()] if after.state is VerificationState.DONE else []
        try:
            self.books.commit(None, [verification.moved(after), *gone])
        except Stale:
            return None  # it took too long, and another run has it
        return after

    def _taken(self, wanted: Verification, now: datetime) -> Verification | None:
        if wanted.held_until > to_ms(now):
            return None
        held = replace(wanted, state=VerificationState.RUNNING, held_until=to_ms(now + HELD_FOR))
        taken = self.documents.change(verification.moved(held))
        return replace(held, version=held.version + 1) if taken is not None else None


@dataclass
class Slice:
    """A part of the way along the archive; what was read is compared with the store a hundred at a time."""

    documents: Documents
    archive: ReadArchive
    waiting: list[Link] = field(default_factory=list)

    def findings(self, is_over: Callable[[], bool]) -> Iterator[Finding]:
        is_first = not self.archive.newest_key
        found = list(self.archive.seals())  # alterations of seals are told once
        yield from found if is_first else ()
        yield from self.archive.records(self._take, is_over)
        yield from self._compared()
        if self.archive.is_whole:
            yield from self.archive.check.end()

    def _take(self, link: Link) -> Iterator[Finding] | None:
        self.waiting.append(link)
        return self._compared() if len(self.waiting) >= READ_AT_ONCE else None

    def _compared(self) -> Iterator[Finding]:
        links, self.waiting = self.waiting, []
        joins = [link for link in links if _key(link)[1].startswith(JOIN)]
        keys = sorted({_key(link) for link in links if link not in joins})
        items = self.documents.get_many("journal", keys, consistent=True) if keys else {}
        for link in links:
            if link in joins:
                stored = self._edge(link)
            else:
                stored = _stored(link, items.get(_key(link)))
            if stored is None:
                yield missing(link.record_id, link.sequence)
            else:
                yield from compare(stored, link.sequence, digest_of(link.body))

    def _edge(self, link: Link) -> Stored | None:
        """The edge that the joining wrote, ended or not."""
        parent, child = link.body["about"]["parent"], tree_items.CHILD + _key(link)[0]
        for item in self.documents.query(tree_items.TABLE, parent, child, consistent=True):
            if "record" in item:
                text = str(item["record"])
                digest = sha256(text.encode()).hexdigest()
                return Stored(link.record_id, text, digest, str(item.get("private", "")))
        return None


def _key(link: Link) -> tuple[str, str]:
    partition, _, entry_id = link.record_id.partition("/")
    return partition, entry_id


def _stored(link: Link, item: Mapping[str, Any] | None) -> Stored | None:
    texts = [str(item.get(name, "")) for name in ("body", "digest", "private")] if item else []
    return Stored(link.record_id, *texts) if texts else None


def _taken_up(objects: VersionedObjects, taken: Verification) -> ReadArchive:
    laid_down = taken.laid_down
    check = ArchiveCheck({}) if not laid_down else ArchiveCheck.taken_up(laid_down["check"])
    return ReadArchive(objects, check, taken.objects, laid_down.get("newest_key", ""))


def _moved_on(taken: Verification, archive: ReadArchive, found: list[str], now: datetime) -> Verification:
    check = archive.check
    progress = {"newest_key": archive.newest_key, "check": check.laid_down()}
    after = replace(
        taken.with_findings(found),
        objects=archive.object_count,
        records=check.sequence,
        sealed_day=max(check.sealed_days, default=taken.sealed_day),
        newest_root=check.newest_root,
        held_until=0,
        progress=json.dumps(progress, separators=(",", ":")),
    )
    if not archive.is_whole:
        return after
    return replace(after, state=VerificationState.DONE, ended_at=now, progress="")
