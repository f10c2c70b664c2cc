"""Migrate: do the items of a table look as the code of today wants them, without anybody stopping?

A step looks at each item of one table and says what is to change, or nothing. Old and new
code work on the same items meanwhile: so a step comes after the release whose readers
understand both shapes, and before the one whose readers know the new shape alone. Each
change is conditional on what was read: who wrote meanwhile was right, and is looked at
again. Where a step stands is kept; cut off, it goes on, and done, it does nothing.

    work: pk migration   sk <step>    position, is_clean (of this pass so far), done_at (a pass was clean)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.ledger import GUARDED
from chalicelib.usecases.operator_run import AuditRun, OperatorRun
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.ports_in_bulk import Pages

ACTION = "MIGRATE"
TABLE = "work"
PARTITION = "migration"
PAGE_ITEMS = 100
_BEGINNING = ("", "")
# A record is never changed, and a balance only by a posting.
NEVER = frozenset({"journal"})
COLUMNS = frozenset(column.name for column in GUARDED.values()) | {"balance_fen"}

Item = Mapping[str, Any]


class StepUnknown(ValueError):
    """There is no step of this name."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of a table's items.

    `change`: the values that an item still needs, by name; none: it is as it should be. It is
    written only while every attribute that `reads` names is as it was read.
    """

    name: str
    table: str
    reads: tuple[str, ...]
    change: Callable[[Item], Mapping[str, Any]]

    def __post_init__(self) -> None:
        assert self.table not in NEVER, f"{self.name}: the table {self.table} is never migrated"
        assert self.reads, f"{self.name}: a change needs a condition"

    def change_of(self, item: Item) -> DocumentChange | None:
        """The conditional change of an item that is not yet as it should be."""
        values = self.change(item)
        if not values:
            return None
        assert not COLUMNS & set(values), f"{self.name}: money moves by postings alone"
        expected = {"pk": item["pk"]} | {name: item.get(name) for name in self.reads}  # and it is still there
        return DocumentChange(self.table, item["pk"], item["sk"], dict(values), expected)


# The steps of this version, in the order in which they are run. None is needed today.
STEPS: tuple[Step, ...] = ()


@dataclass
class Migrated:
    """What one run saw and did. `overtaken`: changed by others in between; the next pass looks again."""

    looked_at: int = 0
    found: int = 0
    changed: int = 0
    overtaken: int = 0
    done_at: datetime | None = None
    is_complete: bool = False  # everything was looked at, and, in a real run, is as it should be
    shown: list[str] = field(default_factory=list)
    cursor: str = ""


@dataclass(frozen=True)
class Migrate:
    documents: Documents
    pages: Pages
    audit: AuditRun
    now: Callable[[], datetime]
    steps: tuple[Step, ...] = STEPS

    def states(self) -> dict[str, str]:
        """Each step: when it was done, or "open"."""
        return {
            step.name: told.isoformat() if (told := self._done_at(step)) else "open" for step in self.steps
        }

    def __call__(self, run: OperatorRun, is_over: Callable[[], bool], name: str) -> Migrated:
        """Count what a step would change (a dry run), or change it, until all is or the time is over.

        Raises: StepUnknown, Unavailable.
        """
        step = next((step for step in self.steps if step.name == name), None)
        if step is None:
            raise StepUnknown(
                f"step {name!r} is none of {', '.join(one.name for one in self.steps) or 'none'}"
            )
        migrated = Migrated(done_at=self._done_at(step))
        if migrated.done_at is not None:
            migrated.is_complete = True
            return migrated
        self.audit.begun(run, ACTION, {"step": name})
        self._go_through(run, step, migrated, is_over)
        counts = {
            "changed": migrated.changed,
            "overtaken": migrated.overtaken,
            "done": bool(migrated.done_at),
        }
        self.audit.ended(run, ACTION, {"step": name, **counts}, self.now())
        return migrated

    def _go_through(
        self, run: OperatorRun, step: Step, migrated: Migrated, is_over: Callable[[], bool]
    ) -> None:
        """Passes from where the last run stopped, until one from the beginning finds nothing."""
        position, is_clean = (_BEGINNING, True) if run.is_dry else self._standing(step)
        while not is_over():
            items, last = self.pages.page(step.table, position, PAGE_ITEMS)
            is_clean = not self._page(run, step, items, migrated) and is_clean
            if last is None and (is_clean or run.is_dry):
                migrated.is_complete = True
                self._finish(run, step, migrated)
                return
            position, is_clean = last or _BEGINNING, is_clean or last is None
            self._keep(run, step, {"position": list(position), "is_clean": is_clean})
        migrated.cursor = "" if run.is_dry else "more"

    def _page(self, run: OperatorRun, step: Step, items: list[dict[str, Any]], migrated: Migrated) -> int:
        """How many of these items are not as they should be."""
        found = 0
        for item in items:
            migrated.looked_at += 1
            change = step.change_of(item)
            if change is None:
                continue
            found += 1
            migrated.shown = [*migrated.shown, f"{item['pk']} {item['sk']}"][:PAGE_ITEMS]
            if not run.is_dry:
                is_written = self.documents.change(change) is not None
                migrated.changed += is_written
                migrated.overtaken += not is_written
        migrated.found += found
        return found

    def _finish(self, run: OperatorRun, step: Step, migrated: Migrated) -> None:
        if not run.is_dry:
            migrated.done_at = self.now()
            self._keep(run, step, {"done_at": to_ms(migrated.done_at), "by": run.by})

    def _keep(self, run: OperatorRun, step: Step, values: Mapping[str, Any]) -> None:
        if not run.is_dry:
            self.documents.change(DocumentChange(TABLE, PARTITION, step.name, values, {}))

    def _standing(self, step: Step) -> tuple[tuple[str, str], bool]:
        """Where the pass stands, and whether it found nothing so far."""
        state = self._state(step) or {}
        pk, sk = state.get("position", _BEGINNING)
        return (str(pk), str(sk)), bool(state.get("is_clean", True))

    def _done_at(self, step: Step) -> datetime | None:
        done_at_ms = (self._state(step) or {}).get("done_at")
        return from_ms(done_at_ms) if done_at_ms else None

    def _state(self, step: Step) -> dict[str, Any] | None:
        return self.documents.get(TABLE, PARTITION, step.name, consistent=True)
