"""What waits for a person: is it counted, and only while somebody has to come?"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.alert import TABLE, Alert, AlertState, alert_id_of, alert_values
from chalicelib.domain.business_time import to_ms
from chalicelib.handlers.waiting import count_waiting
from chalicelib.observability import Metric
from local.testing import World

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WAITING = (Metric.ALERTS_OPEN, Metric.ALERTS_OVERDUE, Metric.WITHDRAWALS_WAITING)


def raise_alert(
    number: int, paid_at: datetime, due_at: datetime, state: AlertState = AlertState.OPEN
) -> None:
    order_id = f"ord_{number:038d}"
    alert = Alert(
        alert_id_of(order_id, paid_at), order_id, "cus_BBBBBBBBBBBB", "HIGH", (), (), {}, paid_at, due_at
    )
    bootstrap.documents().put(TABLE, *alert.key, alert_values(replace(alert, state=state)))


def ask_for(number: int, since: datetime) -> None:
    """A row of the review queue."""
    values = {"state": "REQUESTED", "distributor": "dst_A", "amount_fen": 1, "since": to_ms(since)}
    values |= {"approvals_needed": 1, "approved_by": []}
    bootstrap.documents().put("views", "review", f"wdr_{number}", values)


def counted(capsys: pytest.CaptureFixture[str]) -> list[float]:
    capsys.readouterr()
    count_waiting(NOW)
    told: dict[str, list[float]] = {}
    for line in capsys.readouterr().out.splitlines():
        told |= json.loads(line)
    return [told[metric][0] for metric in WAITING]


def test_nothing_waits_in_an_empty_world(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert counted(capsys) == [0, 0, 0]


def test_open_alerts_are_counted_and_those_past_their_time_once_more(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_alert(1, NOW - HOUR, NOW + HOUR)
    raise_alert(2, NOW - 5 * HOUR, NOW - HOUR)
    raise_alert(3, NOW - 13 * DAY, NOW - 12 * DAY)
    raise_alert(4, NOW - 14 * DAY, NOW - 13 * DAY)  # two weeks back: not looked for
    raise_alert(5, NOW - HOUR, NOW - HOUR, AlertState.CLEARED)
    assert counted(capsys) == [3, 2, 0]


def test_a_withdrawal_is_counted_after_three_days(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    ask_for(1, NOW - 3 * DAY)
    ask_for(2, NOW - 3 * DAY - HOUR)
    assert counted(capsys) == [0, 0, 1]
