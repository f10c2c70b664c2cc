"""The failure destination: where does a record go that its function could never handle?

To S3, which alone keeps the record itself; the document is the one Lambda writes.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from local.batch_rules import Batch, sequence_number
from local.wiring import StreamMapping

SHARD_ID = "shardId-00000000000000000000-00000000"  # the engine's only shard


class Destination(Protocol):
    """Where given-up batches are kept."""

    def keep(self, mapping: StreamMapping, batch: Batch, condition: str, error: str, now: datetime) -> None:
        """Keep a batch for good, or raise."""
        ...


@dataclass(frozen=True, slots=True)
class BucketDestination:
    """Given-up batches as objects of the mapping's bucket."""

    s3: Any

    def keep(self, mapping: StreamMapping, batch: Batch, condition: str, error: str, now: datetime) -> None:
        """Write the whole batch, as Lambda does. A mapping without a destination drops it, as on AWS."""
        if mapping.failure_bucket is None:
            return
        moment = now.strftime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S")
        self.s3.put_object(
            Bucket=mapping.failure_bucket,
            Key=f"aws/lambda/{mapping.name}/{SHARD_ID}/{moment}-{uuid.uuid4()}",
            Body=json.dumps(invocation_record(mapping, batch, condition, error, now)).encode(),
            ContentType="application/json",
        )


def invocation_record(
    mapping: StreamMapping, batch: Batch, condition: str, error: str, now: datetime
) -> Mapping[str, Any]:
    """Lambda's invocation record, the records themselves in `payload`."""
    arrivals = [record["dynamodb"]["ApproximateCreationDateTime"] for record in batch.records]
    return {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": mapping.function.arn,
            "condition": condition,
            "approximateInvokeCount": batch.calls,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": error},
        "version": "1.0",
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
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


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
