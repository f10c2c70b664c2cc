"""Platform lines: what did the records of a day do to an account of the platform, each of them once?"""

from collections.abc import Iterable, Iterator
from typing import Any

from chalicelib.domain import platform_books as layout
from chalicelib.domain.platform_books import PlatformLine
from chalicelib.usecases.ports import Documents

PAGE_ITEMS = 200  # packs of some hundred lines: a page takes a few megabytes of memory
READ_AT_ONCE = 100


def lines_of_day(
    documents: Documents, account: str, day: str, consistent: bool = False
) -> Iterator[PlatformLine]:
    """Every line of a day once, a page at a time, for they may be a million; the newest minute first."""
    return layout.each_once(_items(documents, layout.lines_key(account, day), consistent))


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


def _items(documents: Documents, key: str, consistent: bool) -> Iterator[dict[str, Any]]:
    after = ""
    while True:
        page = documents.query(
            layout.TABLE, key, after=after, limit=PAGE_ITEMS, newest=True, consistent=consistent
        )
        yield from page
        if len(page) < PAGE_ITEMS:
            return
        after = page[-1]["sk"]
