"""Tally the books: count what came into the archive since the last run, and read what it comes to.

Reads what the archive holds, and writes one transaction for thousands of records; where nothing is
new it reads two items and writes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain.change import Stale
from chalicelib.domain.reconciling import Mark
from chalicelib.domain.record import from_body
from chalicelib.domain.tally import (
    DAYS,
    MARK,
    TABLE,
    Count,
    Tally,
    Traded,
    after,
    changes_of,
    last_days,
    tally_of,
    traded_of,
)
from chalicelib.usecases.follow_archive import FollowArchive
from chalicelib.usecases.ports import ArchiveIndex, Books, Documents

TERM_MS = 45_000  # a run a minute
RECORDS_AT_ONCE = 20_000


@dataclass(frozen=True)
class TallyBooks:
    """`elapsed_ms`: milliseconds since some moment, which never go back."""

    books: Books
    documents: Documents
    archive: FollowArchive
    elapsed_ms: Callable[[], int]
    at_once: int = RECORDS_AT_ONCE

    def __call__(self) -> int:
        """Count on, as far as the term lets it; how many records. Where another run is faster, it goes on."""
        ends_at = self.elapsed_ms() + TERM_MS
        before = self._tally()
        counted = 0
        for count in self._counts(before.mark):
            try:
                self.books.commit(None, changes_of(before, count))
            except Stale:
                break
            counted += count.records
            if self.elapsed_ms() > ends_at:
                break
            before = after(before, count)  # not read anew: another run's count would be taken for ours
        return counted

    def _tally(self) -> Tally:
        return tally_of(self.documents.get(TABLE, *MARK, consistent=True))

    def _counts(self, mark: Mark) -> Iterator[Count]:
        count = Count(mark)
        for at, links in self.archive(mark):
            for link in links:
                count.take(from_body(link.body), Mark(link.sequence, at.object_key))
                if count.records >= self.at_once or count.is_full:
                    yield count
                    count = Count(count.mark)
        if count.records:
            yield count


class Told(NamedTuple):
    """A tally, and how many records are archived that it does not count yet."""

    tally: Tally
    uncounted: int


@dataclass(frozen=True)
class ReadTally:
    documents: Documents
    index: ArchiveIndex

    def __call__(self) -> Told:
        tally = tally_of(self.documents.get(TABLE, *MARK, consistent=True))
        return Told(tally, max(0, self.index.head().sequence - tally.mark.sequence))

    def days(self, now: datetime, count: int) -> list[Traded]:
        """What was traded on each of the last days, the newest first."""
        days = last_days(now, count)
        rows = self.documents.query(TABLE, DAYS, limit=count, newest=True)
        return traded_of(rows, days)
