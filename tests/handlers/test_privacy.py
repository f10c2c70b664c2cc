"""Privacy over HTTP: notices, consents, and what a notice that is not accepted stops."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.consent import NOTICES, Purpose
from chalicelib.domain.person import SERVICE_NOTICE
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.api.privacy import texts
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import VIRTUAL, Market, Trader, everything

# A notice that was published is never altered: whoever changes a text gives it another version.
PUBLISHED = {
    ("LOCATION", "2026-11"): "a157230a3a237382",
    ("MARKETING", "2026-11"): "6d8554feccd270ae",
    ("PROFILE", "2026-11"): "8e494c2e47fbef2c",
    ("SERVICE", "2026-11"): "e1189ec841829c36",
}


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    market = Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    market.product()
    yield market
    forget_everything()


def told(market: Market, who: Trader) -> dict[str, bool]:
    found = market.call("GET", "/v1/me/consents", None, who).body["consents"]
    return {consent["purpose"]: consent["given"] for consent in found}


def decide(market: Market, who: Trader, purpose: str, given: bool) -> int:
    body = {"purpose": purpose, "given": given, "version": NOTICES[Purpose(purpose)]}
    return market.call("PUT", "/v1/me/consents", body, who).status


def a_new_notice_came(who: Trader) -> None:
    """As after a release: the accepted version is not the one in force."""
    change = DocumentChange("people", who.person_id, "profile", {"notice": "2025-01"}, {})
    assert bootstrap.documents().change(change)
    bootstrap.authority.forget()


def bought(market: Market, who: Trader) -> tuple[int, str]:
    answer = market.call(
        "POST", "/v1/orders", market.order_body(VIRTUAL.sku_id, market.card(who, 10_000)), who
    )
    return answer.status, answer.body.get("code", "")


@pytest.mark.capability("S-098")
def test_every_notice_is_told_in_both_languages_and_stays_as_it_was_published() -> None:
    found = {
        (purpose, version): hashlib.sha256(json.dumps(text, sort_keys=True).encode()).hexdigest()[:16]
        for purpose, versions in texts().items()
        for version, text in versions.items()
    }
    assert found == PUBLISHED
    assert {(purpose.value, version) for purpose, version in NOTICES.items()} <= set(found)
    for versions in texts().values():
        assert all(set(text) == {"en", "zh-CN"} for text in versions.values())


@pytest.mark.parametrize("language, title", [("en", "What the service needs"), ("zh-CN", "服务所必需的信息")])
def test_anybody_may_read_the_notices(market: Market, language: str, title: str) -> None:
    answer = market.api.call("GET", "/v1/notices", headers={"Accept-Language": language})
    first = answer.body["notices"][0]
    assert (first["purpose"], first["title"], first["version"]) == ("SERVICE", title, SERVICE_NOTICE)
    assert [notice["is_necessary"] for notice in answer.body["notices"]] == [True, False, False, False]


@pytest.mark.capability("S-099")
def test_toggles_are_separate_and_refusing_them_blocks_nothing(market: Market) -> None:
    who = market.customer()
    assert told(market, who) == {"SERVICE": True, "MARKETING": False, "PROFILE": False, "LOCATION": False}
    assert bought(market, who) == (201, "")
    assert decide(market, who, "LOCATION", True) == 200
    assert told(market, who) == {"SERVICE": True, "MARKETING": False, "PROFILE": False, "LOCATION": True}
    assert decide(market, who, "LOCATION", False) == 200
    assert not any(given for purpose, given in told(market, who).items() if purpose != "SERVICE")
    assert bought(market, who) == (201, "")
    history = market.call("GET", "/v1/me/consents/history?limit=1", None, who).body
    assert [one["given"] for one in history["items"]] == [False]
    older = market.call("GET", f"/v1/me/consents/history?limit=1&cursor={history['next']}", None, who).body
    assert [(one["purpose"], one["given"]) for one in older["items"]] == [("LOCATION", True)]


@pytest.mark.capability("S-098")
def test_a_new_notice_is_accepted_before_the_next_purchase(market: Market) -> None:
    who = market.customer()
    a_new_notice_came(who)
    before = everything(market.world)["orders"]
    assert bought(market, who) == (403, "NOTICE_OUTDATED")
    assert everything(market.world)["orders"] == before
    assert market.call("GET", "/v1/orders", None, who).status == 200
    assert not told(market, who)["SERVICE"]
    assert decide(market, who, "SERVICE", True) == 200
    assert bought(market, who) == (201, "")


def test_the_notice_stands_before_what_begins_something_new_and_nowhere_else() -> None:
    names = {route.name for route in DECLARED if route.under_notice}
    assert names == {"place_order", "pay_order", "bind_card", "join", "confirm_real_name"}


@pytest.mark.parametrize("change", [{"given": "true"}, {"given": 1}, {"purpose": "ALL"}, {"more": 1}])
def test_a_decision_says_which_purpose_and_yes_or_no(market: Market, change: dict[str, Any]) -> None:
    who = market.customer()
    body = {"purpose": "PROFILE", "given": True, "version": "2026-11"} | change
    before = everything(market.world)
    answer = market.call("PUT", "/v1/me/consents", body, who)
    assert (answer.status, answer.code) == (400, "REQUEST_INVALID")
    assert everything(market.world) == before
