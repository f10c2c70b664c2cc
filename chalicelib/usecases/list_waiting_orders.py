"""List waiting orders: which orders of a kind need somebody of the office?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from chalicelib.domain.order import Order
from chalicelib.domain.waiting_order import TABLE, Kind, Wait, queues_of, wait_of
from chalicelib.usecases.ports import Documents


class OrdersByKey(Protocol):
    def get_many(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """By id, those that are there; at most 100, eventually consistent."""
        ...


class Waiting(NamedTuple):
    """An order that waits, and what it waits for. `position`: the place in its queue."""

    wait: Wait
    order: Order
    position: str


@dataclass(frozen=True)
class ListWaitingOrders:
    documents: Documents
    orders: OrdersByKey

    def __call__(
        self, kind: Kind, reaches: Callable[[str], bool], after: str, limit: int, now: datetime
    ) -> list[Waiting]:
        """Those of regions that are reached, behind the position `after`; fewer than `limit`: it is all."""
        found: list[Waiting] = []
        for waits in self._pages(kind, after, limit, now):
            orders = self.orders.get_many(sorted({wait.order_id for wait, _ in waits})) if waits else {}
            for wait, position in waits:
                order = orders.get(wait.order_id)
                if order is not None and reaches(order.region):
                    found.append(Waiting(wait, order, position))
            if len(found) >= limit:
                break
        return found[:limit]

    def _pages(self, kind: Kind, after: str, limit: int, now: datetime) -> Iterator[list[tuple[Wait, str]]]:
        first, _, behind = after.partition("|")
        for number, queue in enumerate(queues_of(kind)):
            if number < int(first or 0):
                continue
            position = behind if number == int(first or 0) else ""
            while True:
                rows = self.documents.query(TABLE, queue.partition, queue.prefix, after=position, limit=limit)
                waits = [(wait_of(kind, row, now), f"{number}|{row['sk']}") for row in rows]
                yield [(wait, place) for wait, place in waits if wait is not None]
                if len(rows) < limit:
                    break
                position = rows[-1]["sk"]
