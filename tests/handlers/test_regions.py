"""Regions: who has a role in a region alone sees and does nothing elsewhere."""

from collections.abc import Iterator

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import PASSWORD, VIRTUAL, Market, Trader, everything
from tests.handlers.scenarios.staff import REASON, asked
from tests.handlers.test_distribution import sold

REFUND = {"cause": "CUSTOMER", "reason": "the customer asked for it"}
HERE, ABOVE, BELOW = "5301", "53", "530102"


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def of_region(market: Market, role: str, region: str) -> Trader:
    """Somebody to whom two admins gave a role in a region."""
    one, other = market.staff("admin"), market.staff("admin")
    phone = market.phone()
    body = {"phone": phone, **asked(market, role, senior=True, region=region)}
    invited = market.call("POST", "/v1/office/staff", body, one).body
    market.call("POST", "/v1/enrolments", {"code": invited["code"], "password": PASSWORD})
    staff = invited["staff"]
    path = f"/v1/office/staff/{staff['person_id']}/grants/{staff['grants'][0]['grant_id']}/approval"
    assert market.call("POST", path, REASON, other).status == 200
    return market.guarded(staff["person_id"], phone)


def ordered_in(market: Market, buyer: Trader, region: str) -> str:
    """An order that was placed in a region, or nowhere in particular."""
    body = market.order_body(VIRTUAL.sku_id, market.card(buyer, VIRTUAL.price_fen))
    placed = market.call("POST", "/v1/orders", body | ({"region": region} if region else {}), buyer)
    assert placed.status == 201, placed.text
    return str(placed.body["order"]["order_id"])


@pytest.mark.capability("S-101")
def test_support_of_a_city_refunds_the_orders_of_its_city_alone(market: Market) -> None:
    support, buyer = of_region(market, "support", HERE), market.customer()
    market.product()
    others = [ordered_in(market, buyer, region) for region in ("44", ABOVE, "5302", "")]
    before = everything(market.world)
    for order_id in others:
        answer = market.call("POST", f"/v1/office/orders/{order_id}/refunds", REFUND, support)
        assert (answer.status, answer.code) == (404, "ORDER_UNKNOWN")
        assert market.call("GET", f"/v1/orders/{order_id}", None, support).code == "ORDER_UNKNOWN"
        assert market.call("GET", f"/v1/orders/{order_id}", None, buyer).status == 200
    assert everything(market.world) == before
    for region in (HERE, BELOW):
        order_id = ordered_in(market, buyer, region)
        assert market.call("GET", f"/v1/orders/{order_id}", None, support).status == 200
        assert market.call("POST", f"/v1/office/orders/{order_id}/refunds", REFUND, support).status == 201


@pytest.mark.capability("S-101")
def test_ops_of_a_city_sees_and_changes_the_distributors_of_its_city_alone(market: Market) -> None:
    ops, risk = of_region(market, "ops", HERE), of_region(market, "risk", HERE)
    _, distributor_id = sold(market)
    path = f"/v1/office/distributors/{distributor_id}"
    state = {"state": "SUSPENDED", "reason": "a complaint"}
    terms = {"tier": "gold", "tax_method": "NONE", "reason": "as agreed"}
    for region in ("44", ABOVE, "5302", ""):
        lives_in(distributor_id, region)
        before = everything(market.world)
        answers = [
            market.call("GET", path, None, ops),
            market.call("POST", f"{path}/state", state, ops),
            market.call("POST", f"{path}/terms", terms, ops),
            market.call("GET", f"{path}/statement", None, risk),
        ]
        assert {(one.status, one.code) for one in answers} == {(404, "DISTRIBUTOR_UNKNOWN")}
        assert everything(market.world) == before
    lives_in(distributor_id, BELOW)
    assert market.call("GET", path, None, ops).status == 200
    asked = market.call("POST", f"{path}/terms", terms, ops)
    assert (asked.status, asked.body["about"]["tier"]) == (201, "gold")
    assert market.call("GET", f"{path}/statement", None, risk).status == 200


def lives_in(distributor_id: str, region: str) -> None:
    item = bootstrap.documents().get("edges", distributor_id, "self", consistent=True)
    assert item is not None
    bootstrap.documents().put("edges", distributor_id, "self", {**item, "region": region})


@pytest.mark.capability("S-101")
def test_what_is_not_kept_apart_by_region_is_closed_and_what_is_ones_own_is_open(market: Market) -> None:
    finance = of_region(market, "finance", HERE)
    assert market.call("GET", "/v1/office/withdrawals", None, finance).code == "REGION_MISSING"
    assert market.call("GET", "/v1/office/products", None, finance).code == "REGION_MISSING"
    assert market.call("GET", "/v1/me", None, finance).body["roles"] == ["finance"]
