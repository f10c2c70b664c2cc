"""The stream batch: what does a reader see of each change, and what does it report back?

A reader is told plain values and never DynamoDB's typed ones. One broad except
per record turns a failure into a batch item failure: the lowest one is where the
stream starts again, so everything after it comes again and must do no harm.
After a failure the later changes of the same item are left alone: they would
overtake the one that failed.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chalice.app import DynamoDBEvent

from chalicelib.observability import logger
from chalicelib.store.values import from_item

Answer = dict[str, Any]


class ItemChange(NamedTuple):
    """One change of one item: `before` is None for a new item, `after` for one that is gone.

    `written_at` is the store's own clock, to the second, and the same when the record comes again.
    """

    sequence_number: str
    kind: str  # INSERT | MODIFY | REMOVE
    pk: str
    sk: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    written_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def handle_each(event: DynamoDBEvent, handle: Callable[[ItemChange], None]) -> Answer:
    """Handle every change by itself, in order; the answer names those that failed."""
    failed: list[str] = []
    failed_items: set[str] = set()
    for record in event.to_dict()["Records"]:
        item = repr(sorted(record["dynamodb"]["Keys"].items()))
        try:
            if item in failed_items:
                raise EarlierChangeFailed(item)
            handle(item_change(record))
        except Exception:
            logger.exception("stream record failed", extra=_place(record))
            failed.append(record["dynamodb"]["SequenceNumber"])
            failed_items.add(item)
    return answer(failed)


def handle_together(
    event: DynamoDBEvent, handle: Callable[[Sequence[ItemChange]], Iterable[ItemChange]]
) -> Answer:
    """Handle the changes of a batch at once; `handle` gives back those it could not take.

    An exception of `handle` fails the whole batch, which then comes again or is cut in two.
    Either way one line tells which requests were behind it.
    """
    changes = [item_change(record) for record in event.to_dict()["Records"]]
    traces = [trace for trace in map(trace_of, changes) if trace]
    try:
        refused = [change.sequence_number for change in handle(changes)]
    except Exception:
        logger.exception("stream batch failed", extra={"records": len(changes), "traces": traces})
        raise
    if traces:
        logger.info("stream batch", extra={"records": len(changes), "failed": len(refused), "traces": traces})
    return answer(refused)


class EarlierChangeFailed(Exception):
    """An earlier change of the same item failed in this batch; this one waits for it."""


def item_change(record: dict[str, Any]) -> ItemChange:
    """The plain form of one stream record."""
    change = record["dynamodb"]
    keys = from_item(change["Keys"])
    return ItemChange(
        sequence_number=change["SequenceNumber"],
        kind=record["eventName"],
        pk=keys["pk"],
        sk=keys.get("sk", ""),
        before=from_item(change["OldImage"]) if "OldImage" in change else None,
        after=from_item(change["NewImage"]) if "NewImage" in change else None,
        written_at=datetime.fromtimestamp(int(change.get("ApproximateCreationDateTime", 0)), UTC),
    )


def trace_of(change: ItemChange) -> str:
    """The id of the request that wrote a record; "" for what is no record, or has none."""
    image = change.after or {}
    try:
        body = json.loads(image.get("body") or image.get("record") or "{}")
    except (TypeError, ValueError):
        return ""
    return str(body.get("trace", "")) if isinstance(body, dict) else ""


def answer(failed_sequence_numbers: Iterable[str]) -> Answer:
    """What Lambda expects of a reader with ReportBatchItemFailures."""
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed_sequence_numbers]}


def _place(record: dict[str, Any]) -> dict[str, Any]:
    """Where the record stands and which item it is, without its content: that may be personal."""
    change = record["dynamodb"]
    place = {"sequence_number": change["SequenceNumber"], "event_id": record.get("eventID", "")}
    return place | {"item": from_item(change["Keys"])}
