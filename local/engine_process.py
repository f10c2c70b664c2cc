"""The engine's process, seen by whoever starts it: how is it started, asked and ended?"""

import http.client
import json
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Self

from local.engine_environment import HOST

PROJECT = Path(__file__).resolve().parent.parent


class EngineFailed(Exception):
    """The engine ended instead of serving; the text is what it said."""


class EngineProcess:
    """One running engine. Closing our end of its standard input ends it."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process = process
        self.port = port
        self.endpoint_url = f"http://{HOST}:{port}"

    @classmethod
    def start(cls, state_directory: Path | None = None, port: int = 0, log: IO[str] | None = None) -> Self:
        """Start and wait until it serves. Raises EngineFailed with its own words."""
        where = ["--state", str(state_directory)] if state_directory else ["--volatile"]
        process = subprocess.Popen(
            [sys.executable, "-m", "local.engine", "--port", str(port), *where],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
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
        raise EngineFailed(said.strip() or f"the engine ended with code {process.returncode}; see its log")

    def ask(self, method: str, name: str, document: Any = None) -> Any:
        """Call one of the launcher's own addresses under /_forecourt/."""
        return ask(self.port, method, name, document)

    def stop(self, timeout_seconds: float = 10) -> None:
        """End it in order; kill it when it does not listen."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a power cut would: no goodbye, no flush."""
        self.process.kill()
        self.process.wait()


def ask(port: int, method: str, name: str, document: Any = None, timeout_seconds: float = 30) -> Any:
    """Call one of the launcher's own addresses under /_forecourt/ of the engine at a port."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout_seconds)
    try:
        connection.request(method, f"/_forecourt/{name}", None if document is None else json.dumps(document))
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise EngineFailed(f"{method} {name} was answered {response.status}: {content.decode()}")
        return json.loads(content)
    finally:
        connection.close()
