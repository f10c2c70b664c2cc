"""Scenarios of reconciliations: a call of each writing route, ready to be made."""

from chalicelib import bootstrap
from chalicelib.domain.channel_bill import Bill, BillLine, Kind, total_of
from chalicelib.domain.reconciliation import compare
from chalicelib.domain.reconciliation_items import TABLE, Ticket, ticket_of, ticket_values
from tests.handlers.market import Attempt, Market

DAY = "20261121"


def ticket(order_id: str = "ord_nobody", payment_id: str = "PY-nobody", fen: int = 100) -> Ticket:
    """A payment that the channel lists and we do not have, waiting for the office."""
    line = BillLine(Kind.PAYMENT, order_id, payment_id, fen, 0, bootstrap.now())
    totals = (total_of([line], Kind.PAYMENT), total_of([line], Kind.REFUND))
    comparison = compare(DAY, {DAY: Bill(DAY, (line,), *totals)}, {})
    found = ticket_of("sandbox", comparison, comparison.differences[0], bootstrap.now())
    bootstrap.documents().put(TABLE, found.pk, found.difference_id, ticket_values(found))
    return found


def path_of(found: Ticket) -> str:
    day = f"{found.day[:4]}-{found.day[4:6]}-{found.day[6:]}"
    return f"/v1/office/reconciliations/sandbox/{day}/differences/{found.difference_id}"


def resolve_difference(market: Market) -> Attempt:
    body = {"resolution": "EXPLAINED", "reason": "the channel's own test payment"}
    return Attempt(f"{path_of(ticket())}/resolution", body, market.staff("finance"))


SCENARIOS = (resolve_difference,)
