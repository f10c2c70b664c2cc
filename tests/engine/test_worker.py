"""The worker: pumps that run by themselves, told when a stream has grown, stopped without loss."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from local.checkpoints import Checkpoints
from local.failure_destination import BucketDestination
from local.pump import StreamPump
from local.pumps import Pumps
from local.queue_pump import QueuePump
from local.stream import StreamReader
from local.telemetry import Telemetry
from local.testing import World
from local.watch import Watch
from local.wiring import Function
from local.worker import Worker
from tests.engine.consumers import consumer

CONSUME = Function("consume", "tests.engine.consumers.consume", 30)


@contextmanager
def working(world: World, worker: Worker, checkpoints: Checkpoints) -> Iterator[None]:
    """The template's archive_journal mapping and order timers, with a function of ours, in threads."""
    stream = next(p.mapping for p in world.pumps.streams if p.mapping.function.name == "archive_journal")
    queue = next(p.mapping for p in world.pumps.queues if p.mapping.function.name == "close_unpaid_order")
    mapping = replace(stream, function=CONSUME, window_seconds=0)
    reader = StreamReader(world.client("dynamodbstreams"), mapping)
    destination = BucketDestination(world.client("s3"))
    pumps = Pumps(
        streams=(StreamPump(mapping, reader, checkpoints, destination, worker.sleep),),
        queues=(QueuePump(replace(queue, function=CONSUME), world.client("sqs")),),
        schedules=(),
    )
    watch = Watch({"Resources": {}}, world.engine.resources, Telemetry())
    thread = threading.Thread(target=worker.run, args=(pumps, watch))
    thread.start()
    try:
        yield
    finally:
        worker.stop.set()
        thread.join()


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def put(world: World, name: str) -> None:
    item = {"pk": {"S": name}, "sk": {"S": "1"}}
    world.client("dynamodb").put_item(TableName=world.table_name("journal"), Item=item)


def seen() -> list[str]:
    return [name for batch in consumer.calls for name in batch]


def test_a_record_reaches_its_function_well_within_a_second(world: World) -> None:
    consumer.reset()
    lags = []
    with working(world, Worker(world.engine.process.port), Checkpoints()):
        for number in range(40):
            put(world, str(number))
            began = time.monotonic()
            until(lambda wanted=number + 1: len(seen()) >= wanted)
            lags.append(time.monotonic() - began)
            time.sleep(0.03)  # let the pump fall asleep again
    assert seen() == [str(number) for number in range(40)]
    assert max(lags) < 1.0
    assert sorted(lags)[20] < 0.2


def test_a_message_reaches_its_function_and_is_deleted(world: World) -> None:
    consumer.reset()
    url = world.environment["QUEUE_ORDER_TIMERS_URL"]
    with working(world, Worker(world.engine.process.port), Checkpoints()):
        world.client("sqs").send_message(QueueUrl=url, MessageBody="due")
        until(lambda: seen() == ["due"])
    world.hasten()
    assert "Messages" not in world.client("sqs").receive_message(QueueUrl=url)


def test_a_worker_stops_in_the_middle_of_a_wait_and_the_next_goes_on_from_there(world: World) -> None:
    def poisoned(names: list[str]) -> None:
        if "b" in names:
            raise RuntimeError("poison")

    consumer.reset(poisoned)
    checkpoints = Checkpoints()
    with working(world, Worker(world.engine.process.port), checkpoints):
        for name in ("a", "b", "c"):
            put(world, name)
        until(lambda: ["b"] in consumer.calls)
    consumer.reset()
    with working(world, Worker(world.engine.process.port), checkpoints):
        until(lambda: "c" in seen())
    assert "a" not in seen()
    assert seen()[0] == "b"


def test_a_kept_position_survives_kill_9(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from local.checkpoints import Checkpoints;"
        "kept = Checkpoints(Path(sys.argv[1]));"
        "[kept.keep('ReadOrders', str(n)) for n in range(101)];"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    path = tmp_path / "checkpoints.db"
    process = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert process.returncode == -signal.SIGKILL
    assert Checkpoints(path).position("ReadOrders") == "100"
