"""What several tests of the API begin with: a world in which everything was done once."""

from collections.abc import Iterator

import pytest

from chalicelib import bootstrap
from chalicelib.domain.personal_data import personal_data_in
from local.counterparties.process import CounterpartiesProcess
from local.testing import Engine
from tests.contract.outside import Listener
from tests.handlers.lively import Lived
from tests.handlers.lively import heard as listening_to
from tests.handlers.lively import lived as lived_world
from tests.simulation.secrecy import Secrets


@pytest.fixture(autouse=True)
def no_line_of_the_log_tells_of_anybody() -> Iterator[None]:
    """Nothing hidden that a test of the API used, and nothing personal, is logged or printed."""
    secrets = Secrets()
    with listening_to(secrets):
        yield
    assert list(secrets.told()) == []
    assert [line for line in sorted(secrets.lines) if personal_data_in(line)] == []


@pytest.fixture(scope="session")
def lived(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """What a lively world left; the engine is free again for the next one."""
    key = bootstrap.secret_texts().text(engine.environment["SECRET_SANDBOX_CHANNEL"])
    process = CounterpartiesProcess.start(0, tmp_path_factory.mktemp("outside"), key, "0.1")
    try:
        with Listener().listening() as listener:
            yield lived_world(engine, process, listener)
    finally:
        process.stop()
