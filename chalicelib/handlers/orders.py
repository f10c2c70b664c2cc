"""Orders behind the API: what their stream and their timers hand to the use cases."""

import json
from typing import Any

from chalice.app import DynamoDBEvent, SQSEvent

from chalicelib import bootstrap
from chalicelib.handlers.stream_batch import ItemChange, handle_each, item_change
from chalicelib.observability import logger
from chalicelib.store import orders


def watch(event: DynamoDBEvent) -> dict[str, Any]:
    """Set the timers of the new orders of a batch, ten in a call, then follow each change by itself."""
    changes = [item_change(record) for record in event.to_dict()["Records"]]
    new = [change for change in changes if change.kind == "INSERT" and change.after]
    placed = [orders.from_values(change.after) for change in new if change.after]
    bootstrap.watch_orders().set_timers(placed, bootstrap.now())
    return handle_each(event, _follow)


def _follow(change: ItemChange) -> None:
    if change.after is None:
        return
    before = orders.from_values(change.before) if change.before else None
    bootstrap.watch_orders().follow(before, orders.from_values(change.after), bootstrap.now())


def close_overdue(event: SQSEvent) -> dict[str, Any]:
    """Close the orders whose timers ran out; one that is too early or in the way comes back."""
    failed: list[str] = []
    for record in event.to_dict()["Records"]:
        try:
            timer = json.loads(record["body"])
            done = bootstrap.close_order().when_overdue(timer["order"], bootstrap.now(), timer["channel"])
        except Exception:
            logger.exception("an order timer failed", extra={"message_id": record["messageId"]})
            done = False
        if not done:
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
