"""Contact: is anybody there now?"""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.contact import HOURS, PHONE, WEEKDAYS, Contact, contact_of, is_well_written

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "minute", "is_open"),
    [(0, 59, False), (1, 0, True), (9, 29, True), (9, 30, False)],  # UTC: eight hours behind Shanghai
)
def test_somebody_answers_from_the_first_minute_up_to_the_last(hour: int, minute: int, is_open: bool) -> None:
    now = MONDAY.replace(hour=hour, minute=minute)
    assert contact_of("95000", "09:00-17:30", "1-5", now) == Contact("95000", "09:00", "17:30", 1, 5, is_open)


@pytest.mark.parametrize(("day", "is_open"), [(28, False), (29, False), (30, True)])
def test_a_weekend_is_by_the_days_of_shanghai(day: int, is_open: bool) -> None:
    assert (
        contact_of("95000", "00:00-23:59", "1-5", datetime(2026, 11, day, 4, tzinfo=UTC)).is_open is is_open
    )


def test_without_a_number_nobody_answers() -> None:
    assert contact_of("", "00:00-23:59", "1-7", MONDAY).is_open is False


@pytest.mark.parametrize(
    ("name", "told", "is_well"),
    [
        (PHONE, "", True),
        (PHONE, "400-123 4567", True),
        (PHONE, "call us", False),
        (HOURS, "08:00-20:00", True),
        (HOURS, "8-20", False),
        (HOURS, "20:00-08:00", False),
        (HOURS, "08:00-08:00", False),
        (HOURS, "24:00-25:00", False),
        (WEEKDAYS, "1-7", True),
        (WEEKDAYS, "6-6", True),
        (WEEKDAYS, "6-2", False),
        (WEEKDAYS, "0-7", False),
        (WEEKDAYS, 17, False),
    ],
)
def test_what_a_parameter_may_say(name: str, told: object, is_well: bool) -> None:
    assert is_well_written(name, told) is is_well
