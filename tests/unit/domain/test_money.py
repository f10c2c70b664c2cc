"""Money: who gets the rest, to the fen?"""

import pytest

from chalicelib.domain.money import bps_floor, share_floor, share_half_up, split_largest_remainder


@pytest.mark.parametrize(
    "amount, numerator, denominator, down, half_up",
    [
        (0, 1, 1, 0, 0),
        (7, 0, 3, 0, 0),
        (1, 1, 1, 1, 1),
        (1, 1, 2, 0, 1),
        (1, 1, 3, 0, 0),
        (2, 1, 3, 0, 1),
        (10, 3, 4, 7, 8),  # 7.5
        (9, 3, 4, 6, 7),  # 6.75
        (5, 3, 1, 15, 15),
        (10**12, 9_999, 10_000, 999_900_000_000, 999_900_000_000),
    ],
)
def test_a_share_is_rounded_as_its_function_says(
    amount: int, numerator: int, denominator: int, down: int, half_up: int
) -> None:
    assert share_floor(amount, numerator, denominator) == down
    assert share_half_up(amount, numerator, denominator) == half_up


@pytest.mark.parametrize("wrong", [(-1, 1, 1), (1, -1, 1), (1, 1, 0), (1, 1, -1), (-1, -1, 1)])
@pytest.mark.parametrize("share", [share_floor, share_half_up])
def test_there_is_no_share_of_less_than_nothing(share: object, wrong: tuple[int, int, int]) -> None:
    with pytest.raises(AssertionError):
        share(*wrong)  # type: ignore[operator]


@pytest.mark.parametrize(
    "amount_fen, rate_bps, fen", [(9_999, 1, 0), (10_000, 1, 1), (124, 80, 0), (125, 80, 1)]
)
def test_a_rate_is_of_ten_thousand(amount_fen: int, rate_bps: int, fen: int) -> None:
    assert bps_floor(amount_fen, rate_bps) == fen


@pytest.mark.parametrize(
    "total, weights, parts",
    [
        (10, (1, 1, 1), (4, 3, 3)),
        (11, (1, 1, 1), (4, 4, 3)),
        (10, (1, 2, 4), (1, 3, 6)),  # 1.43, 2.86, 5.71: the largest remainders are the second and the third
        (5, (0, 3), (0, 5)),
        (5, (0, 0, 0), (5, 0, 0)),
        (5, (0,), (5,)),
        (0, (1, 2), (0, 0)),
        (1, (1, 1), (1, 0)),
    ],
)
def test_a_split_loses_nothing_and_the_largest_remainders_get_the_rest(
    total: int, weights: tuple[int, ...], parts: tuple[int, ...]
) -> None:
    assert split_largest_remainder(total, weights) == parts
    assert sum(parts) == total


@pytest.mark.parametrize("total, weights", [(-1, (1, 2)), (1, ()), (1, (3, -1)), (-1, ())])
def test_nothing_is_split_below_nothing_or_among_nobody(total: int, weights: tuple[int, ...]) -> None:
    with pytest.raises(AssertionError):
        split_largest_remainder(total, weights)
