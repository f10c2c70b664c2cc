"""Platform lines: what did the records of a day do to an account of the platform, each of them once?"""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import Any, NamedTuple

from chalicelib.domain import platform_books as layout
from chalicelib.domain.platform_books import PlatformLine
from chalicelib.usecases.ports import Documents

PAGE_ITEMS = 200  # packs of some hundred lines: a page takes a few megabytes of memory
READ_AT_ONCE = 100
_OF_ROWS = "~"  # instead of a minute
_BEFORE_ROWS = ":"  # behind the digits of all minutes, before every record id


def lines_of_day(
    documents: Documents, account: str, day: str, consistent: bool = False
) -> Iterator[PlatformLine]:
    """Every line of a day once, a page at a time, for they may be a million; the newest minute first."""
    return layout.each_once(_items(documents, layout.lines_key(account, day), consistent))


class Place(NamedTuple):
    """Where a line stands in the list of its day: the newest minute first, rows before all packs."""

    minute: str
    record_id: str
    amount_fen: int

    @property
    def text(self) -> str:
        return f"{self.minute}#{self.amount_fen}#{self.record_id}"


def place_of(line: PlatformLine) -> Place:
    return Place(line.minute or _OF_ROWS, line.record_id, line.amount_fen)


def page_of_day(documents: Documents, account: str, day: str, before: str, limit: int) -> list[PlatformLine]:
    """The lines of a day behind a place ("" is the beginning). Each minute that it touches is read whole."""
    key, bound = layout.lines_key(account, day), None
    items: Iterable[dict[str, Any]]
    if before:
        minute, amount_fen, record_id = before.split("#")
        bound = Place(minute, record_id, int(amount_fen))
    if bound is None or bound.minute == _OF_ROWS:
        items = _items(documents, key)
    else:
        rows = documents.query(layout.TABLE, key, after=_BEFORE_ROWS)
        items = chain(rows, _items(documents, key, after=f"{bound.minute}$"))
    shown: list[PlatformLine] = []
    for _, lines in groupby(layout.each_once(items), key=lambda line: line.minute):
        ordered = sorted(lines, key=place_of, reverse=True)
        shown += [line for line in ordered if bound is None or place_of(line) < bound]
        if len(shown) >= limit:
            break
    return shown[:limit]


def sum_of_lines(documents: Documents, account: str, day: str) -> tuple[int, int]:
    """The sum of a day's lines at this moment, and how many they are."""
    sum_fen = count = 0
    for line in lines_of_day(documents, account, day, consistent=True):
        sum_fen, count = sum_fen + line.amount_fen, count + 1
    return sum_fen, count


def missing_lines(documents: Documents, lines: Iterable[PlatformLine]) -> list[PlatformLine]:
    """Those of these lines whose records have none at this moment, not even one that says something else."""
    wanted = list(lines)
    known: set[tuple[str, str]] = set()
    for start in range(0, len(wanted), READ_AT_ONCE):
        keys = [line.row_key for line in wanted[start : start + READ_AT_ONCE]]
        known |= documents.get_many(layout.TABLE, keys, consistent=True).keys()
    for key, minute in sorted({(line.row_key[0], line.minute) for line in wanted}):
        packs = documents.query(layout.TABLE, key, prefix=layout.minute_prefix(minute), consistent=True)
        known |= {line.row_key for pack in packs for line in layout.lines_in(pack)}
    return [line for line in wanted if line.row_key not in known]


def _items(
    documents: Documents, key: str, consistent: bool = False, after: str = ""
) -> Iterator[dict[str, Any]]:
    while True:
        page = documents.query(
            layout.TABLE, key, after=after, limit=PAGE_ITEMS, newest=True, consistent=consistent
        )
        yield from page
        if len(page) < PAGE_ITEMS:
            return
        after = page[-1]["sk"]
