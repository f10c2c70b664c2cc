"""Documents in memory that keep how they were read and changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.change import DocumentChange
from tests.fakes.documents import FakeDocuments


@dataclass
class CountedDocuments(FakeDocuments):
    """`answers`: how many items each answer of a query held. `reads`: each kind of read, with the
    partition that it was of, and whether it was consistent.
    """

    answers: list[int] = field(default_factory=list)
    reads: set[tuple[str, str, bool]] = field(default_factory=set)
    changes: list[DocumentChange] = field(default_factory=list)

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, Any] | None:
        self.reads.add(("get", pk, consistent))
        return super().get(table, pk, sk, consistent)

    def get_many(
        self, table: str, keys: Sequence[tuple[str, str]], consistent: bool = False
    ) -> dict[tuple[str, str], dict[str, Any]]:
        self.reads |= {("get_many", pk, consistent) for pk, _ in keys}
        return super().get_many(table, keys, consistent)

    def query(self, table: str, pk: str, *place: Any, **terms: Any) -> list[dict[str, Any]]:
        found = super().query(table, pk, *place, **terms)
        self.answers.append(len(found))
        self.reads.add(("query", pk, bool(terms.get("consistent", False))))
        return found

    def change(self, change: DocumentChange) -> dict[str, Any] | None:
        self.changes.append(change)
        return super().change(change)
