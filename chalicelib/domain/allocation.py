"""Allocations: from which commission entries does a withdrawal take its money, and what is still open?

Rows of the table `views`, made from the journal by its reader:

    pk alloc#<distributor>   sk <entry>#<withdrawal>    fen: this much of the entry went into that withdrawal
    pk alloc#<distributor>   sk <withdrawal>            parts, short_fen, given_back
    pk alloc#<distributor>   sk <withdrawal>#<page>     parts: where there are more than a row can hold
    pk alloc#<distributor>   sk standing                behind, turn, unfinished

The oldest released entries come first. Money has no colour: what a withdrawal may
take is decided by the account alone; these rows say which sales it was for.

What is open is asked of the journal when a withdrawal is allocated, `behind` a place up to
which nothing is: ordinary commission writes no row here, and the past is not read again.
Who decides takes `behind` up and counts a `turn`, in the write of the decision, and only if the
turn is still the one from before the look. Whatever opens an entry again (a check that lets it go,
a withdrawal given back, commission that comes late) counts a turn too and takes `behind` down.
`unfinished`: the withdrawal decided last, as long as its rows may be missing; who decides
next puts them first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.commission_entry import History, history_of
from chalicelib.domain.ids import ulid_start
from chalicelib.domain.open_pots import LATE_AFTER_DAYS, SETTLED_AFTER_DAYS
from chalicelib.domain.record import Record
from chalicelib.domain.withdrawal import Allocation, OpenEntry, allocate

TABLE = "views"
ENTRIES = "cme_"
STANDING = "standing"
TAKES_NOTHING = {"parts": [], "short_fen": 0, "given_back": True}  # if its request comes after its return


@dataclass(frozen=True, slots=True)
class Opened:
    """So many fen of an entry are open."""

    release_day: str
    entry_id: str
    open_fen: int


@dataclass(frozen=True, slots=True)
class Part:
    """So many fen of one entry; `left_fen` of it stay open."""

    release_day: str
    entry_id: str
    amount_fen: int
    left_fen: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What a withdrawal takes, or took until it was given back."""

    withdrawal_id: str
    parts: tuple[Part, ...]
    given_back: bool

    def rows(self) -> list[tuple[str, dict[str, int]]]:
        """Sort key and values of each entry's row."""
        return [(f"{part.entry_id}#{self.withdrawal_id}", {"fen": part.amount_fen}) for part in self.parts]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a distributor's entries are known to be taken, and who counts on it."""

    behind: str = ""
    turn: int = 0
    unfinished: str = ""

    def next(self, distributor_id: str, **values: str) -> DocumentChange:
        """The next turn, if this one is still the last."""
        pk = allocations_key(distributor_id)
        return DocumentChange(
            TABLE, pk, STANDING, {"turn": self.turn + 1, **values}, {"turn": self.turn or None}
        )


def standing_of(item: Mapping[str, Any] | None) -> Standing:
    """Where nothing was ever noted, every entry may be open."""
    known = item or {}
    return Standing(known.get("behind", ""), int(known.get("turn", 0)), known.get("unfinished", ""))


def allocations_key(distributor_id: str) -> str:
    return f"alloc#{distributor_id}"


def page_key(withdrawal_id: str, number: int) -> str:
    """The sort key of a page of what was decided; the first one is the decision itself."""
    return f"{withdrawal_id}#{number:04}" if number else withdrawal_id


def decided_of(withdrawal_id: str, pages: Sequence[Mapping[str, Any]]) -> Decided:
    """The decision that stands on these pages."""
    parts = tuple(Part(*part) for page in pages for part in page["parts"])
    return Decided(withdrawal_id, parts, bool(pages[0]["given_back"]))


def pages_of(parts: Sequence[Part], amount_fen: int, parts_of_a_row: int) -> list[dict[str, Any]]:
    """The pages of the decision that a withdrawal of this amount takes these parts."""
    listed = [[part.release_day, part.entry_id, part.amount_fen, part.left_fen] for part in parts]
    short_fen = amount_fen - sum(part.amount_fen for part in parts)
    first = {"parts": listed[:parts_of_a_row], "short_fen": short_fen, "given_back": False}
    more = range(parts_of_a_row, len(listed), parts_of_a_row)
    return [first, *({"parts": listed[start : start + parts_of_a_row]} for start in more)]


def open_fen(history: History, allocated_fen: int) -> int:
    """What of an entry no withdrawal has taken and no refund or check has stopped."""
    return 0 if history.is_held else max(0, history.net_fen - allocated_fen)


def opened(records: Iterable[Record], allocated_fen: Mapping[str, int]) -> Iterator[Opened]:
    """The open ones among entries whose records come in the order of their ids."""
    for entry_id, own in groupby(records, key=lambda record: record.entry_id.partition("#")[0]):
        history = history_of(own, entry_id)
        assert history is not None, "what happened to an entry stands behind it"
        if fen := open_fen(history, allocated_fen.get(entry_id, 0)):
            yield Opened(str(history.entry.about["release"]), entry_id, fen)


def parts_of(amount_fen: int, opened: Iterable[Opened], requested_at: datetime) -> list[Part]:
    """The entries that a withdrawal takes its money from, the oldest released ones first."""
    today = day_text(business_date(requested_at))
    items = {f"{one.release_day}#{one.entry_id}": one.open_fen for one in opened if one.release_day <= today}
    entries = [OpenEntry(sort_key, requested_at, fen) for sort_key, fen in items.items()]
    allocations = allocate(min(amount_fen, sum(items.values())), entries)
    return [_part(allocation, items[allocation.entry_id]) for allocation in allocations]


def is_late(entry_id: str, now: datetime) -> bool:
    """Whether an entry that comes now may lie where nobody looks any more."""
    return entry_id < _entries_of(now - timedelta(days=LATE_AFTER_DAYS))


def just_before(entry_id: str) -> str:
    """A place before this entry and behind those of all earlier orders."""
    return entry_id[:-1]


def nothing_open_until(opened: Iterable[Opened], parts: Sequence[Part], now: datetime) -> str:
    """The place up to which nothing is open once these parts are taken, and only late commission comes."""
    left_fen = {part.entry_id: part.left_fen for part in parts}
    still_open = (one.entry_id for one in opened if left_fen.get(one.entry_id, one.open_fen))
    settled = _entries_of(now - timedelta(days=SETTLED_AFTER_DAYS))
    return min([settled, *map(just_before, still_open)])


def _entries_of(at: datetime) -> str:
    """The place of the entries of orders of a moment."""
    return ENTRIES + ulid_start(at)


def _part(allocation: Allocation, open_before_fen: int) -> Part:
    release_day, _, entry_id = allocation.entry_id.partition("#")
    taken_fen = allocation.amount_fen
    return Part(release_day, entry_id, taken_fen, open_before_fen - taken_fen)
