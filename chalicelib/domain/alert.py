"""Alerts: what looks like fraud, what is held for it, and what did somebody decide?

    OPEN -> CLEARED      nothing was wrong: what was held is let go
    OPEN -> CONFIRMED    it was fraud: a held order goes back to its payer, the rest stays held

One alert an order, with every rule that struck: a person decides about the order
once, not about one rule while another still holds it. It stands in the table
`work` under the business day of the payment:

    pk = alerts#YYYYMMDD    sk = <order id>    id = alr_YYYYMMDD_<order id>

While it is OPEN it has a row in a queue that tells what waits without being read day by day:

    pk = alerts-open        sk = YYYYMMDD#<order id>

A purchase that was refused is no order: its alert is about the buyer, one a day, with the
buyer's id in the place of the order's; nothing is held for it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.business_time import business_date, day_text, from_ms, to_ms
from chalicelib.domain.change import DocumentGone, NewDocument
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.record import canonical

TABLE = "work"
OPEN = "alerts-open"
RAISED, DECIDED = "RISK_ALERT", "RISK_VERDICT"
UNTOLD = frozenset({RAISED, DECIDED})  # records that the person never sees: nobody is told of a suspicion
_ID = re.compile(r"alr_(\d{8})_(ord_[0-9A-Z]{38}|cus_[0-9A-Z]{12})")


class AlertUnknown(NotFound):
    code = "ALERT_UNKNOWN"


class AlertDecided(Conflict):
    """Somebody has decided already, and otherwise."""

    code = "ALERT_DECIDED"
    advice = "Read the alert: it says who decided what, and why."


class AlertState(StrEnum):
    OPEN = "OPEN"
    CLEARED = "CLEARED"
    CONFIRMED = "CONFIRMED"


@dataclass(frozen=True, slots=True)
class Alert:
    """One suspicious order, or buyer ("" for the order). `evidence` is all that was decided from;
    `frozen_cards` are our doing.
    """

    alert_id: str
    order_id: str
    customer_id: str
    severity: str
    rules: tuple[str, ...]
    held: tuple[str, ...]
    evidence: Mapping[str, Any]
    raised_at: datetime
    due_at: datetime
    frozen_cards: tuple[str, ...] = ()
    state: AlertState = AlertState.OPEN
    owner: str = ""
    decided_by: str = ""
    reason: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Where it stands in the table."""
        return key_of(self.alert_id)


def alert_id_of(order_id: str, paid_at: datetime) -> str:
    """The same order has the same alert, however often it is checked."""
    return f"alr_{day_text(business_date(paid_at))}_{order_id}"


def id_about_person(customer_id: str, at: datetime) -> str:
    return f"alr_{day_text(business_date(at))}_{customer_id}"


def key_of(alert_id: str) -> tuple[str, str]:
    """Where the alert of this id stands. Raises: AlertUnknown when it is no such id."""
    found = _ID.fullmatch(alert_id)
    if found is None:
        raise AlertUnknown(id=alert_id[:64])
    return partition_of(found[1]), found[2]


def partition_of(day: str) -> str:
    """All alerts of a business day, YYYYMMDD."""
    return f"alerts#{day}"


def raised(alert: Alert) -> list[NewDocument]:
    """A new alert, and its place among the open ones."""
    values = {
        "alert_id": alert.alert_id,
        "order": alert.order_id,
        "severity": alert.severity,
        "rules": list(alert.rules),
        "held": list(alert.held),
        "raised_at": to_ms(alert.raised_at),
    }
    open_row = NewDocument(TABLE, OPEN, _open_key(alert.alert_id), values)
    return [NewDocument(TABLE, *alert.key, alert_values(alert)), open_row]


def no_longer_open(alert_id: str) -> DocumentGone:
    return DocumentGone(TABLE, OPEN, _open_key(alert_id))


def _open_key(alert_id: str) -> str:
    partition, about = key_of(alert_id)
    return f"{partition.partition('#')[2]}#{about}"


def alert_values(alert: Alert) -> dict[str, Any]:
    """The attributes of its item."""
    return {
        "alert_id": alert.alert_id,
        "customer_id": alert.customer_id,
        "severity": alert.severity,
        "rules": list(alert.rules),
        "held": list(alert.held),
        "evidence": canonical(alert.evidence).decode(),
        "raised_at": to_ms(alert.raised_at),
        "due_at": to_ms(alert.due_at),
        "frozen_cards": list(alert.frozen_cards),
        "state": alert.state.value,
        "owner": alert.owner,
        "decided_by": alert.decided_by,
        "reason": alert.reason,
    }


def alert_of(item: Mapping[str, Any]) -> Alert:
    """The alert that an item shows."""
    return Alert(
        alert_id=item["alert_id"],
        order_id=item["sk"] if item["sk"].startswith("ord_") else "",
        customer_id=item["customer_id"],
        severity=item["severity"],
        rules=tuple(item["rules"]),
        held=tuple(item["held"]),
        evidence=json.loads(item["evidence"]),
        raised_at=from_ms(item["raised_at"]),
        due_at=from_ms(item["due_at"]),
        frozen_cards=tuple(item["frozen_cards"]),
        state=AlertState(item["state"]),
        owner=item["owner"],
        decided_by=item["decided_by"],
        reason=item["reason"],
    )
