"""Scenarios of alerts: a call of each writing route, ready to be made."""

from chalicelib import bootstrap
from chalicelib.domain.alert import alert_id_of
from chalicelib.risk.facts import Facts, Thresholds, purchase_of
from chalicelib.risk.order_rules import decide, evidence
from tests.handlers.market import Attempt, Market


def decide_alert(market: Market) -> Attempt:
    path = f"/v1/office/alerts/{suspected(market)}/verdict"
    return Attempt(path, {"verdict": "NO_FRAUD", "reason": "a known buyer"}, market.staff("risk"))


def suspected(market: Market) -> str:
    """The alert about an order that was paid just now."""
    order = bootstrap.orders().get(market.ordered(market.customer(), by_card=True))
    assert order is not None
    assert order.paid_at is not None
    purchase = purchase_of(order)
    assert purchase is not None
    facts, strict = Facts(purchase), Thresholds(card_count_max=0)
    bootstrap.hold_order()(order, decide(facts, strict), evidence(facts, strict), bootstrap.now())
    return alert_id_of(order.order_id, order.paid_at)


SCENARIOS = (decide_alert,)
