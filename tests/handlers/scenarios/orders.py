"""Scenarios of orders: a call of each writing route, ready to be made."""

import urllib3

from tests.handlers.market import Attempt, Market


def place_order(market: Market) -> Attempt:
    buyer = market.customer()
    body = market.order_body(market.product(), market.card(buyer, 10_000))
    return Attempt("/v1/orders", body, buyer)


def pay_order(market: Market) -> Attempt:
    buyer = market.customer()
    path = f"/v1/orders/{market.ordered(buyer)}/payment-from-card"
    return Attempt(path, {"card_id": market.card(buyer, 10_000)}, buyer)


def pay_page(market: Market) -> Attempt:
    """Leaves no record: the page where the channel takes the money, shown once more."""
    buyer = market.customer()
    return Attempt(f"/v1/orders/{market.ordered(buyer)}/payment", None, buyer)


def check_payment(market: Market) -> Attempt:
    """A payment whose callback never comes."""
    buyer = market.customer()
    placed = market.call("POST", "/v1/orders", market.order_body(market.product()), buyer).body
    paid = urllib3.request("POST", placed["pay_url"], json={"action": "pay", "callback": "lost"})
    assert paid.status == 200, paid.data
    path = f"/v1/orders/{placed['order']['order_id']}/payment-check"
    return Attempt(path, None, buyer, actor="channel:sandbox")


def cancel_order(market: Market) -> Attempt:
    buyer = market.customer()
    return Attempt(f"/v1/orders/{market.ordered(buyer)}/cancellation", None, buyer)


def ask_refund(market: Market) -> Attempt:
    buyer = market.customer()
    return Attempt(f"/v1/orders/{market.ordered(buyer, by_card=True)}/refunds", None, buyer)


def office_refund(market: Market) -> Attempt:
    order_id = market.ordered(market.customer(), by_card=True)
    body = {"cause": "ISSUER", "reason": "the pump was broken"}
    return Attempt(f"/v1/office/orders/{order_id}/refunds", body, market.staff("support"))


SCENARIOS = (place_order, pay_order, check_payment, cancel_order, ask_refund, office_refund)
