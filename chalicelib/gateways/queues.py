"""Queues: how does work for later get into SQS, all of it or with a loud failure?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import Unavailable

BATCH_MESSAGES_MAX = 10
MESSAGE_BYTES_MAX = 25_000  # ten of them fit into a batch of 256 KiB
DELAY_SECONDS_MAX = 900  # SQS's own limit; what is due later is swept by a schedule
ATTEMPTS = 3


class MessageRefused(RuntimeError):
    """SQS says that a message of ours is wrong: a bug, and not to be sent again."""


@dataclass(frozen=True)
class SqsQueue:
    """A queue. Whatever was sent may arrive twice: its workers have to bear that."""

    client: Any
    url: str

    def send(self, messages: Sequence[Mapping[str, Any]], delay_seconds: int = 0) -> None:
        """Send all, ten in one call.

        Raises: Unavailable when SQS is away or would not take some: a part may have been sent.
        """
        assert 0 <= delay_seconds <= DELAY_SECONDS_MAX, f"SQS delays by at most {DELAY_SECONDS_MAX} seconds"
        entries = [_entry(number, message, delay_seconds) for number, message in enumerate(messages)]
        for start in range(0, len(entries), BATCH_MESSAGES_MAX):
            self._send_batch(entries[start : start + BATCH_MESSAGES_MAX])

    def _send_batch(self, entries: list[dict[str, Any]]) -> None:
        for _ in range(ATTEMPTS):
            try:
                answer = self.client.send_message_batch(QueueUrl=self.url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                raise Unavailable(unsent=len(entries)) from error
            failed = {failure["Id"]: failure for failure in answer.get("Failed", ())}
            ours = sorted({failure["Code"] for failure in failed.values() if failure["SenderFault"]})
            if ours:
                raise MessageRefused(", ".join(ours))
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                return
        raise Unavailable(unsent=len(entries))


def _entry(number: int, message: Mapping[str, Any], delay_seconds: int) -> dict[str, Any]:
    body = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
    assert len(body.encode()) <= MESSAGE_BYTES_MAX, "a message names its work and does not carry it"
    entry: dict[str, Any] = {"Id": str(number), "MessageBody": body}
    return entry | {"DelaySeconds": delay_seconds} if delay_seconds else entry
