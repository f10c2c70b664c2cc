"""Scenarios of privacy: a call of each writing route, ready to be made."""

from chalicelib.domain.consent import NOTICES, Purpose
from tests.handlers.market import Attempt, Market


def decide_consent(market: Market) -> Attempt:
    body = {"purpose": "MARKETING", "given": True, "version": NOTICES[Purpose.MARKETING]}
    return Attempt("/v1/me/consents", body, market.customer(), method="PUT")


SCENARIOS = (decide_consent,)
