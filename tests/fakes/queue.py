"""A fake queue: the port of work for later, in memory."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FakeQueue:
    """Queue. `sent`: each message as it would arrive, with its delay; `failure`: what sending raises."""

    sent: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    failure: Exception | None = None

    def send(self, messages: Sequence[Mapping[str, Any]], delay_seconds: int = 0) -> None:
        assert 0 <= delay_seconds <= 900, "SQS delays by at most 900 seconds"
        if self.failure is not None:
            raise self.failure
        self.sent += [(json.loads(json.dumps(message)), delay_seconds) for message in messages]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was sent, without delays."""
        return [message for message, _ in self.sent]
