"""What every test may ask for: the embedded engine, and an empty world on it."""

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import bootstrap
from chalicelib.handlers.answers import UNDECLARED
from chalicelib.observability import logger
from local.testing import Engine, World
from tests.rights import Rights

OF_MINUTES = {  # few tests, of minutes each
    Path(__file__).parent / name
    for name in (
        "web/test_app.py",
        "e2e/test_demo.py",
        "rehearsal/test_rehearsal.py",
        "infra/test_without_aws.py",
        "kills/test_kills.py",
        "histories/test_histories.py",
        "simulation/test_simulation.py",
        "e2e/test_races_processes.py",
    )
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of minutes first, then those of the most tests: so the workers end together."""
    tests_of = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in OF_MINUTES, -tests_of[item.path]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have to say beside being green, wherever they ran: `record_property("told", …)`."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    called = [report for report in reports if getattr(report, "when", "") == "call"]
    for name, told in (one for report in called for one in report.user_properties):
        if name == "told":
            terminalreporter.write_line(str(told))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One engine process for the session (each parallel worker has its own)."""
    with Engine.running() as running, running.environment_set():
        yield running


@pytest.fixture
def world(engine: Engine) -> World:
    """An empty world: every table, stream, queue and bucket of the template, and its consumers."""
    empty = World(engine)
    bootstrap.catalog().forget()  # what this process remembers of the catalogue is of another world
    return empty


@pytest.fixture(scope="session")
def roles(engine: Engine) -> Rights:
    """What each function's role holds."""
    return Rights(engine.template)


@pytest.fixture
def rights(roles: Rights, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rights]:
    """Every function is held to its role; a call that AWS would have refused fails the test."""
    roles.missing.clear()
    with roles.watched(monkeypatch):
        yield roles
    assert roles.missing == set(), (
        "rights that infra/template/rights.yaml does not give: function, action, where"
    )


class Undeclared(logging.Handler):
    """Hears of each refusal that the description of its route does not list."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == UNDECLARED:
            told = vars(record)
            self.heard.append((told["route"], told["code"]))


@pytest.fixture(autouse=True)
def undeclared() -> Iterator[Undeclared]:
    """In production such a refusal is a warning; here it fails the test that met it."""
    hearing = Undeclared()
    logger.addHandler(hearing)
    yield hearing
    logger.removeHandler(hearing)
    assert hearing.heard == [], "refusals that their routes must declare"
