"""Whole tables in memory, page by page: the port Pages."""

from dataclasses import dataclass
from typing import Any

from tests.fakes.documents import FakeDocuments


@dataclass
class FakePages:
    """Pages over the same items as `documents`."""

    documents: FakeDocuments

    def page(
        self, table: str, after: tuple[str, str] = ("", ""), limit: int = 0
    ) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
        keys = sorted(key[1:] for key in self.documents.items if key[0] == table and key[1:] > after)
        shown = keys[:limit] if limit else keys
        items = [dict(self.documents.items[table, *key]) for key in shown]
        return items, shown[-1] if len(shown) < len(keys) else None
