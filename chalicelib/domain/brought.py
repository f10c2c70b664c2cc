"""Brought customers: whom did a distributor's code bring, since when, and how long ago did they last buy?

    views   pk brought#<distributor>   sk <moment>#<customer>   one row for each customer, the newest last

A row comes from the record that bound the customer (a registration, a first purchase, an import), so it
is the same whenever it is written. What a distributor sees of a customer is the end of an id and a
bucket of time: no name, no number, no amount, and no day of a purchase.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.record import Record

TABLE = "views"
SHOWN = 4  # letters of a customer's id: enough to tell rows apart, too few to be a code


class Lately(StrEnum):
    """How long ago somebody last bought."""

    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    LONGER = "LONGER"
    NEVER = "NEVER"


UP_TO = (
    (timedelta(days=7), Lately.WEEK),
    (timedelta(days=30), Lately.MONTH),
    (timedelta(days=90), Lately.QUARTER),
)


class Brought(NamedTuple):
    """One customer of a distributor."""

    customer_id: str
    since: datetime

    @property
    def place(self) -> str:
        """Where the row stands."""
        return f"{to_ms(self.since):013d}#{self.customer_id}"

    @property
    def shown(self) -> str:
        return self.customer_id[-SHOWN:]


def partition(distributor_id: str) -> str:
    return f"brought#{distributor_id}"


def rows_of(records: Iterable[Record]) -> list[tuple[str, str, dict[str, Any]]]:
    """The rows that these records ask for: pk, sk, values."""
    bound = [
        record for record in records if record.partition.startswith("cus_") and record.about.get("referrer")
    ]
    return [
        (partition(str(record.about["referrer"])), Brought(record.partition, record.at).place, {})
        for record in bound
    ]


def brought_of(item: Mapping[str, Any]) -> Brought:
    moment, _, customer_id = item["sk"].partition("#")
    return Brought(customer_id, from_ms(int(moment)))


def lately(paid_at: datetime | None, now: datetime) -> Lately:
    """The bucket of a purchase, None for none."""
    if paid_at is None:
        return Lately.NEVER
    return next((bucket for age, bucket in UP_TO if now - paid_at < age), Lately.LONGER)
