"""Scenarios of approvals: a call of each writing route, ready to be made."""

from tests.handlers.market import Attempt, Market
from tests.handlers.scenarios.distribution import propose_parameter


def asked(market: Market) -> str:
    proposed = propose_parameter(market).call(market, market.key())
    assert proposed.status == 201, proposed.text
    return str(proposed.body["proposal_id"])


def approve_request(market: Market) -> Attempt:
    return Attempt(f"/v1/office/approvals/{asked(market)}/approval", {}, market.staff("risk"))


def refuse_request(market: Market) -> Attempt:
    path = f"/v1/office/approvals/{asked(market)}/refusal"
    return Attempt(path, {"reason": "the bank asks for more"}, market.staff("risk"))


def ask_posting(market: Market) -> Attempt:
    body = {"template": "TAX_REMITTED", "amount_fen": 160_000, "reason": "the tax of October"}
    return Attempt("/v1/office/postings", body, market.staff("finance"))


SCENARIOS = (approve_request, refuse_request, ask_posting)
