"""Documents in memory that keep how they were read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.documents import FakeDocuments


@dataclass
class CountedDocuments(FakeDocuments):
    """`answers`: how many items each answer of a query held. `consistent`: how anything was read."""

    answers: list[int] = field(default_factory=list)
    consistent: set[bool] = field(default_factory=set)

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, Any] | None:
        self.consistent.add(consistent)
        return super().get(table, pk, sk, consistent)

    def get_many(
        self, table: str, keys: Sequence[tuple[str, str]], consistent: bool = False
    ) -> dict[tuple[str, str], dict[str, Any]]:
        self.consistent.add(consistent)
        return super().get_many(table, keys, consistent)

    def query(self, *place: Any, **terms: Any) -> list[dict[str, Any]]:
        found = super().query(*place, **terms)
        self.answers.append(len(found))
        self.consistent.add(bool(terms.get("consistent", False)))
        return found
