"""An archive in memory whose writers can be made to die, or to be overtaken, at every single step."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.archive import ROOTS
from chalicelib.domain.archive_check import ArchiveCheck
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.record import Client, Line, Record, canonical
from chalicelib.usecases.archive_records import ArchiveRecords, Stored, unpacked
from chalicelib.usecases.ports import ArchiveIndex
from tests.fakes.archive_index import FakeArchiveIndex
from tests.fakes.objects import FakeObjects

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)  # 12:00 in Shanghai


class Died(Exception):
    """The writer's process ended here."""


class Interrupted:
    """Any port, with `interrupt(step, is_after)` called around each of its calls."""

    def __init__(self, port: object, interrupt: Callable[[bool], None]) -> None:
        self._port = port
        self._interrupt = interrupt

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self._interrupt(False)
            answer = getattr(self._port, name)(*arguments)
            self._interrupt(True)
            return answer

        return call


@dataclass
class ArchiveWorld:
    """One bucket and one index, and as many writers as a test wants. `waits_ms`: how long they waited."""

    index: ArchiveIndex = field(default_factory=FakeArchiveIndex)
    bucket: FakeObjects = field(default_factory=FakeObjects)
    waits_ms: list[int] = field(default_factory=list)

    def writer(self, interrupt: Callable[[bool], None] = lambda is_after: None) -> ArchiveRecords:
        index: Any = Interrupted(self.index, interrupt)
        bucket: Any = Interrupted(self.bucket, interrupt)
        return ArchiveRecords(index, bucket, self.waits_ms.append)

    def archived_ids(self) -> list[str]:
        """The ids of all records in the archive, in the order of the chain."""
        return [link.record_id for key in self._keys() for link in unpacked(self.bucket.contents[key])]

    def indexed_ids(self, *numbers: int) -> list[str]:
        """Which of these records the index finds."""
        return sorted(self.index.archived({one: to_ms(NOON) for one in ids(*numbers)}))

    def findings(self) -> list[str]:
        """What the check of the whole archive finds, its seals included."""
        check = ArchiveCheck(self.seals())
        found = [
            str(finding)
            for key in self._keys()
            for link in unpacked(self.bucket.contents[key])
            for finding in check.take(key, link)
        ]
        return found + [str(finding) for finding in check.end()]

    def seals(self) -> dict[str, Any]:
        return {
            key.removeprefix(ROOTS).removesuffix(".json"): json.loads(body)
            for key, body in self.bucket.contents.items()
            if key.startswith(ROOTS)
        }

    def _keys(self) -> list[str]:
        return sorted(self.bucket.list("records/"))


def stored(*numbers: int, **fields: Any) -> list[Stored]:
    """Records as the store holds them, one a number."""
    return [as_stored(record(number, **fields)) for number in numbers]


def record(number: int, at: datetime = NOON, **fields: Any) -> Record:
    return Record(
        partition="cus_23456789ABCD",
        entry_id=f"ord_{number}",
        action="TOPUP_ISSUER",
        at=at,
        actor="cus_23456789ABCD",
        lines=(Line("A:CHANNEL:sandbox", number), Line("L:PREPAID:crd_A", -number)),
        client=Client("203.0.113.7", "Mozilla/5.0", "salt"),
        **fields,
    )


def as_stored(one: Record) -> Stored:
    return Stored(canonical(one.body()).decode(), one.digest)


def ids(*numbers: int) -> list[str]:
    return [f"cus_23456789ABCD/ord_{number}" for number in numbers]
