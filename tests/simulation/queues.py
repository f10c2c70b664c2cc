"""The queues: messages that arrive when their time has come, sometimes twice, and come back when refused."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from chalicelib.domain.errors import Unavailable
from local.queue_pump import failed_ids
from tests.simulation.points import Points
from tests.simulation.scheduler import Scheduler, Task, base_of, draw

RECEIVES_MAX = 5
HIDDEN_MS = 90_000  # longer than a worker may take


@dataclass
class SimulatedQueue:
    """Queue. `call`: how its worker is called with an event; `doubled`: of 10,000 messages, by chance."""

    name: str
    scheduler: Scheduler
    points: Points
    call: Callable[[dict[str, Any]], Any]
    doubled: int = 0
    in_flight: int = 0
    missed: tuple[str, ...] = ()  # bodies whose sending nobody confirmed, or that no worker could do
    counts: Counter[str] = field(default_factory=Counter)

    def send(self, messages: Sequence[Mapping[str, Any]], delay_seconds: int = 0) -> None:
        bodies = [json.dumps(message, separators=(",", ":")) for message in messages]

        def arrive() -> None:
            for body in bodies:
                self._sent(body, delay_seconds * 1000)

        def unconfirmed() -> NoReturn:
            self.missed = (*self.missed, *bodies)
            raise Unavailable(reason="QUEUE_AWAY")

        self.points.ask(f"{self.name}.send", arrive, unconfirmed)

    def _sent(self, body: str, delay_ms: int) -> None:
        bits = draw(base_of(self.scheduler.seed, f"{self.name}/{body}"), self.counts[body])
        self.counts[body] += 1
        copies = 2 if bits % 10_000 < self.doubled else 1
        for copy in range(copies):
            label = f"{self.name}/{body}/{self.counts[body]}/{copy}"
            self._arrives(label, body, delay_ms + (bits >> (16 + 8 * copy)) % 3_000, 1)

    def _arrives(self, label: str, body: str, delay_ms: int, received: int) -> None:
        self.in_flight += 1
        moment_ms = self.scheduler.now_ms + delay_ms
        message = {"messageId": label, "receiptHandle": label, "body": body, "attributes": {}}

        def ended(task: Task) -> None:
            self.in_flight -= 1
            failed = {label} if task.error else failed_ids({label}, task.answer)
            if failed and received >= RECEIVES_MAX:
                self.missed = (*self.missed, body)
            elif failed:
                self._arrives(label, body, HIDDEN_MS, received + 1)

        work = self.call
        self.scheduler.spawn(f"{label}/{received}", lambda: work({"Records": [message]}), moment_ms, ended)
