"""What every attack has: a victim who has things, an attacker with the same rights, and a witness."""

from collections.abc import Iterator

import pytest

from local.testing import Engine
from tests.attacks.scene import Scene
from tests.handlers.everybody import Everybody


@pytest.fixture(scope="module")
def scene(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with Everybody.there(engine, tmp_path_factory.mktemp("sandbox")) as everybody:
        yield Scene(everybody)
