"""Allocations: the oldest released entries come first, the last one in part."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.allocation import Part, parts_of

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
