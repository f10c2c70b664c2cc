"""The pace of withdrawals: how often has a distributor asked, and may they ask again?

The account carries it as one text, `<YYYYMMDD>/<of that day>/<of its month>`, by business dates.
Whoever asks writes the next one in the transaction that takes the money, on condition that it is
still the one that was read: of many requests at once no more pass than may. A request counts
whatever becomes of it.
"""

from datetime import date, timedelta
from typing import NamedTuple

from chalicelib.domain.business_time import day_text
from chalicelib.domain.errors import Unprocessable

ATTRIBUTE = "asked"


class TooManyWithdrawals(Unprocessable):
    code = "TOO_MANY_WITHDRAWALS"
    advice = "At most `count_max` are taken in a `period`; ask again on `open_on`."


class Pace(NamedTuple):
    """How often was asked on the last day on which anybody asked, and in its month."""

    day: str = ""
    of_day: int = 0
    of_month: int = 0


def pace_of(text: str) -> Pace:
    """What the account says; nothing where nobody has asked yet."""
    if not text:
        return Pace()
    day, of_day, of_month = text.split("/")
    return Pace(day, int(of_day), int(of_month))


def text_of(pace: Pace) -> str:
    return f"{pace.day}/{pace.of_day}/{pace.of_month}"


def pace_on(before: Pace, today: date) -> Pace:
    """How often was asked today and in this month. No clock that is behind begins a day anew."""
    day = max(before.day, day_text(today))
    of_month = before.of_month if day[:6] == before.day[:6] else 0
    return Pace(day, before.of_day if day == before.day else 0, of_month)


def next_pace(before: Pace, today: date, daily_max: int, monthly_max: int) -> Pace:
    """The pace with one request more.

    Raises: TooManyWithdrawals, the day before the month.
    """
    now = pace_on(before, today)
    if now.of_day >= daily_max:
        tomorrow = today + timedelta(days=1)
        raise TooManyWithdrawals(period="day", count_max=daily_max, open_on=tomorrow.isoformat())
    if now.of_month >= monthly_max:
        next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        raise TooManyWithdrawals(period="month", count_max=monthly_max, open_on=next_month.isoformat())
    return Pace(now.day, now.of_day + 1, now.of_month + 1)
