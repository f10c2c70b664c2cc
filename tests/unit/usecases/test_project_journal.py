"""Projecting the journal: are the platform's books right, however its records come?"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain import brought
from chalicelib.domain.brought import Brought
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.platform_books import ACCOUNTS, DAY, TABLE, days_key, lines_of
from chalicelib.domain.record import Record
from chalicelib.usecases.close_books import CloseBooks
from chalicelib.usecases.platform_lines import sum_of_lines
from chalicelib.usecases.project_journal import TRIES_MAX, ProjectJournal
from tests.unit.usecases.counted_documents import CountedDocuments

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # in Shanghai
ON = "20261122"
BANK, CHANNEL = "A:BANK_CUSTODY", "A:CHANNEL:sandbox"


def settled(number: int, amount_fen: int, at: datetime = NOON) -> Record:
    lines = (debit(BANK, amount_fen), credit(CHANNEL, amount_fen))
    return Record(f"bank_{number:04}", "1", "CHANNEL_SETTLED", at, "bank", lines=lines)


@dataclass
class Projected:
    """The reader over documents in memory; what it handed on is kept."""

    documents: CountedDocuments = field(default_factory=CountedDocuments)
    queued: list[Record] = field(default_factory=list)
    allocated: list[tuple[Record, datetime]] = field(default_factory=list)

    def __call__(self, records: Sequence[Record], now: datetime = NOON) -> None:
        allocate: Any = lambda record, now: self.allocated.append((record, now))  # noqa: E731
        close = CloseBooks(self.documents)
        ProjectJournal(self.documents, close, self.queued.extend, allocate)(records, now)

    def day(self, account: str = BANK, day: str = ON) -> tuple[int, int]:
        return sum_of_lines(self.documents, account, day)

    def state(self, account: str = BANK) -> dict[str, Any]:
        return self.documents.items[TABLE, ACCOUNTS, account]

    def closed(self, day: str = ON, account: str = BANK) -> tuple[int, int] | None:
        row = self.documents.items.get((TABLE, days_key(account), DAY + day))
        return (row["sum_fen"], row["count"]) if row else None

    def packs(self) -> int:
        return sum(1 for item in self.documents.items.values() if "lines" in item)


@pytest.fixture
def project() -> Projected:
    return Projected()


# ---------------------------------------------------------------- lines


def test_a_batch_leaves_an_item_for_each_account_and_minute(project: Projected) -> None:
    project([settled(number, 10**number, NOON + timedelta(seconds=number)) for number in range(5)])
    assert project.packs() == 2
    assert (project.day(), project.day(CHANNEL)) == ((11_111, 5), (-11_111, 5))
    project([settled(5, 100_000, NOON + timedelta(seconds=60))])
    assert project.packs() == 4


def test_nothing_is_read_or_written_for_records_that_leave_the_platform_alone(project: Projected) -> None:
    project([Record("cus_A", "1", "SIGN_IN", NOON, "cus_A")])
    assert (project.documents.items, project.documents.reads) == ({}, set())


@pytest.mark.parametrize("seed", range(25))
def test_records_that_come_again_in_other_batches_and_another_order_count_once(seed: int) -> None:
    """Batches are cut anew each time, and some records come twice, even in one of them."""
    chance, project = random.Random(seed), Projected()
    records = [settled(n, 3**n, NOON + timedelta(seconds=chance.randrange(150))) for n in range(12)]
    for _ in range(3):
        waiting = [*records, *chance.sample(records, 4)]
        chance.shuffle(waiting)
        while waiting:
            size = chance.randint(1, 6)
            project(waiting[:size])
            waiting = waiting[size:]
    sum_fen = sum(3**n for n in range(12))
    assert (project.day(), project.day(CHANNEL)) == ((sum_fen, 12), (-sum_fen, 12))


def test_a_part_of_a_batch_that_comes_again_alone_takes_nothing_away(project: Projected) -> None:
    records = [settled(number, 2**number) for number in range(4)]
    project(records)
    project(records[:2])
    project(records[:1])
    assert project.day() == (15, 4)


def test_what_an_older_version_wrote_counts_once_whether_or_not_it_comes_again(project: Projected) -> None:
    """Its reader died behind its rows, or was handed a day once more: they lie beside the packs."""
    records = [settled(number, 2**number) for number in range(4)]
    for line in (line for record in records[:2] for line in lines_of(record)):
        project.documents.put(TABLE, *line.row_key, {"amount_fen": line.amount_fen, "at": 1, "action": "x"})
    project(records[1:])
    assert (project.day(), project.day(CHANNEL)) == ((15, 4), (-15, 4))
    CloseBooks(project.documents)(NOON + timedelta(days=1))
    project(records, NOON + timedelta(days=1))
    assert (project.day(), project.closed()) == ((15, 4), (15, 4))


# ---------------------------------------------------------------- closed days


def test_a_late_line_of_a_closed_day_is_summed_whichever_batch_it_came_in(project: Projected) -> None:
    first, second, late = (settled(number, 10**number) for number in range(3))
    project([first, second])
    CloseBooks(project.documents)(NOON + timedelta(days=1))
    assert project.closed() == (11, 2)
    for batch in ([second, late], [late], [late, first], [second]):
        project(batch, NOON + timedelta(days=1))
        assert project.closed() == (111, 3)


def test_a_day_that_is_open_is_not_summed(project: Projected) -> None:
    project([settled(1, 5)])
    assert project.closed() is None
    assert not project.documents.answers


@pytest.mark.parametrize(
    ("through", "is_summed"), [("", False), ("20261121", False), (ON, True), ("20261123", True)]
)
def test_a_day_that_may_be_closed_is_summed_if_it_is(
    project: Projected, through: str, is_summed: bool
) -> None:
    project.documents.put(TABLE, ACCOUNTS, BANK, {"first_day": "20261101", "closed_through": through})
    project([settled(1, 5)], NOON + timedelta(days=2))
    assert project.closed() == ((5, 1) if is_summed else None)
    assert project.closed(account=CHANNEL) is None, "nobody has closed it: the next run will"


def test_a_day_that_is_being_closed_is_summed_anew(project: Projected) -> None:
    """Its row is there, and the account does not say yet that it is closed."""
    project.documents.put(TABLE, days_key(BANK), DAY + ON, {"sum_fen": 0, "count": 0, "version": 1})
    project([settled(1, 5)], NOON + timedelta(days=2))
    assert project.closed() == (5, 1)


def test_whether_a_day_is_closed_is_read_as_it_is_now(project: Projected) -> None:
    project([settled(1, 5)])
    project.documents.reads.clear()
    project([settled(2, 5)], NOON + timedelta(days=2))
    assert project.documents.reads == {
        ("get_many", ACCOUNTS, False),
        ("get", ACCOUNTS, True),
        ("get", days_key(BANK), True),
        ("get", days_key(CHANNEL), True),
    }


# ---------------------------------------------------------------- accounts


@pytest.mark.parametrize("days", [0, 1])
def test_an_account_that_is_known_costs_one_read_for_a_batch(project: Projected, days: int) -> None:
    project([settled(1, 5)])
    project.documents.reads.clear()
    project([settled(2, 5, NOON + timedelta(days=days))])
    assert (project.documents.reads, project.documents.changes) == ({("get_many", ACCOUNTS, False)}, [])


def test_what_another_reader_has_begun_at_this_moment_is_read_as_it_is_now() -> None:
    project = Projected(ContendedDocuments(puts=True))
    project([settled(1, 5)])
    assert ("get", ACCOUNTS, True) in project.documents.reads
    assert ("get", ACCOUNTS, False) not in project.documents.reads


def test_an_account_begins_with_its_earliest_line(project: Projected) -> None:
    days = [3, 1, 2]
    project([settled(number, 5, NOON - timedelta(days=back)) for number, back in enumerate(days)])
    assert project.state()["first_day"] == "20261119"
    project([settled(7, 5, NOON - timedelta(days=3)), settled(8, 5)])
    assert project.state()["first_day"] == "20261119"
    project([settled(9, 5, NOON - timedelta(days=9))])
    assert project.state()["first_day"] == project.state(CHANNEL)["first_day"] == "20261113"


def test_an_account_that_begins_earlier_stays_closed_as_far_as_it_was(project: Projected) -> None:
    project([settled(1, 5)])
    CloseBooks(project.documents)(NOON + timedelta(days=1))
    project([settled(2, 7, NOON - timedelta(days=1))], NOON + timedelta(days=1))
    assert project.state() | {"pk": "", "sk": ""} == {
        "pk": "", "sk": "", "first_day": "20261121", "closed_through": ON
    }  # fmt: skip
    assert project.closed("20261121") == (7, 1)


@dataclass
class ContendedDocuments(CountedDocuments):
    """Documents in which another reader begins an account at the same moment.

    `puts`: whether it is the first one to do so. `moves`: how often it has it begin earlier.
    """

    puts: bool = False
    moves: int = 0

    def put_new(self, table: str, pk: str, sk: str, values: Mapping[str, Any]) -> bool:
        if self.puts and pk == ACCOUNTS:
            self.puts = False
            super().put_new(table, pk, sk, {"first_day": "20261130"})
        return super().put_new(table, pk, sk, values)

    def change(self, change: DocumentChange) -> dict[str, Any] | None:
        if self.moves and change.pk == ACCOUNTS:
            self.moves -= 1
            self.items[TABLE, ACCOUNTS, change.sk]["first_day"] = f"202611{29 - self.moves % 2}"
        return super().change(change)


@pytest.mark.parametrize(("puts", "moves"), [(True, 0), (True, 1), (True, TRIES_MAX - 1)])
def test_an_account_that_another_reader_begins_at_this_moment_begins_as_early_as_any_says(
    puts: bool, moves: int
) -> None:
    documents = ContendedDocuments(puts=puts, moves=moves)
    project = Projected(documents)
    project([replace(settled(1, 5), lines=(debit(BANK, 5),))])
    assert (project.state()["first_day"], documents.moves) == (ON, 0)


def test_who_is_always_overtaken_gives_the_batch_back() -> None:
    documents = ContendedDocuments(puts=True, moves=2 * TRIES_MAX)
    project = Projected(documents)
    with pytest.raises(Unavailable):
        project([settled(1, 5)])
    assert documents.moves == TRIES_MAX
    assert project.packs() == 0


# ---------------------------------------------------------------- what else hangs on a record


def test_withdrawals_are_queued_and_every_record_may_be_allocated(project: Projected) -> None:
    records = [settled(1, 5), Record("dst_A", "wdr_1", "WITHDRAWAL_REQUEST", NOON, "cus_A")]
    project(records)
    assert (project.queued, project.allocated) == (records[1:], [(record, NOON) for record in records])


def test_whom_a_distributor_brought_has_a_row_and_nobody_else(project: Projected) -> None:
    alone = Record("cus_A", "person.register", "person.register", NOON, "cus_A")
    project([alone, replace(alone, partition="cus_B", about={"referrer": "dst_C"})])
    place = Brought("cus_B", NOON).place
    assert [key for key in project.documents.items if key[0] == brought.TABLE] == [
        (brought.TABLE, brought.partition("dst_C"), place)
    ]
