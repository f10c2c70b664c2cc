"""Reconciliations over HTTP: the sandbox writes the bill, the schedule's job reads it, the office decides."""

import json
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import urllib3

from app import app
from chalicelib import bootstrap
from chalicelib.domain.business_time import business_date
from chalicelib.handlers.reconciliation import reconcile_channels
from local.counterparties.process import CounterpartiesProcess
from local.testing import Engine, World
from tests.contract.outside import Listener
from tests.handlers.api_client import Api
from tests.handlers.market import Market, environment_with_outside, everything
from tests.handlers.scenarios.reconciliations import path_of, ticket

LIST = "/v1/office/reconciliations"


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener().listening() as listening:
        yield listening


@pytest.fixture(scope="module")
def sandbox(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CounterpartiesProcess]:
    """A sandbox of its own: its bill lists the payments of one test alone."""
    key = bootstrap.secret_texts().text(engine.environment["SECRET_SANDBOX_CHANNEL"])
    process = CounterpartiesProcess.start(0, tmp_path_factory.mktemp("sandbox"), key, "0.1")
    yield process
    process.stop()


@pytest.fixture
def market(
    world: World, listener: Listener, sandbox: CounterpartiesProcess, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Market]:
    with environment_with_outside(monkeypatch, sandbox, listener):
        yield Market(world, Api(app), sandbox, listener)


@pytest.fixture
def today() -> date:
    """A day that does not end while a test runs."""
    local = bootstrap.now() + timedelta(hours=8)
    if (local.hour, local.minute) == (23, 59):
        time.sleep(61 - local.second)
    return business_date(bootstrap.now())


def tomorrow() -> datetime:
    return bootstrap.now() + timedelta(days=1)


def paid_unheard(market: Market, sku_id: str) -> str:
    """An order that was paid at the channel, whose callback is lost."""
    placed = market.call("POST", "/v1/orders", market.order_body(sku_id), market.customer()).body
    answer = urllib3.request("POST", placed["pay_url"], json={"action": "pay", "callback": "lost"})
    assert answer.status == 200, answer.data
    return str(placed["order"]["order_id"])


def state_of(order_id: str) -> str:
    order = bootstrap.orders().get(order_id)
    assert order is not None
    return order.state


def fault(market: Market, day: date, name: str, **how: Any) -> None:
    told = {"day": day.isoformat(), "fault": name} | how
    answer = urllib3.request("POST", f"{market.sandbox.url}/control/bills", json=told)
    assert answer.status == 200, answer.data


def told_metrics(printed: str) -> dict[str, int]:
    """The metrics of lines that CloudWatch reads."""
    found: dict[str, int] = {}
    for line in printed.splitlines():
        document = json.loads(line) if line.startswith("{") else {}
        for group in document.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in group["Metrics"]:
                found[metric["Name"]] = int(document[metric["Name"]][0])
    return found


@pytest.mark.capability("S-004")
def test_the_office_sees_a_reconciled_day_and_what_is_apart(
    market: Market, today: date, capsys: pytest.CaptureFixture[str]
) -> None:
    sku_id = market.product()
    asked, unasked = paid_unheard(market, sku_id), paid_unheard(market, sku_id)
    order = bootstrap.orders().get(asked)
    assert order is not None
    assert bootstrap.check_payment().is_settled(order, "sandbox", bootstrap.now())
    market.world.drain()
    finance, auditor = market.staff("finance"), market.staff("auditor")
    reconcile_channels(tomorrow())
    one_day = f"{LIST}/sandbox/{today}"
    assert market.call("GET", one_day, who=auditor).body["state"] == "AWAITED"

    fault(market, today, "early")
    fault(market, today, "extra_line", reference="ord_nobody", amount_fen=77)
    reconcile_channels(tomorrow())
    day = market.call("GET", one_day, who=finance).body
    assert (day["state"], day["open_count"], day["open_fen"]) == ("COMPARED", 1, 77)
    assert (day["totals"]["bill_fen"], day["totals"]["matched_fen"]) == (20_077, 20_000)
    assert market.call("GET", LIST, who=finance).body["items"] == [day]
    assert told_metrics(capsys.readouterr().out)["UnreconciledFen"] == 77
    assert [state_of(order_id) for order_id in (asked, unasked)] == ["COMPLETED"] * 2
    market.world.drain()
    books = bootstrap.query_platform().balances_at(tomorrow())
    assert books["A:CHANNEL:sandbox"] == -77, "the channel paid this to our bank, and nobody booked it"
    assert books["A:BANK_CUSTODY"] + books["E:CHANNEL_FEE"] == 20_077

    (difference,) = market.call("GET", f"{one_day}/differences", who=auditor).body["items"]
    assert (difference["result"], difference["cause"]) == ("ONLY_CHANNEL", "ORDER_UNKNOWN")
    assert (difference["channel_fen"], difference["ours_fen"], difference["state"]) == (77, 0, "OPEN")
    resolution = f"{one_day}/differences/{difference['difference_id']}/resolution"
    body = {"resolution": "EXPLAINED", "reason": "the channel's own test payment"}
    resolved = market.call("POST", resolution, body, finance)
    assert (resolved.status, resolved.body["state"]) == (200, "RESOLVED")
    again = market.call("POST", resolution, body, finance)
    assert (again.status, again.code) == (409, "DIFFERENCE_CLOSED")


@pytest.mark.parametrize("role", ["ops", "risk", "support", "admin"])
def test_others_of_the_office_read_nothing_of_it(market: Market, role: str) -> None:
    assert market.call("GET", LIST, who=market.staff(role)).code == "ROLE_MISSING"


def test_differences_come_in_pages_and_nobody_but_finance_decides(market: Market) -> None:
    found = [ticket(f"ord_{number}", f"PY-{number}") for number in range(5)]
    path = path_of(found[0]).rpartition("/")[0]
    finance = market.staff("finance")
    seen: list[str] = []
    query = "?limit=2"
    while query:
        page = market.call("GET", path + query, who=finance).body
        seen += [item["difference_id"] for item in page["items"]]
        query = f"?limit=2&cursor={page['next']}" if page.get("next") else ""
    assert seen == sorted(each.difference_id for each in found)
    body = {"resolution": "EXPLAINED", "reason": "looked into"}
    refused = market.call("POST", f"{path_of(found[0])}/resolution", body, market.staff("auditor"))
    assert (refused.status, refused.code) == (403, "ROLE_MISSING")


@pytest.mark.parametrize(
    "how, status, code",
    [
        ({"resolution": "RETURNED", "reason": "send it back"}, 422, "DIFFERENCE_NOT_RETURNABLE"),
        ({"resolution": "FORGOTTEN", "reason": "looked into"}, 400, "REQUEST_INVALID"),
        ({"resolution": "EXPLAINED", "reason": ""}, 400, "REQUEST_INVALID"),
    ],
)
def test_a_resolution_that_cannot_be_changes_nothing(
    market: Market, how: dict[str, str], status: int, code: str
) -> None:
    path, finance = path_of(ticket()), market.staff("finance")
    before = everything(market.world)
    refused = market.call("POST", f"{path}/resolution", how, finance)
    assert (refused.status, refused.code) == (status, code)
    assert everything(market.world) == before


def test_days_and_differences_that_are_not_there_are_unknown(market: Market) -> None:
    finance = market.staff("finance")
    assert market.call("GET", f"{LIST}/sandbox/2020-01-01", who=finance).code == "RECONCILIATION_UNKNOWN"
    assert market.call("GET", f"{LIST}/sandbox/2020-01-01/differences", who=finance).body["items"] == []
    nowhere = f"{LIST}/sandbox/2020-01-01/differences/dif_{'0' * 26}/resolution"
    body = {"resolution": "EXPLAINED", "reason": "looked into"}
    assert market.call("POST", nowhere, body, finance).code == "DIFFERENCE_UNKNOWN"
