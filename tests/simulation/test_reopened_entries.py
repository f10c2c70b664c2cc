"""Reopened entries: is what was taken not read again, and what opens behind that place found?"""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.simulation.allocating import (
    OLD,
    OLDER,
    TOMORROW,
    behind,
    cancelled,
    decided,
    earned,
    held,
    opened,
    read,
    refunded,
    rows,
    sold,
    withdrawn,
)
from tests.simulation.withdrawing import Till


def test_ordinary_commission_is_neither_looked_at_nor_written_down(till: Till) -> None:
    entry_id = earned(till, sold(days_ago=2), 700)
    refunded(till, entry_id, 200)
    records = till.records("cme_")
    sent = len(till.store.sent)
    read(till, *records)
    assert (len(till.store.sent), rows(till)) == (sent, {})


def records_read(till: Till) -> int:
    """How many records of the journal the next withdrawal reads."""
    place, entries = behind(till), till.records("cme_")
    return sum(record.entry_id > place for record in entries)


def test_what_was_taken_whole_or_is_held_is_not_read_again(till: Till) -> None:
    first, _, third = (earned(till, sold(days), 100) for days in (30, 20, 10))
    held(till, first)
    withdrawn(till, 100)
    assert behind(till) == third[:-1]
    assert opened(till) == {f"{OLD}#{third}": 100}
    withdrawn(till, 60)
    assert behind(till) == third[:-1]
    assert records_read(till) == 1


def test_what_is_not_released_yet_is_read_again(till: Till) -> None:
    waiting = earned(till, sold(30), 100, TOMORROW)
    earned(till, sold(20), 100)
    withdrawn(till, 100)
    assert behind(till) == waiting[:-1]


def test_of_four_days_everything_is_read_again_as_commission_may_come_late(till: Till) -> None:
    names = [sold(days, number) for days, number in ((5, 1), (4, 1), (3, 1), (0, 1))]
    for name in names:
        earned(till, name, 100)
    withdrawn(till, 400)
    assert opened(till) == {}
    assert records_read(till) == 3


@pytest.mark.parametrize(("days_ago", "looks_back"), [(2, False), (3, True)])
def test_late_commission_is_looked_for_and_other_commission_is_found_by_itself(
    till: Till, days_ago: int, looks_back: bool
) -> None:
    earned(till, sold(10), 100)
    withdrawn(till, 100)
    place, turn = behind(till), rows(till)["standing"]["turn"]
    late = earned(till, sold(days_ago), 50)
    assert rows(till)["standing"]["turn"] == turn + looks_back
    assert behind(till) == place < late
    withdrawal_id = withdrawn(till, 50)
    assert decided(till, withdrawal_id)["parts"] == [[OLD, late, 50, 0]]


def test_very_late_commission_is_found_and_what_is_behind_it_is_read_once_more(till: Till) -> None:
    earned(till, sold(10), 100)
    withdrawn(till, 100)
    late = earned(till, sold(20), 50)
    assert behind(till) == late[:-1]
    withdrawal_id = withdrawn(till, 50)
    assert decided(till, withdrawal_id)["parts"] == [[OLD, late, 50, 0]]
    assert (opened(till), records_read(till)) == ({}, 0)


def test_an_entry_that_is_let_go_behind_that_place_is_found(till: Till) -> None:
    suspected, other = earned(till, sold(20), 300), earned(till, sold(10), 100)
    held(till, suspected)
    withdrawn(till, 100)
    assert behind(till) > other > suspected
    held(till, suspected, OLDER)
    assert behind(till) == suspected[:-1]
    assert opened(till) == {f"{OLD}#{suspected}": 300}
    withdrawal_id = withdrawn(till, 200)
    assert decided(till, withdrawal_id)["parts"] == [[OLD, suspected, 200, 100]]


def test_what_is_given_back_behind_that_place_is_found(till: Till) -> None:
    first, second, third = (earned(till, sold(days), 100) for days in (30, 20, 10))
    early, late = withdrawn(till, 150), withdrawn(till, 150)
    assert behind(till) > third
    cancelled(till, late)
    read(till, *till.records(late))
    assert opened(till) == {f"{OLD}#{second}": 50, f"{OLD}#{third}": 100}
    assert behind(till) == second[:-1]
    cancelled(till, early)
    read(till, *till.records(early))
    assert behind(till) == first[:-1]
    again = withdrawn(till, 300)
    assert [part[1:3] for part in decided(till, again)["parts"]] == [
        [first, 100],
        [second, 100],
        [third, 100],
    ]


@dataclass
class Counting:
    """Documents that count the rows of their answers."""

    till: Till
    rows: int = 0

    def query(self, *what: Any, **how: Any) -> list[dict[str, Any]]:
        found = self.till.store.documents.query(*what, **how)
        self.rows += len(found)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.till.store.documents, name)


@pytest.mark.parametrize("past", [1, 150])
def test_however_many_entries_were_taken_the_next_withdrawal_reads_what_came_since(
    till: Till, past: int
) -> None:
    for number in range(past):
        earned(till, sold(30, number), 10)
    withdrawn(till, 10 * past)
    fresh = [earned(till, sold(10, number), 10) for number in range(3)]
    withdrawal_id, documents = till.requested(30), Counting(till)
    read(till, *till.records(withdrawal_id), documents=documents)
    assert decided(till, withdrawal_id)["parts"] == [[OLD, entry, 10, 0] for entry in fresh]
    assert documents.rows == 3 + 1  # its entries, and its decision before its rows


@pytest.mark.parametrize("at_once", [1, 3, 9, 10])
def test_many_entries_are_read_page_by_page_and_none_of_them_twice(till: Till, at_once: int) -> None:
    entries = [earned(till, sold(20, number), 100) for number in range(8)]
    refunded(till, entries[2], 40)  # by threes the second page begins with it, apart from its entry
    withdrawal_id = withdrawn(till, 1_000, records_at_once=at_once)
    assert [part[1] for part in decided(till, withdrawal_id)["parts"]] == entries
    assert decided(till, withdrawal_id)["short_fen"] == 1_000 - 760
