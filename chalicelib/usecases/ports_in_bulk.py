"""Ports in bulk: what do the repair jobs need, which look at everything there is, and not at one thing?

Implemented in store/pages.py. A request never reads pages; many by their keys it may (sample_orders.py).
"""

from collections.abc import Sequence
from typing import Any, Protocol

from chalicelib.domain.order import Order
from chalicelib.domain.record import Record


class Pages(Protocol):
    """Whole tables, page by page: for what no key finds. Only the nightly jobs may read so."""

    def page(
        self, table: str, after: tuple[str, str] = ("", ""), limit: int = 0
    ) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
        """The items behind a key in the order of the store, and the last key; None at the end.

        Consistent: what was written before the page is asked for is in it.
        """
        ...


class ManyOrders(Protocol):
    """Orders, a hundred in a call."""

    def get(self, order_id: str) -> Order | None: ...

    def get_many(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """By id, those that are there; at most 100, eventually consistent."""
        ...

    def page(self, after: tuple[str, str], limit: int) -> tuple[list[Order], tuple[str, str] | None]:
        """Orders of anybody behind a key, and the key to go on from; None at the end."""
        ...


class ManyRecords(Protocol):
    """Records, a hundred in a call."""

    def get_many(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Record]:
        """By partition and entry id, those that are there; at most 100, eventually consistent."""
        ...
