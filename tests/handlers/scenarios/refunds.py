"""Scenarios of refunds that wait for a person: a call of each writing route, ready to be made."""

from contextlib import suppress
from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.change import Stale
from chalicelib.domain.parameters import REFUND_ALONE_FEN_MAX, Setting
from tests.handlers.market import Attempt, Market, Trader


def owed(market: Market) -> tuple[str, str]:
    """A refund that the paying card could not take, and that card."""
    buyer = market.customer()
    order_id = market.ordered(buyer, by_card=True)
    order = bootstrap.orders().get(order_id)
    assert order is not None
    payer = order.payer_card_id
    leaving = CardChange(payer, (CardState.ACTIVE,), move_to=CardState.REFUND_PENDING)
    bootstrap.books().commit(None, [leaving])
    refunded = market.call("POST", f"/v1/orders/{order_id}/refunds", {}, buyer)
    assert refunded.status == 201, refunded.text
    (refund,) = refunded.body["refunds"]
    assert (refund["state"], refund["open_fen"]) == ("MANUAL", refund["amount_fen"])
    return f"/v1/office/orders/{order_id}/refunds/{refund['refund_id']}", payer


def retry_refund(market: Market) -> Attempt:
    path, payer = owed(market)
    back = CardChange(payer, (CardState.REFUND_PENDING,), move_to=CardState.ACTIVE)
    bootstrap.books().commit(None, [back])
    return Attempt(f"{path}/retry", {"reason": "the card has room again"}, market.staff("finance"))


def settle_refund(market: Market) -> Attempt:
    path, _ = owed(market)
    body = {"bank_reference": "20261122-000017", "reason": "sent to the buyer's own account"}
    return Attempt(f"{path}/settlement", body, market.staff("finance"))


def above_the_limit(market: Market) -> tuple[str, Trader]:
    """An order of which nothing goes back without other people's word, and its buyer."""
    setting = Setting(REFUND_ALONE_FEN_MAX, "", bootstrap.now() - timedelta(days=1), 0)
    with suppress(Stale):  # it holds already
        bootstrap.books().commit(None, catalog_items.setting_changes(setting))
    bootstrap.catalog().forget()
    buyer = market.customer()
    return market.ordered(buyer, by_card=True), buyer


def request_refund(market: Market) -> Attempt:
    order_id, buyer = above_the_limit(market)
    return Attempt(f"/v1/orders/{order_id}/refund-request", {"reason": "too much"}, buyer)


def office_refund_request(market: Market) -> Attempt:
    order_id, _ = above_the_limit(market)
    body = {"cause": "ISSUER", "reason": "the wrong card"}
    return Attempt(f"/v1/office/orders/{order_id}/refund-request", body, market.staff("support"))


SCENARIOS = (retry_refund, settle_refund, request_refund, office_refund_request)
