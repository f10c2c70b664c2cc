"""Scenarios of the archive: a call of each writing route, ready to be made."""

from chalicelib import bootstrap
from tests.handlers.market import Attempt, Market


def ask_verification(market: Market) -> Attempt:
    bootstrap.verify_archive()(bootstrap.now())  # there is one at a time
    return Attempt("/v1/office/archive/verifications", {}, market.staff("auditor"))


SCENARIOS = (ask_verification,)
