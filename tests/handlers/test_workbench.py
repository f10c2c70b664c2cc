"""The workbench over HTTP: whom my code brought, without saying who, and by which rules I am paid."""

from datetime import timedelta

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.business_time import business_date
from local.testing import World
from tests.e2e.tree import a_plan, percent
from tests.handlers.api_client import Api
from tests.handlers.market import Market
from tests.handlers.scenarios.distribution import founded
from tests.handlers.test_distribution import brought_by, read, sold


@pytest.fixture
def market(world: World) -> Market:
    bootstrap.catalog().forget()
    return Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside


def test_my_customers_are_told_by_how_long_ago_they_bought_and_by_nothing_else(market: Market) -> None:
    distributor, distributor_id = sold(market)
    idle = brought_by(market, distributor_id)
    late = market.customer()
    order = market.order_body(market.product(), market.card(late, 10_000)) | {
        "invite_code": distributor_id[4:]
    }
    assert market.call("POST", "/v1/orders", order, late).status == 201
    market.world.drain()
    first = read(market, "/v1/distributors/me/customers?limit=2", distributor)
    rest = read(market, f"/v1/distributors/me/customers?limit=2&cursor={first['next']}", distributor)
    today = business_date(bootstrap.now()).isoformat()
    rows = first["items"] + rest["items"]
    assert "next" not in rest
    assert [row.pop("customer") for row in rows[:2]] == [late.person_id[-4:], idle.person_id[-4:]]
    assert len(rows[2].pop("customer")) == 4
    assert rows == [
        {"customer_since": today, "last_purchase": "WEEK"},
        {"customer_since": today, "last_purchase": "NEVER"},
        {"customer_since": today, "last_purchase": "WEEK"},
    ]
    other, _ = founded(market)
    assert read(market, "/v1/distributors/me/customers", other) == {"items": []}
    refused = market.call("GET", "/v1/distributors/me/customers", who=late)
    assert (refused.status, refused.code) == (403, "NOT_A_DISTRIBUTOR")


def test_a_row_that_is_written_twice_is_the_same_row(market: Market) -> None:
    _, distributor_id = founded(market)
    customer = brought_by(market, distributor_id)
    market.world.drain()
    before = sorted(map(repr, market.world.items("views")))
    assert any(f"brought#{distributor_id}" in row for row in before)
    bootstrap.project_journal()(bootstrap.books().records(customer.person_id, ""), bootstrap.now())
    assert sorted(map(repr, market.world.items("views"))) == before


def test_my_rules_say_what_each_level_pays_and_what_changes_when(market: Market) -> None:
    now = bootstrap.now()
    rules = (percent(1, 80), percent(2, 30))
    bootstrap.books().commit(None, catalog_items.plan_changes(a_plan("p1", 7, rules=rules)))
    coming = a_plan("p2", 15, rules=(percent(1, 90),), effective_at=now + timedelta(days=30), paid_levels=1)
    bootstrap.books().commit(None, catalog_items.plan_changes(coming))
    bootstrap.catalog().forget()
    distributor, _ = founded(market)
    told = read(market, "/v1/distributors/me/rules", distributor)
    assert told["my_tier"] == ""
    in_force = told["in_force"]
    assert (in_force["plan_id"], in_force["hold_days"]) == ("p1", {"CARD_SALE": 7, "TOPUP": 7})
    paid = [(row["level"], row["kind"], row["value"], row["is_mine"]) for row in in_force["rules"]]
    assert paid == [(1, "PERCENT", 80, True), (2, "PERCENT", 30, True)]
    (announced,) = told["announced"]
    assert (announced["plan_id"], announced["effective_at"][:10]) == (
        "p2",
        (now + timedelta(days=30)).date().isoformat(),
    )
    assert [row["value"] for row in announced["rules"]] == [90]
