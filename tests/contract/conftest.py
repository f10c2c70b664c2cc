"""What contract tests may ask for: the outside world, once in memory and once as a process."""

from collections.abc import Iterator

import pytest

from local.counterparties.process import CounterpartiesProcess
from tests.contract.outside import Clock, FakeOutside, Listener, Outside, SandboxOutside, start_process


@pytest.fixture(scope="session")
def counterparties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CounterpartiesProcess]:
    process = start_process(tmp_path_factory.mktemp("counterparties"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    with Listener().listening() as listening:
        yield listening


@pytest.fixture
def sandbox(counterparties: CounterpartiesProcess, listener: Listener) -> SandboxOutside:
    outside = SandboxOutside(counterparties, listener, Clock())
    outside.ask("DELETE", "/control/scripts")
    return outside


@pytest.fixture(params=["fake", "sandbox"])
def outside(request: pytest.FixtureRequest) -> Outside:
    """Every test that takes this states a law of both."""
    if request.param == "fake":
        return FakeOutside(Clock())
    found: SandboxOutside = request.getfixturevalue("sandbox")
    return found
