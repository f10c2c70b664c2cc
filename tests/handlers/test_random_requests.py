"""Random requests, as many as a test run has time for; the long run is `make schemathesis`."""

import secrets
from collections.abc import Callable
from pathlib import Path

from local.testing import Engine
from tests.handlers.everybody import Everybody
from tests.handlers.random_requests import SEEDS, Caller

REQUESTS = 900


def test_the_api_keeps_its_description_whatever_it_is_sent(
    engine: Engine, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Each run sends others; a failure tells the seed that sends the same again."""
    seed = secrets.randbelow(SEEDS)
    with Everybody.there(engine, tmp_path) as everybody:
        heard = Caller(everybody, seed).everything(REQUESTS)
    record_property("told", f"random requests of seed {seed}: {heard.summary}")
    assert heard.missed == [], f"make schemathesis REQUESTS={REQUESTS} SEED={seed}"
