"""A run of its own for a test: real processes on free ports and a directory that is thrown away."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from local.children import PROJECT
from local.engine_environment import HOST

STARTED = "State and logs"


def free_port() -> int:
    """A port whose neighbour is free too: the counterparties take it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind((HOST, 0))
            port = int(first.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                second.bind((HOST, port + 1))
                return port


class PrivateRun:
    """`make run` on a state directory; it serves when this exists."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.engine_port = free_port()
        self.start()

    def start(self) -> None:
        """Start it (again), on the port it had."""
        environment = {**os.environ, "FORECOURT_STATE": str(self.state), "PORT": str(self.port)}
        environment["ENGINE_PORT"] = str(self.engine_port)  # whoever reads text messages finds it again
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.run"],
            cwd=PROJECT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.said = ""
        while STARTED not in self.said:
            line = self.process.stdout.readline()
            assert line, self.process.communicate()[1]
            self.said += line
        text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        self.children = [int(child) for child in text.split()]

    def kill_everything(self) -> None:
        """As a power cut: all processes at once, without a word."""
        for pid in (self.process.pid, *self.children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.communicate()
        deadline = time.monotonic() + 15
        while any(_is_alive(pid) for pid in self.children) and time.monotonic() < deadline:
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in order."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=60)


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
