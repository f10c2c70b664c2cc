"""Project the journal: lines of the platform's accounts, the review queue, what a withdrawal was for, and
whom a distributor brought.

Everything is put under the key of the records it comes from, or made anew from the
journal: a record that comes twice, or late, or in a batch cut otherwise, changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import brought
from chalicelib.domain import platform_books as layout
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.platform_books import PlatformLine
from chalicelib.domain.record import Record
from chalicelib.usecases.allocate_withdrawal import AllocateWithdrawal
from chalicelib.usecases.close_books import CloseBooks
from chalicelib.usecases.ports import Documents

TRIES_MAX = 8


@dataclass(frozen=True)
class ProjectJournal:
    documents: Documents
    close_books: CloseBooks
    queue_reviews: Callable[[Iterable[Record]], None]
    allocate: AllocateWithdrawal

    def __call__(self, records: Sequence[Record], now: datetime) -> None:
        """Write what a batch of new records asks for. Raises: Unavailable."""
        lines = [line for record in records for line in layout.lines_of(record)]
        self._begin_accounts(lines)
        self._put_lines(lines, now)
        if withdrawn := [record for record in records if record.entry_id.startswith("wdr_")]:
            self.queue_reviews(withdrawn)
        if customers := brought.rows_of(records):
            self.documents.put_many(brought.TABLE, customers)
        for record in records:
            self.allocate(record, now)

    def _begin_accounts(self, lines: Sequence[PlatformLine]) -> None:
        """Accounts that were never written to are listed from now on."""
        first_days: dict[str, str] = {}
        for line in lines:
            first_days[line.account] = min(line.day, first_days.get(line.account, line.day))
        wanted = [(layout.ACCOUNTS, account) for account in first_days]
        known = self.documents.get_many(layout.TABLE, wanted)
        for key in wanted:
            self._begin(key, first_days[key[1]], known.get(key))

    def _begin(self, key: tuple[str, str], day: str, known: Mapping[str, Any] | None) -> None:
        """The account begins no later than this day: what lies before its first day is not summed."""
        for _ in range(TRIES_MAX):
            if known is None and self.documents.put_new(layout.TABLE, *key, {"first_day": day}):
                return
            known = known or self.documents.get(layout.TABLE, *key, consistent=True)
            assert known is not None
            if known["first_day"] <= day:
                return
            earlier = DocumentChange(
                layout.TABLE, *key, {"first_day": day}, {"first_day": known["first_day"]}
            )
            if self.documents.change(earlier) is not None:
                return
            known = None
        raise Unavailable()

    def _put_lines(self, lines: Sequence[PlatformLine], now: datetime) -> None:
        self.documents.put_many(layout.TABLE, layout.packs_of(lines))
        for account, day in {(line.account, line.day) for line in lines if not layout.is_open(line.day, now)}:
            self._sum_anew(account, day)

    def _sum_anew(self, account: str, day: str) -> None:
        """A line of a day that may be closed already: its sum counts it, or will."""
        row = self.documents.get(layout.TABLE, layout.days_key(account), layout.DAY + day, consistent=True)
        state = self.documents.get(layout.TABLE, layout.ACCOUNTS, account, consistent=True)
        if row is not None or (state or {}).get("closed_through", "") >= day:
            self.close_books.sum_up(account, day)
