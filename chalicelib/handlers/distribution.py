"""Distribution behind the API: what the streams of orders, accounts and the journal hand to the use cases."""

import json
from collections.abc import Sequence
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.record import Record, from_body
from chalicelib.handlers.stream_batch import ItemChange
from chalicelib.store import orders

# What of an order decides its commission beside what its payment froze.
_REFUNDS, _EARNING = "refunds", "cm"


def pay_commission(change: ItemChange) -> None:
    """Pay or reverse the commission of a changed order, when this change is the one that asks for it."""
    if change.after is None or not _asks_for_commission(change.before, change.after):
        return
    bootstrap.pay_commission()(orders.from_values(change.after), bootstrap.now())


def _asks_for_commission(before: dict[str, Any] | None, after: dict[str, Any]) -> bool:
    """Whether the order began to earn, or its refunds changed. A delivered parcel changes no commission."""
    if _EARNING not in after:
        return False
    if before is None or _EARNING not in before:
        return True
    return bool(before.get(_REFUNDS) != after.get(_REFUNDS))


def project_accounts(changes: Sequence[ItemChange]) -> list[ItemChange]:
    """Write the statement lines and release rows of a batch of accounts; what could not be is given back."""
    return bootstrap.project_accounts()(changes, bootstrap.now())


def project_journal(changes: Sequence[ItemChange]) -> list[ItemChange]:
    """Write what a batch of new records asks for."""
    records = [_record(change) for change in changes if change.kind == "INSERT" and change.after]
    bootstrap.project_journal()(records, bootstrap.now())
    return []


def _record(change: ItemChange) -> Record:
    assert change.after is not None
    return from_body(json.loads(change.after["body"]))
