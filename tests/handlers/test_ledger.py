"""The ledger over the API: an entry, its money both ways, the lines of an account."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.business_time import business_date
from local.testing import World
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import VIRTUAL, Market, Trader
from tests.handlers.test_distribution import sold

LEDGER = "/v1/office/ledger"


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def look(market: Market, who: Trader, what: str, **query: object) -> Reply:
    words = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items())
    return market.call("GET", f"{LEDGER}/{what}?{words}", None, who)


def read(market: Market, who: Trader, what: str, **query: object) -> Any:
    answer = look(market, who, what, **query)
    assert answer.status == 200, answer.text
    return answer.body


def all_of(market: Market, who: Trader, what: str, **query: object) -> list[dict[str, Any]]:
    """All pages, a line each."""
    items, page = list[dict[str, Any]](), {"next": ""}
    while "next" in page:
        page = read(market, who, what, limit=1, cursor=page["next"], **query)
        items += page["items"]
    return items


def test_a_sale_is_shown_with_its_legs_and_what_it_led_to(market: Market) -> None:
    distributor, distributor_id = sold(market)
    (earned,) = market.call("GET", "/v1/distributors/me/commissions", None, distributor).body["items"]
    finance = market.staff("finance")
    entry = read(market, finance, "entry", id=earned["entry_id"])
    assert (entry["action"], entry["actor"], entry["moved_fen"]) == ("COMMISSION", "system", 80)
    assert [(leg["ledger_account"].rpartition(":")[0], leg["amount_fen"]) for leg in entry["lines"]] == [
        ("E", 80),
        (f"L:COMM_FROZEN:{distributor_id}", -80),
    ]
    (sale_link,) = entry["because_of"]
    sale = read(market, finance, "entry", id=sale_link["record_id"])
    assert (sale["action"], sale["moved_fen"]) == ("SALE_FROM_CARD", 10_000)
    assert [(link["action"], link["amount_fen"]) for link in sale["led_to"]] == [("COMMISSION", 80)]
    assert sale["led_to"][0]["record_id"] == entry["record_id"]
    assert sale == read(market, finance, "entry", id=sale["about"]["order"])


def test_money_is_followed_by_pages_until_it_stands(market: Market) -> None:
    buyer, risk = market.customer(), market.staff("risk")
    payer = market.card(buyer, 3 * VIRTUAL.price_fen)
    orders = []
    for _ in range(2):
        body = market.order_body(market.product(), payer)
        orders.append(market.call("POST", "/v1/orders", body, buyer).body["order"]["order_id"])
    market.world.drain()
    (source,) = all_of(market, risk, "sources", id=orders[0])
    assert (source["amount_fen"], source["ledger_account"], source["end"]) == (
        10_000,
        f"L:PREPAID:{payer}",
        "RECORD",
    )
    uses = all_of(market, risk, "uses", id=source["record_id"])
    assert [(part["amount_fen"], part["end"], part["action"]) for part in uses] == [
        (10_000, "RECORD", "SALE_FROM_CARD"),
        (10_000, "RECORD", "SALE_FROM_CARD"),
        (10_000, "STANDS", ""),
    ]
    assert [part["record_id"].partition("/")[2] for part in uses[:2]] == orders
    assert all_of(market, risk, "sources", id=payer) == [
        {**source, "amount_fen": 10_000},
    ]
    lines = all_of(market, risk, "statement", ledger_account=f"L:PREPAID:{payer}")
    assert [line["deltas"] for line in lines][:2] == [{"available_fen": -10_000}] * 2


def test_the_lines_of_an_account_of_ours_are_listed_by_business_date(market: Market) -> None:
    sold(market)
    auditor, day = market.staff("auditor"), business_date(bootstrap.now()).isoformat()
    (line,) = all_of(market, auditor, "lines", ledger_account="E:COMMISSION", day=day)
    assert (line["amount_fen"], line["action"], line["sku_id"]) == (80, "COMMISSION", "sku_virtual")
    assert read(market, auditor, "lines", ledger_account="E:COMMISSION", day="2019-01-01")["items"] == []


@pytest.mark.parametrize("what", ["entry", "sources", "uses"])
def test_an_id_of_nothing_is_refused_with_advice(market: Market, what: str) -> None:
    refused = look(market, market.staff("finance"), what, id="cus_BBBBBBBBBBBB/01JD3Q8Z6N5W4V3T2S1R0QPAMK")
    assert (refused.status, refused.code) == (404, "ENTRY_UNKNOWN")
    assert "佣金分录" in refused.body["advice"]


@pytest.mark.parametrize(
    "account",
    ["L:PREPAID", "E:COMMISSION", "L:PREPAID:crd_A:x", "A:BANK_OPER:x", "L:COMM_FROZEN:dst_BBBBBBBBBBBB"],
)
def test_only_what_carries_a_balance_has_a_statement(market: Market, account: str) -> None:
    refused = look(market, market.staff("finance"), "statement", ledger_account=account)
    assert (refused.status, refused.code) == (400, "REQUEST_INVALID")
