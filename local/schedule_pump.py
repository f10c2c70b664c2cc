"""The schedule pump: which schedules are due, and who calls their functions?

When each ran last is kept on disk: a restart neither forgets a schedule nor
makes up for every run that was missed; one that is overdue runs once, at once.
"""

import logging
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.checkpoints import Checkpoints
from local.engine_environment import ACCOUNT_ID, REGION
from local.failure_destination import Destination
from local.pump import utc_now
from local.schedule_expression import next_after
from local.telemetry import Tell, called, datum, untold
from local.wiring import Schedule

logger = logging.getLogger("forecourt.schedule_pump")


@dataclass(slots=True)
class SchedulePump:
    """One schedule and its function."""

    schedule: Schedule
    checkpoints: Checkpoints
    destination: Destination
    clock: Callable[[], datetime] = utc_now
    tell: Tell = untold
    failures: list[str] = field(default_factory=list)

    def due_at(self) -> datetime:
        """The next run. A schedule that never ran begins to count now."""
        key = f"schedule:{self.schedule.name}"
        kept = self.checkpoints.position(key)
        if kept is None:
            kept = self.clock().isoformat()
            self.checkpoints.keep(key, kept)
        return next_after(self.schedule.expression, datetime.fromisoformat(kept))

    def step(self) -> int:
        """Run when due; returns how often it ran (0 or 1). Missed runs are not made up for."""
        now = self.clock()
        if now < self.due_at():
            return 0
        try:
            self.run(now)
        finally:
            # From when it counts, which is also kept before it ever ran; when it ran.
            for kind in ("schedule", "ran"):
                self.checkpoints.keep(f"{kind}:{self.schedule.name}", now.isoformat())
        return 1

    def run(self, now: datetime) -> None:
        """Call the function now. A failure is kept and told: the next run does the work."""
        event = self.schedule.given or _event(self.schedule, now)
        try:
            with called(self.tell, self.schedule.function.deployed_name):
                self.schedule.function.call(event, str(uuid.uuid4()))
        except Exception:
            logger.exception("%s failed", self.schedule.name)
            self.failures.append(f"{self.schedule.function.name}\n{traceback.format_exc()}")
            function = self.schedule.function.deployed_name
            self.tell(datum("AWS/Lambda", "AsyncEventsDropped", {"FunctionName": function}, 1))
            self.destination.keep_run(self.schedule, event, traceback.format_exc(), now)


def _event(schedule: Schedule, now: datetime) -> Mapping[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [schedule.arn],
        "detail": {},
    }
