"""Children: how does one process of ours start another, hear that it serves, and end it?

Each child says `ready …` on its first line, and ends when its standard input closes:
so none outlives its parent, not even one that was killed.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import wait
from pathlib import Path
from typing import Self

PROJECT = Path(__file__).resolve().parent.parent
_TAIL_LINES = 15


class ChildFailed(Exception):
    """A child ended instead of serving; the text is what it said."""


class Child:
    """A running child and its log."""

    def __init__(
        self,
        name: str,
        process: "subprocess.Popen[str]",
        said: str,
        log: Path | None = None,
        log_begin: int = 0,
    ) -> None:
        self.name = name
        self.process = process
        self.said = said  # what followed `ready` on its first line
        self.log = log
        self._log_begin = log_begin  # what an earlier child wrote ends here

    @classmethod
    def start(
        cls, module: str, arguments: list[str], environment: Mapping[str, str], log: Path | None = None
    ) -> Self:
        """Start `python -m module` and wait until it serves. Raises ChildFailed with its own words."""
        # Its standard error goes to the log; without one, it is read when the start fails.
        log_begin = size_of(log) if log else 0
        errors = log.open("a") if log else subprocess.PIPE
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # Ctrl-C belongs to whoever started us, who then stops us in order
        )
        if not isinstance(errors, int):
            errors.close()
        assert process.stdout is not None
        first_line = process.stdout.readline().split(maxsplit=1)
        said = " ".join(first_line[1:]).strip()
        child = cls(module.removeprefix("local."), process, said, log, log_begin)
        if first_line[:1] == ["ready"]:
            return child
        process.wait()
        reason = process.stderr.read().strip() if process.stderr else child.tail()
        raise ChildFailed(reason or f"{module} ended with code {process.returncode}")

    def tail(self) -> str:
        """The last lines that it wrote to its log."""
        return tail_of(self.log, self._log_begin) if self.log else ""

    def ending(self) -> str:
        """How it ended, once it has: by which signal, or with which code."""
        code = self.process.poll()
        assert code is not None, "it still runs"
        return signal.Signals(-code).name if code < 0 else f"with code {code}"

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


def size_of(log: Path) -> int:
    """Where the next line of a log will begin."""
    return log.stat().st_size if log.exists() else 0


def tail_of(log: Path, begin: int) -> str:
    """The last lines of what was written to a log from a place on."""
    with log.open("rb") as file:
        file.seek(begin)
        lines = file.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-_TAIL_LINES:])


def ready(said: object = "") -> None:
    """Tell the parent that we serve. Whatever we print from now on goes to our log.

    The parent reads no further, and whoever filled the pipe would stand still.
    """
    print("ready", said, flush=True)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def when_parent_ends(stop: Callable[[], object]) -> None:
    """Call `stop` once our standard input closes."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        stop()

    threading.Thread(target=watch, name="parent", daemon=True).start()


def end_with_starter() -> None:
    """Let this process of multiprocessing end at once when whoever started it is gone, however that was.

    One that was killed tells nobody, and a pool's process would wait for its next task for ever.
    """
    starter = multiprocessing.parent_process()
    assert starter is not None, "only a process of multiprocessing was started by one"

    def watch() -> None:
        wait([starter.sentinel])
        os._exit(1)  # nobody is left to tell anything

    threading.Thread(target=watch, name="starter", daemon=True).start()
