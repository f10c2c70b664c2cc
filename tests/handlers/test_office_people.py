"""People for the office: found, seen without what nobody needs, unmasked for a reason and ten minutes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.handlers.api.every import DECLARED
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.lively import models
from tests.handlers.market import DEVICE, PASSWORD, Market, Trader

NAME, ID_NUMBER = "张三", "11010519491231002X"
WHY = {"reason": "calls the customer back", "ticket": "TCK-2026-0117"}


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


@pytest.fixture
def phone(market: Market) -> str:
    return market.phone()


@pytest.fixture
def customer(market: Market, phone: str) -> Trader:
    """A customer with a name, a card and an order."""
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    who = market.signed_in(phone)
    named = market.call("POST", "/v1/me/real-name", {"name": NAME, "id_number": ID_NUMBER}, who)
    assert named.status == 200, named.text
    market.ordered(who, by_card=True)
    market.world.drain()
    return who


def path_of(customer: Trader) -> str:
    return f"/v1/office/people/{customer.person_id}"


@pytest.mark.capability("S-102")
def test_support_finds_a_customer_by_the_whole_number_and_sees_it_masked(
    market: Market, phone: str, customer: Trader
) -> None:
    support = market.staff("support")
    found = market.call("POST", "/v1/office/people/search", {"phone": phone}, support)
    masked = f"138****{phone[-4:]}"
    (person,) = found.body["people"]
    assert (person["person_id"], person["phone_masked"]) == (customer.person_id, masked)
    seen = market.call("GET", path_of(customer), None, support)
    assert (seen.status, seen.body["phone_masked"], seen.body["real_name"]) == (200, masked, True)
    assert [order["state"] for order in seen.body["orders"]] == ["COMPLETED"]
    assert [set(card) for card in seen.body["cards"]] == [{"card_id", "kind", "state", "last4"}] * 2
    for answer in (found, seen):
        assert not any(secret in answer.text for secret in (phone, NAME, ID_NUMBER))


def test_parts_of_a_number_and_strangers_are_found_by_nobody(market: Market, phone: str) -> None:
    support = market.staff("support")
    for other, expected in ((market.phone(), []), (phone[:7], 400)):
        found = market.call("POST", "/v1/office/people/search", {"phone": other}, support)
        assert (found.body["people"] if found.status == 200 else found.status) == expected
    unknown = market.call("GET", "/v1/office/people/cus_BBBBBBBBBBBB", None, support)
    assert (unknown.status, unknown.code) == (404, "PERSON_UNKNOWN")
    nobody = market.call("POST", "/v1/office/people/cus_BBBBBBBBBBBB/unmasking", WHY, support)
    assert (nobody.status, nobody.code) == (404, "PERSON_UNKNOWN")


@pytest.mark.capability("S-102")
def test_who_says_why_sees_number_and_name_alone_and_for_ten_minutes(
    market: Market, phone: str, customer: Trader
) -> None:
    support, colleague = market.staff("support"), market.staff("support")
    granted = market.call("POST", f"{path_of(customer)}/unmasking", WHY, support)
    assert granted.status == 200, granted.text
    until = datetime.fromisoformat(granted.body["until"])
    seen = market.call("GET", path_of(customer), None, support)
    assert (seen.body["phone"], seen.body["name"]) == (f"+86{phone}", NAME)
    assert ID_NUMBER not in seen.text
    assert "phone" not in market.call("GET", path_of(customer), None, colleague).body
    shown = bootstrap.look_at_person()
    last, over = until - timedelta(milliseconds=1), until
    assert shown(support.person_id, customer.person_id, last).phone == f"+86{phone}"
    masked = shown(support.person_id, customer.person_id, over)
    assert (masked.phone, masked.name, masked.unmasked_until) == (None, None, None)


def test_the_same_command_again_prolongs_nothing(market: Market, customer: Trader) -> None:
    support, key = market.staff("support"), market.key()
    call = ("POST", f"{path_of(customer)}/unmasking", WHY)
    first = market.api.call(*call, token=support.token, key=key)
    again = market.api.call(*call, token=support.token, key=key)
    assert (again.status, again.text) == (first.status, first.text)


@pytest.mark.capability("S-102")
@pytest.mark.parametrize(
    "body",
    [
        {"reason": "calls the customer back"},
        {"ticket": "TCK-2026-0117"},
        WHY | {"ticket": "13800138000"},
        WHY | {"reason": "calls 13800138000"},
    ],
)
def test_without_a_reason_and_a_ticket_or_with_a_number_in_them_nothing_is_granted(
    market: Market, customer: Trader, body: dict[str, str]
) -> None:
    support = market.staff("support")
    refused = market.call("POST", f"{path_of(customer)}/unmasking", body, support)
    assert (refused.status, refused.code) == (400, "REQUEST_INVALID")
    assert "phone" not in market.call("GET", path_of(customer), None, support).body


@pytest.mark.capability("S-101")
@pytest.mark.parametrize(
    "role, searches, sees, unmasks",
    [
        ("support", 200, 200, 200),
        ("risk", 200, 200, 200),
        ("finance", 200, 200, 200),
        ("auditor", 403, 200, 403),
        ("admin", 403, 200, 403),
        ("ops", 403, 403, 403),
    ],
)
def test_each_role_sees_its_grade(
    market: Market, phone: str, customer: Trader, role: str, searches: int, sees: int, unmasks: int
) -> None:
    who = market.staff(role)
    found = market.call("POST", "/v1/office/people/search", {"phone": phone}, who)
    seen = market.call("GET", path_of(customer), None, who)
    granted = market.call("POST", f"{path_of(customer)}/unmasking", WHY, who)
    assert (found.status, seen.status, granted.status) == (searches, sees, unmasks)


@pytest.mark.capability("S-101", "S-102")
def test_no_answer_to_the_office_has_a_field_for_what_only_unmasking_shows() -> None:
    named = {
        (model.__name__, name)
        for route in DECLARED
        if route.answers and not route.public and set(route.roles) - {"customer", "distributor"}
        for model in models(route.answers)
        for name in model.model_fields
        if name in ("phone", "name", "id_number", "account", "card_number", "secret")
    }
    unmasked = {("OfficePersonView", "phone"), ("OfficePersonView", "name")}
    things = (
        "ParameterView",
        "ProposalView",
        "PasskeyView",
        "PlanDifferenceView",
        "ExampleView",
        "HappenedView",
    )
    of_things = {(model, "name") for model in things}
    assert named - unmasked == of_things


def test_support_signs_a_customer_out_everywhere_and_the_customer_hears_why(
    market: Market, phone: str, customer: Trader
) -> None:
    support, elsewhere = market.staff("support"), market.signed_in(phone)
    path, why = f"{path_of(customer)}/sign-out", {"reason": "the phone is lost"}
    key, before = market.key(), market.messages(phone)
    for _ in range(2):  # the second time it is done already
        assert market.api.call("POST", path, why, token=support.token, key=key).status == 204
    bootstrap.authority()._known.clear()  # ten seconds later
    for who in (customer, elsewhere):
        assert market.call("GET", "/v1/me", None, who).code == "SESSION_ENDED"
    other = market.customer()
    assert market.call("GET", "/v1/me", None, other).status == 200
    again = market.signed_in(phone)
    line = market.call("GET", "/v1/me/history", None, again).body["items"][0]
    assert (line["action"], line["before"], line["after"]) == (
        "person.sign_out",
        {"sessions": 2},
        {"sessions": 0},
    )
    sent = market.messages(phone)[len(before) :]
    notices = [text for text in sent if "退出登录" in text]
    assert notices == ["【Forecourt】客服已让您的账户在所有设备上退出登录，请重新登录。有疑问请联系客服。"]


def test_nobody_else_of_the_office_signs_a_customer_out(market: Market, customer: Trader) -> None:
    for role in ("finance", "ops", "auditor", "admin"):
        refused = market.call(
            "POST", f"{path_of(customer)}/sign-out", {"reason": "as I like"}, market.staff(role)
        )
        assert (refused.status, refused.code) == (403, "ROLE_MISSING"), role
    unknown = market.call(
        "POST", "/v1/office/people/cus_BBBBBBBBBBBB/sign-out", {"reason": "lost"}, market.staff("risk")
    )
    assert (unknown.status, unknown.code) == (404, "PERSON_UNKNOWN")


def test_a_customer_who_lost_the_second_factor_is_let_in_by_support_and_an_admin(
    market: Market, phone: str, customer: Trader
) -> None:
    market.secured(customer)
    body = {"phone": phone, "password": PASSWORD, "device": DEVICE}
    assert market.call("POST", "/v1/sessions", body).code == "SECOND_FACTOR_REQUIRED"
    path, why = f"{path_of(customer)}/lost-factor", {"reason": "ID card and face compared"}
    for role in ("finance", "auditor", "admin"):
        assert market.call("POST", path, why, market.staff(role)).code == "ROLE_MISSING"
    asked = market.call("POST", path, why, market.staff("support"))
    assert asked.body["about"] == {"person": customer.person_id}
    word = f"/v1/office/approvals/{asked.body['request_id']}/approval"
    assert market.call("POST", word, {}, market.staff("risk")).code == "ROLE_REQUIRED"
    assert market.call("POST", word, {}, market.staff("admin")).body["state"] == "APPROVED"
    again = market.signed_in(phone)
    line = market.call("GET", "/v1/me/history", None, again).body["items"][0]
    assert (line["action"], line["reason"]) == ("factor.lost", "ID card and face compared")
    assert any("身份验证器刚被停用" in text for text in market.messages(phone))
    assert market.call("POST", path, why, market.staff("support")).code == "ILLEGAL_STATE"
