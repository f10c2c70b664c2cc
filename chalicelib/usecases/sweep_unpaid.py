"""Sweep: close the unpaid orders whose timers were missed, and ask on where a channel has not answered."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.domain import unpaid
from chalicelib.usecases.close_order import CloseOrder
from chalicelib.usecases.ports import Documents

logger = logging.getLogger("forecourt")  # as observability.py calls it: so the line keeps its fields


class Swept(NamedTuple):
    """How many orders a sweep looked at, and how many of them it could not be done with."""

    looked_at: int = 0
    left: int = 0


@dataclass(frozen=True)
class SweepUnpaid:
    documents: Documents
    close_order: CloseOrder

    def __call__(self, now: datetime) -> Swept:
        """Look at every order whose minute is over since the last sweep.

        What is left to do for an order comes again by the next sweep, and keeps no other from its turn.
        """
        cursor = self.documents.get(unpaid.TABLE, *unpaid.CURSOR, consistent=True) or {}
        looked_at, left, swept = 0, 0, None
        for minute in unpaid.minutes_to_sweep(cursor.get("minute", 0), now):
            rows = self.documents.query(unpaid.TABLE, unpaid.partition(minute))
            for row in rows:
                if not self._is_done(row, now):
                    left += 1
                    again = unpaid.row_again(row, now)
                    self.documents.put_many(unpaid.TABLE, [unpaid.doubt_of(again), again])
                elif unpaid.is_in_doubt(row):
                    self.documents.delete(unpaid.TABLE, unpaid.IN_DOUBT, row["sk"])
            looked_at += len(rows)
            swept = minute
        if swept is not None:
            self.documents.put(unpaid.TABLE, *unpaid.CURSOR, {"minute": swept})
        return Swept(looked_at, left)

    def _is_done(self, row: Mapping[str, Any], now: datetime) -> bool:
        try:
            return self.close_order.when_overdue(row["sk"], now, row["channel"])
        except Exception:
            logger.exception("an unpaid order is in the way", extra={"order": row["sk"]})
            return False
