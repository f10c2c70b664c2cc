"""Waiting: how much of what a person has to decide has waited too long?

Measured once an hour, from the queues that the office itself works off. Alerts are looked
for in the last days only, so that no read grows with the past.
"""

from datetime import datetime, timedelta

from chalicelib import bootstrap
from chalicelib.domain.alert import TABLE, Alert, AlertState, alert_of, partition_of
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.observability import Metric, count

ALERT_DAYS = 14  # whoever leaves an alert for longer has been told for two weeks
WITHDRAWAL_TERM = timedelta(days=3)
WITHDRAWALS_SEEN_MAX = 1_000


def count_waiting(now: datetime) -> None:
    """Tell how many alerts are open and overdue, and how many withdrawals have waited for days."""
    alerts = [alert for alert in _alerts(now) if alert.state is AlertState.OPEN]
    count(Metric.ALERTS_OPEN, len(alerts))
    count(Metric.ALERTS_OVERDUE, sum(alert.due_at < now for alert in alerts))
    waiting = bootstrap.queue_reviews().page("", WITHDRAWALS_SEEN_MAX)
    count(Metric.WITHDRAWALS_WAITING, sum(one.since < now - WITHDRAWAL_TERM for one in waiting))


def _alerts(now: datetime) -> list[Alert]:
    days = (day_text(business_date(now) - timedelta(days=back)) for back in range(ALERT_DAYS))
    items = (bootstrap.documents().query(TABLE, partition_of(day)) for day in days)
    return [alert_of(item) for found in items for item in found]
