"""What was frozen long enough becomes available: how much, when, and whose debt does it pay first?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.domain import release_due
from chalicelib.domain.account import Balances
from chalicelib.domain.change import AccountChange, Change, PotChange, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.record import Record
from chalicelib.usecases.ports import Books, Documents
from chalicelib.usecases.release_commission import ReleaseCommission
from tests.fakes.catalog import FixedCatalog
from tests.simulation.store_programs import DISTRIBUTOR
from tests.simulation.used_store import ACCOUNT, DAY, OWED, Store

TODAY = date(2026, 11, 29)
NOW = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
OTHER = "dst_EEEEEEEEEEEE"
DAY_BEFORE = "20261128"
SETTLED = "20261125"  # no pot of an earlier day holds money, says the release
SINCE_MS = 1_700_000_000_000


@dataclass
class BusyBooks:
    """Books in which somebody is always faster at some pots."""

    books: Books
    busy: frozenset[str]
    tries: list[str] = field(default_factory=list)

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        pots = [change.distributor_id for change in changes if isinstance(change, PotChange)]
        self.tries += pots
        if self.busy & set(pots):
            raise Stale("somebody was faster")
        self.books.commit(record, changes, token)

    def record(self, partition: str, entry_id: str) -> Record | None:
        return self.books.record(partition, entry_id)

    def records(self, partition: str, prefix: str = "") -> list[Record]:
        return self.books.records(partition, prefix)


def earned(store: Store, fen: int, distributor_id: str = DISTRIBUTOR, day: str = DAY) -> None:
    """Commission of a release day, and the row that the stream puts for its pot."""
    frozen = f"L:COMM_FROZEN:{distributor_id}:{day}"
    lines = (debit("E:COMMISSION", fen), credit(frozen, fen))
    store.post("COMMISSION", lines, PotChange(distributor_id, day))
    put_row(store, distributor_id, day)


def put_row(store: Store, distributor_id: str = DISTRIBUTOR, day: str = DAY, pot_version: int = 1) -> None:
    row = release_due.row_of(distributor_id, day, pot_version, date(2026, 10, 1))
    store.documents.put(release_due.TABLE, *row.key, {"pot_version": row.pot_version})


def owing(store: Store, fen: int) -> None:
    """A debt that arose some time ago."""
    lines = (debit(OWED, fen), credit("E:COMMISSION", fen))
    store.post("COMMISSION_REVERSAL", lines, replace(ACCOUNT, set_values={"debt_since": SINCE_MS}))


def rows(store: Store, *days: str) -> list[str]:
    """The rows that are left."""
    found = [
        store.documents.query(release_due.TABLE, partition)
        for day in days or (DAY_BEFORE, DAY)
        for partition in release_due.partitions(date(int(day[:4]), int(day[4:6]), int(day[6:])))
    ]
    return [item["sk"] for items in found for item in items]


def release(store: Store, books: Books | None = None, documents: Documents | None = None, **more: Any) -> int:
    catalog = FixedCatalog(parameters={"commission.netting_bps": more.pop("netting_bps", 10_000)})
    run = ReleaseCommission(
        books or store.books, store.accounts, documents or store.documents, catalog, **more
    )
    return run(NOW)


@pytest.fixture
def store() -> Store:
    return Store()


def balances(store: Store, distributor_id: str = DISTRIBUTOR) -> Balances:
    return store.accounts.balances(distributor_id)


@pytest.mark.parametrize("fen", [1, 2, 788])
def test_a_pot_becomes_available_to_its_last_fen_and_once(store: Store, fen: int) -> None:
    earned(store, fen)
    assert release(store) == 1
    assert balances(store) == Balances(fen, 0, 0, {DAY: 0}, {}, 1, SETTLED)
    assert rows(store) == []
    assert release(store) == 0
    assert balances(store).available_fen == fen


def test_a_release_says_whose_when_and_which_filling_it_was(store: Store) -> None:
    earned(store, 788)
    release(store)
    (record,) = store.books.records(DISTRIBUTOR, "rel_")
    assert (record.entry_id, record.action, record.at, record.actor) == (
        f"rel_{DAY}_1",
        "COMMISSION_RELEASE",
        NOW,
        "system",
    )
    assert sorted((line.account, line.amount_fen) for line in record.lines) == [
        (f"L:COMM_AVAIL:{DISTRIBUTOR}", -788),
        (f"L:COMM_FROZEN:{DISTRIBUTOR}:{DAY}", 788),
    ]


def test_a_pot_whose_day_has_not_come_waits(store: Store) -> None:
    earned(store, 788, day="20261130")
    assert release(store) == 0
    assert balances(store) == Balances(0, 0, 0, {"20261130": 788}, {}, 0)


def test_every_pot_of_every_day_that_came_is_released_and_counted(store: Store) -> None:
    earned(store, 5, day=DAY_BEFORE)
    earned(store, 7)
    earned(store, 11, OTHER)
    assert release(store) == 3
    assert (balances(store).available_fen, balances(store, OTHER).available_fen) == (12, 11)


@pytest.mark.parametrize(
    "owed_fen, netting_bps, available_fen, left_fen, since",
    [
        (1, 10_000, 787, 0, 0),
        (787, 10_000, 1, 0, 0),
        (788, 10_000, 0, 0, 0),
        (789, 10_000, 0, 1, SINCE_MS),
        (500, 5_000, 394, 106, SINCE_MS),
        (394, 5_000, 394, 0, 0),
    ],
)
def test_debt_is_paid_first_and_remembered_until_all_of_it_is_paid(
    store: Store, owed_fen: int, netting_bps: int, available_fen: int, left_fen: int, since: int
) -> None:
    owing(store, owed_fen)
    earned(store, 788)
    release(store, netting_bps=netting_bps)
    assert balances(store) == Balances(
        available_fen, 0, left_fen, {DAY: 0}, {"debt_since": since}, 2, SETTLED
    )


def test_a_release_reads_a_pot_an_account_and_which_older_pots_are_settled(store: Store) -> None:
    earned(store, 788)
    earned(store, 1, day="20261130")
    store.sent.clear()
    release(store)
    reads = of_accounts(store)
    assert [call["Key"]["sk"]["S"] for call in reads if "Key" in call] == [f"frozen#{DAY}", "main"]
    assert all(call["ConsistentRead"] for call in reads)
    earned(store, 5)
    store.sent.clear()
    assert release(store) == 1
    assert not any("KeyConditionExpression" in call for call in of_accounts(store)), (
        "known since the first one"
    )


def of_accounts(store: Store) -> list[Mapping[str, Any]]:
    return [call for call in store.sent if call.get("TableName") == "simulated-accounts"]


def test_a_run_that_has_done_enough_leaves_the_rest_to_the_next(store: Store) -> None:
    for distributor_id, day in ((DISTRIBUTOR, DAY_BEFORE), (OTHER, DAY_BEFORE), (DISTRIBUTOR, DAY)):
        earned(store, 5, distributor_id, day)
    assert [release(store, releases_max=2) for _ in range(3)] == [2, 1, 0]
    assert (balances(store).available_fen, balances(store, OTHER).available_fen) == (10, 5)


def test_one_busy_pot_holds_up_nobody_elses_and_is_told_at_the_end(store: Store) -> None:
    earned(store, 5, OTHER, DAY_BEFORE)
    earned(store, 7)
    busy = BusyBooks(store.books, frozenset({OTHER}))
    with pytest.raises(Unavailable) as told:
        release(store, busy)
    assert told.value.facts == {"pots": 1}
    assert busy.tries.count(OTHER) > 1
    assert balances(store).available_fen == 7
    assert rows(store) == [f"{OTHER}#{DAY_BEFORE}"]
    assert release(store) == 1
    assert balances(store, OTHER).available_fen == 5


def test_a_row_of_a_pot_that_is_empty_goes_and_nothing_is_posted(store: Store) -> None:
    earned(store, 5)
    release(store)
    put_row(store)  # a change of the pot that came a second time
    assert release(store) == 1
    assert rows(store) == []
    assert len(store.books.records(DISTRIBUTOR, "rel_")) == 1


@dataclass
class LateReader:
    """Plain items whose rows somebody puts anew after they were read."""

    documents: Any
    store: Store

    def query(self, table: str, pk: str, **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.documents.query(table, pk, **more)
        if found:
            put_row(self.store, pot_version=9)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.documents, name)


def test_a_row_that_is_put_anew_meanwhile_stays_for_the_next_run(store: Store) -> None:
    earned(store, 5)
    release(store)
    put_row(store)
    assert release(store, documents=LateReader(store.documents, store)) == 1
    assert rows(store) == [f"{DISTRIBUTOR}#{DAY}"]


def progress(store: Store) -> str:
    item = store.documents.get(release_due.TABLE, *release_due.PROGRESS)
    return str(item["day"]) if item else "none"


@pytest.mark.parametrize(
    "before, filled, after",
    [
        ("", [], "20261127"),
        ("20261120", [], "20261127"),
        ("20261120", ["20261124"], "20261124"),
        ("20261124", ["20261124"], "20261124"),
        ("20261120", ["20261124", "20261126"], "20261124"),
        ("20261128", [], "20261128"),
        ("", ["20261030"], "none"),
    ],
)
def test_the_next_run_begins_where_nothing_is_left_before(
    store: Store, before: str, filled: Iterable[str], after: str
) -> None:
    """Not behind a day that may still be filled, nor behind one that this run has found anything on."""
    if before:
        store.documents.put(release_due.TABLE, *release_due.PROGRESS, {"day": before})
    for day in filled:
        earned(store, 5, day=day)
    release(store)
    assert progress(store) == after
    assert balances(store).available_fen == 5 * len(list(filled))


def test_a_slower_run_does_not_set_back_what_a_faster_one_noted(store: Store) -> None:
    store.documents.put(release_due.TABLE, *release_due.PROGRESS, {"day": "20261120"})

    class Faster(LateReader):
        def query(self, table: str, pk: str, **more: Any) -> list[dict[str, Any]]:
            self.documents.put(release_due.TABLE, *release_due.PROGRESS, {"day": "20261128"})
            found: list[dict[str, Any]] = self.documents.query(table, pk, **more)
            return found

    release(store, documents=Faster(store.documents, store))
    assert progress(store) == "20261128"


def test_what_was_taken_from_a_pot_meanwhile_is_read_again(store: Store) -> None:
    """A reversal between the look at a pot and its release."""
    earned(store, 100)

    @dataclass
    class Overtaken(BusyBooks):
        def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
            if not self.tries:
                self.tries.append("reversal")
                store.take_back(30)
            self.books.commit(record, changes, token)

    assert release(store, Overtaken(store.books, frozenset())) == 1
    assert balances(store) == Balances(70, 0, 0, {DAY: 0}, {}, 1, SETTLED)


def test_a_release_beside_an_older_pot_that_holds_money_asks_nothing_of_the_account(store: Store) -> None:
    """What is known of the open pots stays as it is: whoever earns or pays meanwhile is in nobody's way."""
    store.post("COMMISSION", (), replace(ACCOUNT, set_values={"open_since": "20261120"}))
    earned(store, 5, day="20261120")
    gone = release_due.row_of(DISTRIBUTOR, "20261120", 1, date(2026, 10, 1))
    store.documents.delete(release_due.TABLE, *gone.key)
    earned(store, 7)

    @dataclass
    class Heard(BusyBooks):
        accounts: list[AccountChange] = field(default_factory=list)

        def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
            self.accounts += [change for change in changes if isinstance(change, AccountChange)]
            self.books.commit(record, changes, token)

    heard = Heard(store.books, frozenset())
    assert release(store, heard) == 1
    assert heard.accounts == [AccountChange(DISTRIBUTOR, owed_fen=0, set_values={})]
    assert balances(store).open_since == "20261120"
