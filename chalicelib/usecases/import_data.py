"""Import data: bring cards, distributors and balances from another system, row by row, each exactly once.

The whole file is checked before its first row is written, and its control totals are
those that two people have named. A row, its record and its claim are one transaction:
whoever is cut off in between begins again and finds what is done. At the end the totals
are taken from the ledger, not from the file.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.domain.business_time import business_date
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.opening import Origin, differing
from chalicelib.domain.opening_file import (
    LineFlaw,
    OpeningFile,
    OpeningFlaw,
    OpeningKind,
    OpeningRow,
    Totals,
    read_file,
)
from chalicelib.domain.record import Plain
from chalicelib.usecases.check_opening import CheckOpening
from chalicelib.usecases.make_opening import MakeOpening
from chalicelib.usecases.opening_totals import OpeningTotals
from chalicelib.usecases.operator_run import PARTITION, AuditRun, OperatorRun
from chalicelib.usecases.ports import Books, Objects

ACTION = "IMPORT"
TRIES_MAX = 4


class OpeningFileMissing(ValueError):
    """There is no such file in the bucket of uploads."""


@dataclass(frozen=True, slots=True)
class ImportWish:
    """Which file is brought, and what its sender says of it; a dry run may leave out what comes last."""

    source: str
    kind: OpeningKind
    file: str
    sha256: str = ""
    expected: Totals = field(default_factory=dict)
    approved_by: str = ""


@dataclass
class Imported:
    """What one run saw and did. `differences`: totals that are not those expected, as [expected, found]."""

    sha256: str = ""
    totals: Totals = field(default_factory=dict)
    errors: list[LineFlaw] = field(default_factory=list)
    differences: dict[str, list[int]] = field(default_factory=dict)
    done_before: int = 0
    written: int = 0
    left: int = 0
    ledger: Totals = field(default_factory=dict)


@dataclass(frozen=True)
class ImportData:
    books: Books
    uploads: Objects
    check: CheckOpening
    make: MakeOpening
    totals: OpeningTotals
    audit: AuditRun
    now: Callable[[], datetime]

    def __call__(self, run: OperatorRun, is_over: Callable[[], bool], wish: ImportWish) -> Imported:
        """Check the file (a dry run), or bring it, until all was or the time is over.

        Nothing is written where the file, its checksum or its totals are not as expected.
        Raises: OpeningFileMissing, Unavailable.
        """
        content = self.uploads.get(wish.file)
        if content is None:
            raise OpeningFileMissing(f"there is no file {wish.file} in the bucket of uploads")
        found = read_file(wish.kind, content)
        imported = Imported(hashlib.sha256(content).hexdigest(), found.totals, found.errors)
        todo = self._todo(wish, found, imported)
        if wish.expected or not run.is_dry:
            imported.differences = differing(wish.expected, imported.totals)
        if run.is_dry or imported.errors or imported.differences:
            return imported
        about: dict[str, Plain] = {"source": wish.source, "kind": wish.kind.value, "sha256": imported.sha256}
        totals: dict[str, Plain] = dict(imported.totals)
        self.audit.begun(run, ACTION, {**about, "totals": totals, "approved_by": wish.approved_by})
        self._write(run, wish, todo, imported, is_over)
        if not imported.left and not imported.errors:
            ids = [row.source_id for row in found.rows]
            imported.ledger = self.totals.of_rows(wish.source, wish.kind, ids)
            imported.differences = differing(wish.expected, imported.ledger)
        counts: dict[str, Plain] = {"written": imported.written, "left": imported.left}
        counts |= {"errors": len(imported.errors), "differences": len(imported.differences)}
        self.audit.ended(run, ACTION, {**about, **counts}, self.now())
        return imported

    def _todo(self, wish: ImportWish, found: OpeningFile, imported: Imported) -> list[OpeningRow]:
        if wish.sha256 and wish.sha256 != imported.sha256:
            found.note(0, OpeningFlaw.FILE_DIFFERS)
        if found.errors:
            return []
        checked = self.check(wish.source, found, business_date(self.now()))
        imported.done_before, imported.left = checked.done_before, len(checked.todo)
        return checked.todo

    def _write(
        self,
        run: OperatorRun,
        wish: ImportWish,
        todo: Sequence[OpeningRow],
        imported: Imported,
        is_over: Callable[[], bool],
    ) -> None:
        for row in todo:
            if is_over():
                return
            origin = Origin(wish.source, wish.kind, run.key, PARTITION + run.by, self.now())
            if not self._bring(origin, row):
                imported.errors.append(LineFlaw(row.line, OpeningFlaw.TAKEN_MEANWHILE))
                return
            imported.written += 1
            imported.left -= 1

    def _bring(self, origin: Origin, row: OpeningRow) -> bool:
        """Whether the row is brought, by this run or another; false where something else took its place."""
        mark = self.check.mark(row)
        for _ in range(TRIES_MAX):
            record, changes = self.make(origin, row)
            try:
                self.books.commit(record, [*changes, origin.claim(row, mark, record)])
            except (Replayed, Stale):
                claim = self.check.claims(origin.source, origin.kind, [row]).get(row.source_id)
                if claim is not None:
                    return claim["mark"] == mark
                continue
            return True
        return False
