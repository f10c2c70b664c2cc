"""Sweep: close the unpaid orders whose timers were missed."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import unpaid
from chalicelib.usecases.close_order import CloseOrder
from chalicelib.usecases.ports import Documents


@dataclass(frozen=True)
class SweepUnpaid:
    documents: Documents
    close_order: CloseOrder

    def __call__(self, now: datetime) -> int:
        """Look at every order whose minute is over since the last sweep; how many were looked at."""
        cursor = self.documents.get(unpaid.TABLE, *unpaid.CURSOR, consistent=True) or {}
        looked_at = 0
        swept = None
        for minute in unpaid.minutes_to_sweep(cursor.get("minute", 0), now):
            rows = self.documents.query(unpaid.TABLE, unpaid.partition(minute))
            for row in rows:
                self.close_order.when_overdue(row["sk"], now)
            looked_at += len(rows)
            swept = minute
        if swept is not None:
            self.documents.put(unpaid.TABLE, *unpaid.CURSOR, {"minute": swept})
        return looked_at
