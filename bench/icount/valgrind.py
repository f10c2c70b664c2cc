"""Valgrind: how many instructions does a program take? `perf` has no counters on most rented machines."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNPACKED = ROOT / "build" / "valgrind"  # where infra/valgrind.sh puts it when none is installed
SECONDS_MAX = 3600
_COUNT = re.compile(r"I\s+refs:\s+([\d,]+)")


class ValgrindMissing(RuntimeError):
    """There is none here; the text says how to get it."""


class ProgramFailed(RuntimeError):
    """What was to be counted did not end well."""


def place(path: str | None = None, unpacked: Path = UNPACKED) -> tuple[str, dict[str, str]]:
    """Valgrind's program, and the environment it needs. Raises: ValgrindMissing."""
    installed = shutil.which("valgrind", path=path)
    if installed:
        return installed, {}
    if (unpacked / "usr/bin/valgrind").exists():
        (library,) = unpacked.glob("usr/libexec/valgrind")
        return str(unpacked / "usr/bin/valgrind"), {"VALGRIND_LIB": str(library)}
    raise ValgrindMissing(
        "Instructions are counted by valgrind, and there is none. `sh infra/valgrind.sh` fetches Debian's"
        " package into build/ without root; as root, `apt-get install valgrind` does as well."
    )


def run_plainly(arguments: list[str], environment: Mapping[str, str]) -> None:
    """Run a program of Python uncounted: it shows that it works, and leaves .pyc. Raises: ProgramFailed."""
    _run([sys.executable, *arguments], environment)


def instructions(arguments: list[str], environment: Mapping[str, str]) -> int:
    """The instructions of a program of Python from its first to its last. Raises: ProgramFailed."""
    program, own = place()
    command = [program, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    said = _run([*command, sys.executable, *arguments], {**environment, **own})
    found = _COUNT.search(said)
    if found is None:
        raise ProgramFailed(said[-2000:])
    return int(found[1].replace(",", ""))


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    run = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONHASHSEED": "0", **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    if run.returncode:
        raise ProgramFailed((run.stdout + run.stderr)[-4000:])
    return run.stderr
