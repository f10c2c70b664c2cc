"""Custody: what customers own, what is there for it, and how much of the one the other covers."""

import pytest

from chalicelib.domain.custody import Custody, custody_of


def test_the_position_is_made_of_these_accounts_and_no_others() -> None:
    totals = {
        "L:PREPAID": -80_000,
        "L:AUTH_HOLD": -15_000,
        "L:REFUND_PAYABLE": -5_000,
        "A:BANK_CUSTODY": 40_000,
        "A:CHANNEL": 20_000,
        "A:BANK_OPER": 1_000_000,
        "L:COMM_AVAIL": -7_000,
    }
    assert custody_of(totals) == Custody(owed_fen=100_000, cover_fen=60_000)
    assert custody_of({}) == Custody(0, 0)


@pytest.mark.parametrize(
    "owed_fen, cover_fen, coverage_bps",
    [
        (1_000_000_000, 180_000_000, 1_800),  # 18.00 %
        (100_000, 98_500, 9_850),
        (30_000, 19_999, 6_666),
        (100, -1, -100),
        (0, 0, 10_000),
        (0, 500, 10_000),
    ],
)
def test_coverage_is_rounded_down(owed_fen: int, cover_fen: int, coverage_bps: int) -> None:
    assert Custody(owed_fen, cover_fen).coverage_bps == coverage_bps
