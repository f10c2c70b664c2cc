"""The pace of withdrawals: how often is too often, and when does a day or a month begin anew?"""

from datetime import date

import pytest

from chalicelib.domain.withdrawal_pace import (
    Pace,
    TooManyWithdrawals,
    next_pace,
    pace_of,
    pace_on,
    text_of,
)

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "20261130/1/1"),
        ("20261130/1/4", "20261130/2/5"),
        ("20261129/3/9", "20261130/1/10"),
        ("20261031/3/9", "20261130/1/1"),
        ("20251130/3/9", "20261130/1/1"),
        ("20261201/1/1", "20261201/2/2"),  # a clock that is behind begins nothing anew
    ],
)
def test_a_day_and_a_month_are_counted_and_begin_anew(before: str, after: str) -> None:
    assert text_of(next_pace(pace_of(before), TODAY, 3, 10)) == after


@pytest.mark.parametrize(
    ("before", "today"),
    [("", (0, 0)), ("20261130/2/5", (2, 5)), ("20261129/2/5", (0, 5)), ("20261031/2/5", (0, 0))],
)
def test_what_was_asked_today_and_in_this_month_is_told(before: str, today: tuple[int, int]) -> None:
    assert pace_on(pace_of(before), TODAY) == Pace("20261130", *today)


@pytest.mark.parametrize(
    ("before", "facts"),
    [
        (Pace("20261130", 3, 3), {"period": "day", "count_max": 3, "open_on": "2026-12-01"}),
        (Pace("20261129", 1, 10), {"period": "month", "count_max": 10, "open_on": "2026-12-01"}),
        (Pace("20261130", 3, 10), {"period": "day", "count_max": 3, "open_on": "2026-12-01"}),
    ],
)
def test_one_more_than_may_be_is_refused_and_says_when(before: Pace, facts: dict[str, object]) -> None:
    with pytest.raises(TooManyWithdrawals) as refused:
        next_pace(before, TODAY, 3, 10)
    assert (refused.value.status, refused.value.facts) == (422, facts)


def test_none_at_all_may_be_set() -> None:
    with pytest.raises(TooManyWithdrawals):
        next_pace(Pace(), TODAY, 0, 10)
    with pytest.raises(TooManyWithdrawals) as refused:
        next_pace(Pace(), date(2026, 12, 31), 1, 0)
    assert refused.value.facts["open_on"] == "2027-01-01"
