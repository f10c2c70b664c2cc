"""Operator runs: who set what going by hand, when, and what came of it?

Two audit records for each run that changes anything, in the operator's own partition:
one before the first change, one with the counts at its end. A run that died in between
has the first one alone.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.change import Replayed
from chalicelib.domain.record import Plain, Record
from chalicelib.usecases.ports import Books

PARTITION = "operator_"


@dataclass(frozen=True, slots=True)
class OperatorRun:
    """One run. `key`: a ULID of its beginning. `by`: how the operator is called, never a person's data."""

    by: str
    key: str
    at: datetime
    is_dry: bool = True

    def record(self, action: str, about: Mapping[str, Plain], at: datetime, is_end: bool = False) -> Record:
        return Record(
            partition=PARTITION + self.by,
            entry_id=f"{self.key}#end" if is_end else self.key,
            action=action,
            at=at,
            actor=PARTITION + self.by,
            about=about,
        )


@dataclass(frozen=True)
class AuditRun:
    """`action` is the noun of the run: REDRIVE, REPLAY."""

    books: Books

    def begun(self, run: OperatorRun, action: str, about: Mapping[str, Plain]) -> None:
        if not run.is_dry:
            self._write(run.record(f"{action}_BEGUN", about, run.at))

    def ended(self, run: OperatorRun, action: str, about: Mapping[str, Plain], now: datetime) -> None:
        if not run.is_dry:
            self._write(run.record(f"{action}_ENDED", about, now, is_end=True))

    def _write(self, record: Record) -> None:
        with suppress(Replayed):  # every run has a key of its own: this is the record, written unanswered
            self.books.commit(record, [])
