"""Pages: how do the nightly jobs read what no key finds: whole tables, or many items at once?"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.order import Order
from chalicelib.domain.record import Record, from_body
from chalicelib.store import orders
from chalicelib.store.dynamo import Dynamo, Key

PAGE_ITEMS = 1_000


@dataclass(frozen=True, slots=True)
class DynamoPages:
    """The port Pages: a scan, a page at a time."""

    dynamo: Dynamo

    def page(
        self, table: str, after: Key = ("", ""), limit: int = 0
    ) -> tuple[list[dict[str, Any]], Key | None]:
        return self.dynamo.scan(table, after, limit or PAGE_ITEMS)


@dataclass(frozen=True, slots=True)
class DynamoManyOrders:
    """The port ManyOrders."""

    dynamo: Dynamo

    def get(self, order_id: str) -> Order | None:
        return orders.DynamoOrders(self.dynamo).get(order_id)

    def get_many(self, order_ids: Sequence[str]) -> dict[str, Order]:
        found = self.dynamo.get_many("orders", [orders.key_of(order_id) for order_id in order_ids])
        return {order_id: orders.from_values(item) for (_, order_id), item in found.items()}

    def page(self, after: Key, limit: int) -> tuple[list[Order], Key | None]:
        items, last = self.dynamo.scan("orders", after, limit)
        return [orders.from_values(item) for item in items], last


@dataclass(frozen=True, slots=True)
class DynamoManyRecords:
    """The port ManyRecords."""

    dynamo: Dynamo

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Record]:
        found = self.dynamo.get_many("journal", keys)
        return {key: from_body(json.loads(item["body"])) for key, item in found.items()}
