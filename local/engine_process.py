"""The engine's process, seen by whoever starts it: how is it started, asked and ended?"""

import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from local.children import Child
from local.engine_environment import HOST


class EngineRefused(Exception):
    """One of the launcher's own addresses did not answer as asked."""


class EngineProcess:
    """One running engine."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.port = int(child.said)
        self.endpoint_url = f"http://{HOST}:{self.port}"

    @classmethod
    def start(
        cls,
        state_directory: Path | None = None,
        port: int = 0,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Start and wait until it serves. Raises ChildFailed with its own words."""
        where = ["--state", str(state_directory)] if state_directory else ["--volatile"]
        return cls(Child.start("local.engine", ["--port", str(port), *where], environment or {}, log))

    def ask(self, method: str, name: str, document: Any = None) -> Any:
        """Call one of the launcher's own addresses under /_forecourt/."""
        return ask(self.port, method, name, document)

    def stop(self) -> None:
        """End it in order."""
        self.child.stop()

    def kill(self) -> None:
        """End it as a power cut would: no goodbye, no flush."""
        self.child.kill()


def ask(port: int, method: str, name: str, document: Any = None, timeout_seconds: float = 30) -> Any:
    """Call one of the launcher's own addresses under /_forecourt/ of the engine at a port.

    Raises:
        EngineRefused: with the engine's words.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout_seconds)
    try:
        connection.request(method, f"/_forecourt/{name}", None if document is None else json.dumps(document))
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise EngineRefused(f"{method} {name} was answered {response.status}: {content.decode()}")
        return json.loads(content)
    finally:
        connection.close()
