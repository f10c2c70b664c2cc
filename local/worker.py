"""The worker: all pumps of one machine, in one process.

    python -m local.worker --state .state --engine-port 4566

A thread a mapping and schedule. Whoever waits for records sleeps until a stream
has grown; the engine tells.
"""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from infra.build import transformed_template
from local import children, engine_process, pumps
from local.checkpoints import Checkpoints, CheckpointsRefused
from local.engine_environment import HOST
from local.pump import StreamPump
from local.queue_pump import QueuePump
from local.resources import Resources
from local.schedule_pump import SchedulePump
from local.telemetry import Telemetry
from local.watch import FLUSH_SECONDS, Watch

CHECKPOINTS_NAME = "checkpoints.db"

_UNTOLD_SECONDS = 0.25  # how long a stream may have grown without our being told
_ERROR_SECONDS = 1.0
_MESSAGE_SECONDS = 2
_SCHEDULE_SECONDS = 0.5
_PAUSE_SECONDS = 0.02  # between two questions to the engine while streams keep growing
_STOP_SECONDS = 8

logger = logging.getLogger("forecourt.worker")


class Stopped(BaseException):
    """The worker is to end: whatever waits gives up, and comes again after the next start."""


@dataclass(slots=True)
class Worker:
    """The threads of all pumps."""

    engine_port: int
    stop: threading.Event = field(default_factory=threading.Event)
    grown: dict[str, list[threading.Event]] = field(default_factory=dict)  # by table name

    def sleep(self, seconds: float) -> None:
        """Wait, unless the worker is to end."""
        if self.stop.wait(seconds):
            raise Stopped

    def run(self, built: pumps.Pumps, watch: Watch) -> None:
        """Run every pump until `stop` is set and each has finished what it had in hand."""
        runs: list[Callable[[], None]] = [self._hear_of_changes]
        runs += [self._stream_run(one) for one in built.streams]
        runs += [self._queue_run(one) for one in built.queues]
        runs += [self._schedule_run(one) for one in built.schedules]
        runs.append(self._watch_run(watch))
        threads = [threading.Thread(target=self._guarded, args=(run,), daemon=True) for run in runs]
        for thread in threads:
            thread.start()
        self.stop.wait()
        for thread in threads[1:]:
            thread.join(_STOP_SECONDS / len(threads))

    def _guarded(self, run: Callable[[], None]) -> None:
        """Run again and again; an error of the engine or of ours is logged and waited out."""
        while not self.stop.is_set():
            try:
                run()
            except Stopped:
                return
            except Exception:
                logger.exception("a pump stumbled; it goes on from its kept position")
                self.stop.wait(_ERROR_SECONDS)

    def _stream_run(self, pump: StreamPump) -> Callable[[], None]:
        event = threading.Event()
        self.grown.setdefault(pump.mapping.table_name, []).append(event)

        def run() -> None:
            event.clear()
            if not pump.step():
                event.wait(_UNTOLD_SECONDS)
            pump.failures.clear()

        return run

    def _queue_run(self, pump: QueuePump) -> Callable[[], None]:
        def run() -> None:
            pump.step(_MESSAGE_SECONDS)
            pump.failures.clear()

        return run

    def _schedule_run(self, pump: SchedulePump) -> Callable[[], None]:
        def run() -> None:
            pump.step()
            pump.failures.clear()
            self.sleep(_SCHEDULE_SECONDS)

        return run

    def _watch_run(self, watch: Watch) -> Callable[[], None]:
        def run() -> None:
            watch.begin()  # again after the engine stumbled: a new one knows no alarms
            while True:
                watch.step()
                self.sleep(FLUSH_SECONDS)

        return run

    def _hear_of_changes(self) -> None:
        number, heads = 0, dict[str, str]()
        while True:
            question = {"since": number, "seconds": _MESSAGE_SECONDS}
            answer = engine_process.ask(self.engine_port, "POST", "changes", question)
            self._wake({table for table, head in answer["heads"].items() if heads.get(table) != head})
            number, heads = answer["number"], answer["heads"]
            self.sleep(_PAUSE_SECONDS)

    def _wake(self, tables: set[str]) -> None:
        for table in tables:
            for event in self.grown.get(table, ()):
                event.set()


def main(arguments: list[str] | None = None) -> int:
    """Run all pumps until told to stop. Exit code 3: the checkpoints are damaged.

    The environment is the functions' own.
    """
    parser = argparse.ArgumentParser(prog="local.worker")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--engine-port", type=int, required=True)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)

    worker = Worker(options.engine_port)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop.set())
    children.when_parent_ends(worker.stop.set)

    try:
        checkpoints = Checkpoints(options.state / CHECKPOINTS_NAME)
    except CheckpointsRefused as refusal:
        print(f"worker: {refusal}", file=sys.stderr)
        return 3
    template = transformed_template("local")
    resources = Resources(template, f"http://{HOST}:{options.engine_port}")
    telemetry = Telemetry()
    watch = Watch.of(template, resources, telemetry, options.state / "logs")
    built = pumps.build(template, resources, checkpoints, worker.sleep, telemetry.tell)
    children.ready(len(built.streams) + len(built.queues) + len(built.schedules))
    worker.run(built, watch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
