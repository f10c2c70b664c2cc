"""Testing: how does a test get the real engine, quickly and alone?

One engine process serves a whole test session (one per worker when tests run in
parallel); every test begins with empty tables, streams, queues and buckets. The
resources themselves, their ids and keys stay, so that what the shipped code
caches between calls stays right.
"""

import os
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.build import transformed_template
from local import pumps
from local.checkpoints import Checkpoints
from local.engine_process import EngineProcess
from local.faults import DATA_PLANE, KINDS
from local.pump import StreamPump
from local.queue_pump import QueuePump
from local.resources import Resources


class Engine:
    """One engine for a session, holding every resource of the template."""

    def __init__(self, process: EngineProcess) -> None:
        self.process = process
        self.endpoint_url = process.endpoint_url
        self.template = transformed_template("local")
        self.resources = Resources(self.template, process.endpoint_url)
        self.resources.create()
        self.environment = self.resources.environment()

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["Engine"]:
        """Start an engine that forgets everything when it ends."""
        with tempfile.TemporaryDirectory(prefix="forecourt-") as directory:
            process = EngineProcess.start(log=Path(directory) / "engine.log")
            try:
                yield cls(process)
            finally:
                process.stop()

    @contextmanager
    def environment_set(self) -> Iterator[None]:
        """Give this process the environment that the functions have on AWS."""
        before = dict(os.environ)
        os.environ.update(self.environment)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


class ConsumerFailed(AssertionError):
    """A stream reader or queue worker could not do its work; the text holds its traceback."""


DRAIN_ROUNDS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter counted."""

    calls: dict[str, int]  # by service.action: dynamodb.TransactWriteItems
    write_units: dict[str, int]  # by table
    read_units: dict[str, float]

    @property
    def round_trips(self) -> int:
        return sum(self.calls.values())

    @property
    def write_units_sum(self) -> int:
        return sum(self.write_units.values())

    @property
    def read_units_sum(self) -> float:
        return sum(self.read_units.values())


class World:
    """What one test sees: an empty world, its AWS clients, and time that passes when asked to."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.endpoint_url = engine.endpoint_url
        self.environment = engine.environment
        self.faults_done: dict[str, int] = {}  # by action.kind, of the last `faults` block
        self.faults_report: dict[str, Any] = {}  # all that the launcher tells of it
        engine.process.ask("POST", "reset")
        self.pumps = pumps.build(engine.template, engine.resources, Checkpoints(), sleep=_no_sleep)

    def client(self, service: str) -> Any:
        """A boto3 client of the engine; kept for the session."""
        return self.engine.resources.client(service)

    def items(self, table: str) -> list[dict[str, Any]]:
        """Every item of a table by its short name (`orders`), in DynamoDB's own form."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.table_name(table))
        return [item for page in pages for item in page["Items"]]

    def table_name(self, table: str) -> str:
        """The physical name of a table by its short name (`orders`)."""
        return self.environment[f"TABLE_{table.upper()}"]

    def hasten(self) -> int:
        """Deliver delayed messages as if their time had come; returns how many there were."""
        return int(self.engine.process.ask("POST", "hasten")["hastened"])

    @contextmanager
    def faults(
        self,
        rate: float = 0.0,
        kinds: Collection[str] = KINDS,
        seed: int = 0,
        turns: Collection[int] = (),
        actions: Collection[str] = DATA_PLANE,
    ) -> Iterator[None]:
        """Answer some calls of DynamoDB with conflicts, throttles and lost answers (local/faults.py).

        Either by chance (`rate`, `seed`) or exactly (`turns`: the calls to hit, counted from 1).
        """
        plan = {
            "rate": rate,
            "kinds": list(kinds),
            "seed": seed,
            "turns": list(turns),
            "actions": list(actions),
        }
        self.engine.process.ask("POST", "faults", plan)
        try:
            yield
        finally:
            self.faults_report = self.engine.process.ask("GET", "faults")
            self.faults_done = self.faults_report["done"]
            self.engine.process.ask("POST", "faults", {"kinds": []})

    @contextmanager
    def metered(self) -> Iterator[Callable[[], Reading]]:
        """Count the calls and units of a block; the given function tells them, during and after it."""
        self.engine.process.ask("DELETE", "meter")
        kept: list[Reading] = []

        def reading() -> Reading:
            return kept[0] if kept else Reading(**self.engine.process.ask("GET", "meter"))

        try:
            yield reading
        finally:
            kept.append(reading())

    def drain(self, only: Collection[str] | None = None, failures_allowed: bool = False) -> None:
        """Run stream readers and queue workers in this process until nothing is left to do.

        `only` names functions (`pay_commission`); the others keep their position and catch up later.

        Raises:
            ConsumerFailed: a batch was given up or a message failed, unless that is allowed;
                or the consumers feed each other without end.
        """
        consumers: list[StreamPump | QueuePump] = [*self.pumps.streams, *self.pumps.queues]
        chosen = [pump for pump in consumers if only is None or pump.mapping.function.name in only]
        for _ in range(DRAIN_ROUNDS_MAX):
            if not sum(pump.step() for pump in chosen):
                break
        else:
            raise ConsumerFailed(f"not quiet after {DRAIN_ROUNDS_MAX} rounds")
        failures = self.take_failures()
        if failures and not failures_allowed:
            raise ConsumerFailed("\n".join(failures))

    def tick(self, function: str) -> None:
        """Run one schedule's function now, by its name (`release_commission`).

        Raises:
            ConsumerFailed: the function raised.
        """
        pump = next(pump for pump in self.pumps.schedules if pump.schedule.function.name == function)
        pump.run(pump.clock())
        failures = self.take_failures()
        if failures:
            raise ConsumerFailed("\n".join(failures))

    def take_failures(self) -> list[str]:
        """What failed since the last time this was asked, one text a failure."""
        noted = [
            *(pump.failures for pump in self.pumps.streams),
            *(pump.failures for pump in self.pumps.queues),
            *(pump.failures for pump in self.pumps.schedules),
        ]
        found = [text for failures in noted for text in failures]
        for failures in noted:
            failures.clear()
        return found


def _no_sleep(seconds: float) -> None:
    """A drained world does not wait."""
