"""Queue workers: work that has its own time. What fails comes back, then goes to the dead-letter queue."""

import json
from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib import bootstrap

blueprint = Blueprint(__name__)


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:000000000000:order-timers", batch_size=10)
def close_unpaid_order(event: SQSEvent) -> dict[str, Any]:
    """Order timers: fifteen minutes are over; close what is still unpaid and free its reservation."""
    from chalicelib.handlers import orders

    return orders.close_overdue(event)


@blueprint.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:000000000000:imports", batch_size=1)
def import_cards(event: SQSEvent) -> dict[str, Any]:
    """Imports: do the next step of a card batch; the message sends itself on until the batch is at an end."""
    for message in event:
        bootstrap.import_batch()(json.loads(message.body)["batch_id"], bootstrap.now())
    return {"batchItemFailures": []}
