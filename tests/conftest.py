"""What every test may ask for: the embedded engine, and an empty world on it."""

from collections.abc import Iterator

import pytest

from chalicelib import bootstrap
from local.testing import Engine, World


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
