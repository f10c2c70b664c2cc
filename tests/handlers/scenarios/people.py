"""Scenarios of people: a call of each writing route, ready to be made."""

import os
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.one_time_code import sent_key
from local.people import Authenticator, Phones
from tests.fakes.device import Device
from tests.handlers.market import DEVICE, PASSWORD, Attempt, Market, Trader, secret_of
from tests.handlers.scenarios.distribution import founded, id_number, with_available
from tests.handlers.scenarios.staff import invited

FACTOR = "/v1/me/second-factor"
PREFERENCES = {
    "language": "en",
    "theme": "DARK",
    "text_size": "LARGE",
    "elder_mode": True,
    "suggestions": False,
    "onboarding_stage": 3,
}


def register(market: Market) -> Attempt:
    return Attempt("/v1/people", market.newcomer(market.phone()))


def sign_in(market: Market) -> Attempt:
    phone = market.phone()
    registered = market.call("POST", "/v1/people", market.newcomer(phone))
    body = {"phone": phone, "password": PASSWORD, "device": DEVICE}
    return Attempt("/v1/sessions", body, actor=registered.body["person_id"])


def confirm_real_name(market: Market) -> Attempt:
    body = {"name": "张三", "id_number": id_number(next(market.numbers))}
    return Attempt("/v1/me/real-name", body, market.customer())


def enrol(market: Market) -> Attempt:
    _, code = invited(market, market.staff("admin"), "finance")
    return Attempt("/v1/enrolments", {"code": code, "password": PASSWORD})


def end_session(market: Market) -> Attempt:
    who = market.customer()
    sessions = market.call("GET", "/v1/me/sessions", None, who).body["sessions"]
    (session_id,) = [session["session_id"] for session in sessions if session["is_this"]]
    return Attempt(f"/v1/me/sessions/{session_id}", None, who, method="DELETE")


def end_other_sessions(market: Market) -> Attempt:
    return Attempt("/v1/me/sessions", None, market.customer(), method="DELETE")


def reset_password(market: Market) -> Attempt:
    phone = market.phone()
    registered = market.call("POST", "/v1/people", market.newcomer(phone))
    bootstrap.documents().delete(
        "work", *sent_key(bootstrap.keys().blind_index(f"+86{phone}"))
    )  # a minute later
    body = {"phone": phone, "code": market.code(phone, "password"), "new_password": "fuenf gelbe ampeln"}
    body["device"] = DEVICE
    return Attempt("/v1/sessions/by-new-password", body, actor=registered.body["person_id"])


def choose_password(market: Market) -> Attempt:
    body = {"password": PASSWORD, "new_password": "fuenf gelbe ampeln"}
    return Attempt("/v1/me/password", body, market.customer(), method="PUT")


def confirm_second_factor(market: Market) -> Attempt:
    asking = ask_second_factor(market)
    uri = market.call("POST", asking.path, asking.body, asking.who).body["uri"]
    digits = Authenticator(secret_of(uri), bootstrap.now).digits()
    return Attempt(f"{FACTOR}/confirmation", {"code": digits}, asking.who)


def end_second_factor(market: Market) -> Attempt:
    who = market.customer()
    if who.person_id not in market.authenticators:
        uri = market.call("POST", FACTOR, {"password": PASSWORD}, who).body["uri"]
        authenticator = market.authenticators[who.person_id] = Authenticator(secret_of(uri), bootstrap.now)
        on = market.call("POST", f"{FACTOR}/confirmation", {"code": authenticator.digits()}, who)
        assert on.status == 201, on.text
    return Attempt(f"{FACTOR}/removal", shown(market, who), who)


def step_up(market: Market) -> Attempt:
    who = market.staff("finance")
    return Attempt("/v1/me/second-factor/proof", {"second_factor": market.shown(who)}, who)


def passkey_added(
    market: Market, who: Trader, device: Device, name: str = "desk", second_factor: str = ""
) -> dict[str, Any]:
    """What is answered to who adds this device's passkey."""
    body = {"second_factor": second_factor} if second_factor else {"password": PASSWORD}
    asked = market.call("POST", "/v1/me/passkeys", body, who)
    assert asked.status == 201, asked.text
    made = {"name": name, "credential": device.made(asked.body["options"])}
    added = market.call("POST", "/v1/me/passkeys/confirmation", made, who)
    assert added.status == 201, added.text
    told: dict[str, Any] = added.body
    return told


def device_here() -> Device:
    """A device whose browser shows a page of this API."""
    settings = bootstrap.settings()
    return Device(settings.passkey_origins[0], settings.passkey_site)


def shown(market: Market, who: Trader) -> dict[str, str]:
    """What shows that it is this person, for who has a second factor."""
    return {"second_factor": market.shown(who)} if who.person_id in market.authenticators else {}


def proved(market: Market, who: Trader) -> dict[str, str]:
    """What another second factor takes: the one that is on, or the password."""
    return shown(market, who) or {"password": PASSWORD}


def add_passkey(market: Market) -> Attempt:
    who, device = market.customer(), device_here()
    options = market.call("POST", "/v1/me/passkeys", proved(market, who), who).body["options"]
    return Attempt("/v1/me/passkeys/confirmation", {"name": "desk", "credential": device.made(options)}, who)


def remove_passkey(market: Market) -> Attempt:
    who, device = market.customer(), device_here()
    passkey_id = passkey_added(market, who, device, **shown(market, who))["passkey"]["passkey_id"]
    challenge = market.call("GET", "/v1/me/passkeys/challenge", None, who).body
    body = {"second_factor": device.signed(challenge)}
    return Attempt(f"/v1/me/passkeys/{passkey_id}/removal", body, who)


def unmask_person(market: Market) -> Attempt:
    body = {"reason": "calls the customer back", "ticket": "TCK-2026-0117"}
    path = f"/v1/office/people/{market.customer().person_id}/unmasking"
    return Attempt(path, body, market.staff("support"))


def sign_out_person(market: Market) -> Attempt:
    path = f"/v1/office/people/{market.customer().person_id}/sign-out"
    return Attempt(path, {"reason": "the phone is lost"}, market.staff("support"))


def customer_lost_factor(market: Market) -> Attempt:
    who = market.customer()
    market.secured(who)
    path = f"/v1/office/people/{who.person_id}/lost-factor"
    return Attempt(path, {"reason": "ID card and face compared"}, market.staff("support"))


SCENARIOS = (
    confirm_second_factor,
    end_second_factor,
    step_up,
    add_passkey,
    remove_passkey,
    register,
    sign_in,
    confirm_real_name,
    enrol,
    end_session,
    end_other_sessions,
    choose_password,
    reset_password,
    unmask_person,
    sign_out_person,
    customer_lost_factor,
)


# Those that leave no record


def ask_second_factor(market: Market) -> Attempt:
    who = market.customer()
    return Attempt(FACTOR, proved(market, who), who)


def ask_passkey(market: Market) -> Attempt:
    who = market.customer()
    return Attempt("/v1/me/passkeys", proved(market, who), who)


def find_people(market: Market) -> Attempt:
    phone = market.phone()
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    return Attempt("/v1/office/people/search", {"phone": phone}, market.staff("support"))


def find_distributors(market: Market) -> Attempt:
    code = market.customer().person_id[4:]
    return Attempt("/v1/office/distributors/search", {"invite_code": code}, market.staff("ops"))


def send_code(market: Market) -> Attempt:
    captcha_id = market.call("POST", "/v1/captchas", {"device": DEVICE}).body["captcha_id"]
    phones = Phones(os.environ["AWS_ENDPOINT_URL"], bootstrap.keys().blind_index)
    captcha = phones.captcha(captcha_id, DEVICE)
    return Attempt("/v1/codes", {"phone": market.phone(), "device": DEVICE, "captcha": captcha})


def ask_captcha(market: Market) -> Attempt:
    return Attempt("/v1/captchas", {"device": DEVICE})


def captcha_sound(market: Market) -> Attempt:
    captcha_id = market.call("POST", "/v1/captchas", {"device": DEVICE}).body["captcha_id"]
    return Attempt(f"/v1/captchas/{captcha_id}/sound", {"device": DEVICE})


def refresh_session(market: Market) -> Attempt:
    signed_in = sign_in(market).call(market, "")
    return Attempt("/v1/sessions/refresh", {"refresh_token": signed_in.body["refresh_token"]})


def challenge_withdrawal(market: Market) -> Attempt:
    who = with_available(market)
    market.secured(who)
    body = {"operation_key": market.key(), "amount_fen": 50_000}
    return Attempt("/v1/me/challenges/withdrawal", body, who)


def challenge_payee(market: Market) -> Attempt:
    who, _ = founded(market)
    market.secured(who)
    payee = {"name": "张三", "bank": "工商银行", "account": "6222 0212 3456 7890"}
    return Attempt("/v1/me/challenges/payee", {"operation_key": market.key(), **payee}, who)


def answer_challenge(market: Market) -> Attempt:
    asked = challenge_payee(market)
    assert asked.who is not None
    shown = asked.call(market, "").body["challenge"]
    body = {"challenge": shown, "second_factor": market.recovery_code(asked.who)}
    return Attempt("/v1/me/confirmations", body, asked.who)


def set_preferences(market: Market) -> Attempt:
    return Attempt("/v1/me/preferences", PREFERENCES | {"version": 0}, market.customer(), method="PUT")


def reset_preferences(market: Market) -> Attempt:
    attempt = set_preferences(market)
    assert attempt.call(market, "").status == 200
    return Attempt("/v1/me/preferences", None, attempt.who, method="DELETE")


UNRECORDED = (
    send_code,
    ask_captcha,
    captcha_sound,
    refresh_session,
    ask_second_factor,
    ask_passkey,
    find_people,
    find_distributors,
    challenge_withdrawal,
    challenge_payee,
    answer_challenge,
    set_preferences,
    reset_preferences,
)
