"""Plain items in memory: the port Documents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.change import DocumentChange

Key = tuple[str, str, str]


@dataclass
class FakeDocuments:
    """Documents, with every item open to see under (table, pk, sk)."""

    items: dict[Key, dict[str, Any]] = field(default_factory=dict)

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, Any] | None:
        item = self.items.get((table, pk, sk))
        return dict(item) if item is not None else None

    def get_many(
        self, table: str, keys: Sequence[tuple[str, str]], consistent: bool = False
    ) -> dict[tuple[str, str], dict[str, Any]]:
        assert len(keys) <= 100
        return {key: dict(self.items[table, *key]) for key in keys if (table, *key) in self.items}

    def query(
        self,
        table: str,
        pk: str,
        prefix: str = "",
        after: str = "",
        limit: int = 0,
        newest: bool = False,
        consistent: bool = False,
    ) -> list[dict[str, Any]]:
        found = sorted(
            (key[2] for key in self.items if key[:2] == (table, pk) and key[2].startswith(prefix)),
            reverse=newest,
        )
        behind = [sk for sk in found if not after or (sk < after if newest else sk > after)]
        return [dict(self.items[table, pk, sk]) for sk in (behind[:limit] if limit else behind)]

    def put(self, table: str, pk: str, sk: str, values: Mapping[str, Any]) -> None:
        self.items[table, pk, sk] = {**values, "pk": pk, "sk": sk}

    def put_new(self, table: str, pk: str, sk: str, values: Mapping[str, Any]) -> bool:
        if (table, pk, sk) in self.items:
            return False
        self.put(table, pk, sk, values)
        return True

    def put_many(self, table: str, items: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        for pk, sk, values in items:
            self.put(table, pk, sk, values)

    def change(self, change: DocumentChange) -> dict[str, Any] | None:
        if not self.allows(change):
            return None
        item = self.items.setdefault((change.table, change.pk, change.sk), {"pk": change.pk, "sk": change.sk})
        item.update(change.set_values)
        for name, number in (change.add or {}).items():
            item[name] = item.get(name, 0) + number
        return dict(item)

    def allows(self, change: DocumentChange) -> bool:
        """Whether every expectation of the change holds now."""
        item = self.items.get((change.table, change.pk, change.sk), {})
        as_expected = all(item.get(name) == content for name, content in change.expected.items())
        return as_expected and all(
            item.get(name, 0) >= number for name, number in (change.at_least or {}).items()
        )

    def delete(self, table: str, pk: str, sk: str) -> None:
        self.items.pop((table, pk, sk), None)
