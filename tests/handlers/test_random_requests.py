"""Random requests, as many as a test run has time for; the long run is `make schemathesis`."""

from pathlib import Path

from local.testing import Engine
from tests.handlers.everybody import Everybody
from tests.handlers.random_requests import DONE_PERCENT_MIN, Caller

REQUESTS = 800


def test_the_api_keeps_its_description_whatever_it_is_sent(engine: Engine, tmp_path: Path) -> None:
    with Everybody.there(engine, tmp_path) as everybody:
        heard = Caller(everybody, seed=7).everything(REQUESTS)
    print(heard)
    assert heard.faults == {}
    assert heard.never_done == []
    assert heard.done_percent >= DONE_PERCENT_MIN
