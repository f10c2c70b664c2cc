"""What several tests of infra begin with."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.engine_process import EngineProcess
from tests.infra.desk import Desk


@pytest.fixture(scope="module")
def own_engine() -> Iterator[EngineProcess]:
    """The engine of the other tests keeps its tables; here each test begins without any."""
    process = EngineProcess.start()
    yield process
    process.stop()


@pytest.fixture
def desk(own_engine: EngineProcess, tmp_path: Path) -> Desk:
    httpx.post(f"{own_engine.endpoint_url}/_ministack/reset").raise_for_status()
    package = tmp_path / "code.zip"
    package.write_bytes(b"zip")
    return Desk(own_engine.endpoint_url, package)
