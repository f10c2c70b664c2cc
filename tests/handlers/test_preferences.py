"""Preferences and contact over HTTP: kept for the account, told to its owner, and a human to call."""

from datetime import timedelta

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.parameters import Setting
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import Market
from tests.handlers.scenarios.people import PREFERENCES

PATH = "/v1/me/preferences"
FIRST = {
    "language": "SYSTEM",
    "theme": "SYSTEM",
    "text_size": "NORMAL",
    "elder_mode": False,
    "suggestions": True,
    "onboarding_stage": 0,
}


@pytest.fixture
def market(world: World) -> Market:
    bootstrap.catalog().forget()
    return Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside


@pytest.mark.parametrize("role", ["customer", "finance"])
def test_preferences_are_set_on_one_device_and_read_on_the_next(market: Market, role: str) -> None:
    who = market.customer() if role == "customer" else market.staff(role)
    assert market.call("GET", PATH, who=who).body == FIRST | {"version": 0}
    put = market.call("PUT", PATH, PREFERENCES | {"version": 0}, who)
    assert (put.status, put.body) == (200, PREFERENCES | {"version": 1})
    got = market.call("GET", PATH, who=who)
    assert got.body == put.body and got.headers["ETag"]
    moved = market.call("PUT", PATH, PREFERENCES | {"theme": "LIGHT", "version": 0}, who)
    assert (moved.status, moved.code, moved.body["facts"]) == (409, "PREFERENCES_MOVED", {"version": 1})
    assert market.call("DELETE", PATH, who=who).body == FIRST | {"version": 2}


@pytest.mark.parametrize(
    "wrong",
    [{"theme": "PINK"}, {"elder_mode": 1}, {"onboarding_stage": 21}, {"nickname": "x"}, {"version": -1}],
)
def test_what_is_no_preference_is_refused_and_changes_nothing(
    market: Market, wrong: dict[str, object]
) -> None:
    who = market.customer()
    refused = market.call("PUT", PATH, PREFERENCES | {"version": 0} | wrong, who)
    assert (refused.status, refused.code) == (400, "REQUEST_INVALID")
    assert market.call("GET", PATH, who=who).body["version"] == 0


def test_a_human_is_found_by_region(market: Market) -> None:
    none = market.call("GET", "/v1/contact").body
    assert (none["service_phone"], none["opens"], none["is_open"]) == ("", "08:00", False)
    for name, region, told in (
        ("contact.phone", "", "95000"),
        ("contact.phone", "53", "0871-95000"),
        ("contact.hours", "", "00:00-23:59"),
    ):
        setting = Setting(name, region, bootstrap.now() - timedelta(days=1), told)
        bootstrap.books().commit(None, catalog_items.setting_changes(setting))
    bootstrap.catalog().forget()
    everywhere = market.call("GET", "/v1/contact").body
    assert (everywhere["service_phone"], everywhere["closes"]) == ("95000", "23:59")
    assert market.call("GET", "/v1/contact?region=530102").body["service_phone"] == "0871-95000"
