"""Scenarios of cards: a call of each writing route, ready to be made."""

from typing import Any

from chalicelib.domain.card import CardState
from tests.handlers.market import SECRET, Attempt, Market


def _own(market: Market, verb: str, body: object = None, **fields: Any) -> Attempt:
    """A command of a holder on a card of theirs."""
    holder = market.customer()
    return Attempt(f"/v1/cards/{market.card(holder, 10_000, **fields)}/{verb}", body, holder)


def activate_card(market: Market) -> Attempt:
    return _own(market, "activation", {"secret": SECRET}, state=CardState.SOLD, form="PHYSICAL")


def freeze_card(market: Market) -> Attempt:
    return _own(market, "freeze")


def unfreeze_card(market: Market) -> Attempt:
    return _own(market, "unfreeze", state=CardState.FROZEN, frozen_by="HOLDER")


def report_loss(market: Market) -> Attempt:
    return _own(market, "loss")


def withdraw_loss(market: Market) -> Attempt:
    lost = _own(market, "loss")
    assert lost.call(market, market.key()).status == 200
    return Attempt(f"{lost.path}-withdrawal", None, lost.who)


def replace_card(market: Market) -> Attempt:
    return _own(market, "replacement", state=CardState.LOST)


def reveal_secret(market: Market) -> Attempt:
    return _own(market, "secret", state=CardState.SOLD, form="PHYSICAL")


def bind_card(market: Market) -> Attempt:
    card_id = market.card(market.customer(), 10_000, kind="BEARER", form="PHYSICAL", cap_fen=100_000)
    body = {"card_number": market.card_numbers[card_id], "secret": SECRET}
    return Attempt("/v1/card-bindings", body, market.customer())


def office_freeze_card(market: Market) -> Attempt:
    path = f"/v1/office/cards/{market.card(market.customer())}/freeze"
    return Attempt(path, {"reason": "the holder asked by telephone"}, market.staff("support"))


def office_unfreeze_card(market: Market) -> Attempt:
    card_id = market.card(market.customer(), state=CardState.FROZEN, frozen_by="SUPPORT")
    body = {"reason": "the holder asked by telephone"}
    return Attempt(f"/v1/office/cards/{card_id}/unfreeze", body, market.staff("support"))


SCENARIOS = (
    activate_card,
    freeze_card,
    unfreeze_card,
    report_loss,
    withdraw_loss,
    replace_card,
    reveal_secret,
    bind_card,
    office_freeze_card,
    office_unfreeze_card,
)
