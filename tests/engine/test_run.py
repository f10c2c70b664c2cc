"""The run: one command, one state, told clearly what stands in the way, and nothing lost by kill -9."""

import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.children import PROJECT
from local.engine_environment import HOST
from tests.engine.sockets import LOCALHOST, listening


def free_port() -> int:
    """A port whose neighbour is free too, for the counterparties; below those that clients are given."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as first, socket.socket() as second, contextlib.suppress(OSError):
            first.bind((HOST, port))
            second.bind((HOST, port + 1))
            return port


def spawn(module: str, state: Path, port: int) -> "subprocess.Popen[str]":
    environment = {**os.environ, "FORECOURT_STATE": str(state), "PORT": str(port)}
    return subprocess.Popen(
        [sys.executable, "-m", module], cwd=PROJECT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def refused(module: str, state: Path, port: int) -> str:
    """What a start that must fail says: one line, and a code that is not 0."""
    process = spawn(module, state, port)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.count("\n") == 1
    return said


def healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/v1/health")
        return connection.getresponse().status == 200
    except OSError:
        return False


def posted(port: int, path: str, body: bytes = b"") -> tuple[int, str]:
    """Status and kind of the answer to a body that is posted there."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.headers["Content-Type"]


def who_can_sign_in(said: str, port: int) -> list[str]:
    """The numbers on the screen that get a session for the password on the screen."""
    told = re.search(r"password is (\S+)", said)
    assert told, said
    return [
        phone
        for phone in re.findall(r"\b1[0-9]{10}\b", said)
        if posted(port, "/v1/sessions", json.dumps({"phone": phone, "password": told[1]}).encode())[0] == 201
    ]


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Running:
    """A run on a state directory, that serves."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self.start()

    def start(self) -> None:
        self.process = spawn("local.run", self.state, self.port)
        assert self.process.stdout is not None
        self.said = ""
        while "State and logs" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.process.communicate()[1]
            self.said += line
        self.children = children_of(self.process.pid)

    def children_ended(self) -> bool:
        deadline = time.monotonic() + 15
        while any(alive(pid) for pid in self.children) and time.monotonic() < deadline:
            time.sleep(0.05)
        return not any(alive(pid) for pid in self.children)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    run = Running(tmp_path / "state")
    yield run
    if run.process.poll() is None:
        run.process.terminate()
        run.process.communicate(timeout=30)


def test_a_run_serves_refuses_a_second_start_and_a_reset_and_stops_cleanly(running: Running) -> None:
    assert f"http://localhost:{running.port}" in running.said
    assert healthy(running.port)
    assert len(who_can_sign_in(running.said, running.port)) >= 3
    assert len(running.children) == 4
    found = listening([running.process.pid, *running.children])
    assert {address for address, _ in found} == {LOCALHOST}
    assert {running.port, running.port + 1} <= {port for _, port in found}
    assert listening([running.process.pid, *running.children], "tcp6") == []
    assert posted(running.port, "/v1/nothing") == (404, "application/problem+json")
    assert posted(running.port, "/v1/orders", b"x" * (6 * 1024 * 1024 + 1)) == (
        413,
        "application/problem+json",
    )
    assert "already runs" in refused("local.run", running.state, free_port())
    assert "already runs" in refused("local.reset", running.state, 0)
    other = running.state.parent / "other"
    assert f"port {running.port} is busy: choose another with PORT" in refused(
        "local.run", other, running.port
    )
    running.process.send_signal(signal.SIGINT)
    _, said = running.process.communicate(timeout=30)
    assert (running.process.returncode, said) == (0, "")
    assert running.children_ended()
    assert not healthy(running.port)
    for log in (running.state / "logs").iterdir():
        assert "Traceback" not in log.read_text(), log

    process = spawn("local.reset", running.state, 0)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "forgotten" in said
    assert not running.state.exists()


def test_after_kill_9_of_everything_the_next_start_finds_everything(running: Running) -> None:
    keys = [json.loads((running.state / "state.json").read_text()), identities(running)]
    running.process.kill()
    for child in running.children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    running.process.communicate()
    assert running.children_ended()
    running.start()
    assert healthy(running.port)
    assert [json.loads((running.state / "state.json").read_text()), identities(running)] == keys


def identities(running: Running) -> list[str]:
    """What must not change: the key and secrets in the server's environment."""
    for pid in running.children:
        text = Path(f"/proc/{pid}/environ").read_text()
        found = [entry for entry in text.split("\0") if entry.startswith(("KEY_", "SECRET_"))]
        if found:
            return sorted(found)
    raise AssertionError("no child has the functions' environment")


def test_when_only_the_parent_is_killed_nothing_stays_behind(running: Running) -> None:
    running.process.kill()
    running.process.communicate()
    assert running.children_ended()


def test_when_a_part_ends_the_run_ends_and_says_which(running: Running) -> None:
    os.kill(running.children[0], signal.SIGKILL)
    _, said = running.process.communicate(timeout=30)
    assert running.process.returncode == 1
    assert "engine ended by itself" in said
    assert running.children_ended()


def test_a_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_text("")
    for module in ("local.run", "local.reset"):
        assert "holds something else" in refused(module, tmp_path, free_port())
    assert (tmp_path / "holiday.jpg").exists()


def test_a_busy_port_of_the_counterparties_is_told(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket() as taken:
        taken.bind((HOST, port + 1))
        taken.listen()
        said = refused("local.run", tmp_path / "state", port)
    assert f"port {port + 1} is busy: choose another with COUNTERPARTIES_PORT" in said


def test_a_half_written_state_is_told_and_can_be_reset(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "state.json").write_text('{"mark": "fore')
    assert "damaged: `make reset` begins anew" in refused("local.run", state, free_port())
    assert spawn("local.reset", state, 0).wait(timeout=30) == 0
    assert not state.exists()


def test_a_damaged_journal_is_told(tmp_path: Path) -> None:
    state = tmp_path / "state"
    (state / "engine").mkdir(parents=True)
    (state / "state.json").write_text('{"mark": "forecourt", "format": 1, "seeded": []}')
    (state / "engine" / "journal.db").write_text("half of something, " * 400)
    assert "damaged or not a journal" in refused("local.run", state, free_port())
