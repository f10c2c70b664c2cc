"""The suite: which tests notice a mutant? They are collected once, and run in forks of this process.

Which test calls which function is found out first, so a mutant is shown only to the
tests that run it, the fastest first, until one fails.
"""

import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings

from tests.mutation.swap import living, swap

# A test that takes longer is not asked: it would be asked thousands of times.
TEST_SECONDS_MAX = 1.0
# Of processor time, beside what its tests took without it, twice: a mutant that never ends is noticed.
MUTANT_SECONDS_MAX = 20
MEMORY_BYTES_MAX = 6 << 30
KILLED, SURVIVED = 1, 0

Calls = dict[str, list[int]]  # "path::function" -> tests, the fastest first


class Suite:
    """The plugin of one pytest session; `work` runs in it, once everything is collected."""

    def __init__(self, paths: Sequence[Path], work: Callable[["Suite"], None]) -> None:
        self.paths = frozenset(map(str, paths))
        self.work = work
        self.items: list[pytest.Item] = []
        self.calls: Calls = {}
        self.seconds: list[float] = []  # that each test takes

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        assert not session.testsfailed, "the tests cannot be collected"
        self.items = list(session.items)
        self.calls = self._find_calls()
        self.work(self)
        return True

    def _find_calls(self) -> Calls:
        """In a fork as well, so that no mutant meets what a test has left behind in a cache."""
        with tempfile.NamedTemporaryFile("r", suffix=".json") as told:
            status = _in_fork(lambda: self._tell_calls(Path(told.name)), seconds=3600)
            text = Path(told.name).read_text(encoding="utf-8")
        assert status == KILLED - 1, f"the tests fail without any mutant: {text}"
        found = json.loads(text)
        for module in found["modules"]:  # what the tests import as they run must live here to be mutated
            import_module(module)
        self.seconds = found["seconds"]
        calls: Calls = found["calls"]
        return calls

    def _tell_calls(self, told: Path) -> int:
        seconds: list[float] = []
        found: list[set[str]] = []
        for position, item in enumerate(self.items):
            following = self.items[position + 1] if position + 1 < len(self.items) else None
            seen: set[CodeType] = set()
            began = time.process_time()
            failed = _traced(seen, self.paths, lambda item=item, next=following: _fails(item, next))
            seconds.append(time.process_time() - began)
            found.append({f"{code.co_filename}::{code.co_qualname}" for code in seen})
            if failed:
                told.write_text(json.dumps(item.nodeid), encoding="utf-8")
                return KILLED
        calls: Calls = {}
        for position in sorted(range(len(found)), key=seconds.__getitem__):
            if seconds[position] <= TEST_SECONDS_MAX:
                for name in found[position]:
                    calls.setdefault(name, []).append(position)
        modules = sorted(name for name in sys.modules if name.startswith("chalicelib."))
        told.write_text(
            json.dumps({"calls": calls, "modules": modules, "seconds": seconds}), encoding="utf-8"
        )
        return SURVIVED

    def notices(self, path: Path, function: str, code: CodeType) -> bool:
        """Whether a test fails, or never ends, on the mutant."""
        positions = self.calls.get(f"{path}::{function}", [])
        chosen = [self.items[position] for position in positions]
        if not chosen:
            return False
        assert living(path).get(function), f"{function} of {path.name} lives nowhere"

        def run() -> int:
            swap(path, function, code)
            return KILLED if any(_fails(item, None) for item in chosen) else SURVIVED

        seconds = MUTANT_SECONDS_MAX + 2 * sum(self.seconds[position] for position in positions)
        return _in_fork(run, int(seconds)) != SURVIVED

    def pass_untouched(self, path: Path) -> bool:
        """Whether the tests of a module pass one by one without any mutant; else all would seem noticed."""
        of_functions = [tests for name, tests in self.calls.items() if name.startswith(f"{path}::")]
        chosen = [self.items[position] for position in sorted({t for tests in of_functions for t in tests})]

        def run() -> int:
            return KILLED if any(_fails(item, None) for item in chosen) else SURVIVED

        return _in_fork(run, seconds=3600) == SURVIVED


def _fails(item: pytest.Item, following: pytest.Item | None) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def _traced(seen: set[CodeType], paths: frozenset[str], run: Callable[[], bool]) -> bool:
    def trace(frame: FrameType, event: str, argument: Any) -> None:
        if frame.f_code.co_filename in paths:
            seen.add(frame.f_code)

    sys.settrace(trace)
    try:
        return run()
    finally:
        sys.settrace(None)


def _in_fork(run: Callable[[], int], seconds: int) -> int:
    """What `run` returns in a process of its own; another number when that process is ended."""
    child = os.fork()
    if child == 0:
        status = KILLED
        with suppress(BaseException):  # whatever a mutant raises here, somebody noticed it
            silence = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
            status = run()
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run_suite(root: Path, suite_of: Mapping[str, Any], suite: Suite) -> int:
    """Collects of a project's tests what the suite's words choose (pytest's -k) and works.

    What a property test draws is the same each time, and it shrinks nothing.
    """
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutants", derandomize=True, database=None, deadline=None, phases=phases)
    settings.load_profile("mutants")
    options = "-q --no-header --disable-warnings -p no:cacheprovider -p no:xdist --timeout=0 --capture=no"
    places = [f"--rootdir={root}", *(f"--deselect={test}" for test in suite_of.get("left_out", []))]
    places += [str(root / test) for test in suite_of["tests"]]
    return int(pytest.main([*options.split(), "-k", suite_of.get("words", ""), *places], plugins=[suite]))
