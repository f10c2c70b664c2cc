"""Query unknown: ask the outside about every call whose end is not known yet."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain import due
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.due import Due
from chalicelib.usecases.ports import Documents

logger = logging.getLogger("forecourt")  # as observability.py calls it: so the line keeps its fields


class Asked(NamedTuple):
    """What a run came to: how many questions it asked, which calls have had no end for a day.

    `late_topups`: how many top-ups their customers wait for.
    """

    questions: int
    overdue: tuple[Due, ...]
    late_topups: int = 0


@dataclass(frozen=True)
class QueryUnknown:
    """`ask` has one question for each kind of call; it ends the due row itself when the answer is final."""

    documents: Documents
    ask: Mapping[str, Callable[[Due, datetime], None]]

    def __call__(self, now: datetime) -> Asked:
        """Ask about each open call whose time has come.

        A question that fails does not keep the others from being asked.
        """
        questions, overdue, late_topups = 0, [], 0
        for partition in due.partitions():
            for item in self.documents.query(due.TABLE, partition):
                row = due.from_item(item)
                if due.is_asked_now(row, now):
                    self._ask(row, now)
                    questions += 1
                if due.is_overdue(row, now):
                    overdue.append(row)
                late_topups += due.is_late_topup(row, now)
        return Asked(questions, tuple(overdue), late_topups)

    def _ask(self, row: Due, now: datetime) -> None:
        try:
            self.ask[row.kind](row, now)
        except Exception:
            logger.exception(
                "a question to the outside failed", extra={"kind": row.kind, "call": row.call_id}
            )
        self.documents.change(
            DocumentChange(
                due.TABLE, *row.key, set_values={"tries": row.tries + 1}, expected={"tries": row.tries}
            )
        )
