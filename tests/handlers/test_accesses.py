"""Accesses: does every look at the data go by a key, into the tables that docs/access.md names for it?"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.business_time import to_ms
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.examples import example_of
from chalicelib.handlers.route import Route
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import VIRTUAL, Market, Trader
from tests.handlers.scenarios.distribution import joined, simulate_plan
from tests.handlers.test_distribution import sold

PAGE = Path(__file__).parents[2] / "docs" / "access.md"
LOOKS = [route for route in DECLARED if route.method == "GET"]
QUERIES = {
    "card_balance_at": "at=2099-01-01T00:00:00Z",
    "my_balance_at": "at=2099-01-01T00:00:00Z",
    "platform_balances": "day=2026-11-20",
    "margins": "day=2026-11-20",
    "alerts_of_day": "day=2026-11-20",
    "waiting_orders": "kind=PAYMENT",
    "findings_of_kind": "kind=LEDGER_DIFFERENCE",
    "reconciled_days": "channel=sandbox",
    "reads_of_day": "day=2026-11-20&staff=stf_BBBBBBBBBBBB",
    "office_changes": "month=2026-11",
    "journal_entry": "id={entry_id}",
    "money_sources": "id={order_id}",
    "money_uses": "id={order_id}",
    "platform_lines": "ledger_account=E%3ACOMMISSION&day=2026-11-20",
    "account_statement": "ledger_account=L%3APREPAID%3A{card_id}",
}
NOBODYS = {
    "entry_id": "cme_01JD3Q8Z6N5W4V3T2S1R0QPAMK_BBBBBBBBBBBB_1",
    "order_id": "ord_BBBBBBBBBBBB01JD3Q8Z6N5W4V3T2S1R0QPAMK",
    "card_id": "crd_0123456789ABCDEFGHJKMNPQRS",
}
# There is none of these in this market; they are looked for all the same.
NOT_FOUND = {
    "one_batch",
    "one_alert",
    "one_withdrawal",
    "one_reconciled_day",
    "one_finding",
    "one_request",
    "refund_request",
    "my_application",
    "one_verification",
}


class Access(NamedTuple):
    """What a look may read, and by which calls."""

    tables: set[str]
    calls: set[str]


def documented() -> dict[str, Access]:
    """The table of looks, by route."""
    looks = PAGE.read_text(encoding="utf-8").partition("## Looks")[2].partition("## Commands")[0]
    rows = [row.strip("|").split("|") for row in looks.splitlines() if row.startswith("| `")]
    return {
        name: Access(set(re.findall(r"`(\w+)`:", where)), set(re.findall(r"\b[A-Z][a-z]+[A-Za-z]*", call)))
        for routes, where, call, _ in rows
        for name in re.findall(r"`(\w+)`", routes)
    }


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def ids_of(market: Market, distributor: Trader, distributor_id: str) -> dict[str, str]:
    """Things that are there to be looked at, of a distributor who is a buyer too."""
    card_id = market.card(distributor, VIRTUAL.price_fen)
    body = market.order_body(VIRTUAL.sku_id, card_id)
    order_id = market.call("POST", "/v1/orders", body, distributor).body["order"]["order_id"]
    in_doubt = {"channel": "sandbox", "since": to_ms(bootstrap.now())}  # as if it had not answered
    bootstrap.documents().put("work", "payments-in-doubt", order_id, in_doubt)
    joined(market, distributor_id)
    market.world.drain()
    (entry,) = market.call("GET", "/v1/distributors/me/commissions", None, distributor).body["items"]
    simulation = simulate_plan(market)
    assert simulation.call(market, market.key()).status == 201
    return {
        "plan_id": simulation.path.split("/")[-2],
        "order_id": order_id,
        "person_id": distributor.person_id,
        "card_id": card_id,
        "sku_id": VIRTUAL.sku_id,
        "distributor_id": distributor_id,
        "entry_id": entry["entry_id"],
        "code": distributor_id[4:],
        "staff_id": market.enrolled("ops").person_id,
    }


def query_of(route: Route, ids: dict[str, str]) -> str:
    """What stands behind the question mark, of these things or of some that are nobody's."""
    return QUERIES.get(route.name, "").format(**NOBODYS | ids)


def address_of(route: Route, ids: dict[str, str]) -> str:
    examples = example_of(route.path.model_json_schema(), {}) if route.path else {}
    query = query_of(route, ids)
    if route.path_text.startswith("/v1/office/staff") and "staff_id" in ids:
        ids = ids | {"person_id": ids["staff_id"]}
    return route.path_text.format(**examples | ids) + (f"?{query}" if query else "")


def test_the_page_of_accesses_knows_every_look() -> None:
    assert set(documented()) == {route.name for route in LOOKS}


@pytest.mark.capability("S-018")
def test_no_look_scans_and_each_reads_by_key_what_its_page_names(market: Market) -> None:
    distributor, distributor_id = sold(market)
    ids, auditor = ids_of(market, distributor, distributor_id), market.staff("auditor")
    told, seen = documented(), {}
    for route in LOOKS:
        bootstrap.catalog().forget()
        who = distributor if "customer" in route.roles else auditor
        market.call("GET", "/v1/me", None, who)  # who it is, is known for the next ten seconds
        with market.world.metered() as reading:
            answer = market.call("GET", address_of(route, ids), None, who)
        assert answer.status == (404 if route.name in NOT_FOUND else 200), (route.name, answer.text)
        calls = {call.removeprefix("dynamodb.") for call in reading().calls}
        tables = {name.rpartition("-")[2] for name in reading().read_units}
        noted = route.shows is not None and who is auditor and answer.status == 200
        assert calls <= told[route.name].calls | ({"PutItem", "Query"} if noted else set()), route.name
        seen[route.name] = tables, noted
    work = {"work"}
    assert seen == {
        name: (told[name].tables | work if noted else told[name].tables, noted)
        for name, (_, noted) in seen.items()
    }
    assert set(seen) == set(told)


def test_a_scan_would_be_seen(world: World) -> None:
    with world.metered() as reading:
        world.items("orders")
    assert "dynamodb.Scan" in reading().calls
