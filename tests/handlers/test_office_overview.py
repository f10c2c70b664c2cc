"""The overview over HTTP: whose the money is, what was traded, what is suspicious, and what waits."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything, replaced
from chalicelib.domain import unpaid
from chalicelib.domain.alert import OPEN
from chalicelib.domain.business_time import business_date, to_ms
from chalicelib.domain.finding import FindingResolution, Kind
from chalicelib.domain.reconciliation_items import DAY, TABLE, DayState, ReconciledDay, day_values, days_key
from chalicelib.domain.record import from_body
from chalicelib.usecases import count_queues
from chalicelib.usecases.ports import Actor, Command
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import VIRTUAL, Market
from tests.handlers.scenarios.alerts import suspected
from tests.handlers.scenarios.approvals import ask_posting
from tests.handlers.scenarios.distribution import requested

OVERVIEW = "/v1/office/overview"


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def queues(market: Market) -> dict[str, dict[str, Any]]:
    """Those in which something waits."""
    body = market.call("GET", f"{OVERVIEW}/queues", None, market.staff("support")).body
    assert len(body["queues"]) == 11
    return {one["queue"]: one for one in body["queues"] if one["count"]}


def test_the_money_is_told_with_what_covers_it(market: Market) -> None:
    buyer = market.customer()
    market.card(buyer, 25_000)
    requested(market, 50_000)
    market.world.drain()
    newest = newest_record(market)
    finance = market.staff("finance")
    before = market.call("GET", f"{OVERVIEW}/money", None, finance).body
    assert "as_of" not in before and before["uncounted_records"] > 0
    bootstrap.tally_books()()
    told = market.call("GET", f"{OVERVIEW}/money", None, finance).body
    assert told.pop("as_of").startswith(newest)
    assert told["uncounted_records"] == 0
    assert told["prepaid_fen"] == told["customers_fen"] == 25_000
    assert (told["cover_fen"], told["coverage_bps"]) == (0, 0)
    assert told["commission"]["in_withdrawals_fen"] == 50_000
    assert told["commission"]["clawback_fen"] == 0


def newest_record(market: Market) -> str:
    """The second of the newest record in journal and tree."""
    bodies = [item["body"]["S"] for item in market.world.items("journal")]
    bodies += [item["record"]["S"] for item in market.world.items("edges") if "record" in item]
    return max(from_body(json.loads(body)).at for body in bodies).strftime("%Y-%m-%dT%H:%M:%S")


def test_thirty_days_are_told_and_an_order_counts_on_the_day_it_is_paid(market: Market) -> None:
    market.ordered(market.customer(), by_card=True)
    market.ordered(market.customer(), by_card=True)
    market.world.drain()
    bootstrap.tally_books()()
    told = market.call("GET", f"{OVERVIEW}/trade", None, market.staff("ops")).body
    today = business_date(bootstrap.now())
    assert [day["day"] for day in told["days"]] == [
        (today - timedelta(days=back)).isoformat() for back in range(30)
    ]
    first = told["days"][0]
    assert (first["order_count"], first["turnover_fen"], first["refund_count"]) == (
        2,
        2 * VIRTUAL.price_fen,
        0,
    )
    assert [day["order_count"] for day in told["days"][1:]] == [0] * 29


def test_open_suspicions_are_told_by_day_and_rule_until_they_are_decided(market: Market) -> None:
    first, _ = suspected(market), suspected(market)
    risk = market.staff("risk")
    told = market.call("GET", f"{OVERVIEW}/risk", None, risk).body
    (row, *_) = bootstrap.documents().query("work", OPEN)
    (rule,) = row["rules"]
    today = business_date(bootstrap.now()).isoformat()
    assert told["days"] == [{"day": today, "by_rule": {rule: 2}}]
    assert (told["open_count"], told["by_severity"], told["is_whole"]) == (2, {row["severity"]: 2}, True)
    verdict = {"verdict": "NO_FRAUD", "reason": "a known buyer"}
    assert market.call("POST", f"/v1/office/alerts/{first}/verdict", verdict, risk).status == 200
    assert market.call("GET", f"{OVERVIEW}/risk", None, risk).body["open_count"] == 1


def test_every_queue_tells_how_much_waits_and_since_when(market: Market) -> None:
    assert queues(market) == {}
    requested(market, 50_000)
    ask_posting(market).call(market, market.key())
    suspected(market)
    for number in range(3):
        bootstrap.note_finding()(Kind.LEDGER_DIFFERENCE, f"card|crd_{number}", "differs", bootstrap.now())
    actor = Actor("stf_BBBBBBBBBBBB", frozenset({"finance"}))
    (one, *_) = bootstrap.list_findings()(Kind.LEDGER_DIFFERENCE, None, "", 1)
    command = Command(actor, market.key(), bootstrap.now(), reason="as it should be")
    bootstrap.resolve_finding()(command, one.finding_id, FindingResolution.EXPLAINED, one.detail)
    doubt = unpaid.row_again(
        {"sk": market.ordered(market.customer(), by_card=True), "channel": "x"}, bootstrap.now()
    )
    bootstrap.documents().put(unpaid.TABLE, *unpaid.doubt_of(doubt))
    day = ReconciledDay("sandbox", "20261120", DayState.DONE, bootstrap.now(), open_count=4)
    compared = {**day_values(day), "compared_at": to_ms(bootstrap.now())}
    bootstrap.documents().put(TABLE, days_key(day.channel), f"{DAY}{day.day}", compared)
    market.world.drain()
    seen = count_queues.CountQueues(bootstrap.documents(), ("sandbox",))
    with replaced({bootstrap.count_queues: lambda: seen}):
        waiting = queues(market)
    assert {name: one["count"] for name, one in waiting.items()} == {
        "WITHDRAWALS": 1,
        "APPROVALS": 1,
        "ORDERS_PAYMENT": 1,
        "ALERTS": 1,
        "FINDINGS": 2,
        "DIFFERENCES": 4,
    }
    assert all(one["is_whole"] and one["oldest_since"] for one in waiting.values())


def test_a_count_stops_at_a_thousand_and_says_so(market: Market) -> None:
    values = {"channel": "sandbox", "since": to_ms(bootstrap.now())}
    rows = [(unpaid.IN_DOUBT, f"ord_{number:038d}", values) for number in range(1_001)]
    bootstrap.documents().put_many("work", rows)
    doubted = queues(market)["ORDERS_PAYMENT"]
    assert (doubted["count"], doubted["is_whole"]) == (1_000, False)
