"""Allocated sales: which commission entries is a withdrawal's money for?

What was decided when it took its money (allocate_withdrawal.py), a page at a time; given back, it is for
nothing any more.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.domain import allocation as layout
from chalicelib.domain.allocation import Part
from chalicelib.domain.commission_entry import order_id_of
from chalicelib.domain.ids import distributor_id_of
from chalicelib.usecases.ports import Documents


class Sale(NamedTuple):
    """So much of one entry. Without an entry: what none was open for, as of what was brought in."""

    entry_id: str
    order_id: str
    release_day: str
    amount_fen: int
    left_fen: int


@dataclass(frozen=True)
class AllocatedSales:
    documents: Documents

    def __call__(self, withdrawal_id: str, position: str, limit: int) -> tuple[list[Sale], str]:
        """Sales behind a position, and the position behind them, "" behind the last; three reads at most."""
        number, _, start_text = position.partition(":")
        page, start = int(number or 0), int(start_text or 0)
        first = self._page(withdrawal_id, 0)
        if first is None or first["given_back"]:
            return [], ""
        here = self._page(withdrawal_id, page) if page else first
        is_last = self._page(withdrawal_id, page + 1) is None
        sales = [_sale(Part(*part)) for part in here["parts"]] if here else []
        if is_last and first["short_fen"]:
            sales.append(Sale("", "", "", first["short_fen"], 0))
        behind = start + limit
        if behind < len(sales):
            return sales[start:behind], f"{page}:{behind}"
        return sales[start:], "" if is_last else f"{page + 1}:0"

    def _page(self, withdrawal_id: str, number: int) -> dict[str, Any] | None:
        pk = layout.allocations_key(distributor_id_of(withdrawal_id))
        return self.documents.get(layout.TABLE, pk, layout.page_key(withdrawal_id, number))


def _sale(part: Part) -> Sale:
    return Sale(part.entry_id, order_id_of(part.entry_id), part.release_day, part.amount_fen, part.left_fen)
