"""The pumps: everything that runs without being asked over HTTP, built from the wiring."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local import wiring
from local.checkpoints import Checkpoints
from local.failure_destination import BucketDestination
from local.pump import StreamPump
from local.queue_pump import QueuePump
from local.resources import Resources
from local.schedule_pump import SchedulePump
from local.stream import StreamReader
from local.telemetry import Tell, untold


@dataclass(frozen=True, slots=True)
class Pumps:
    """One pump a mapping and schedule."""

    streams: tuple[StreamPump, ...]
    queues: tuple[QueuePump, ...]
    schedules: tuple[SchedulePump, ...]


def build(
    template: Mapping[str, Any],
    resources: Resources,
    checkpoints: Checkpoints,
    sleep: Callable[[float], None] = time.sleep,
    tell: Tell = untold,
) -> Pumps:
    """Build every pump of a template whose resources exist; `tell` hears what AWS's CloudWatch would."""
    wired = wiring.read(template, resources)
    destination = BucketDestination(resources.client("s3"))
    reader = resources.client("dynamodbstreams")
    return Pumps(
        streams=tuple(
            StreamPump(mapping, StreamReader(reader, mapping), checkpoints, destination, sleep, tell=tell)
            for mapping in wired.streams
        ),
        queues=tuple(QueuePump(mapping, resources.client("sqs"), tell) for mapping in wired.queues),
        schedules=tuple(
            SchedulePump(schedule, checkpoints, destination, tell=tell) for schedule in wired.schedules
        ),
    )
