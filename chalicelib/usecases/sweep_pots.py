"""Sweep the pots: has every pot that was filled its row, by which it will be released?

The reader of the accounts puts the rows. Were one of its changes given up, the
commission in that pot would stay frozen for ever. The lines of E:COMMISSION come by
another reader from another stream and name the pots that a day has filled: when the
day is closed, each of them has its row, or is empty, or gets its row now.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.domain import platform_books, release_due
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.commission_entry import EXPENSE
from chalicelib.domain.release_due import ReleaseRow
from chalicelib.usecases.platform_lines import lines_of_day
from chalicelib.usecases.ports import Accounts, Documents

ROWS_READ_MAX = 100


@dataclass(frozen=True)
class SweepPots:
    accounts: Accounts
    documents: Documents

    def __call__(self, now: datetime) -> int:
        """How many rows were missing. A run that dies is done again; doing it again changes nothing."""
        last, missing = platform_books.last_closable_day(now), 0
        swept = self.documents.get(release_due.TABLE, *release_due.SWEPT)
        at_first = business_date(now) - timedelta(days=release_due.DAYS_BACK_AT_FIRST)
        first = platform_books.next_day(swept["day"]) if swept else day_text(at_first)
        for day in platform_books.days_through(first, last):
            missing += self._sweep(day, business_date(now))
            self.documents.put(release_due.TABLE, *release_due.SWEPT, {"day": day})
        return missing

    def _sweep(self, day: str, today: date) -> int:
        lines = lines_of_day(self.documents, EXPENSE, day)
        pots = {(line.record_id.partition("/")[0], line.release) for line in lines if line.release}
        rows = [release_due.row_of(distributor_id, pot, 0, today) for distributor_id, pot in sorted(pots)]
        chunks = (rows[start : start + ROWS_READ_MAX] for start in range(0, len(rows), ROWS_READ_MAX))
        return sum(self._put_missing(chunk) for chunk in chunks)

    def _put_missing(self, rows: list[ReleaseRow]) -> int:
        known = self.documents.get_many(release_due.TABLE, [row.key for row in rows])
        return sum(self._put(row) for row in rows if row.key not in known)

    def _put(self, row: ReleaseRow) -> bool:
        pot = self.accounts.pot(row.distributor_id, row.pot_day)
        if pot.frozen_fen == 0:
            return False  # released, or taken back
        return self.documents.put_new(release_due.TABLE, *row.key, {"pot_version": pot.version})
