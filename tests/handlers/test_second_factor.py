"""The second factor over HTTP on the embedded engine: turned on by a customer, and what staff are without."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.one_time_code import sent_key
from chalicelib.domain.person import Role
from chalicelib.handlers.api.every import DECLARED
from chalicelib.usecases.ports import Actor, Command
from local import demo_world as demo
from local import messages
from local.people import Authenticator
from local.testing import World
from tests.handlers.api_client import Api
from tests.handlers.market import DEVICE, PASSWORD, Market, Trader, secret_of

PATH = "/v1/me/second-factor"


@pytest.fixture
def market(world: World) -> Iterator[Market]:
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def turned_on(market: Market, who: Trader) -> Authenticator:
    offered = market.call("POST", PATH, {"password": PASSWORD}, who)
    assert offered.status == 201
    assert offered.body["picture"].startswith("data:image/png;base64,iVBOR")
    authenticator = Authenticator(secret_of(offered.body["uri"]), bootstrap.now)
    confirmed = market.call("POST", f"{PATH}/confirmation", {"code": authenticator.digits()}, who)
    assert (confirmed.status, len(confirmed.body["recovery_codes"])) == (201, 10)
    return authenticator


def test_from_a_qr_code_to_a_sign_in_that_asks_for_it(market: Market) -> None:
    phone = market.phone()
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    elsewhere, here = market.signed_in(phone), market.signed_in(phone)
    assert market.call("GET", PATH, who=here).body["is_on"] is False
    authenticator = turned_on(market, here)
    told = market.call("GET", PATH, who=here).body
    assert (told["is_on"], told["recovery_codes_left"]) == (True, 10)
    assert market.call("GET", "/v1/me", who=here).body["second_factor"] is True
    devices = market.call("GET", "/v1/me/sessions", who=here).body["sessions"]
    assert [one["is_this"] for one in devices] == [True], f"{elsewhere} began with less"

    body = {"phone": phone, "password": PASSWORD, "device": DEVICE}
    assert market.call("POST", "/v1/sessions", body).code == "SECOND_FACTOR_REQUIRED"
    shown = body | {"second_factor": authenticator.digits()}
    assert market.call("POST", "/v1/sessions", shown).status == 201
    assert market.call("POST", "/v1/sessions", shown).code == "SECOND_FACTOR_USED"
    assert market.call("POST", PATH, {}, here).code == "SECOND_FACTOR_REQUIRED"
    wrong = market.call("POST", f"{PATH}/removal", {"second_factor": "AAAAA-AAAAA"}, here)
    assert (wrong.status, wrong.code) == (401, "SECOND_FACTOR_WRONG")
    assert authenticator.secret not in repr(market.world.items("people") + market.world.items("journal"))


def test_the_first_one_takes_the_password(market: Market) -> None:
    who = market.customer()
    for path in (PATH, "/v1/me/passkeys"):
        refused = market.call("POST", path, {}, who)
        assert (refused.status, refused.code) == (401, "PROOF_REQUIRED")
        assert refused.body["facts"]["by"] == ["password", "code"]
        assert market.call("POST", path, {"password": "fuenf gelbe ampeln"}, who).code == "SIGN_IN_REFUSED"
    assert market.call("GET", PATH, who=who).body["is_on"] is False
    turned_on(market, who)


def test_staff_without_one_may_get_one_and_nothing_else(market: Market) -> None:
    phone = market.phone()
    command = Command(Actor("", frozenset()), market.key(), bootstrap.now())
    bootstrap.register_person().staff(command, phone, PASSWORD, (Role.ADMIN, Role.FINANCE, Role.OPS))
    body = {"phone": phone, "password": PASSWORD, "device": DEVICE}
    assert market.call("POST", "/v1/sessions", body).code == "CODE_REQUIRED"
    newcomer = market.signed_in(phone, code=market.code(phone))
    refused = market.call("GET", "/v1/office/plans", None, newcomer)
    assert (refused.status, refused.code) == (403, "ROLE_MISSING")
    authenticator = turned_on(market, newcomer)
    assert market.call("GET", "/v1/office/plans", None, newcomer).status == 200, "at once"
    elsewhere = {"device": "a-device-nobody-saw", "second_factor": authenticator.digits()}
    elsewhere["captcha"] = market.captcha("a-device-nobody-saw")  # three passwords were shown just now
    assert market.call("POST", "/v1/sessions", body | elsewhere).status == 201
    bootstrap.documents().delete("work", *sent_key(bootstrap.keys().blind_index(f"+86{phone}")))
    by_code = {"phone": phone, "code": market.code(phone), "device": DEVICE}
    assert market.call("POST", "/v1/sessions", by_code).code == "SECOND_FACTOR_REQUIRED"


TOLD = {
    "zh-CN": [
        "【Forecourt】您的账户刚设置了新密码。如非本人操作，请立即重置密码并联系客服。",
        "【Forecourt】您的账户刚启用了身份验证器。如非本人操作，请立即联系客服。",
        "【Forecourt】您的账户刚设置了新密码。如非本人操作，请立即重置密码并联系客服。",
        "【Forecourt】您的账户的身份验证器刚被停用。如非本人操作，请立即重置密码并联系客服。",
    ],
    "en": [
        "Forecourt: your account has a new password. Not you? Reset it now, and call support.",
        "Forecourt: an authenticator was turned on for your account. Not you? Call support now.",
        "Forecourt: your account has a new password. Not you? Reset it now, and call support.",
        "Forecourt: your authenticator was turned off. Not you? Reset your password now, and call support.",
    ],
}


@pytest.mark.parametrize("language", TOLD)
def test_the_owner_hears_of_each_proof_that_is_another(market: Market, language: str) -> None:
    def call(method: str, path: str, body: object, token: str = "") -> dict[str, Any]:
        answer = market.api.call(method, path, body, token=token, headers={"Accept-Language": language})
        assert answer.status < 300, answer.text
        return answer.body if answer.text else {}

    phone = market.phone()
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    first = market.signed_in(phone)
    new = {"password": PASSWORD, "new_password": "fuenf gelbe ampeln"}
    token = call("PUT", "/v1/me/password", new, first.token)["access_token"]
    offered = call("POST", PATH, {"password": "fuenf gelbe ampeln"}, token)
    authenticator = Authenticator(secret_of(offered["uri"]), bootstrap.now)
    recovery = call("POST", f"{PATH}/confirmation", {"code": authenticator.digits()}, token)["recovery_codes"]
    bootstrap.documents().delete("work", *sent_key(bootstrap.keys().blind_index(f"+86{phone}")))
    reset = {"phone": phone, "code": market.code(phone, "password"), "device": DEVICE}
    reset |= {"new_password": "sechs blaue ampeln", "second_factor": recovery[0]}
    token = call("POST", "/v1/sessions/by-new-password", reset)["access_token"]
    call("POST", f"{PATH}/removal", {"second_factor": recovery[1]}, token)
    told = [text for text in market.messages(phone) if "验证码" not in text]  # also those of other markets
    assert told[-4:] == TOLD[language]


def test_what_a_newcomer_may_is_told_by_the_routes_alone() -> None:
    open_to_newcomers = {route.name for route in DECLARED if Role.NEWCOMER in route.roles}
    assert open_to_newcomers == {
        "me",
        "my_history",
        "my_sessions",
        "end_session",
        "end_other_sessions",
        "choose_password",
        "second_factor",
        "ask_second_factor",
        "confirm_second_factor",
        "end_second_factor",
        "step_up",
        "my_passkeys",
        "passkey_challenge",
        "ask_passkey",
        "add_passkey",
        "remove_passkey",
        "my_preferences",
        "set_preferences",
        "reset_preferences",
    }


def test_the_page_of_this_machine_shows_what_the_demos_authenticators_show(world: World) -> None:
    def digits() -> list[str]:
        phones = ((one.phone, Authenticator(one.secret)) for one in demo.GUARDED)
        return [
            f"<td>{number}</td><td>{phone.present_digits()}</td><td>{phone.present_digits(1)}</td>"
            for number, phone in phones
        ]

    before = digits()
    page = messages.page(os.environ["AWS_ENDPOINT_URL"]).decode()
    assert all(any(row in page for row in rows) for rows in zip(before, digits(), strict=True))
