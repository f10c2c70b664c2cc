"""The counterparties' process, seen by whoever starts it: how is it started and ended?"""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Self

from local.counterparties.server import HOST

PROJECT = Path(__file__).resolve().parents[2]


class CounterpartiesFailed(Exception):
    """The process ended instead of serving; the text is what it said."""


class CounterpartiesProcess:
    """The running outside world. `url` is what the product gets as COUNTERPARTIES_URL."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://{HOST}:{port}"

    @classmethod
    def start(
        cls,
        port: int,
        data_directory: Path,
        key: str,
        retry_seconds: str = "",
        log: IO[str] | None = None,
    ) -> Self:
        """Start and wait until it serves. Raises: CounterpartiesFailed with its own words."""
        where = ["--port", str(port), "--data", str(data_directory), "--until-eof"]
        process = subprocess.Popen(
            [sys.executable, "-m", "local.counterparties", *where],
            cwd=PROJECT,
            env=os.environ | {"SANDBOX_CHANNEL_KEY": key, "SANDBOX_RETRY_SECONDS": retry_seconds},
            stdin=subprocess.PIPE,  # closes when we die, however that happens
            stdout=subprocess.PIPE,
            stderr=log or subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C belongs to whoever started us, who then stops us in order
        )
        assert process.stdout is not None
        first_line = process.stdout.readline().split()
        if len(first_line) == 2 and first_line[0] == "ready":
            return cls(process, int(first_line[1]))
        process.wait()
        said = process.stderr.read() if process.stderr else ""
        raise CounterpartiesFailed(said.strip() or f"it ended with code {process.returncode}; see its log")

    def stop(self, timeout_seconds: float = 10) -> None:
        """End it in order; kill it when it does not listen."""
        self.process.terminate()
        try:
            self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would: no goodbye, no flush."""
        self.process.kill()
        self.process.wait()


def start(port: int, data_directory: Path, key: str) -> CounterpartiesProcess:
    """The outside world on a port of 127.0.0.1 (0: a free one), remembering in a directory."""
    return CounterpartiesProcess.start(port, data_directory, key)
