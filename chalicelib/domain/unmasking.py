"""Unmasking: who of the office may read a customer's phone number and name in plain, and until when?

In the table `work`, which forgets by itself:

    pk unmasking#<staff>    sk <customer>    until, ticket, expires_at
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import NotFound

TABLE = "work"
TERM = timedelta(minutes=10)


class PersonUnknown(NotFound):
    code = "PERSON_UNKNOWN"
    advice = "Check the id, or look for the customer by phone number."


class Unmasking(NamedTuple):
    """What somebody of the office was granted."""

    person_id: str
    until: datetime


def key_of(staff_id: str, person_id: str) -> tuple[str, str]:
    return f"unmasking#{staff_id}", person_id


def granted(staff_id: str, person_id: str, ticket: str, now: datetime) -> DocumentChange:
    """The grant to this one member of staff, from now on for ten minutes."""
    until = now + TERM
    values = {"until": to_ms(until), "ticket": ticket, "expires_at": to_ms(until) // 1000 + 1}
    return DocumentChange(TABLE, *key_of(staff_id, person_id), values, {})


def until_of(item: Mapping[str, Any] | None, now: datetime) -> datetime | None:
    """Until when the grant of an item holds; None when it is over or never was."""
    until = from_ms(item["until"]) if item else None
    return until if until and now < until else None
