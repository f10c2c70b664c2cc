"""Which pots does a balance read, and does it ever leave one out that holds money?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain import open_pots, release_due
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.change import Change, PotChange, Stale
from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.open_pots import reopened
from chalicelib.domain.record import Record
from chalicelib.store.accounts import POTS_READ_AT_FIRST
from tests.simulation.store_programs import DISTRIBUTOR
from tests.simulation.test_released_commission import SETTLED, BusyBooks, earned, of_accounts, release
from tests.simulation.used_store import ACCOUNT, DAY, Store

TODAY = date(2026, 11, 29)
YEARS_AGO = "20240301"


def day_before(days: int) -> str:
    return day_text(TODAY - timedelta(days=days))


@pytest.fixture
def store() -> Store:
    return Store()


def emptied(store: Store, count: int) -> None:
    """A pot of each of so many days before the last week, filled and emptied."""
    for days in range(7, 7 + count):
        filled(store, 3, day_before(days))
        refunded(store, 3, day_before(days))


def filled(store: Store, fen: int, day: str, *more: Change) -> None:
    """Commission of a release day; nobody has put the row by which it will be released."""
    lines = (debit("E:COMMISSION", fen), credit(f"L:COMM_FROZEN:{DISTRIBUTOR}:{day}", fen))
    store.post("COMMISSION", lines, PotChange(DISTRIBUTOR, day), *more)


def refunded(store: Store, fen: int, day: str) -> None:
    lines = (debit(f"L:COMM_FROZEN:{DISTRIBUTOR}:{day}", fen), credit("E:COMMISSION", fen))
    store.post("COMMISSION_REVERSAL", lines, PotChange(DISTRIBUTOR, day))


def comes_late(store: Store, fen: int, day: str) -> None:
    """Commission of a day that is long over, as the reader of the orders writes it."""
    known = store.accounts.balances(DISTRIBUTOR, with_pots=False).open_since
    filled(store, fen, day, reopened(DISTRIBUTOR, day, known))


def put_row_of_today(store: Store, day: str) -> None:
    """The row that the stream puts for a pot which came late."""
    row = release_due.row_of(DISTRIBUTOR, day, 1, TODAY)
    store.documents.put(release_due.TABLE, *row.key, {"pot_version": 1})


def frozen_fen(store: Store) -> dict[str, int]:
    """What the balance shows, pot by pot."""
    found = store.accounts.balances(DISTRIBUTOR).frozen_fen
    return {day: fen for day, fen in found.items() if fen}


def open_since(store: Store) -> str:
    return store.accounts.balances(DISTRIBUTOR, with_pots=False).open_since


def pots_read(store: Store) -> int:
    """How many pots one reading of the balance brings."""
    return len(store.accounts.balances(DISTRIBUTOR).frozen_fen)


def test_years_of_emptied_pots_cost_a_balance_one_page(store: Store) -> None:
    emptied(store, 300)
    earned(store, 788)
    earned(store, 5, day="20261205")
    assert pots_read(store) == 302, "nobody has looked yet"
    release(store)
    store.sent.clear()
    assert frozen_fen(store) == {"20261205": 5}
    assert len(of_accounts(store)) == 1
    assert pots_read(store) < POTS_READ_AT_FIRST


def test_every_open_pot_is_shown_however_many_there_are(store: Store) -> None:
    emptied(store, 60)
    earned(store, 1)
    release(store)
    days = [day_text(TODAY + timedelta(days=days)) for days in range(1, 366)]
    for number, day in enumerate(days, start=1):
        earned(store, number, day=day)
    store.sent.clear()
    assert frozen_fen(store) == {day: number for number, day in enumerate(days, start=1)}
    assert len(of_accounts(store)) == 2
    assert all(call["ConsistentRead"] for call in of_accounts(store))


def test_a_page_that_ends_with_the_first_open_pot_is_all_that_is_read(store: Store) -> None:
    """The account is on it too; one pot more, and all is asked for again."""
    newest = [day_text(TODAY + timedelta(days=days)) for days in range(1, POTS_READ_AT_FIRST - 1)]
    first = day_before(60)
    filled(store, 11, first, replace(ACCOUNT, set_values={"open_since": first}))
    for day in newest:
        earned(store, 1, day=day)
    store.sent.clear()
    assert len(frozen_fen(store)) == POTS_READ_AT_FIRST - 1
    assert len(of_accounts(store)) == 1
    earned(store, 1, day="20281231")
    store.sent.clear()
    assert len(frozen_fen(store)) == POTS_READ_AT_FIRST
    assert len(of_accounts(store)) == 2


def test_the_pot_of_a_release_that_is_overdue_stays_in_sight(store: Store) -> None:
    """Nothing points to it for weeks, and the others are released before it."""
    emptied(store, 50)
    filled(store, 11, day_before(60))
    earned(store, 788)
    release(store)
    assert (open_since(store), frozen_fen(store)) == (day_before(60), {day_before(60): 11})


def test_commission_that_comes_years_late_is_shown_at_once(store: Store) -> None:
    emptied(store, 300)
    earned(store, 788)
    release(store)
    assert open_since(store) == SETTLED
    comes_late(store, 7, YEARS_AGO)
    assert (open_since(store), frozen_fen(store)) == (YEARS_AGO, {YEARS_AGO: 7})
    comes_late(store, 8, day_before(10))
    assert (open_since(store), frozen_fen(store)) == (YEARS_AGO, {YEARS_AGO: 7, day_before(10): 8})


def test_what_came_late_is_out_of_sight_only_when_it_is_released(store: Store) -> None:
    earned(store, 788)
    release(store)
    comes_late(store, 7, "20261120")
    earned(store, 1)
    release(store)
    assert (open_since(store), frozen_fen(store)) == ("20261120", {"20261120": 7})
    put_row_of_today(store, "20261120")
    assert release(store) == 1
    assert (open_since(store), frozen_fen(store)) == (SETTLED, {})


@pytest.mark.parametrize("was_settled", [False, True])
def test_commission_that_comes_late_while_a_release_looks_is_not_overlooked(
    store: Store, was_settled: bool
) -> None:
    emptied(store, 60)
    if was_settled:
        earned(store, 1)
        release(store)
        comes_late(store, 1, YEARS_AGO)
        refunded(store, 1, YEARS_AGO)
    earned(store, 788)

    @dataclass
    class Overtaken(BusyBooks):
        """Between the look at the older pots and the write."""

        def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
            if not self.tries:
                self.tries.append("late")
                comes_late(store, 9, day_before(30))
            self.books.commit(record, changes, token)

    assert release(store, Overtaken(store.books, frozenset())) == 1
    assert (open_since(store), frozen_fen(store)) == (day_before(30), {day_before(30): 9})


def test_a_release_while_late_commission_is_written_makes_it_read_again(store: Store) -> None:
    earned(store, 788)
    release(store)
    with pytest.raises(Stale):
        filled(store, 7, YEARS_AGO, reopened(DISTRIBUTOR, YEARS_AGO, ""))
    assert frozen_fen(store) == {}


def test_a_release_that_waits_for_months_settles_nothing_that_was_not_looked_at(store: Store) -> None:
    """Its own pot is old: it is emptied by the very write that says so."""
    earned(store, 5, day="20261105")
    earned(store, 6, day="20261103")
    assert [release(store, releases_max=1) for _ in range(2)] == [1, 1]
    assert (open_since(store), frozen_fen(store)) == (SETTLED, {})


@pytest.mark.parametrize(
    "hours_apart", [0, 1, 24, 47], ids=lambda hours: f"a clock that is {hours} hours behind"
)
def test_no_day_is_both_settled_and_filled_without_a_word(hours_apart: int) -> None:
    now = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
    settled = open_pots.settled_before(business_date(now))
    behind = business_date(now - timedelta(hours=hours_apart))
    days = [day_text(TODAY - timedelta(days=days)) for days in range(10)]
    assert all(open_pots.is_late(day, behind) for day in days if day < settled)
    assert not open_pots.is_late(DAY, TODAY)


@pytest.mark.parametrize("days_ago, is_late", [(0, False), (1, False), (2, False), (3, True), (4, True)])
def test_commission_is_late_from_the_third_day_on(days_ago: int, is_late: bool) -> None:
    assert open_pots.is_late(day_before(days_ago), TODAY) is is_late


@pytest.mark.parametrize(
    "known_since, written",
    [("", {}), (day_before(4), {}), (day_before(3), {}), (day_before(2), {"open_since": day_before(3)})],
)
def test_late_commission_writes_of_its_pot_only_what_nobody_has_written(
    known_since: str, written: dict[str, str]
) -> None:
    change = reopened(DISTRIBUTOR, day_before(3), known_since)
    assert (change.distributor_id, change.set_values) == (DISTRIBUTOR, written)
    assert change.expected == {"open_since": known_since or None}


def test_late_commission_is_a_change_of_the_account_and_is_counted_as_one(store: Store) -> None:
    earned(store, 1)
    release(store)
    before = store.accounts.balances(DISTRIBUTOR)
    comes_late(store, 7, YEARS_AGO)
    after = store.accounts.balances(DISTRIBUTOR)
    assert after.version == before.version + 1
    assert (after.available_fen, after.held_fen, after.owed_fen) == (before.available_fen, 0, 0)
    assert after.values == before.values == {}
