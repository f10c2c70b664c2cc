"""Allocations: from which commission entries does a withdrawal take its money, and what is still open?

Rows of the table `views`, made from the journal by its reader:

    pk open#<distributor>    sk <release day>#<entry>   open_fen: not reversed, not held, not withdrawn
    pk alloc#<distributor>   sk <entry>#<withdrawal>    fen: this much of the entry went into that withdrawal
    pk alloc#<distributor>   sk <withdrawal>            parts, short_fen, given_back

The oldest released entries come first. Money has no colour: what a withdrawal may
take is decided by the account alone; these rows say which sales it was for.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.commission_entry import History
from chalicelib.domain.withdrawal import Allocation, OpenEntry, allocate

TABLE = "views"


@dataclass(frozen=True, slots=True)
class Part:
    """So many fen of one entry; `left_fen` of it stay open."""

    release_day: str
    entry_id: str
    amount_fen: int
    left_fen: int


def open_key(distributor_id: str, release_day: str, entry_id: str) -> tuple[str, str]:
    return f"open#{distributor_id}", f"{release_day}#{entry_id}"


def allocations_key(distributor_id: str) -> str:
    return f"alloc#{distributor_id}"


def open_fen(history: History, allocated_fen: int) -> int:
    """What of an entry no withdrawal has taken and no refund or check has stopped."""
    return 0 if history.is_held else max(0, history.net_fen - allocated_fen)


def parts_of(amount_fen: int, open_items: Iterable[Mapping[str, Any]], requested_at: datetime) -> list[Part]:
    """The entries that a withdrawal takes its money from, the oldest released ones first."""
    today = day_text(business_date(requested_at))
    items = {item["sk"]: item["open_fen"] for item in open_items if item["sk"].partition("#")[0] <= today}
    entries = [OpenEntry(sort_key, requested_at, fen) for sort_key, fen in items.items()]
    allocations = allocate(min(amount_fen, sum(items.values())), entries)
    return [_part(allocation, items[allocation.entry_id]) for allocation in allocations]


def _part(allocation: Allocation, open_before_fen: int) -> Part:
    release_day, _, entry_id = allocation.entry_id.partition("#")
    taken_fen = allocation.amount_fen
    return Part(release_day, entry_id, taken_fen, open_before_fen - taken_fen)
