"""Archive records: how does each journal and audit record come into the locked archive, exactly once?

One object a batch, linked to the chain where the head says it ends:

    1. open a key in the head             conditional: of two writers one opens, both use that key
    2. put the object under the key       only if it is free: of two writers one writes, the other adopts
    3. write its records into the index
    4. move the head on                   conditional

Records are compared with the index after the head was read, and the head moves
on only after the index was written: whatever lies before the head is in the
index. So nothing is archived twice, and a writer that dies between any two steps
leaves work that the next one finishes.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.domain.archive import Head, Link, from_lines, linked, to_lines
from chalicelib.domain.personal_data import personal_data_in
from chalicelib.domain.record import canonical, digest_of
from chalicelib.usecases.ports import ArchiveIndex, Objects

TRIES_MAX = 30  # every shard of a stream has its own writer; each try lets one of them through
WAIT_MS = 25


class Stored(NamedTuple):
    """A record as it stands in the store: its canonical body, and the digest beside it."""

    body: str
    digest: str


class Refused(NamedTuple):
    """A record that must not be archived as it is: its place in the batch, and why."""

    position: int
    reason: str


class ArchiveBusy(Exception):
    """Other writers were always faster: the batch comes again."""


@dataclass(frozen=True)
class ArchiveRecords:
    """`wait_ms(n)` waits up to n milliseconds, a random part of them."""

    index: ArchiveIndex
    objects: Objects
    wait_ms: Callable[[int], None]

    def __call__(self, records: Sequence[Stored], now: datetime) -> list[Refused]:
        """Archive all records that are not archived yet; those that must never be are given back.

        Raises: ArchiveBusy, Unavailable.
        """
        accepted: dict[str, tuple[int, dict[str, Any]]] = {}
        refused: list[Refused] = []
        for position, record in enumerate(records):
            body = _parsed(record.body)
            reason = _why_refused(record, body)
            known = accepted.get(str(body.get("id")))
            if not reason and known and known[1] != body:
                reason = "another record has its id"
            if reason:
                refused.append(Refused(position, reason))
            elif not known:
                accepted[body["id"]] = (position, body)
        return refused + self._archived(accepted, now)

    def _archived(self, accepted: dict[str, tuple[int, dict[str, Any]]], now: datetime) -> list[Refused]:
        for attempt in range(TRIES_MAX):
            if attempt:
                self.wait_ms(WAIT_MS * attempt)
            head = self.index.head()
            known = self.index.archived({record_id: body["at"] for record_id, (_, body) in accepted.items()})
            new = [body for record_id, (_, body) in accepted.items() if record_id not in known]
            if not new or self._written(head, new, now):
                return [
                    Refused(position, "archived before with another body")
                    for record_id, (position, body) in accepted.items()
                    if not digest_of(body).startswith(known.get(record_id, ""))
                ]
        raise ArchiveBusy()

    def _written(self, head: Head, bodies: Iterable[dict[str, Any]], now: datetime) -> bool:
        """Whether these bodies are the next object. If not, what stood in the way is finished."""
        if not head.open_key:
            opened = self.index.moved(head, head.opened(now))
            if opened is None:
                return False
            head = opened
        links = linked(head.sequence, head.hash, bodies)
        is_ours = self.objects.put_new(head.open_key, packed(links), "application/gzip")
        if not is_ours:
            links = unpacked(self.objects.get(head.open_key) or b"")
        if links:
            self.index.add(head.open_key, links)
            self.index.moved(head, head.after(links[-1]))  # whoever was faster has moved it just so
        return is_ours


def packed(links: Iterable[Link]) -> bytes:
    """The object of these links; equal links give equal bytes."""
    return gzip.compress(to_lines(links), mtime=0)


def unpacked(packed_lines: bytes) -> list[Link]:
    """The links of an object; nothing has none. Raises: ValueError or OSError when it is no object."""
    return list(from_lines(gzip.decompress(packed_lines)))


def _parsed(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _why_refused(record: Stored, body: dict[str, Any]) -> str:
    """Why a record must not be archived, "" when it may."""
    if not isinstance(body.get("id"), str) or canonical(body).decode() != record.body:
        return "its body is not in the one spelling of a record"
    if type(body.get("at")) is not int:
        return "its body does not tell its time"
    if digest_of(body) != record.digest:
        return "its digest is not that of its body"
    personal = personal_data_in(body)
    return f"it shows personal data: {', '.join(personal)}" if personal else ""
