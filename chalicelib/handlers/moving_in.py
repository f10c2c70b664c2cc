"""Moving in: what may an operator ask of data from another system, and what is told of them?

docs/runbooks/import-data.md tells the columns, the order and what each flaw means.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chalicelib import bootstrap
from chalicelib.domain.opening import differing
from chalicelib.domain.opening_file import SUMS, OpeningKind, Totals
from chalicelib.handlers.operations import NAME, Name, Wish, time_is_over
from chalicelib.observability import Metric, count
from chalicelib.usecases.import_data import Imported, ImportWish

SOURCE = r"^[a-z][a-z0-9-]{1,30}$"
Fen = int | None


class Sums(BaseModel):
    """The control totals that a source may give: sums in fen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    balance_fen: Fen = Field(default=None, ge=0)
    available_fen: Fen = Field(default=None, ge=0)
    frozen_fen: Fen = Field(default=None, ge=0)
    owed_fen: Fen = Field(default=None, ge=0)
    custody_fen: Fen = Field(default=None, ge=0)
    operating_fen: Fen = Field(default=None, ge=0)
    supplier_fen: Fen = Field(default=None, ge=0)

    def given(self, names: tuple[str, ...]) -> Totals:
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class DataWish(Wish, Sums):
    """One file. A real run needs its SHA-256, all totals of its kind, and two people."""

    source: Name = Field(pattern=SOURCE, description="the other system, the same word in every run")
    kind: OpeningKind
    file: str = Field(min_length=1, max_length=300, description="its key in the bucket of uploads")
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    rows: Fen = Field(default=None, ge=0)
    approved_by: Name = Field(default="", pattern=NAME, description="who compared the totals with the source")

    @model_validator(mode="after")
    def _two_people_and_all_totals(self) -> Self:
        strange = set(self.given(tuple(Sums.model_fields))) - set(SUMS[self.kind])
        if strange:
            raise ValueError(f"a file of {self.kind} has no {', '.join(sorted(strange))}")
        if self.dry_run:
            return self
        if not self.approved_by or self.approved_by.lower() == self.by.lower():
            raise ValueError("a real run needs approved_by: somebody else than by")
        missing = [name for name in self._names if name not in self.expected]
        if missing or not self.sha256:
            raise ValueError(
                f"a real run needs {', '.join([*missing, *(() if self.sha256 else ('sha256',))])}"
            )
        return self

    @property
    def _names(self) -> tuple[str, ...]:
        return ("rows", *SUMS[self.kind])

    @property
    def expected(self) -> Totals:
        """The totals that were given."""
        return self.given(self._names)


class ReportWish(Sums):
    """Everything of a source: what the source says it has of each kind. None given: it is only told."""

    source: str = Field(pattern=SOURCE)
    distributors_rows: Fen = Field(default=None, ge=0)
    customers_rows: Fen = Field(default=None, ge=0)
    cards_rows: Fen = Field(default=None, ge=0)
    commission_rows: Fen = Field(default=None, ge=0)
    bank_rows: Fen = Field(default=None, ge=0)


def import_data(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Check a file from another system, or bring what is in it."""
    told = DataWish.model_validate(event)
    wish = ImportWish(told.source, told.kind, told.file, told.sha256, told.expected, told.approved_by)
    imported = bootstrap.import_data()(told.run(), time_is_over(context), wish)
    if not told.dry_run:
        count(Metric.IMPORTED, imported.written)
        count(Metric.IMPORT_REFUSED, len(imported.errors))
        count(Metric.IMPORT_DIFFERENCES, len(imported.differences))
    return _imported(imported, told)


def import_report(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """What the ledger has of a source, beside what the source says it had."""
    wish = ReportWish.model_validate(event)
    expected, ledger = _named(wish), _ledger(wish.source, context)
    if ledger is None:
        return {"is_complete": False}
    differences = differing(expected, {name: ledger[name] for name in expected})
    count(Metric.IMPORT_DIFFERENCES, len(differences))
    not_compared = sorted(set(ledger) - set(expected))
    return {
        "is_complete": True,
        "ledger": ledger,
        "opening_fen": _own_fen(ledger),
        "differences": differences,
        "not_compared": not_compared,
        "is_equal": not differences and not not_compared,
    }


def _named(wish: ReportWish) -> Totals:
    return {name: value for name, value in wish.model_dump(exclude={"source"}).items() if value is not None}


def _ledger(source: str, context: Any) -> Totals | None:
    """The totals of all kinds under the names of the report; None: the time was over."""
    found: Totals = {}
    for kind in OpeningKind:
        totals = bootstrap.opening_totals().of_source(source, kind, time_is_over(context))
        if totals is None:
            return None
        found |= {f"{kind}_rows" if name == "rows" else name: value for name, value in totals.items()}
    return found


def _own_fen(ledger: Totals) -> int:
    """What Q:OPENING nets to: the operator's own share of what was brought."""
    assets_fen = sum(ledger[name] for name in SUMS[OpeningKind.BANK]) + ledger["owed_fen"]
    return assets_fen - ledger["balance_fen"] - ledger["available_fen"] - ledger["frozen_fen"]


def _imported(imported: Imported, told: DataWish) -> dict[str, Any]:
    is_done = not (told.dry_run or imported.errors or imported.differences or imported.left)
    return {
        "dry_run": told.dry_run,
        "sha256": imported.sha256,
        "totals": imported.totals,
        "errors": [str(error) for error in imported.errors],
        "differences": imported.differences,
        "done_before": imported.done_before,
        "written": imported.written,
        "left": imported.left,
        "ledger": imported.ledger,
        "is_done": is_done,
        "cursor": "more" if _goes_on(imported, told) else "",
    }


def _goes_on(imported: Imported, told: DataWish) -> bool:
    """Whether only the time was over: the same call again goes on."""
    return not told.dry_run and imported.left > 0 and not imported.errors and not imported.differences
