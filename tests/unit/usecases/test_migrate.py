"""Migrations: a step changes what needs it, once, beside code that goes on writing, cut off or not.

The example: customers of old stand with one `name`; new code wants `family` and `given`. Code of
today reads both shapes, and so nobody stops.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.domain.change import DocumentChange
from chalicelib.usecases.migrate import Migrate, Migrated, Step, StepUnknown
from chalicelib.usecases.operator_run import AuditRun, OperatorRun
from tests.fakes.books import FakeBooks
from tests.fakes.documents import FakeDocuments
from tests.fakes.pages import FakePages

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
PEOPLE = 250


def names_apart(item: Mapping[str, Any]) -> Mapping[str, Any]:
    if "name" not in item or "given" in item:
        return {}
    family, _, given = item["name"].partition(" ")
    return {"family": family, "given": given}


STEP = Step("names-apart", "people", ("name", "given"), names_apart)


def written_by_old_code(number: int) -> dict[str, Any]:
    return {"name": f"Li Number{number}"}


def written_by_new_code(number: int) -> dict[str, Any]:
    return {**written_by_old_code(number), "family": "Li", "given": f"Number{number}"}


@dataclass
class House:
    """The people of a table, and one who migrates."""

    documents: FakeDocuments = field(default_factory=FakeDocuments)
    runs: int = 0

    def __post_init__(self) -> None:
        self.books = FakeBooks(self.documents)
        self.pages = FakePages(self.documents)
        for number in range(PEOPLE):
            self.put(number, written_by_new_code(number) if number % 5 == 0 else written_by_old_code(number))

    def put(self, number: int, values: Mapping[str, Any]) -> None:
        self.documents.put("people", f"cus_{number:012}", "profile", values)

    def migrates(
        self, dry: bool = False, is_over: Callable[[], bool] = lambda: False, step: str = STEP.name
    ) -> Migrated:
        self.runs += 1
        migrate = Migrate(self.documents, self.pages, AuditRun(self.books), lambda: NOW, (STEP,))
        return migrate(OperatorRun("anna", f"RUN{self.runs:03}", NOW, dry), is_over, step)

    def people(self) -> list[dict[str, Any]]:
        return [item for key, item in sorted(self.documents.items.items()) if key[0] == "people"]

    def left(self) -> list[dict[str, Any]]:
        return [item for item in self.people() if STEP.change_of(item) is not None]


@pytest.fixture
def house() -> House:
    return House()


def after_pages(count: int) -> Callable[[], bool]:
    left = iter(range(count))
    return lambda: next(left, None) is None


def test_a_dry_run_counts_and_writes_nothing(house: House) -> None:
    before = dict(house.documents.items)
    migrated = house.migrates(dry=True)
    assert (migrated.looked_at, migrated.found, migrated.changed) == (250, 200, 0)
    assert (migrated.is_complete, migrated.done_at, migrated.cursor) == (True, None, "")
    assert (house.documents.items, house.books.journal) == (before, {})


def test_a_step_changes_what_needs_it_and_is_done_once_a_pass_finds_nothing(house: House) -> None:
    migrated = house.migrates()
    assert (migrated.changed, migrated.overtaken, migrated.done_at) == (200, 0, NOW)
    assert migrated.looked_at == 2 * PEOPLE
    assert house.left() == []
    assert house.people()[3] | {"family": "Li", "given": "Number3"} == house.people()[3]
    stood = dict(house.documents.items)
    again = house.migrates()
    assert (again.looked_at, again.done_at, house.documents.items) == (0, NOW, stood)
    assert [record.action for record in house.books.journal.values()] == ["MIGRATE_BEGUN", "MIGRATE_ENDED"]


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_cut_off_it_goes_on_where_it_stopped(house: House, pages: int) -> None:
    changed = []
    for _ in range(20):
        migrated = house.migrates(is_over=after_pages(pages))
        changed.append(migrated.changed)
        if not migrated.cursor:
            break
    assert (sum(changed), migrated.done_at, house.left()) == (200, NOW, [])
    assert changed[0] == min(200, 80 * pages)


def test_a_pass_that_was_cut_off_proves_nothing_about_what_lies_before_it(house: House) -> None:
    house.migrates(is_over=after_pages(1))
    house.put(1, written_by_old_code(1))  # old code, still running, wrote behind our back
    migrated = house.migrates()
    assert (migrated.done_at, house.left()) == (NOW, [])


def test_what_others_write_meanwhile_stands_and_is_looked_at_again(house: House) -> None:
    class Meddled(FakeDocuments):
        def change(self, change: DocumentChange) -> dict[str, Any] | None:
            item = self.items.get((change.table, change.pk, change.sk), {})
            if item.get("name") == "Li Number7":
                self.put(change.table, change.pk, change.sk, {"name": "Wang Number7"})
            return super().change(change)

    house.documents = house.pages.documents = house.books.documents = Meddled(house.documents.items)
    migrated = house.migrates()
    assert (migrated.overtaken, migrated.changed, migrated.done_at) == (1, 200, NOW)
    assert house.people()[7]["family"] == "Wang"


def test_what_was_removed_meanwhile_does_not_come_back(house: House) -> None:
    class Removing(FakeDocuments):
        def change(self, change: DocumentChange) -> dict[str, Any] | None:
            if change.pk == "cus_000000000007":
                self.delete(change.table, change.pk, change.sk)
            return super().change(change)

    house.documents = house.pages.documents = house.books.documents = Removing(house.documents.items)
    assert house.migrates().overtaken == 1
    assert len(house.people()) == PEOPLE - 1


def test_a_step_that_nobody_knows_is_refused(house: House) -> None:
    with pytest.raises(StepUnknown, match="names-apart"):
        house.migrates(step="another")
    assert house.books.journal == {}


def test_records_and_balances_are_never_migrated(house: House) -> None:
    with pytest.raises(AssertionError, match="never migrated"):
        Step("x", "journal", ("body",), lambda item: {})
    richer = Step("x", "cards", ("available_fen",), lambda item: {"available_fen": item["available_fen"] + 1})
    with pytest.raises(AssertionError, match="postings alone"):
        richer.change_of({"pk": "crd_A", "sk": "", "available_fen": 1})
