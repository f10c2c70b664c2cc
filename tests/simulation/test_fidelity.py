"""The simulated tables answer random programs as the embedded engine does, but for a written list."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from local.testing import Engine
from tests.simulation.askable_engines import Askable, EngineInProcess, EngineOverSocket
from tests.simulation.fidelity import Worlds, compare, shrink
from tests.simulation.known_differences import as_text
from tests.simulation.programs import Call, program

SEED = int(os.environ.get("SEED", time.time_ns() % 10**9))
PROGRAMS_OVER_SOCKET = 25
PROGRAMS_IN_PROCESS = 150
KEY_SCHEMAS = {f"sim-{name}": name != "cards" for name in "accounts cards journal orders".split()} | {
    f"sim-{name}": True for name in "edges people catalog stock views work".split()
}


@pytest.fixture(scope="module")
def in_process() -> Iterator[Worlds]:
    before = dict(os.environ)
    yield Worlds(EngineInProcess())
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(params=["over its socket", "in process"])
def worlds(request: pytest.FixtureRequest) -> Worlds:
    if request.param == "in process":
        found: Worlds = request.getfixturevalue("in_process")
        return found
    running: Engine = request.getfixturevalue("engine")
    return Worlds(EngineOverSocket(running))


def test_random_programs_are_answered_alike(worlds: Worlds, request: pytest.FixtureRequest) -> None:
    is_in_process = "in process" in request.node.name
    numbers = range(PROGRAMS_IN_PROCESS if is_in_process else PROGRAMS_OVER_SOCKET)
    report = compare(worlds, SEED, numbers)
    print(as_text(), report.line(), sep="\n")
    assert not report.failures, "\n".join(report.failures)


@dataclass
class Forgetful:
    """An engine that deletes nothing."""

    engine: Askable
    key_schemas: Mapping[str, bool]

    def ask(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {} if operation == "DeleteItem" else self.engine.ask(operation, arguments)

    def reset(self) -> None:
        self.engine.reset()

    def records(self, table_name: str) -> list[Mapping[str, Any]]:
        return self.engine.records(table_name)


def test_a_difference_that_nobody_knows_is_found_and_shrunken(in_process: Worlds) -> None:
    """The smallest program that shows a lost delete has a write and the delete."""
    forgetful = Worlds(Forgetful(in_process.engine, in_process.key_schemas))
    report = compare(forgetful, seed=7, numbers=range(12))
    assert any("shrunken to 2:" in failure or "shrunken to 1:" in failure for failure in report.failures)
    assert all("make fidelity SEED=7 PROGRAM=" in failure for failure in report.failures)


def test_a_seed_gives_the_same_program_every_time() -> None:
    assert program(7, 3, KEY_SCHEMAS) == program(7, 3, KEY_SCHEMAS)
    assert program(7, 3, KEY_SCHEMAS) != program(7, 4, KEY_SCHEMAS)
    assert all(len(program(7, number, KEY_SCHEMAS)) >= 20 for number in range(20))


def test_a_story_is_shrunken_to_the_calls_that_matter() -> None:
    calls: list[Call] = [(f"call {number}", {}) for number in range(31)]
    needed = {"call 3", "call 17", "call 30"}
    shrunken = shrink(calls, lambda fewer: needed <= {operation for operation, _ in fewer})
    assert [operation for operation, _ in shrunken] == ["call 3", "call 17", "call 30"]
