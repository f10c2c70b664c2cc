"""Scenarios of payments: a call of each writing route, ready to be made."""

from tests.handlers.market import Attempt, Market


def payment_callback(market: Market) -> Attempt:
    placed = market.call("POST", "/v1/orders", market.order_body(market.product()), market.customer()).body
    headers, body = market.paid_at_channel(placed["order"]["order_id"], placed["pay_url"])
    path = "/v1/payments/sandbox/callbacks"
    return Attempt(path, actor="channel:sandbox", raw=body, headers=headers)


SCENARIOS = (payment_callback,)
