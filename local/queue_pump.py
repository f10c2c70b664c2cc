"""The queue pump: who hands the messages of a queue to their function?

Lambda's rules for queues: what succeeded is deleted; what failed comes back when
its visibility ends, and goes to the dead-letter queue by the queue's own policy.
"""

import json
import logging
import time
import traceback
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local import filters
from local.engine_environment import REGION
from local.telemetry import Datum, Tell, called, datum, untold
from local.wiring import QueueMapping

logger = logging.getLogger("forecourt.queue_pump")

Message = Mapping[str, Any]

_RECEIVED_MAX = 10  # SQS gives no more at once


@dataclass(slots=True)
class QueuePump:
    """One queue and its function."""

    mapping: QueueMapping
    sqs: Any
    tell: Tell = untold
    failures: list[str] = field(default_factory=list)  # one text a failed call

    def step(self, wait_seconds: int = 0) -> int:
        """Receive once, call once, delete what succeeded; returns how many messages came."""
        messages = self._receive(wait_seconds)
        wanted = [
            message
            for message in messages
            if filters.matches_any(self.mapping.patterns, _for_filters(message))
        ]
        failed = self._call(wanted) if wanted else set()
        self._delete([message for message in messages if message["MessageId"] not in failed])
        return len(messages)

    def _receive(self, wait_seconds: int) -> list[Message]:
        messages: list[Message] = []
        while len(messages) < self.mapping.batch_size:
            answer = self.sqs.receive_message(
                QueueUrl=self.mapping.queue_url,
                MaxNumberOfMessages=min(_RECEIVED_MAX, self.mapping.batch_size - len(messages)),
                WaitTimeSeconds=0 if messages else wait_seconds,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            received = answer.get("Messages", [])
            messages += received
            if len(received) < _RECEIVED_MAX:
                break
        return messages

    def _call(self, messages: Sequence[Message]) -> set[str]:
        """Call the function; the ids of the messages that failed."""
        everything = {message["MessageId"] for message in messages}
        event = {"Records": [_as_lambda_hands_it_over(message, self.mapping) for message in messages]}
        self.tell(_age_of(messages, self.mapping))
        try:
            with called(self.tell, self.mapping.function.deployed_name):
                answer = self.mapping.function.call(event, str(uuid.uuid4()))
        except Exception:
            logger.warning("%s failed: %s", self.mapping.name, traceback.format_exc())
            self.failures.append(f"{self.mapping.function.name}\n{traceback.format_exc()}")
            return everything
        failed = failed_ids(everything, answer) if self.mapping.reports_item_failures else set()
        if failed:
            self.failures.append(f"{self.mapping.function.name}: the function reported failures: {answer}")
        return failed

    def _delete(self, messages: Sequence[Message]) -> None:
        for start in range(0, len(messages), _RECEIVED_MAX):
            entries = [
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                for index, message in enumerate(messages[start : start + _RECEIVED_MAX])
            ]
            self.sqs.delete_message_batch(QueueUrl=self.mapping.queue_url, Entries=entries)


def _age_of(messages: Sequence[Message], mapping: QueueMapping) -> Datum:
    """How long the oldest of these messages has been in its queue."""
    oldest = min(int(message["Attributes"]["SentTimestamp"]) for message in messages) / 1000
    queue = {"QueueName": mapping.queue_arn.rsplit(":", 1)[1]}
    return datum("AWS/SQS", "ApproximateAgeOfOldestMessage", queue, round(time.time() - oldest))


def failed_ids(everything: set[str], answer: Any) -> set[str]:
    """The ids that an answer reports as failed; an answer that makes no sense fails them all."""
    if not answer or not isinstance(answer, dict) or not answer.get("batchItemFailures"):
        return set()
    try:
        named = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    except (KeyError, TypeError):
        return everything
    return named if named.issubset(everything) else everything


def _for_filters(message: Message) -> Mapping[str, Any]:
    """A filter sees a JSON body as an object."""
    try:
        return {"body": json.loads(message["Body"])}
    except ValueError:
        return {"body": message["Body"]}


def _as_lambda_hands_it_over(message: Message, mapping: QueueMapping) -> Mapping[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {
            name: {
                "stringValue": attribute.get("StringValue"),
                "dataType": attribute["DataType"],
            }
            for name, attribute in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.queue_arn,
        "awsRegion": REGION,
    }
