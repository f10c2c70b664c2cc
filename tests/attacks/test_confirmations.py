"""Confirmations: money out and another payee, tried by somebody who has the session and not the telephone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app import app
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.confirmation import Use, opened, signed
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.set_payee import Payee
from local.people import at_their_word
from local.testing import World
from tests.handlers.api_client import Api, Reply
from tests.handlers.market import Market, Trader, everything
from tests.handlers.scenarios.distribution import founded, with_available

WITHDRAWALS, PAYEE = "/v1/withdrawals", "/v1/distributors/me/payee"
CHALLENGE, ANSWER = "/v1/me/challenges/withdrawal", "/v1/me/confirmations"
WISH = {"amount_fen": 20_000}
OWN = {"name": "张三", "bank": "工商银行", "account": "6222 0212 3456 7890"}
FOREIGN = {"name": "李四", "bank": "工商银行", "account": "6222 0299 9999 9999"}

pytestmark = pytest.mark.capability("S-107")


@pytest.fixture
def market(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    monkeypatch.setenv("PASSWORD_MEMORY_KIB", "8")  # nobody guesses passwords here
    forget_everything()
    bootstrap.catalog().forget()
    yield Market(world, Api(app), None, None)  # type: ignore[arg-type]  # nothing here goes outside
    forget_everything()


@pytest.fixture
def owner(market: Market) -> Trader:
    """A distributor with 500 yuan to withdraw, and a second factor."""
    person = with_available(market)
    market.secured(person)
    return person


def confirmation(market: Market, who: Trader, body: dict[str, Any], key: str, payee: bool = False) -> str:
    """What the owner confirms, having read it."""
    made = market.confirmed(*(("PUT", PAYEE) if payee else ("POST", WITHDRAWALS)), body, who, key)
    assert made is not None
    return made["Confirmation"]


def sent(
    market: Market, who: Trader, body: dict[str, Any], key: str, confirmed: str, payee: bool = False
) -> Reply:
    headers = {"Confirmation": confirmed} if confirmed else None
    method, path = ("PUT", PAYEE) if payee else ("POST", WITHDRAWALS)
    return market.api.call(method, path, body, token=who.token, key=key, headers=headers)


def fails(market: Market, reply: Reply, code: str, before: dict[str, list[str]]) -> None:
    assert (reply.status, reply.code) == (403, code), reply.text
    assert everything(market.world) == before


@pytest.mark.capability("S-079")
def test_what_leaves_is_what_was_shown_and_confirmed(market: Market, owner: Trader) -> None:
    key = market.key()
    shown = market.call("POST", CHALLENGE, {**WISH, "operation_key": key}, owner).body
    assert (shown["payee_name_masked"], shown["bank"], shown["payee_shown"]) == ("张*", "工商银行", "7890")
    assert (shown["operation"], shown["amount_fen"]) == ("WITHDRAWAL", 20_000)
    code = market.recovery_code(owner)
    answer = {"challenge": shown["challenge"], "second_factor": code}
    confirmed = market.call("POST", ANSWER, answer, owner).body["confirmation"]
    before = everything(market.world)
    for body, other_key, told, code_of in (
        (WISH, key, "", "CONFIRMATION_REQUIRED"),
        (WISH, key, shown["challenge"], "CONFIRMATION_INVALID"),
        ({"amount_fen": 20_001}, key, confirmed, "CONFIRMATION_DIFFERS"),
        ({"amount_fen": 50_000}, key, confirmed, "CONFIRMATION_DIFFERS"),
        (WISH, market.key(), confirmed, "CONFIRMATION_DIFFERS"),
    ):
        fails(market, sent(market, owner, body, other_key, told), code_of, before)
    done = sent(market, owner, WISH, key, confirmed)
    assert (done.status, done.body["amount_fen"], done.body["state"]) == (201, 20_000, "REVIEW_1")
    before = everything(market.world)
    fails(market, sent(market, owner, WISH, market.key(), confirmed), "CONFIRMATION_DIFFERS", before)
    again = market.call("POST", ANSWER, answer, owner)
    assert (again.status, again.code) == (401, "SECOND_FACTOR_WRONG"), "a recovery code is good once"


def test_a_payee_that_is_swapped_after_the_challenge_gets_nothing(market: Market, owner: Trader) -> None:
    key = market.key()
    confirmed = confirmation(market, owner, WISH, key)
    yesterday = bootstrap.now() - timedelta(hours=25)  # its day of waiting is over
    command = Command(Actor(owner.person_id, frozenset()), market.key(), yesterday)
    at_their_word(bootstrap.set_payee())(command, Payee(**FOREIGN))
    fails(
        market,
        sent(market, owner, WISH, key, confirmed),
        "CONFIRMATION_DIFFERS",
        everything(market.world),
    )


def test_no_other_payee_is_set_than_the_one_that_was_shown(market: Market, owner: Trader) -> None:
    key = market.key()
    confirmed = confirmation(market, owner, OWN, key, payee=True)
    withdrawal = confirmation(market, owner, WISH, other := market.key())
    before = everything(market.world)
    for body, with_key, told, code in (
        (OWN, key, "", "CONFIRMATION_REQUIRED"),
        (FOREIGN, key, confirmed, "CONFIRMATION_DIFFERS"),
        (FOREIGN, market.key(), confirmed, "CONFIRMATION_DIFFERS"),
        (FOREIGN, other, withdrawal, "CONFIRMATION_DIFFERS"),
    ):
        fails(market, sent(market, owner, body, with_key, told, payee=True), code, before)
    assert sent(market, owner, OWN, key, confirmed, payee=True).status == 200


def test_a_confirmation_of_another_person_is_none(market: Market, owner: Trader) -> None:
    attacker = with_available(market)
    market.secured(attacker)
    key = market.key()
    confirmed = confirmation(market, attacker, WISH, key)
    shown = market.call("POST", CHALLENGE, {**WISH, "operation_key": key}, owner).body["challenge"]
    code = market.recovery_code(attacker)
    before = everything(market.world)
    fails(market, sent(market, owner, WISH, key, confirmed), "CONFIRMATION_INVALID", before)
    answered = market.call("POST", ANSWER, {"challenge": shown, "second_factor": code}, attacker)
    fails(market, answered, "CONFIRMATION_INVALID", before)


def test_an_old_confirmation_allows_nothing_new_and_what_was_done_is_answered_again(
    market: Market, owner: Trader
) -> None:
    key, late_key = market.key(), market.key()
    mark, now = bootstrap.keys().blind_index, bootstrap.now()
    fresh = confirmation(market, owner, WISH, late_key)
    wish, _ = opened(Use.CONFIRMATION, fresh, owner.person_id, now, mark)
    old = signed(Use.CONFIRMATION, owner.person_id, wish, now - timedelta(seconds=1), mark)
    first = sent(market, owner, WISH, key, confirmation(market, owner, WISH, key))
    before = everything(market.world)
    fails(market, sent(market, owner, WISH, late_key, old), "CONFIRMATION_EXPIRED", before)
    for told in ("", old):
        again = sent(market, owner, WISH, key, told)
        assert (again.status, again.text) == (201, first.text)
    altered = sent(market, owner, {"amount_fen": 20_001}, key, fresh)
    assert (altered.status, altered.code) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert everything(market.world) == before


def test_who_has_no_second_factor_is_told_to_set_one_up_in_both_languages(market: Market) -> None:
    person, _ = founded(market)
    body = {**OWN, "operation_key": market.key()}
    for language, word in (("en", "Set up an authenticator"), ("zh-CN", "请先设置验证器")):
        reply = market.api.call(
            "POST",
            "/v1/me/challenges/payee",
            body,
            token=person.token,
            headers={"Accept-Language": language},
        )
        assert (reply.status, reply.code) == (403, "SECOND_FACTOR_MISSING")
        assert word in reply.body["advice"]
    before = everything(market.world)
    fails(market, sent(market, person, OWN, market.key(), "", True), "CONFIRMATION_REQUIRED", before)
