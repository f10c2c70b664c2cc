"""Scenarios of findings: a call of each writing route, ready to be made."""

from chalicelib import bootstrap
from chalicelib.domain.finding import Kind
from tests.handlers.market import Attempt, Market


def resolve_finding(market: Market) -> Attempt:
    note, about = bootstrap.note_finding(), "dst_A/cme_B"
    found = note(Kind.COMMISSION_EXTRA, about, "nothing calls for it", bootstrap.now())
    body = {"resolution": "EXPLAINED", "detail": found.detail, "reason": "a posting by hand"}
    return Attempt(f"/v1/office/findings/{found.finding_id}/resolution", body, market.staff("finance"))


SCENARIOS = (resolve_finding,)
