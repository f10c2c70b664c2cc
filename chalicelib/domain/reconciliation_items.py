"""Reconciliation items: where does a reconciled day stand, and where a difference that the office works?

In the table `work`; the raw file lies in the locked archive bucket:

    pk reconciliation#<channel>        sk begins            day: the first one that is not done
    pk reconciliation#<channel>        sk day#<YYYYMMDD>    state, totals, open differences; one row a day
    pk differences#<channel>#<day>     sk dif_…             a difference; its state and what was decided
    pk listed_far#<channel>#<day>      sk PAYMENT#… REFUND#…  a line booked on this day, listed days away
    bills/<channel>/<YYYYMMDD>.csv     the file as it came

A day of the channel:

    AWAITED    its file is not there yet
    COMPARED   compared; the next day's file may still list a line of ours, or a difference is open
    DONE       nothing is awaited and no difference is open: it is not looked at again

A difference:

    OPEN -> HEALED      both sides say the same since: the channel corrected it, or the word came late
    OPEN -> RESOLVED    the office said what it was
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain.business_time import SHANGHAI, business_date, day_text, from_ms, to_ms
from chalicelib.domain.channel_bill import Key
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.reconciliation import Comparison, Difference, Result, Totals, difference_id

TABLE = "work"
BEGINS = "begins"
DAY = "day#"
# Channels have their files ready by ten in the morning; what is not there then is late.
EXPECTED_WITHIN = timedelta(hours=10)


class DayUnknown(NotFound):
    code = "RECONCILIATION_UNKNOWN"


class DifferenceUnknown(NotFound):
    code = "DIFFERENCE_UNKNOWN"


class DifferenceClosed(Conflict):
    """It was resolved by somebody else, or has healed."""

    code = "DIFFERENCE_CLOSED"
    advice = "Read the difference: it says who decided what, and why."


class DayState(StrEnum):
    AWAITED = "AWAITED"
    COMPARED = "COMPARED"
    DONE = "DONE"


class DifferenceState(StrEnum):
    OPEN = "OPEN"
    HEALED = "HEALED"
    RESOLVED = "RESOLVED"


@dataclass(frozen=True, slots=True)
class ReconciledDay:
    """One day of one channel. `open_fen`: by how much open differences are apart, in all.

    `refused`: why the file that the channel gave just now was not believed.
    """

    channel: str
    day: str
    state: DayState
    compared_at: datetime | None = None
    totals: Totals | None = None
    open_count: int = 0
    open_fen: int = 0
    is_late: bool = False
    refused: str = ""

    @property
    def is_reconciled(self) -> bool:
        """Whether every line of the bill and of our books of the day is explained."""
        return self.state is DayState.DONE


@dataclass(frozen=True, slots=True)
class Ticket:
    """A difference as the office works it."""

    difference_id: str
    channel: str
    day: str
    found: Difference
    found_at: datetime
    state: DifferenceState = DifferenceState.OPEN
    resolution: str = ""
    decided_by: str = ""
    command: str = ""  # who resolved it under which key: the same command is the same decision
    reason: str = ""

    @property
    def pk(self) -> str:
        return differences_key(self.channel, self.day)


def days_key(channel: str) -> str:
    return f"reconciliation#{channel}"


def differences_key(channel: str, day: str) -> str:
    return f"differences#{channel}#{day}"


def listed_far_key(channel: str, day: str) -> str:
    return f"listed_far#{channel}#{day}"


def bill_key(channel: str, day: str) -> str:
    """Where the raw file lies."""
    return f"bills/{channel}/{day}.csv"


def refused_bill_key(channel: str, day: str, digest: str) -> str:
    """Where a file lies that was not believed: evidence when the channel is asked for another."""
    return f"bills/{channel}/refused/{day}-{digest[:16]}.csv"


def date_of(day: str) -> date:
    return date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}")


def day_before(day: str) -> str:
    return day_text(date_of(day) - timedelta(days=1))


def last_finished_day(now: datetime) -> str:
    """Yesterday, in Asia/Shanghai."""
    return day_text(business_date(now) - timedelta(days=1))


def is_late(day: str, now: datetime) -> bool:
    """Whether the file of the day should be there by now."""
    ended = datetime.combine(date_of(day) + timedelta(days=1), time(), SHANGHAI)
    return now >= ended + EXPECTED_WITHIN


def far_text(key: Key) -> str:
    return f"{key.kind}#{key.operation_id}"


def key_from_far(text: str) -> Key:
    kind, _, operation_id = text.partition("#")
    return Key(kind, operation_id)


def day_values(row: ReconciledDay) -> dict[str, Any]:
    """The attributes of a day's row."""
    values: dict[str, Any] = {
        "state": row.state.value,
        "open_count": row.open_count,
        "open_fen": row.open_fen,
        "is_late": row.is_late,
    }
    if row.totals is not None and row.compared_at is not None:
        values |= {"totals": asdict(row.totals), "compared_at": to_ms(row.compared_at)}
    return values


def day_from(item: Mapping[str, Any]) -> ReconciledDay:
    """The day that a row shows."""
    return ReconciledDay(
        channel=item["pk"].partition("#")[2],
        day=item["sk"].removeprefix(DAY),
        state=DayState(item["state"]),
        compared_at=from_ms(item["compared_at"]) if "compared_at" in item else None,
        totals=Totals(**item["totals"]) if "totals" in item else None,
        open_count=item["open_count"],
        open_fen=item["open_fen"],
        is_late=item["is_late"],
    )


def ticket_of(channel: str, comparison: Comparison, found: Difference, now: datetime) -> Ticket:
    """The ticket of a difference that was found now."""
    name = difference_id(channel, comparison.day, found.key)
    return Ticket(name, channel, comparison.day, found, now)


def difference_values(found: Difference) -> dict[str, Any]:
    """What a ticket says of its difference; this alone changes while it is open."""
    return {
        "result": found.result.value,
        "kind": found.key.kind,
        "operation_id": found.key.operation_id,
        "order_id": found.order_id,
        "channel_fen": found.channel_fen,
        "ours_fen": found.ours_fen,
        "booked_day": found.booked_day,
        "cause": found.cause,
    }


def ticket_values(ticket: Ticket) -> dict[str, Any]:
    """The attributes of a ticket's item."""
    return difference_values(ticket.found) | {
        "found_at": to_ms(ticket.found_at),
        "state": ticket.state.value,
        "resolution": ticket.resolution,
        "decided_by": ticket.decided_by,
        "command": ticket.command,
        "reason": ticket.reason,
    }


def ticket_from(item: Mapping[str, Any]) -> Ticket:
    """The ticket that an item shows."""
    _, channel, day = item["pk"].split("#")
    found = Difference(
        Result(item["result"]),
        Key(item["kind"], item["operation_id"]),
        item["order_id"],
        item["channel_fen"],
        item["ours_fen"],
        item["booked_day"],
        item["cause"],
    )
    told = (item[name] for name in ("resolution", "decided_by", "command", "reason"))
    state = DifferenceState(item["state"])
    return Ticket(item["sk"], channel, day, found, from_ms(item["found_at"]), state, *told)
