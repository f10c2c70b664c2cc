"""Contact: where does a customer find a human, and is anybody there now?

消费者权益保护法 art. 28: whoever sells at a distance tells where they are found. Number and hours are
parameters, by region; without a number there is nobody to call yet.
"""

import re
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain.business_time import SHANGHAI

PHONE, HOURS, WEEKDAYS = "contact.phone", "contact.hours", "contact.weekdays"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
# Of each parameter, what it may say: `08:00-20:00`, and the first and the last day of the week, Monday 1.
PATTERNS = {
    PHONE: re.compile(r"|[0-9+][0-9 -]{2,19}"),
    HOURS: re.compile(f"{_TIME}-{_TIME}"),
    WEEKDAYS: re.compile("[1-7]-[1-7]"),
}


class Contact(NamedTuple):
    """A number, and when somebody answers, by the time of Shanghai."""

    phone: str
    opens: str
    closes: str
    first_weekday: int
    last_weekday: int
    is_open: bool


def contact_of(phone: str, hours: str, weekdays: str, now: datetime) -> Contact:
    """What the parameters say, and whether somebody answers at this moment."""
    opens, _, closes = hours.partition("-")
    first, _, last = weekdays.partition("-")
    local = now.astimezone(SHANGHAI)
    is_day = int(first) <= local.isoweekday() <= int(last)
    is_open = bool(phone) and is_day and opens <= f"{local:%H:%M}" < closes
    return Contact(phone, opens, closes, int(first), int(last), is_open)


def is_well_written(name: str, told: object) -> bool:
    """Whether a parameter of the contact may say this."""
    if not isinstance(told, str) or PATTERNS[name].fullmatch(told) is None:
        return False
    first, _, last = told.partition("-")
    return name == PHONE or first < last or (name == WEEKDAYS and first == last)
