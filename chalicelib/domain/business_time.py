"""Business time: which business date is a moment in, and how is a moment written?

A business date is a day in Asia/Shanghai, which has had one offset, +08:00, since 1991.
"""

from datetime import UTC, date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970, floored. The moment must be aware."""
    assert moment.tzinfo is not None, "a moment without a zone is nobody's moment"
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(time_ms: int) -> datetime:
    """The aware UTC moment of whole milliseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)


def business_date(moment: datetime) -> date:
    """The day in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def day_text(day: date) -> str:
    """YYYYMMDD, which sorts as time does."""
    return day.isoformat().replace("-", "")


def working_days_after(day: date, count: int) -> date:
    """The day that is so many days from Monday to Friday later; holidays of the year are not known."""
    for _ in range(count):
        day += timedelta(days=(3 if day.weekday() == 4 else 2 if day.weekday() == 5 else 1))
    return day


def seconds_to_wait(wait: timedelta) -> int:
    """Whole seconds after which the wait is over, one at least: what Retry-After tells."""
    return max(1, -(-wait // timedelta(seconds=1)))
