"""Read audit: who of the office, or of a partner, saw whose data, and was it more than work asks for?

In the table `work`, which forgets by itself:

    pk reads#<day>    sk <reader>#<ms>#<random>    route, whose, purpose, subjects, expires_at

Subjects, with blanks between, are the keys of people (ids.py: a customer, their place, orders and
withdrawals share one); a member of staff stands by the whole id, a card that was asked for by its own.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.domain.business_time import business_date, from_ms, to_ms
from chalicelib.domain.ids import KEY_ALPHABET, KEY_LENGTH

TABLE = "work"
KEPT = timedelta(days=3 * 366)  # 个人信息保护法 art. 56: three years
BULK_TERM = timedelta(minutes=10)
BULK_SUBJECTS_MAX = 100  # in ten minutes: two full pages of the longest list, and nobody looks at that many

_KEY = f"[{KEY_ALPHABET}]{{{KEY_LENGTH}}}"
_SUBJECT = f"(?:cus|dst|ord|wdr)_({_KEY})"
_OF_PATH = f"{_SUBJECT}|(crd_[0-9A-Z]{{26}}|stf_{_KEY})"


class Read(NamedTuple):
    """One look at data that is not the reader's own."""

    reader: str
    at: datetime
    route: str
    whose: str
    purpose: str
    subjects: tuple[str, ...]


def is_watched(person_id: str) -> bool:
    """Whether what this person reads is somebody else's: staff and partners; customers read their own."""
    return person_id.startswith("stf_")


def subjects_of(path: str, answer: str) -> tuple[str, ...]:
    """Whom an answer is about, by every id in its text and in the path that was asked for."""
    found = dict.fromkeys(re.findall(_SUBJECT, answer))
    for key, whole in re.findall(_OF_PATH, path):
        found[key or whole] = None
    return tuple(found)


def subject_of(person_id: str) -> str:
    """How a person stands among subjects, by the id of a customer, a distributor or a member of staff."""
    return person_id if person_id.startswith("stf_") else person_id[4:]


def partition_of_day(day: date) -> str:
    """The looks of one business day."""
    return f"reads#{day.isoformat()}"


def key_of(read: Read, random_text: str) -> tuple[str, str]:
    return partition_of_day(business_date(read.at)), f"{read.reader}#{to_ms(read.at):013d}#{random_text}"


def values_of(read: Read) -> dict[str, Any]:
    return {
        "route": read.route,
        "whose": read.whose,
        "purpose": read.purpose,
        "subjects": " ".join(read.subjects),
        "expires_at": to_ms(read.at + KEPT) // 1000,
    }


def read_of(item: Mapping[str, Any]) -> Read:
    """The look that a row tells of."""
    reader, at_ms, _ = item["sk"].split("#")
    return Read(
        reader=reader,
        at=from_ms(int(at_ms)),
        route=item["route"],
        whose=item["whose"],
        purpose=item["purpose"],
        subjects=tuple(item["subjects"].split()),
    )


def subject_count(reads: Iterable[Read], since: datetime) -> int:
    """How many different people were looked at from then on."""
    return len({subject for read in reads if read.at >= since for subject in read.subjects})
