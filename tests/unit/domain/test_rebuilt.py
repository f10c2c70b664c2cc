"""Rebuilt balances: the archive's sums, what waits to be archived, and the tables, side by side."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.rebuilt import (
    Account,
    Compared,
    Rebuilt,
    account_of,
    compared,
    item_key,
    moved_by,
    platform_day,
)
from chalicelib.domain.record import Line, Record

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
POT, MAIN, CARD = Account("pot", "dst_A:20261129"), Account("account", "dst_A"), Account("card", "crd_A")
COSTS = platform_day("E:COMMISSION", "20261122")


def moved(name: str, *lines: Line) -> Record:
    return Record("dst_A", name, "COMMISSION", AT, "system", lines=lines)


EARNED = moved("cme_1", debit("E:COMMISSION", 800), credit("L:COMM_FROZEN:dst_A:20261129", 800))
UNDONE = moved("cme_1#r1", debit("L:COMM_FROZEN:dst_A:20261129", 800), credit("E:COMMISSION", 800))
PARTLY = moved("cme_1#r2", debit("L:COMM_FROZEN:dst_A:20261129", 300), credit("E:COMMISSION", 300))


def test_a_record_moves_columns_as_they_are_stored_and_the_platforms_days() -> None:
    assert moved_by(EARNED) == {POT: {"frozen_fen": 800}, COSTS: {"sum_fen": 800}}


def test_balances_are_the_sums_of_the_records_and_none_is_kept_that_is_nothing() -> None:
    rebuilt = Rebuilt()
    for record in (EARNED, PARTLY):
        rebuilt.take(record)
    assert (rebuilt.of(POT), rebuilt.of(COSTS), rebuilt.of(MAIN)) == (
        {"frozen_fen": 500},
        {"sum_fen": 500},
        {},
    )
    rebuilt = Rebuilt()
    for record in (EARNED, UNDONE):
        rebuilt.take(record)
    assert rebuilt.balances == {}


@pytest.mark.parametrize(
    "archive, waiting, table_fen, difference_fen",
    [
        ({"frozen_fen": 800}, [], 800, 0),
        ({"frozen_fen": 800}, [PARTLY], 500, 0),  # not archived yet, and no difference
        ({"frozen_fen": 800}, [PARTLY], 800, 300),
        ({"frozen_fen": 800}, [], 799, -1),
        ({}, [EARNED, PARTLY], 501, 1),
        ({}, [], 0, 0),
    ],
)
def test_a_difference_is_what_neither_the_archive_nor_what_waits_explains(
    archive: dict[str, int], waiting: list[Record], table_fen: int, difference_fen: int
) -> None:
    (found,) = compared(POT, archive, {"frozen_fen": table_fen} if table_fen else {}, waiting)
    assert found.difference_fen == difference_fen
    assert (found.account, found.column, found.table_fen) == (POT, "frozen_fen", table_fen)


def test_what_waits_is_counted_in_the_columns_that_it_moves_and_in_no_other() -> None:
    released = moved(
        "cme_1#out", debit("L:COMM_FROZEN:dst_A:20261129", 800), credit("L:COMM_AVAIL:dst_A", 800)
    )
    found = compared(MAIN, {"available_fen": 5}, {"available_fen": 805, "owed_fen": 2}, [EARNED, released])
    told = {each.column: (each.waiting_fen, each.difference_fen) for each in found}
    assert told == {"available_fen": (800, 0), "held_fen": (0, 0), "owed_fen": (0, 2)}


@pytest.mark.parametrize(
    "account, columns",
    [
        (CARD, ("available_fen", "held_fen")),
        (MAIN, ("available_fen", "held_fen", "owed_fen")),
        (POT, ("frozen_fen",)),
        (COSTS, ("sum_fen",)),
    ],
)
def test_every_column_of_an_account_is_compared(account: Account, columns: tuple[str, ...]) -> None:
    assert set(account.columns) == set(columns)
    found = compared(account, {columns[0]: 5}, {columns[0]: 7}, [])
    assert sum(each.difference_fen for each in found) == 2
    assert {each.column for each in found} == set(columns)


@pytest.mark.parametrize(
    "account, column, of_type",
    [
        (POT, "frozen_fen", "L:COMM_FROZEN"),
        (MAIN, "available_fen", "L:COMM_AVAIL"),
        (MAIN, "owed_fen", "A:CLAWBACK"),
        (platform_day("A:CHANNEL:sandbox", "20261122"), "sum_fen", "A:CHANNEL"),
    ],
)
def test_each_column_counts_in_the_total_of_its_type(account: Account, column: str, of_type: str) -> None:
    assert account.type_of(column) == of_type


@pytest.mark.parametrize(
    "account, key",
    [
        (CARD, ("cards", "crd_A", "")),
        (MAIN, ("accounts", "dst_A", "main")),
        (POT, ("accounts", "dst_A", "frozen#20261129")),
    ],
)
def test_the_balances_of_an_account_stand_in_its_item(account: Account, key: tuple[str, str, str]) -> None:
    assert item_key(account) == key
    assert account_of(key[0], {"pk": key[1], "sk": key[2]}) == account


def test_a_comparison_is_told_in_words() -> None:
    waits = Compared(POT, "frozen_fen", 800, -300, 501)
    assert str(waits) == (
        "pot dst_A:20261129 frozen_fen: the table says 501, the archive 800 and -300 waiting"
    )
    day = Compared(COSTS, "sum_fen", 800, 0, 801)
    assert str(day) == "E:COMMISSION|20261122: the table says 801, the archive 800"
