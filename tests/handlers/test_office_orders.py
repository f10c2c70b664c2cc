"""Orders for the office over HTTP: what needs somebody is found, and one order tells all of its story."""

from collections.abc import Iterator

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.alert import alert_id_of
from chalicelib.risk.facts import Facts, Thresholds, purchase_of
from chalicelib.risk.order_rules import decide, evidence
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import VIRTUAL, Market
from tests.handlers.test_read_audit import rows
from tests.handlers.test_regions import of_region, ordered_in


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def doubted(order_id: str) -> None:
    """As if a sweep could not be done with the order."""
    values = {"channel": "sandbox", "since": 1_795_334_400_000}
    bootstrap.documents().put("work", "payments-in-doubt", order_id, values)


def in_doubt(market: Market, region: str) -> str:
    market.product()
    order_id = ordered_in(market, market.customer(), region)
    doubted(order_id)
    return order_id


def test_the_orders_that_wait_are_listed_by_region_and_page_with_what_they_wait_for(market: Market) -> None:
    ids = {region: in_doubt(market, region) for region in ("4401", "5301", "530102")}
    path = "/v1/office/orders?kind=PAYMENT"
    everywhere = market.staff("support")
    first = market.call("GET", f"{path}&limit=2", None, everywhere).body
    second = market.call("GET", f"{path}&limit=2&cursor={first['next']}", None, everywhere).body
    assert [len(page["items"]) for page in (first, second)] == [2, 1]
    found = {item["order_id"]: item for item in first["items"] + second["items"]}
    assert set(found) == set(ids.values())
    row = found[ids["4401"]]
    assert (row["kind"], row["state"], row["payable_fen"], row["since"]) == (
        "PAYMENT",
        "COMPLETED",
        VIRTUAL.price_fen,
        "2026-11-22T08:00:00Z",
    )
    here = market.call("GET", path, None, of_region(market, "support", "53")).body["items"]
    assert {item["order_id"] for item in here} == {ids["5301"], ids["530102"]}
    assert market.call("GET", "/v1/office/orders?kind=TOPUP", None, everywhere).body["items"] == []
    assert market.call("GET", "/v1/office/orders", None, everywhere).code == "REQUEST_INVALID"


def test_a_look_at_one_order_tells_its_times_its_alert_and_is_noted(market: Market) -> None:
    buyer = market.customer()
    order_id = market.ordered(buyer, by_card=True)
    order = bootstrap.orders().get(order_id)
    assert order is not None and order.paid_at is not None
    purchase = purchase_of(order)
    assert purchase is not None
    facts, strict = Facts(purchase), Thresholds(card_count_max=0)
    bootstrap.hold_order()(order, decide(facts, strict), evidence(facts, strict), bootstrap.now())
    support = market.staff("support")
    told = market.call("GET", f"/v1/office/orders/{order_id}", None, support).body
    assert told["order"]["order_id"] == order_id
    assert told["alert_id"] == alert_id_of(order_id, order.paid_at)
    assert [one["kind"] for one in told["waits"]] == ["HELD"]
    names = [(one["what"], one["name"]) for one in told["timeline"]]
    assert names == [
        ("STEP", "PENDING_PAY"),
        ("STEP", "PAID"),
        ("STEP", "FULFILLING"),
        ("STEP", "COMPLETED"),
        ("RECORD", "SALE_FROM_CARD"),
        ("RECORD", "RISK_ALERT"),
    ]
    (row,) = [row for row in rows(market.world) if row["route"]["S"] == "office_order"]
    assert buyer.person_id[4:] in row["subjects"]["S"]
    assert market.call("GET", f"/v1/office/orders/{order_id}", None, buyer).code == "ROLE_MISSING"
    there = of_region(market, "support", "53")
    assert market.call("GET", f"/v1/office/orders/{order_id}", None, there).code == "ORDER_UNKNOWN"


def test_support_sees_what_a_refund_would_give_before_it_is_asked_for(market: Market) -> None:
    buyer = market.customer()
    order_id = market.ordered(buyer, by_card=True)
    order = bootstrap.orders().get(order_id)
    assert order is not None
    path = f"/v1/office/orders/{order_id}/refund-preview"
    support = market.staff("support")
    whole = {"refund_fen": order.payable_fen, "withdrawn_by_card": {order.card_ids[0]: order.face_fen}}
    assert market.call("GET", path, None, support).body == whole
    assert market.call("GET", f"{path}?cause=ISSUER&card_id={order.card_ids[0]}", None, support).body == whole
    part = market.call("GET", f"{path}?amount_fen=2500", None, support).body
    assert part == {"refund_fen": 2_500, "withdrawn_by_card": {order.card_ids[0]: 2_500}}
    assert (
        market.call("GET", f"{path}?amount_fen={order.payable_fen + 1}", None, support).code
        == "REFUND_EXCEEDS"
    )
    assert bootstrap.orders().get(order_id) == order
    assert {row["route"]["S"] for row in rows(market.world)} == {"preview_office_refund"}
    assert market.call("GET", path, None, buyer).code == "ROLE_MISSING"
    there = of_region(market, "support", "53")
    assert market.call("GET", path, None, there).code == "ORDER_UNKNOWN"
