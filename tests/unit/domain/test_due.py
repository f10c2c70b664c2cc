"""Due rows: when is a call asked about, and when is a person told of it?"""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain import due
from chalicelib.domain.due import Due

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "tries, seconds",
    [(0, 20), (1, 40), (2, 80), (7, 2_560), (8, 5_120), (9, 5_120 + 3_600), (10, 5_120 + 7_200)],
)
def test_each_question_waits_twice_as_long_as_the_last_and_at_most_an_hour(tries: int, seconds: int) -> None:
    row, moment = Due(due.TOPUP, "ord_1", NOW, {}, tries), NOW + timedelta(seconds=seconds)
    assert not due.is_asked_now(row, moment - SECOND)
    assert due.is_asked_now(row, moment)


def test_a_call_is_overdue_when_a_day_brought_no_answer_however_often_it_was_asked_about() -> None:
    row = Due(due.CLOSURE, "ord_1#2", NOW, {}, tries=30)
    assert not due.is_overdue(row, NOW + timedelta(days=1) - SECOND)
    assert due.is_overdue(row, NOW + timedelta(days=1))


def test_a_top_up_is_late_after_ten_minutes_and_no_other_call_is() -> None:
    moment = NOW + timedelta(minutes=10)
    assert due.is_late_topup(Due(due.TOPUP, "ord_1", NOW, {}), moment)
    assert not due.is_late_topup(Due(due.TOPUP, "ord_1", NOW, {}), moment - SECOND)
    assert not due.is_late_topup(Due(due.PAYOUT, "wdr_1", NOW, {}), moment)


def test_the_rows_of_all_calls_lie_where_the_schedule_looks() -> None:
    places = {due.key_of(due.PAYOUT, f"wdr_{number}")[0] for number in range(100)}
    assert places == set(due.partitions())
