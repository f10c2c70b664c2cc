"""Strange sign-ins: which journeys are too fast, and what is told first?"""

from datetime import timedelta

import pytest

from chalicelib.risk.strange_sign_in import Strange, Travel, is_impossible, strange

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "distance_km, since, impossible",
    [
        (500, timedelta(0), True),
        (499, timedelta(0), False),  # the next big city, by a network that takes one for the other
        (900, HOUR, False),
        (901, HOUR, True),
        (900, HOUR - timedelta(microseconds=1), True),
        (1_070, timedelta(hours=2), False),  # Beijing to Shanghai by air
        (11_000, timedelta(hours=13), False),  # to New York
        (11_000, timedelta(hours=12), True),
        (20_000, timedelta(days=1), False),  # nowhere on earth is farther
        (1_000, -HOUR, True),  # a clock that ran back excuses nobody
    ],
)
def test_faster_than_an_airliner_is_impossible_from_500_km_on(
    distance_km: int, since: timedelta, impossible: bool
) -> None:
    assert is_impossible(Travel(distance_km, since)) is impossible


def test_all_reasons_are_told_the_gravest_first() -> None:
    assert strange(True, True, Travel(9_000, HOUR)) == (
        Strange.IMPOSSIBLE_TRAVEL,
        Strange.NEW_DEVICE,
        Strange.NEW_CITY,
    )
    assert strange(False, True, Travel(9_000, 10 * HOUR)) == (Strange.NEW_CITY,)
    assert strange(False, False, None) == ()
