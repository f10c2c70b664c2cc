"""Passkeys over HTTP on the embedded engine: added, shown, removed, and everything that is not believed."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything, replaced
from chalicelib.domain.passkey import PASSKEYS_MAX, TERM
from chalicelib.domain.person import Role
from chalicelib.usecases.ports import Actor, Command
from local.testing import World
from tests.fakes.device import Device, decoded, encoded
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import DEVICE, PASSWORD, Market, Trader, everything
from tests.handlers.scenarios.people import passkey_added

PATH = "/v1/me/passkeys"


@pytest.fixture
def market(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    monkeypatch.setenv("PASSWORD_MEMORY_KIB", "8")
    forget_everything()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


def newcomer(market: Market, *roles: str) -> tuple[str, Trader]:
    """Somebody of the office without a second factor, signed in by password and code, and their phone."""
    phone = market.phone()
    command = Command(Actor("", frozenset()), market.key(), bootstrap.now())
    bootstrap.register_person().staff(command, phone, PASSWORD, roles or (Role.OPS,))
    return phone, market.signed_in(phone, code=market.code(phone))


def sign_in(market: Market, phone: str, **more: object) -> Reply:
    return market.call(
        "POST", "/v1/sessions", {"phone": phone, "password": PASSWORD, "device": DEVICE, **more}
    )


def challenged(market: Market, phone: str) -> dict[str, Any]:
    """What a passkey may sign, told to who knows the password."""
    asked = sign_in(market, phone)
    assert (asked.status, asked.code) == (401, "SECOND_FACTOR_REQUIRED")
    facts: dict[str, Any] = asked.body["facts"]
    return facts


def history(market: Market, who: Trader) -> list[tuple[str, Any, Any]]:
    found = market.call("GET", "/v1/me/history", None, who).body["items"]
    return [(one["action"], one["before"], one["after"]) for one in found if "passkey" in one["action"]]


def sent(market: Market, phone: str) -> list[str]:
    return [text for text in market.messages(phone) if "passkey" in text or "通行密钥" in text]


def test_a_passkey_is_the_first_second_factor_and_opens_the_office(market: Market) -> None:
    phone, who = newcomer(market, Role.OPS)
    elsewhere = market.signed_in(phone)
    assert market.call("GET", "/v1/office/plans", None, who).code == "ROLE_MISSING"
    device = Device()
    asked = market.call("POST", PATH, {"password": PASSWORD}, who)
    assert asked.status == 201, asked.text
    options = asked.body["options"]
    assert (options["rp"]["id"], options["attestation"]) == ("localhost", "none")
    assert options["authenticatorSelection"]["userVerification"] == "required"
    body = {"name": "desk", "credential": device.made(options)}
    added = market.call("POST", f"{PATH}/confirmation", body, who)
    assert (added.status, added.body["passkey"]["name"]) == (201, "desk")
    assert len(set(added.body["recovery_codes"])) == 10
    assert market.call("GET", "/v1/office/plans", None, who).status == 200, "at once"
    assert market.call("GET", "/v1/me/sessions", None, who).body["sessions"][0]["is_this"] is True
    assert len(market.call("GET", "/v1/me/sessions", None, who).body["sessions"]) == 1, f"{elsewhere} is over"

    facts = challenged(market, phone)
    assert facts == {
        "challenge": facts["challenge"],
        "credentials": [encoded(device.credential)],
        "domain": "localhost",
    }
    signed_in = sign_in(market, phone, second_factor=device.signed(facts))
    assert (signed_in.status, signed_in.body["roles"]) == (201, ["ops"])
    shown = market.call("GET", PATH, None, who).body["passkeys"][0]
    assert (shown["cloned"], shown["used_at"] is None) == (False, False)
    told = market.call("GET", "/v1/me/second-factor", None, who).body
    assert (told["is_on"], told["authenticator"], told["passkeys"]) == (True, False, 1)
    assert history(market, who) == [("passkey.added", {"passkeys": 0}, {"passkeys": 1})]
    assert sent(market, phone)[-1:] == [
        "【Forecourt】您的账户新增了一个通行密钥。如非本人操作，请立即移除并修改密码。"
    ]


def test_staff_add_several_with_what_is_on_and_keep_one_at_least(market: Market) -> None:
    phone, who = newcomer(market)
    desk, stick = Device(), Device(credential=b"a stick on somebody's keys")
    first = passkey_added(market, who, desk, "desk")["passkey"]["passkey_id"]
    assert market.call("POST", PATH, {}, who).code == "SECOND_FACTOR_REQUIRED"
    last = market.call("POST", f"{PATH}/{first}/removal", {"second_factor": "AAAAA-AAAAA"}, who)
    assert (last.status, last.code) == (409, "LAST_SECOND_FACTOR")

    challenge = market.call("GET", f"{PATH}/challenge", None, who).body
    asked = market.call("POST", PATH, {"second_factor": desk.signed(challenge)}, who)
    assert asked.body["options"]["excludeCredentials"][0]["id"] == encoded(desk.credential)
    body = {"name": "stick", "credential": stick.made(asked.body["options"])}
    second = market.call("POST", f"{PATH}/confirmation", body, who)
    assert (second.status, second.body["recovery_codes"]) == (201, [])
    assert [one["name"] for one in market.call("GET", PATH, None, who).body["passkeys"]] == ["desk", "stick"]

    facts = challenged(market, phone)
    assert set(facts["credentials"]) == {encoded(desk.credential), encoded(stick.credential)}
    removed = market.call("POST", f"{PATH}/{first}/removal", {"second_factor": stick.signed(facts)}, who)
    assert removed.status == 204, removed.text
    gone = market.call("POST", f"{PATH}/{first}/removal", {"second_factor": "111111"}, who)
    assert (gone.status, gone.code) == (404, "PASSKEY_UNKNOWN")
    of_desk = desk.signed_for(market.call("GET", f"{PATH}/challenge", None, who).body["challenge"])
    assert market.call("POST", PATH, {"second_factor": of_desk}, who).code == "PASSKEY_REFUSED"
    assert sign_in(market, phone, second_factor=stick.signed(challenged(market, phone))).status == 201
    assert [action for action, _, _ in history(market, who)] == [
        "passkey.removed",
        "passkey.added",
        "passkey.added",
    ]
    assert [("新增" in text, "移除了" in text) for text in sent(market, phone)[-3:]] == [
        (True, False),
        (True, False),
        (False, True),
    ]


def test_a_recovery_code_lets_in_who_lost_the_only_passkey(market: Market) -> None:
    phone, who = newcomer(market)
    codes = passkey_added(market, who, Device())["recovery_codes"]
    assert sign_in(market, phone, second_factor="123456").code == "SECOND_FACTOR_WRONG"
    assert sign_in(market, phone, second_factor=codes[0]).status == 201
    new = Device(credential=b"the next one")
    added = passkey_added(market, who, new, "next", second_factor=codes[1])
    assert added["recovery_codes"] == []
    facts = challenged(market, phone)
    assert sign_in(market, phone, second_factor=new.signed(facts)).status == 201


def test_a_counter_that_goes_back_puts_the_passkey_out_of_use_and_its_owner_is_told(market: Market) -> None:
    phone, who = newcomer(market)
    device = Device(counter=7)
    codes = passkey_added(market, who, device)["recovery_codes"]
    assert sign_in(market, phone, second_factor=device.signed(challenged(market, phone))).status == 201
    device.counter = 7  # a copy that was made before
    refused = sign_in(market, phone, second_factor=device.signed(challenged(market, phone)))
    assert (refused.status, refused.code) == (401, "PASSKEY_CLONED")
    assert market.call("GET", PATH, None, who).body["passkeys"][0]["cloned"] is True
    facts = sign_in(market, phone).body["facts"]
    assert facts == {}, "no passkey is good any more"
    challenge = market.call("GET", f"{PATH}/challenge", None, who).body["challenge"]
    device.counter = 99
    assert sign_in(market, phone, second_factor=device.signed_for(challenge)).code == "CAPTCHA_REQUIRED"
    with_captcha = {"second_factor": device.signed_for(challenge), "captcha": market.captcha()}
    assert sign_in(market, phone, **with_captcha).code == "PASSKEY_CLONED"
    assert history(market, who)[0] == ("passkey.cloned", {"passkeys": 1}, {"passkeys": 0})
    assert (
        sent(market, phone)[-1] == "【Forecourt】您的一个通行密钥疑似被复制，已停用。请移除该密钥并修改密码。"
    )
    opened = sign_in(market, phone, second_factor=codes[0], captcha=market.captcha())
    assert opened.status == 201, "the door is shut, and not for good"


def test_a_device_without_a_counter_is_no_copy(market: Market) -> None:
    phone, who = newcomer(market)
    device = Device(counts=False)
    passkey_added(market, who, device)
    for _ in range(2):
        assert sign_in(market, phone, second_factor=device.signed(challenged(market, phone))).status == 201


def altered(answer: str, where: str, alter: Callable[[bytes], bytes]) -> str:
    told = json.loads(answer)
    told["response"][where] = encoded(alter(decoded(told["response"][where])))
    return json.dumps(told)


ATTACKS: dict[str, Callable[[Device, dict[str, Any]], str]] = {
    "wrong origin": lambda device, facts: Device(
        origin="http://localhost.evil.example", credential=device.credential, key=device.key
    ).signed(facts),
    "another port": lambda device, facts: Device(
        origin="http://localhost:8081", credential=device.credential, key=device.key
    ).signed(facts),
    "wrong site": lambda device, facts: Device(
        domain="evil.example", credential=device.credential, key=device.key
    ).signed_for(facts["challenge"]),
    "another key": lambda device, facts: Device(credential=device.credential).signed(facts),
    "nobody verified": lambda device, facts: Device(
        credential=device.credential, key=device.key, is_owner=False
    ).signed(facts),
    "a challenge of one's own": lambda device, facts: device.signed_for(
        encoded(b"1893456000000-0-AAAAAAAAAAAA")
    ),
    "no challenge of ours": lambda device, facts: device.signed_for("AAAA"),
    "a new passkey instead of an answer": lambda device, facts: device.made_for(facts["challenge"]),
    "an altered counter": lambda device, facts: altered(
        device.signed(facts), "authenticatorData", lambda told: told[:-1] + b"\xff"
    ),
    "another signature": lambda device, facts: altered(
        device.signed(facts), "signature", lambda told: told[:-1] + bytes([told[-1] ^ 1])
    ),
    "half an answer": lambda device, facts: '{"id":"x"}',
    "no JSON": lambda device, facts: "{ nothing }",
    "too deep": lambda device, facts: '{"id":' + "[" * 1900 + "]" * 1900 + "}",
    "no text": lambda device, facts: '{"id":1,"response":{"clientDataJSON":7}}',
}


def test_an_answer_that_is_not_of_this_site_device_and_person_opens_nothing(market: Market) -> None:
    _, who = newcomer(market)
    device = Device()
    passkey_added(market, who, device)
    people = everything(market.world)["people"]
    for name, attack in ATTACKS.items():
        facts = market.call("GET", f"{PATH}/challenge", None, who).body
        refused = market.call("POST", PATH, {"second_factor": attack(device, facts)}, who)
        assert (refused.status, refused.code) == (401, "PASSKEY_REFUSED"), name
    assert everything(market.world)["people"] == people
    facts = market.call("GET", f"{PATH}/challenge", None, who).body
    assert market.call("POST", PATH, {"second_factor": device.signed(facts)}, who).status == 201


def test_an_answer_is_good_once_and_a_wrong_one_uses_its_challenge_up(market: Market) -> None:
    phone, who = newcomer(market)
    device = Device()
    passkey_added(market, who, device)
    shown = device.signed(challenged(market, phone))
    assert sign_in(market, phone, second_factor=shown).status == 201
    assert sign_in(market, phone, second_factor=shown).code == "PASSKEY_REFUSED"
    facts = challenged(market, phone)
    forged = Device(credential=device.credential).signed(facts)
    assert sign_in(market, phone, second_factor=forged, captcha=market.captcha()).code == "PASSKEY_REFUSED"
    right = device.signed(facts)
    assert sign_in(market, phone, second_factor=right, captcha=market.captcha()).code == "PASSKEY_REFUSED"


def test_a_challenge_is_of_one_person_one_use_and_five_minutes(market: Market) -> None:
    (phone, who), (_, other) = newcomer(market), newcomer(market)
    device = Device()
    passkey_added(market, who, device)
    of_other = market.call("GET", f"{PATH}/challenge", None, other).body["challenge"]
    assert sign_in(market, phone, second_factor=device.signed_for(of_other)).code == "PASSKEY_REFUSED"
    to_add = market.call("POST", PATH, {"password": PASSWORD}, other).body["options"]["challenge"]
    stick = Device(credential=b"a stick")
    body = {"name": "stick", "credential": stick.made_for(to_add)}
    assert market.call("POST", f"{PATH}/confirmation", body, who).code == "PASSKEY_REFUSED"
    to_show = market.call("GET", f"{PATH}/challenge", None, who).body["challenge"]
    body = {"name": "stick", "credential": stick.made_for(to_show)}
    assert market.call("POST", f"{PATH}/confirmation", body, who).code == "PASSKEY_REFUSED"
    facts = challenged(market, phone)
    later = bootstrap.now() + TERM
    with replaced({bootstrap.now: lambda: later}):
        assert sign_in(market, phone, second_factor=device.signed(facts)).code == "PASSKEY_REFUSED"


def test_a_passkey_is_added_in_the_session_that_asked_and_by_what_was_proved_then(market: Market) -> None:
    phone, who = newcomer(market)
    elsewhere = market.signed_in(phone)
    options = market.call("POST", PATH, {"password": PASSWORD}, who).body["options"]
    body = {"name": "desk", "credential": Device().made(options)}
    assert market.call("POST", f"{PATH}/confirmation", body, elsewhere).code == "PASSKEY_REFUSED"
    early = market.call("POST", PATH, {"password": PASSWORD}, who).body["options"]
    passkey_added(market, who, Device())
    body = {"name": "thief", "credential": Device(credential=b"of a thief").made(early)}
    refused = market.call("POST", f"{PATH}/confirmation", body, who)
    assert (refused.status, refused.code) == (401, "PASSKEY_REFUSED"), "it was asked for without one"


MADE: dict[str, Device] = {
    "wrong origin": Device(origin="https://localhost:8080"),
    "wrong site": Device(domain="evil.example"),
    "nobody verified": Device(is_owner=False),
}


def test_no_passkey_of_another_site_or_of_nobody_is_added(market: Market) -> None:
    _, who = newcomer(market)
    before = everything(market.world)["people"]
    for name, device in MADE.items():
        options = market.call("POST", PATH, {"password": PASSWORD}, who).body["options"]
        body = {"name": "desk", "credential": device.made(options)}
        refused = market.call("POST", f"{PATH}/confirmation", body, who)
        assert (refused.status, refused.code) == (401, "PASSKEY_REFUSED"), name
    assert everything(market.world)["people"] == before


def test_a_device_is_added_once_and_no_more_than_ten_are(market: Market) -> None:
    _, who = newcomer(market)
    device = Device()
    passkey_added(market, who, device)
    for number in range(1, PASSKEYS_MAX):
        shown = device.signed(market.call("GET", f"{PATH}/challenge", None, who).body)
        options = market.call("POST", PATH, {"second_factor": shown}, who).body["options"]
        if number == 1:
            body = {"name": "twice", "credential": device.made(options)}
            assert market.call("POST", f"{PATH}/confirmation", body, who).code == "PASSKEY_KNOWN"
            shown = device.signed(market.call("GET", f"{PATH}/challenge", None, who).body)
            options = market.call("POST", PATH, {"second_factor": shown}, who).body["options"]
        body = {"name": f"{number}", "credential": Device(credential=b"%d" % number).made(options)}
        assert market.call("POST", f"{PATH}/confirmation", body, who).status == 201
    shown = device.signed(market.call("GET", f"{PATH}/challenge", None, who).body)
    assert market.call("POST", PATH, {"second_factor": shown}, who).code == "PASSKEYS_FULL"
    assert len(market.call("GET", PATH, None, who).body["passkeys"]) == PASSKEYS_MAX


def test_with_a_passkey_left_staff_turn_the_authenticator_off_and_stay_staff(market: Market) -> None:
    who = market.staff("ops")
    digits = market.authenticators[who.person_id].digits
    device = Device()
    added = passkey_added(market, who, device, second_factor=digits())
    assert added["recovery_codes"] == []
    challenge = market.call("GET", f"{PATH}/challenge", None, who).body
    ended = market.call(
        "POST", "/v1/me/second-factor/removal", {"second_factor": device.signed(challenge)}, who
    )
    assert ended.status == 204, ended.text
    told = market.call("GET", "/v1/me/second-factor", None, who).body
    assert (told["is_on"], told["authenticator"], told["passkeys"]) == (True, False, 1)
    assert told["recovery_codes_left"] == 10
    bootstrap.authority.forget()
    assert market.call("GET", "/v1/office/plans", None, who).status == 200
    nothing = market.call("POST", "/v1/me/second-factor/removal", {"second_factor": "AAAAA-AAAAA"}, who)
    assert nothing.code == "SECOND_FACTOR_OFF"


def test_a_customer_may_take_the_last_one_away(market: Market) -> None:
    who, device = market.customer(), Device()
    passkey_id = passkey_added(market, who, device)["passkey"]["passkey_id"]
    challenge = market.call("GET", f"{PATH}/challenge", None, who).body
    body = {"second_factor": device.signed(challenge)}
    assert market.call("POST", f"{PATH}/{passkey_id}/removal", body, who).status == 204
    told = market.call("GET", "/v1/me/second-factor", None, who).body
    assert (told["is_on"], told["recovery_codes_left"], told["passkeys"]) == (False, 0, 0)
    assert market.call("GET", "/v1/me", None, who).body["second_factor"] is False


def test_a_stranger_who_only_guesses_a_number_hears_of_no_passkey(market: Market) -> None:
    phone, who = newcomer(market)
    passkey_added(market, who, Device())
    refused = sign_in(market, phone, password="a wrong password")
    assert (refused.code, refused.body["facts"]) == ("SIGN_IN_REFUSED", {})
