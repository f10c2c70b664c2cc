"""Close the books: how does a finished day of the platform's accounts become one row, and stay right?

A day is summed from its lines and written under the version it was read with, so
whoever sums at the same moment, or after a line that came late, ends at the sum
of all lines. Running it again changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import platform_books as layout
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.platform_lines import sum_of_lines
from chalicelib.usecases.ports import Documents

TRIES_MAX = 8


@dataclass(frozen=True)
class CloseBooks:
    documents: Documents

    def __call__(self, now: datetime) -> int:
        """How many days of accounts were closed. Raises: Unavailable."""
        last = layout.last_closable_day(now)
        closed = 0
        for item in self.documents.query(layout.TABLE, layout.ACCOUNTS):
            through = item.get("closed_through")
            first = layout.next_day(through) if through else item["first_day"]
            for day in layout.days_through(first, last):
                self.sum_up(item["sk"], day)
                self._mark_closed(item, through, day)
                through = day
                closed += 1
        return closed

    def sum_up(self, account: str, day: str) -> int:
        """The sum of a day's lines, written into its row. Raises: Unavailable."""
        key = (layout.TABLE, layout.days_key(account), layout.DAY + day)
        # The row is there before the lines are read: a line that comes later sees it and sums anew.
        self.documents.put_new(*key, {"sum_fen": 0, "count": 0, "version": 1})
        for _ in range(TRIES_MAX):
            row = self.documents.get(*key, consistent=True)
            assert row is not None
            sum_fen, count = sum_of_lines(self.documents, account, day)
            if (row["sum_fen"], row["count"]) == (sum_fen, count):
                return sum_fen
            change = DocumentChange(
                *key,
                set_values={"sum_fen": sum_fen, "count": count},
                expected={"version": row["version"]},
                add={"version": 1},
            )
            if self.documents.change(change) is not None:
                return sum_fen
        raise Unavailable()

    def _mark_closed(self, account: Mapping[str, Any], before: str | None, day: str) -> None:
        """A second run at the same moment has marked it already, which is as well.

        An account that begins earlier since it was read is closed from there by the next run.
        """
        self.documents.change(
            DocumentChange(
                layout.TABLE,
                layout.ACCOUNTS,
                account["sk"],
                set_values={"closed_through": day},
                expected={"closed_through": before, "first_day": account["first_day"]},
            )
        )
