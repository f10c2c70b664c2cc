"""Reconciling: how far has the reconciler come, what does it look at next, and what comes again?

It follows the archive, which numbers every record once and in order, whenever the
record came; and once a business day it goes through all orders. In the table `work`:

    pk reconcile        sk mark              sequence, object_key: the archive is done up to here
    pk reconcile        sk sweep             how far the way through all orders has come
    pk reconcile#again  sk <order id>        tries: an order that could not be looked at
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib.domain.archive import Head, hour_of
from chalicelib.domain.business_time import business_date, day_text, from_ms, to_ms
from chalicelib.domain.order import Order, OrderState

TABLE = "work"
MARK = ("reconcile", "mark")
SWEEP = ("reconcile", "sweep")
AGAIN = "reconcile#again"

# The order stream is about a second behind. Whoever looks earlier does its work instead of checking it.
YOUNGEST = timedelta(minutes=2)
SWEEP_BEGINS = timedelta(hours=2)  # after midnight in Shanghai, when least is sold
# What changed while the last sweep was under way, and by a clock that was behind, is looked at again.
SWEEPS_OVERLAP = timedelta(days=1)
CLOSED_AFTER = timedelta(hours=1)  # an unpaid order by its timer, or by the sweep of its row
STUCK_AFTER = 3  # tries, before the office is told

_HOUR = "%Y/%m/%d/%H"


@dataclass(frozen=True, slots=True)
class Mark:
    """The archive's records up to this sequence, which lies in this object, are done."""

    sequence: int = 0
    object_key: str = ""

    def values(self) -> dict[str, Any]:
        return asdict(self)


def hours_to_read(mark: Mark, head: Head) -> list[str]:
    """The hours (YYYY/MM/DD/HH) whose objects may hold records behind the mark, the earliest first."""
    if head.sequence <= mark.sequence:
        return []
    first = hour_of(mark.object_key) or f"{date.fromisoformat(head.first_day):%Y/%m/%d}/00"
    last, hours = hour_of(head.object_key), [first]
    while hours[-1] < last:
        hours.append(_next_hour(hours[-1]))
    return hours


def _next_hour(hour: str) -> str:
    following = datetime.fromisoformat(f"{hour[:10].replace('/', '-')}T{hour[11:]}:00") + timedelta(hours=1)
    return following.strftime(_HOUR)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One way through all orders. `changed_since`: older orders were looked at by the sweep before.

    `position` is the order after which it goes on, `start` the moment at which it began.
    """

    day: str = ""
    is_done: bool = True
    start_ms: int = 0
    changed_since_ms: int = 0
    position: tuple[str, str] = ("", "")

    def values(self) -> dict[str, Any]:
        return asdict(self) | {"position": list(self.position)}

    def is_due(self, now: datetime) -> bool:
        return not self.is_done or self.day < sweep_day(now)

    def begun(self, now: datetime) -> "Sweep":
        """The sweep of this day: of all orders the first time, then of those that changed since."""
        since = to_ms(from_ms(self.start_ms) - SWEEPS_OVERLAP) if self.start_ms else 0
        return Sweep(sweep_day(now), False, to_ms(now), since)

    def moved(self, position: tuple[str, str] | None) -> "Sweep":
        """Further on, or at its end where no position is left."""
        return replace(self, position=position or ("", ""), is_done=position is None)


def sweep_of(item: Mapping[str, Any] | None) -> Sweep:
    if item is None:
        return Sweep()
    values = {name: item[name] for name in ("day", "is_done", "start_ms", "changed_since_ms")}
    pk, sk = item["position"]
    return Sweep(**values, position=(pk, sk))


def sweep_day(now: datetime) -> str:
    return day_text(business_date(now - SWEEP_BEGINS))


def is_old_enough(moment: datetime, now: datetime) -> bool:
    return moment <= now - YOUNGEST


def is_left_open(order: Order, now: datetime) -> bool:
    """Whether an order waits for its payment long after timer and sweep should have closed it."""
    return order.state is OrderState.PENDING_PAY and now >= order.created_at + CLOSED_AFTER


def is_looked_at(order: Order, sweep: Sweep, now: datetime) -> bool:
    """Whether a sweep looks at this order: it changed lately, but what it earns by has had its readers.

    A parcel that is delivered this minute is no reason to leave an old payment for a day.
    """
    decided = max([order.paid_at or order.created_at, *(refund.at for refund in order.refunds)])
    last = max([decided, *(step.at for step in order.steps)])
    return to_ms(last) >= sweep.changed_since_ms and is_old_enough(decided, now)
