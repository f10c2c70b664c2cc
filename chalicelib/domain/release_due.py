"""Release rows: whose commission becomes available on which day?

A row for each pot, in the table `work`, under the day on which somebody must look at it:

    pk release#<YYYYMMDD>#<shard>   sk <distributor>#<pot's day>   pot_version
    pk release                      sk progress                    day: nothing is left before it
    pk release                      sk swept                       day: its commission has all its rows

A pot that is filled after its day is over is looked at today. The row goes in the
transaction that empties the pot; a pot that is filled again gets a new row.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from chalicelib.domain.business_time import day_text

TABLE = "work"
SHARDS = 4
PROGRESS = ("release", "progress")
SWEPT = ("release", "swept")
DAYS_BACK_AT_FIRST = 30
# Streams are at most a day behind: a day that long over gets no new rows.
DAYS_STILL_FILLED = 2


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One pot to be looked at; `pot_version` is the version that put the row."""

    look_on: str
    distributor_id: str
    pot_day: str
    pot_version: int

    @property
    def key(self) -> tuple[str, str]:
        shard = int(hashlib.sha256(self.distributor_id.encode()).hexdigest()[:8], 16) % SHARDS
        return f"release#{self.look_on}#{shard}", f"{self.distributor_id}#{self.pot_day}"


def row_of(distributor_id: str, pot_day: str, pot_version: int, today: date) -> ReleaseRow:
    """The row of a pot that was filled."""
    return ReleaseRow(max(pot_day, day_text(today)), distributor_id, pot_day, pot_version)


def from_item(item: Mapping[str, Any]) -> ReleaseRow:
    distributor_id, _, pot_day = item["sk"].partition("#")
    return ReleaseRow(item["pk"].split("#")[1], distributor_id, pot_day, item["pot_version"])


def partitions(day: date) -> list[str]:
    return [f"release#{day_text(day)}#{shard}" for shard in range(SHARDS)]


def days_to_look_at(progress: str, today: date) -> Iterator[date]:
    """From the first day that may hold rows up to today."""
    day = _day(progress) if progress else today - timedelta(days=DAYS_BACK_AT_FIRST)
    while day <= today:
        yield day
        day += timedelta(days=1)


def progress_after(emptied: list[date], today: date) -> str:
    """Where to begin next time, when the days `emptied` (the first ones, in order) hold nothing any more."""
    settled = [day for day in emptied if day < today - timedelta(days=DAYS_STILL_FILLED)]
    return day_text(settled[-1] + timedelta(days=1)) if settled else ""


def _day(text: str) -> date:
    return date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}")
