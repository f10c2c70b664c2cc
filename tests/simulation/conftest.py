"""What several tests on the simulated tables begin with: a quiet scene, and a till of earned commission."""

from collections.abc import Iterator

import pytest

from tests.simulation.one_run import Scene
from tests.simulation.quiet_scene import quiet_scene
from tests.simulation.withdrawing import Till


@pytest.fixture
def scene() -> Iterator[Scene]:
    """The small ground, on which nothing happens by itself; at the end all laws must hold."""
    with quiet_scene() as quiet:
        yield quiet


@pytest.fixture
def till() -> Till:
    """A distributor with ten thousand yuan to withdraw."""
    till = Till()
    till.earn(1_000_000)
    return till
