"""Scenarios of one's own account: a call of each writing route, ready to be made."""

from tests.handlers.market import DEVICE, PASSWORD, Attempt, Market
from tests.handlers.scenarios.distribution import founded, real_person


def correct_phone(market: Market) -> Attempt:
    who, phone = market.customer(), market.phone()
    body = {"phone": phone, "code": market.code(phone, "account"), "password": PASSWORD, "device": DEVICE}
    return Attempt("/v1/me/phone", body, who, method="PUT")


def correct_name(market: Market) -> Attempt:
    return Attempt("/v1/me/name", {"name": "李小龙"}, real_person(market), method="PUT")


def close_my_account(market: Market) -> Attempt:
    return Attempt("/v1/me/closing", {"password": PASSWORD, "reason": "moved abroad"}, market.customer())


def keep_my_account(market: Market) -> Attempt:
    phone = market.phone()
    assert market.call("POST", "/v1/people", market.newcomer(phone)).status == 201
    closed = market.call("POST", "/v1/me/closing", {"password": PASSWORD}, market.signed_in(phone))
    assert closed.status == 200, closed.text
    return Attempt("/v1/me/closing", None, market.signed_in(phone), method="DELETE")


def give_up_place(market: Market) -> Attempt:
    return Attempt("/v1/distributors/me", None, founded(market)[0], method="DELETE")


SCENARIOS = (correct_phone, correct_name, close_my_account, keep_my_account, give_up_place)
