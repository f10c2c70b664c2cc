"""The state directory: whose is it, who uses it now, and how far did its first start get?

.state/state.json      what this is, and what the demo world was seeded with
.state/run.lock        held by the run that uses it
.state/engine/         the engine's journal and objects
.state/checkpoints.db  how far each consumer got
.state/counterparties/ the outside world's memory
.state/logs/
"""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from local.children import PROJECT

FORMAT = 1
_MARK = "forecourt"
_STATE_NAME = "state.json"
_LOCK_NAME = "run.lock"

# The functions' environment of the run, for programs that look at it from outside.
ENVIRONMENT_NAME = "environment.json"


class StateRefused(Exception):
    """The directory cannot be used; the text is one sentence for whoever started us."""


def directory_of(environment: dict[str, str]) -> Path:
    """FORECOURT_STATE, or .state in the project."""
    return Path(environment.get("FORECOURT_STATE") or PROJECT / ".state").absolute()


@dataclass(slots=True)
class State:
    """A state directory that this process holds."""

    directory: Path
    document: dict[str, Any]
    _lock: IO[str]

    @classmethod
    def held(cls, directory: Path) -> "State":
        """Take the directory, making it when it is new.

        Raises:
            StateRefused: another run holds it, or it is not ours.
        """
        _check_ours(directory)
        directory.mkdir(parents=True, exist_ok=True)
        lock = _taken(directory)
        path = directory / _STATE_NAME
        state = cls(directory, {"mark": _MARK, "format": FORMAT, "seeded": None}, lock)
        if path.exists():
            state.document = _read(path)
        else:
            state.write()
        (directory / "logs").mkdir(exist_ok=True)
        return state

    def write(self) -> None:
        """Replace the document, whole or not at all."""
        self.keep(_STATE_NAME, self.document)

    def keep(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a JSON file of the directory, whole or not at all, for its owner's eyes alone."""
        new = self.directory / f"{name}.new"
        with open(new, "w", opener=_private) as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.directory / name)

    def log(self, name: str) -> Path:
        """Where a child writes."""
        return self.directory / "logs" / f"{name}.log"


def _check_ours(directory: Path) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        raise StateRefused(f"{directory} is not a directory: choose another with FORECOURT_STATE")
    found = {entry.name for entry in directory.iterdir()} - {_LOCK_NAME, f"{_STATE_NAME}.new", "logs"}
    if found and _STATE_NAME not in found:
        raise StateRefused(
            f"{directory} holds something else than Forecourt's state ({min(found)}): "
            "choose another with FORECOURT_STATE"
        )


def _taken(directory: Path) -> IO[str]:
    lock = (directory / _LOCK_NAME).open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise StateRefused(
            f"Forecourt already runs on {directory} (process {lock.read().strip()}): stop it first"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text())
        form = document["format"] if document["mark"] == _MARK else None
    except (ValueError, KeyError, TypeError):
        raise StateRefused(f"{path} is damaged: `make reset` begins anew") from None
    if form != FORMAT:
        raise StateRefused(f"{path} is of another version: `make reset` begins anew")
    return document
