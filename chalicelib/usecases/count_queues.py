"""Count queues: how much waits for somebody of the office, since when, and which suspicions are open?

A count stops at a thousand rows of a queue and says so: no look grows with what was left undone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from chalicelib.domain import alert, approval, finding, manual_refund, waiting_order
from chalicelib.domain import reconciliation_items as reconciliation
from chalicelib.domain.business_time import from_ms
from chalicelib.usecases import queue_reviews
from chalicelib.usecases.ports import Documents

SEEN_MAX = 1_000
READ_AT_ONCE = 200
DAYS_SEEN = 92  # of a channel: older differences are found in its list
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits in a queue. Not `is_whole`: more than that, and the oldest of what was seen."""

    queue: str
    count: int = 0
    is_whole: bool = True
    oldest_since: datetime | None = None


class OpenAlerts(NamedTuple):
    """The open suspicions by business day and rule; one that several rules raised counts for each."""

    waiting: Waiting
    by_day: Mapping[str, Mapping[str, int]]
    by_severity: Mapping[str, int]


@dataclass(frozen=True)
class CountQueues:
    documents: Documents
    channels: tuple[str, ...]

    def __call__(self, now: datetime) -> list[Waiting]:
        """Every queue, by name."""
        orders = [self._orders(kind, now) for kind in waiting_order.Kind]
        reviews = self._rows(queue_reviews.TABLE, queue_reviews.REVIEW)
        by_hand = self._rows(manual_refund.TABLE, manual_refund.PARTITION)
        return [
            _counted("WITHDRAWALS", reviews, lambda row: from_ms(row["since"])),
            self._approvals(now),
            _counted("REFUNDS_BY_HAND", by_hand, lambda row: from_ms(row["since"])),
            *orders,
            self.alerts().waiting,
            self._findings(),
            self._differences(),
        ]

    def alerts(self) -> OpenAlerts:
        rows = list(islice(self._rows(alert.TABLE, alert.OPEN), SEEN_MAX + 1))
        by_day: dict[str, Counter[str]] = {}
        for row in rows[:SEEN_MAX]:
            by_day.setdefault(row["sk"].partition("#")[0], Counter()).update(row["rules"])
        severities = Counter(row["severity"] for row in rows[:SEEN_MAX])
        return OpenAlerts(_counted("ALERTS", rows, lambda row: from_ms(row["raised_at"])), by_day, severities)

    def _orders(self, kind: waiting_order.Kind, now: datetime) -> Waiting:
        rows = (
            row
            for queue in waiting_order.queues_of(kind)
            for row in self._rows(waiting_order.TABLE, queue.partition, queue.prefix)
        )
        waits = (waiting_order.wait_of(kind, row, now) for row in rows)
        return _counted(f"ORDERS_{kind}", (wait for wait in waits if wait), lambda wait: wait.since)

    def _approvals(self, now: datetime) -> Waiting:
        """What was asked within a week; withdrawals have a queue of their own."""
        rows = (
            row
            for kind in approval.Kind
            for row in self._rows(
                approval.TABLE,
                approval.WAITING,
                approval.DESKS[kind].prefix,
                approval.first_waiting(kind, now),
            )
        )
        requests = (one for one in map(approval.from_item, rows) if one.state(now) is approval.State.WAITING)
        return _counted("APPROVALS", requests, lambda request: request.requested_at)

    def _findings(self) -> Waiting:
        rows = (
            row
            for kind in finding.Kind
            for row in self._rows(finding.TABLE, finding.partition_of(kind), most=SEEN_MAX)
        )
        found = (one for one in map(finding.finding_of, rows) if one.state is finding.FindingState.OPEN)
        return _counted("FINDINGS", found, lambda one: one.first_at)

    def _differences(self) -> Waiting:
        """Those of the last days of each channel, as their days count them."""
        total = Waiting("DIFFERENCES")
        for channel in self.channels:
            days = self.documents.query(
                reconciliation.TABLE,
                reconciliation.days_key(channel),
                reconciliation.DAY,
                limit=DAYS_SEEN,
                newest=True,
            )
            for day in map(reconciliation.day_from, days):
                if day.open_count and day.compared_at:
                    oldest = min(total.oldest_since or day.compared_at, day.compared_at)
                    total = replace(total, count=total.count + day.open_count, oldest_since=oldest)
        return total

    def _rows(self, table: str, pk: str, prefix: str = "", after: str = "", most: int = 0) -> Iterator[Row]:
        """The rows of a partition, page by page, as they are asked for; about `most`, where that is told."""
        seen = 0
        while not most or seen < most:
            rows = self.documents.query(table, pk, prefix, after=after, limit=READ_AT_ONCE)
            yield from rows
            if len(rows) < READ_AT_ONCE:
                return
            after, seen = rows[-1]["sk"], seen + len(rows)


def _counted(queue: str, things: Iterable[Any], since: Callable[[Any], datetime]) -> Waiting:
    seen = list(islice(things, SEEN_MAX + 1))
    counted = seen[:SEEN_MAX]
    oldest = min(map(since, counted), default=None)
    return Waiting(queue, len(counted), len(seen) <= SEEN_MAX, oldest)
