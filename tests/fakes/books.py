"""Books in memory, for commands that move no money: records, and plain items written with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.domain.change import (
    Change,
    DocumentChange,
    DocumentGone,
    NewDocument,
    Replayed,
    Stale,
)
from chalicelib.domain.record import Record
from tests.fakes.documents import FakeDocuments


@dataclass
class FakeBooks:
    """Books over the same items as `documents`. Money is the business of the real ones."""

    documents: FakeDocuments
    journal: dict[tuple[str, str], Record] = field(default_factory=dict)

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        if record is not None and (record.partition, record.entry_id) in self.journal:
            first = self.journal[record.partition, record.entry_id]
            raise Replayed(first.request_hash, first.body())
        if not all(self._allows(change) for change in changes):
            raise Stale("something has moved on")
        if record is not None:
            assert not record.lines, "this fake moves no money"
            self.journal[record.partition, record.entry_id] = record
        for change in changes:
            self._apply(change)

    def record(self, partition: str, entry_id: str) -> Record | None:
        return self.journal.get((partition, entry_id))

    def records(self, partition: str, prefix: str = "") -> list[Record]:
        return [
            record
            for (part, entry_id), record in sorted(self.journal.items(), key=lambda pair: pair[0])
            if part == partition and entry_id.startswith(prefix)
        ]

    def _allows(self, change: Change) -> bool:
        match change:
            case NewDocument():
                return (change.table, change.pk, change.sk) not in self.documents.items
            case DocumentChange():
                return self.documents.allows(change)
            case DocumentGone():
                item = self.documents.items.get((change.table, change.pk, change.sk), {})
                return all(item.get(name) == content for name, content in (change.expected or {}).items())
        raise AssertionError(f"this fake does not know {change}")

    def _apply(self, change: Change) -> None:
        match change:
            case NewDocument():
                self.documents.put(change.table, change.pk, change.sk, change.values)
            case DocumentChange():
                self.documents.change(change)
            case DocumentGone():
                self.documents.delete(change.table, change.pk, change.sk)
