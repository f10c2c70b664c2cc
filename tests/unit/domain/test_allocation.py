"""Allocations: the oldest released entries come first, the last one in part."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.allocation import Part, open_fen, parts_of
from chalicelib.domain.commission_entry import History
from chalicelib.domain.record import Record

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ITEMS = [
    {"sk": "20261120#cme_B", "open_fen": 300},
    {"sk": "20261101#cme_C", "open_fen": 200},
    {"sk": "20261122#cme_A", "open_fen": 400},
    {"sk": "20261123#cme_0", "open_fen": 9_000},
]


@pytest.mark.parametrize(
    ("amount_fen", "parts"),
    [
        (200, [Part("20261101", "cme_C", 200, 0)]),
        (250, [Part("20261101", "cme_C", 200, 0), Part("20261120", "cme_B", 50, 250)]),
        (
            2_000,
            [
                Part("20261101", "cme_C", 200, 0),
                Part("20261120", "cme_B", 300, 0),
                Part("20261122", "cme_A", 400, 0),
            ],
        ),
    ],
)
def test_a_withdrawal_takes_the_oldest_released_entries(amount_fen: int, parts: list[Part]) -> None:
    assert parts_of(amount_fen, ITEMS, AT) == parts


ENTRY = Record("dst_7K3M9PQRS2TV", "cme_A", "COMMISSION", AT, "system")


@pytest.mark.parametrize(
    ("earned_fen", "reversed_fen", "holds", "allocated_fen", "is_open_fen"),
    [
        (800, 0, 0, 0, 800),
        (800, 300, 0, 0, 500),
        (800, 0, 0, 350, 450),
        (800, 300, 0, 200, 300),
        (800, 300, 0, 500, 0),
        (800, 300, 0, 700, 0),  # more was withdrawn than is left after the refund: it is owed
        (800, 0, 1, 0, 0),  # held
        (800, 300, 2, 0, 500),  # held once, and lifted
    ],
)
def test_open_is_what_was_earned_and_neither_reversed_nor_held_nor_withdrawn(
    earned_fen: int, reversed_fen: int, holds: int, allocated_fen: int, is_open_fen: int
) -> None:
    history = History(ENTRY, earned_fen, reversed_fen, frozenset(), holds, "20261129", 0)
    assert open_fen(history, allocated_fen) == is_open_fen
