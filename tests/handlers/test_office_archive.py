"""The archive for the office over HTTP: how far it is sealed, and checks that were asked for."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import Market

ARCHIVE = "/v1/office/archive"


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def test_a_check_is_asked_for_runs_by_itself_and_its_result_is_read(market: Market) -> None:
    auditor, risk, finance = (market.staff(role) for role in ("auditor", "risk", "finance"))
    market.ordered(market.customer(), by_card=True)
    market.world.drain()
    bootstrap.seal_archive()(bootstrap.now() + timedelta(days=1))
    before = market.call("GET", ARCHIVE, None, risk).body
    head = bootstrap.archive_index().head()
    assert before == {
        "records": head.sequence,
        "sealed_day": head.sealed_day,
        "seal_digest": head.sealed_digest,
    }
    asked = market.call("POST", f"{ARCHIVE}/verifications", {}, auditor)
    assert (asked.status, asked.body["state"], asked.body["asked_by"]) == (201, "WAITING", auditor.person_id)
    again = market.call("POST", f"{ARCHIVE}/verifications", {}, risk)
    assert (again.status, again.code) == (409, "VERIFICATION_RUNS")
    running = market.call("GET", ARCHIVE, None, finance).body
    assert (running["running"]["verification_id"], running["progress_bps"]) == (
        asked.body["verification_id"],
        0,
    )
    bootstrap.verify_archive()(bootstrap.now())
    done = market.call("GET", f"{ARCHIVE}/verifications/{asked.body['verification_id']}", None, finance).body
    assert (done["state"], done["is_intact"], done["findings"]) == ("DONE", True, [])
    assert done["records"] == head.sequence > 0
    after = market.call("GET", ARCHIVE, None, risk).body
    assert after["last"] == done and "running" not in after
    listed = market.call("GET", f"{ARCHIVE}/verifications", None, risk).body["items"]
    assert listed == [done]


def test_what_is_wrong_is_told_to_whoever_reads_it(market: Market) -> None:
    risk = market.staff("risk")
    order_id = market.ordered(market.customer(), by_card=True)
    market.world.drain()
    order = bootstrap.orders().get(order_id)
    assert order is not None
    bootstrap.dynamo().delete("journal", (order.customer_id, order_id))
    wanted = market.call("POST", f"{ARCHIVE}/verifications", {}, risk).body["verification_id"]
    bootstrap.verify_archive()(bootstrap.now())
    told = market.call("GET", f"{ARCHIVE}/verifications/{wanted}", None, risk).body
    assert (told["is_intact"], told["finding_count"]) == (False, 1)
    assert f"journal record {order.customer_id}/{order_id}: missing" in told["findings"][0]


def test_nobody_else_asks_or_reads(market: Market) -> None:
    for who in (market.staff("support"), market.staff("ops"), market.customer()):
        assert market.call("GET", ARCHIVE, None, who).code == "ROLE_MISSING"
        assert market.call("POST", f"{ARCHIVE}/verifications", {}, who).code == "ROLE_MISSING"
