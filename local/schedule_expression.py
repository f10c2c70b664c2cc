"""Schedule expressions: when is the next run of `rate(5 minutes)` or `cron(0 18 ? * MON-FRI *)`?

EventBridge's own language, in UTC: minutes hours day-of-month month day-of-week year.
"""

import re
from datetime import datetime, timedelta

_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_MONTHS = {
    name: index for index, name in enumerate("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(), 1)
}
_DAYS = {name: index for index, name in enumerate("SUN MON TUE WED THU FRI SAT".split(), 1)}
_BOUNDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, _MONTHS),
    (1, 7, _DAYS),
    (1970, 2199, {}),
)
_DAYS_SEARCHED = 366 * 5  # a leap day comes within five years of any day but a century's


def next_after(expression: str, moment: datetime) -> datetime:
    """The first run after a moment (aware, UTC).

    Raises:
        ValueError: not an expression of EventBridge, or one that never comes.
    """
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return moment + timedelta(seconds=int(rate[1]) * _UNITS[rate[2]])
    if cron := re.fullmatch(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)", expression):
        return _next_cron(cron.groups(), moment)
    raise ValueError(f"{expression!r} is neither rate(…) nor cron(…) of six fields")


def _next_cron(fields: tuple[str, ...], moment: datetime) -> datetime:
    minutes, hours, days, months, weekdays, years = (
        _values(text, *bounds) for text, bounds in zip(fields, _BOUNDS, strict=True)
    )
    first = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    for offset in range(_DAYS_SEARCHED):
        day = first + timedelta(days=offset)
        if day.year not in years or day.month not in months or day.day not in days:
            continue
        if day.isoweekday() % 7 + 1 not in weekdays:
            continue
        runs = (day.replace(hour=hour, minute=minute) for hour in sorted(hours) for minute in sorted(minutes))
        if run := next((run for run in runs if run >= first), None):
            return run
    raise ValueError(f"cron({' '.join(fields)}) does not come within five years")


def _values(text: str, lowest: int, highest: int, names: dict[str, int]) -> set[int]:
    """One field: * ? lists, ranges and steps; L, W and # are not known here."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            start, end = lowest, highest
        else:
            first, _, last = span.partition("-")
            start = _number(first, names)
            end = _number(last, names) if last else (highest if step else start)
        if not lowest <= start <= end <= highest:
            raise ValueError(f"{part!r} is out of {lowest}–{highest}")
        found.update(range(start, end + 1, int(step or 1)))
    return found


def _number(text: str, names: dict[str, int]) -> int:
    return names[text.upper()] if text.upper() in names else int(text)
