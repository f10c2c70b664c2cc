"""Privacy over HTTP: notices, consents, and what a notice that is not accepted stops."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.business_time import business_date
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.consent import NOTICES, Purpose
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.person import SERVICE_NOTICE
from chalicelib.domain.record import Client, Record
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.api.privacy import texts
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.set_payee import Payee
from local.people import at_their_word
from local.testing import World
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import VIRTUAL, Market, Trader, everything
from tests.handlers.scenarios.people import PREFERENCES

ID_NUMBER = "11010519491231002X"

# A notice that was published is never altered: whoever changes a text gives it another version.
PUBLISHED = {
    ("LOCATION", "2026-11"): "a157230a3a237382",
    ("MARKETING", "2026-11"): "6d8554feccd270ae",
    ("PROFILE", "2026-11"): "8e494c2e47fbef2c",
    ("SERVICE", "2026-11"): "0f38d9e8f5f679e6",
    ("SERVICE", "2026-12"): "ba9cac95285c0dec",
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
    assert names == {"place_order", "pay_order", "apply_for_place", "bind_card", "join", "confirm_real_name"}


@pytest.mark.parametrize("change", [{"given": "true"}, {"given": 1}, {"purpose": "ALL"}, {"more": 1}])
def test_a_decision_says_which_purpose_and_yes_or_no(market: Market, change: dict[str, Any]) -> None:
    who = market.customer()
    body = {"purpose": "PROFILE", "given": True, "version": "2026-11"} | change
    before = everything(market.world)
    answer = market.call("PUT", "/v1/me/consents", body, who)
    assert (answer.status, answer.code) == (400, "REQUEST_INVALID")
    assert everything(market.world) == before


# ---------------------------------------------------------------- whose name is asked for


def many(market: Market, who: Trader) -> Reply:
    """Twenty bearer cards, 2,000 yuan, paid from a card account."""
    wish = market.order_body(VIRTUAL.sku_id, market.card(who, 200_000))
    return market.call("POST", "/v1/orders", wish | {"quantity": 20, "expected_fen": 200_000}, who)


@pytest.mark.capability("S-096")
def test_splitting_is_stopped_for_a_name_and_told_to_the_office(market: Market) -> None:
    phone = market.phone()
    market.call("POST", "/v1/people", market.newcomer(phone))
    who = market.signed_in(phone)
    assert [many(market, who).status for _ in range(4)] == [201] * 4
    refused = many(market, who)
    assert (refused.status, refused.code) == (403, "REAL_NAME_REQUIRED")
    officer, day = market.staff("risk"), business_date(bootstrap.now()).isoformat()
    (alert,) = market.call("GET", f"/v1/office/alerts?day={day}", None, officer).body["items"]
    assert (alert["order_id"], alert["customer_id"], alert["rules"]) == ("", who.person_id, ["STRUCTURING"])
    address = f"/v1/office/alerts/{alert['alert_id']}"
    evidence = market.call("GET", address, None, officer).body["evidence"]
    assert [part["amount_fen"] for part in evidence["facts"]["earlier"]] == [200_000] * 4
    verdict = {"verdict": "NO_FRAUD", "reason": "a gift for a team"}
    decided = market.call("POST", f"{address}/verdict", verdict, officer)
    assert (decided.status, decided.body["state"]) == (200, "CLEARED")
    name = {"name": "张三", "id_number": ID_NUMBER}
    assert market.call("POST", "/v1/me/real-name", name, who).status == 200
    assert many(market, market.signed_in(phone)).status == 201


# ---------------------------------------------------------------- a copy of everything

SECTIONS = {
    "profile": 1,
    "corrections": 0,
    "consents": 2,
    "preferences": 1,
    "sessions": 1,
    "devices": 1,
    "orders": 1,
    "cards": 2,
    "applications": 0,
    "distribution": 1,
    "withdrawals": 0,
}


@pytest.fixture
def known(market: Market) -> tuple[Trader, str]:
    """A distributor who bought, decided twice, and is known by name; and their phone number."""
    phone = market.phone()
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    who = market.signed_in(phone)
    assert bought(market, who)[0] == 201
    assert market.call("PUT", "/v1/me/preferences", PREFERENCES | {"version": 0}, who).status == 200
    for given in (True, False):
        assert decide(market, who, "PROFILE", given) == 200
    name = {"name": "张三", "id_number": ID_NUMBER}
    assert market.call("POST", "/v1/me/real-name", name, who).status == 200
    distributor_id = distributor_id_of(who.person_id)
    place = {
        "state": "ACTIVE",
        "tier": "",
        "root": distributor_id,
        "since": 0,
        "agreement": "1",
        "operation": "x",
    }
    bootstrap.documents().put("edges", distributor_id, "self", place)
    command = Command(Actor(who.person_id, frozenset()), market.key(), bootstrap.now())
    at_their_word(bootstrap.set_payee())(command, Payee("张三", "工商银行", "6222020200012345678"))
    market.world.drain()
    return who, phone


def test_a_person_gets_everything_that_is_held_about_them(market: Market, known: tuple[Trader, str]) -> None:
    who, phone = known
    stranger = market.customer()
    bought(market, stranger)
    copy = market.call("GET", "/v1/me/data", None, who).body
    assert {section: len(copy[section]) for section in SECTIONS} == SECTIONS
    (profile,), (order,), (place,) = copy["profile"], copy["orders"], copy["distribution"]
    assert (profile["person_id"], profile["phone"], profile["name"]) == (who.person_id, f"+86{phone}", "张三")
    assert (profile["id_number_ends"], profile["accepted_notice"]) == ("002X", SERVICE_NOTICE)
    assert [(one["purpose"], one["given"]) for one in copy["consents"]] == [
        ("PROFILE", False),
        ("PROFILE", True),
    ]
    assert copy["preferences"] == [PREFERENCES]
    assert (order["payable_fen"], order["state"]) == (10_000, "COMPLETED")
    assert order["card_ids"] in {card["card_id"] for card in copy["cards"]}
    assert (place["payee_name"], place["payee_bank"], place["payee_account_ends"]) == (
        "张三",
        "工商银行",
        "5678",
    )
    assert {
        "person.register",
        "person.sign_in",
        "SALE_FROM_CARD",
        "person.real_name",
        "distributor.payee",
    } <= {record["action"] for record in copy["records"]}
    assert {record["address"] for record in copy["records"] if record["action"] == "person.sign_in"} == {
        "127.0.0.1"
    }
    whole = json.dumps(copy)
    assert stranger.person_id not in whole
    assert ID_NUMBER not in whole and "6222020200012345678" not in whole


def test_from_where_somebody_of_the_office_did_something_is_told_to_no_customer(market: Market) -> None:
    who = market.customer()
    desk = Client(bootstrap.keys().veil("203.0.113.7", "salt"), "the office's own browser", "salt")
    done = Record(who.person_id, "v1", "REFUND", bootstrap.now(), "stf_BBBBBBBBBBBB", client=desk)
    bootstrap.books().commit(done, [])
    records = market.call("GET", "/v1/me/data", None, who).body["records"]
    told = {record["action"]: (record["address"], record["agent"]) for record in records}
    assert (told["person.register"][0], told["REFUND"]) == ("127.0.0.1", ("", ""))


@pytest.mark.parametrize("action", ["RISK_ALERT", "RISK_VERDICT"])
@pytest.mark.parametrize("path", ["/v1/me/data", "/v1/me/data/csv"])
def test_nobody_learns_from_their_copy_that_they_were_suspected(
    market: Market, path: str, action: str
) -> None:
    who = market.customer()
    suspicion = Record(who.person_id, "v1", action, bootstrap.now(), "system", reason="velocity")
    bootstrap.books().commit(suspicion, [])
    told = market.call("GET", path, None, who).text
    assert "person.register" in told
    assert action not in told


def test_the_table_says_what_the_copy_says(market: Market, known: tuple[Trader, str]) -> None:
    who, phone = known
    copy = market.call("GET", "/v1/me/data", None, who).body
    answer = market.call("GET", "/v1/me/data/csv", None, who)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.csv"'
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert head == ["section", "row", "field", "value"]
    assert {(section, int(number)) for section, number, _, _ in rows} == {
        (section, number) for section, found in copy.items() for number in range(1, len(found) + 1)
    }
    told = {(section, number, field): value for section, number, field, value in rows}
    assert told["profile", "1", "name"] == "张三"
    assert told["profile", "1", "phone"] == f"'+86{phone}"  # a spreadsheet would take it for a sum
    assert told["orders", "1", "order_id"] == copy["orders"][0]["order_id"]
