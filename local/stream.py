"""A stream read from a position: which records come next?

The one place that knows shard iterators: they expire, and a position may have left the stream.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from local.engine_environment import REGION
from local.failure_destination import SHARD_ID
from local.wiring import StreamMapping


class StreamReader:
    """Reads one mapping's stream on from a sequence number."""

    def __init__(self, client: Any, mapping: StreamMapping) -> None:
        self._client = client
        self._mapping = mapping
        self._iterator: str | None = None

    def read(self, position: str | None, limit: int) -> list[Mapping[str, Any]]:
        """The next records as Lambda hands them over; goes on from where the last read ended.

        `position` is the last sequence number already read; it counts on the first read and after `rewind`.
        """
        if self._iterator is None:
            self._iterator = self._iterator_after(position)
        try:
            page = self._client.get_records(ShardIterator=self._iterator, Limit=min(limit, 1000))
        except ClientError as error:
            self._iterator = None
            if error.response["Error"]["Code"] in ("ExpiredIteratorException", "TrimmedDataAccessException"):
                return self.read(position, limit)
            raise
        self._iterator = page.get("NextShardIterator")
        return [_as_lambda_hands_it_over(record, self._mapping.stream_arn) for record in page["Records"]]

    def rewind(self) -> None:
        """Read from the given position again."""
        self._iterator = None

    def _iterator_after(self, position: str | None) -> str:
        wanted = {"StreamArn": self._mapping.stream_arn, "ShardId": SHARD_ID}
        if position is None:
            return self._new_iterator(wanted, ShardIteratorType=self._mapping.starts_at)
        try:
            return self._new_iterator(
                wanted, ShardIteratorType="AFTER_SEQUENCE_NUMBER", SequenceNumber=position
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "TrimmedDataAccessException":
                raise
            # The position left the stream (24 hours): everything that is still there is newer.
            return self._new_iterator(wanted, ShardIteratorType="TRIM_HORIZON")

    def _new_iterator(self, wanted: dict[str, str], **kind: str) -> str:
        return str(self._client.get_shard_iterator(**wanted, **kind)["ShardIterator"])


def _as_lambda_hands_it_over(record: Mapping[str, Any], stream_arn: str) -> Mapping[str, Any]:
    """boto3 gives datetimes and bytes; Lambda's event has seconds and base64."""
    plain: dict[str, Any] = _plain(record)
    return {**plain, "awsRegion": REGION, "eventSourceARN": stream_arn}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value
