"""A stock room: cards in magazines on simulated tables, and processes that take them."""

import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.domain.card import Card, CardChange, CardState
from chalicelib.domain.change import NewCard
from chalicelib.domain.stock import (
    MAGAZINE_CARDS_MAX,
    SKUS,
    TABLE,
    WINDOW_MAGAZINES,
    Shelf,
    magazine_rows,
    shelf_row,
)
from chalicelib.store.books import DynamoBooks
from chalicelib.store.documents import DynamoDocuments
from chalicelib.store.stock import DynamoStock
from tests.simulation.store_on_tables import new_tables, store_on

SKU = "sku_petro_500"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SEEN = NOW - timedelta(minutes=30)
WINDOW_CARDS = WINDOW_MAGAZINES * MAGAZINE_CARDS_MAX
Trouble = Callable[[str, Mapping[str, Any]], None]


class Room:
    """A stock room with its own simulated tables; `trouble` may refuse a call before it is done."""

    def __init__(self) -> None:
        self.tables = new_tables()
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.trouble: Trouble = lambda operation, arguments: None
        self.tokens, self.refused = itertools.count(), 0
        self.dynamo = store_on(self._call)
        self.books = DynamoBooks(self.dynamo, self._token)
        self.documents = DynamoDocuments(self.dynamo)

    def _token(self) -> str:
        return f"token-{next(self.tokens)}"

    def _call(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.sent.append((operation, arguments))
        self.trouble(operation, arguments)
        try:
            return self.tables.call(operation, arguments)
        except ClientError:
            self.refused += 1
            raise

    def process(self, pick: Callable[[int], int] = lambda below: 0) -> DynamoStock:
        """A stock that has seen nothing yet."""
        return DynamoStock(self.dynamo, pick, self._token)

    def stocked(self, count: int, batch: str = "bat_1") -> list[str]:
        """A committed batch of so many cards."""
        ids = [f"crd_{batch}_{number:04}" for number in range(count)]
        for start in range(0, count, 100):
            cards = [
                Card(
                    card_id, SKU, "petro", "AGENT", "BEARER", "PHYSICAL", CardState.IN_STOCK, 100_000, "0001"
                )
                for card_id in ids[start : start + 100]
            ]
            self.books.commit(None, [NewCard(card) for card in cards])
        for row in (*magazine_rows(SKU, batch, ids), shelf_row(Shelf(SKU, batch, count))):
            self.documents.put(row.table, row.pk, row.sk, row.values)
        self.documents.put(TABLE, SKUS, SKU, {})
        return ids

    def moved(self, card_id: str, to: CardState) -> None:
        self.books.commit(None, [CardChange(card_id, (CardState.IN_STOCK,), move_to=to)])

    def row(self, key: str) -> dict[str, Any] | None:
        return self.documents.get(TABLE, SKU, key)

    def calls(self) -> list[str]:
        """The calls since the last time."""
        found = [operation for operation, _ in self.sent]
        self.sent.clear()
        return found
