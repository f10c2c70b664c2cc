"""Business time: which day is so many working days later?"""

from datetime import date

import pytest

from chalicelib.domain.business_time import working_days_after


@pytest.mark.parametrize(
    ("day", "count", "later"),
    [
        (date(2026, 11, 30), 0, date(2026, 11, 30)),
        (date(2026, 11, 30), 3, date(2026, 12, 3)),
        (date(2026, 12, 3), 1, date(2026, 12, 4)),
        (date(2026, 12, 3), 3, date(2026, 12, 8)),
        (date(2026, 12, 4), 1, date(2026, 12, 7)),
        (date(2026, 12, 5), 1, date(2026, 12, 7)),
        (date(2026, 12, 6), 1, date(2026, 12, 7)),
        (date(2026, 12, 31), 2, date(2027, 1, 4)),
    ],
)
def test_saturdays_and_sundays_are_not_counted(day: date, count: int, later: date) -> None:
    assert working_days_after(day, count) == later
