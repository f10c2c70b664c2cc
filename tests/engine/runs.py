"""Runs: `make run` as a process on a state directory of its own, watched from outside."""

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
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.build import transformed_template
from local.children import PROJECT
from local.engine_environment import HOST
from local.people import Authenticator
from local.resources import Resources
from local.state import ENVIRONMENT_NAME


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
    assert said.count("\n") == 1, said
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
    """The numbers on the screen that get a session for the password, the device and, where one stands
    there, the authenticator on the screen."""
    told = re.search(r"password is (\S+)", said)
    device = re.search(r"with the device ([^,\s]+)", said)
    assert told and device, said
    shown = {"password": told[1], "device": device[1]}
    found = []
    for phone, secret in re.findall(r"\b(1[0-9]{10})\b(?: +authenticator ([A-Z2-7]+))?", said):
        guard = {"second_factor": Authenticator(secret).digits()} if secret else {}
        if posted(port, "/v1/sessions", json.dumps(shown | guard | {"phone": phone}).encode())[0] == 201:
            found.append(phone)
    return found


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def all_ended(pids: list[int], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(alive(pid) for pid in pids)


class Running:
    """A run on a state directory. `children`: engine, counterparties, worker and server."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self.children: list[int] = []
        self.said = ""

    def begin(self) -> None:
        """Start it (again), on the port it had."""
        (self.state / ENVIRONMENT_NAME).unlink(missing_ok=True)  # it tells of the engine of an earlier start
        self.process = spawn("local.run", self.state, self.port)

    def serve(self) -> None:
        """Start it (again) and wait until it says that it serves."""
        self.begin()
        assert self.process.stdout is not None
        self.said = ""
        while "State and logs" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.process.communicate()[1]
            self.said += line
        self.children = children_of(self.process.pid)

    def seed_until(self, table: str, count: int) -> None:
        """Start it, and return in the midst of its first seeding: once a table has so many items."""
        self.begin()
        deadline = time.monotonic() + 60
        while len(self.items(table)) < count:
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline, f"never {count} {table}"
            time.sleep(0.02)
        self.children = children_of(self.process.pid)
        assert self.document["seeded"] is None

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.state / "state.json").read_text())
        return found

    def items(self, table: str) -> list[dict[str, Any]]:
        """Every item of a table by its short name, in DynamoDB's own form; none before there is a table."""
        try:
            environment = json.loads((self.state / ENVIRONMENT_NAME).read_text())
            resources = Resources(transformed_template("local"), environment["AWS_ENDPOINT_URL"])
            pages = resources.client("dynamodb").get_paginator("scan")
            name = environment[f"TABLE_{table.upper()}"]
            return [item for page in pages.paginate(TableName=name) for item in page["Items"]]
        except (OSError, BotoCoreError, ClientError):
            return []

    def kill_everything(self) -> None:
        """As a power cut: all processes at once, without a word."""
        self.process.kill()
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.process.communicate()
        assert all_ended(self.children)

    def told_to_stop(self, number: signal.Signals) -> tuple[int, str]:
        """Its exit code and what it complained of."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said

    def end(self) -> None:
        """Leave nothing behind, whatever a test did."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=30)
