"""The failure destination: where does a record or a run go that its function could never handle?

To S3, which alone keeps the record itself; the document is the one Lambda writes.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from chalicelib.domain.given_up import LETTERS, RUNS
from local.batch_rules import Batch, sequence_number
from local.wiring import Function, Schedule, StreamMapping

SHARD_ID = "shardId-00000000000000000000-00000000"  # the engine's only shard


class Destination(Protocol):
    """Where given-up batches and runs are kept."""

    def keep(self, mapping: StreamMapping, batch: Batch, condition: str, error: str, now: datetime) -> None:
        """Keep a batch for good, or raise."""
        ...

    def keep_run(self, schedule: Schedule, event: Mapping[str, Any], error: str, now: datetime) -> None:
        """Keep a schedule's run that failed, or raise."""
        ...


@dataclass(frozen=True, slots=True)
class BucketDestination:
    """Given-up batches as objects of the mapping's bucket."""

    s3: Any

    def keep(self, mapping: StreamMapping, batch: Batch, condition: str, error: str, now: datetime) -> None:
        """Write the whole batch, as Lambda does. A mapping without a destination drops it, as on AWS."""
        if mapping.failure_bucket is None:
            return
        record = invocation_record(mapping, batch, condition, error, now)
        self._put(mapping.failure_bucket, f"{LETTERS}{mapping.name}/{SHARD_ID}/", record, now)

    def keep_run(self, schedule: Schedule, event: Mapping[str, Any], error: str, now: datetime) -> None:
        """Write the event, as Lambda does with an asynchronous one; without a destination it is dropped."""
        if schedule.failure_bucket is None:
            return
        record = {
            **_common(schedule.function, "RetriesExhausted", 1, error, now),
            "requestPayload": event,
        }
        self._put(schedule.failure_bucket, f"{RUNS}{schedule.function.deployed_name}/", record, now)

    def _put(self, bucket: str, folder: str, record: Mapping[str, Any], now: datetime) -> None:
        moment = now.strftime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S")
        self.s3.put_object(
            Bucket=bucket,
            Key=f"{folder}{moment}-{uuid.uuid4()}",
            Body=json.dumps(record).encode(),
            ContentType="application/json",
        )


def invocation_record(
    mapping: StreamMapping, batch: Batch, condition: str, error: str, now: datetime
) -> Mapping[str, Any]:
    """Lambda's invocation record, the records themselves in `payload`."""
    arrivals = [record["dynamodb"]["ApproximateCreationDateTime"] for record in batch.records]
    return {
        **_common(mapping.function, condition, batch.calls, error, now),
        "DDBStreamBatchInfo": {
            "shardId": SHARD_ID,
            "startSequenceNumber": sequence_number(batch.records[0]),
            "endSequenceNumber": sequence_number(batch.records[-1]),
            "approximateArrivalOfFirstRecord": _iso(min(arrivals)),
            "approximateArrivalOfLastRecord": _iso(max(arrivals)),
            "batchSize": len(batch.records),
            "streamArn": mapping.stream_arn,
        },
        "payload": json.dumps({"Records": list(batch.records)}),
    }


def _common(function: Function, condition: str, calls: int, error: str, now: datetime) -> Mapping[str, Any]:
    """What every one of Lambda's invocation records tells."""
    return {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": function.arn,
            "condition": condition,
            "approximateInvokeCount": calls,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": error},
        "version": "1.0",
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
