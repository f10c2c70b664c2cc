"""Bills: is every line of the channel's daily bill explained by our books, and every line of ours by a bill?

Some worlds go on until the bill of the last day on which the channel moved money has
been compared. What then still differs is what only the office can explain: a payment
of another amount than was asked for.
"""

from collections.abc import Iterator

from chalicelib.domain import reconciliation_items as layout
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.reconciliation_items import DayState, DifferenceState, Ticket
from chalicelib.store.values import from_item
from tests.simulation.world import World

CHANNEL = "sandbox"


def not_billed(world: World) -> Iterator[str]:
    """The days of the channel that were not compared with its bill."""
    if not world.features.with_bills:
        return
    moved = [paid.at for paid in world.payment.payments.values() if paid.at and paid.state == "SUCCEEDED"]
    days = {day_text(business_date(at)) for at in (*moved, *world.payment.refunded_at.values())}
    done = {item["sk"]["S"] for item in _rows(world) if item["state"]["S"] != DayState.AWAITED}
    yield from (f"the bill of {day}" for day in sorted(days) if layout.DAY + day not in done)


def bills_agree(world: World) -> Iterator[str]:
    """Every difference that is open is one of a payment that came with another amount."""
    if not world.features.with_bills:
        return
    payable = {item["sk"]["S"]: int(item["payable_fen"]["N"]) for item in world.items("orders")}
    wrong = {
        paid.order_id
        for paid in world.payment.payments.values()
        if paid.amount_fen != payable.get(paid.order_id)
    }
    for ticket in _tickets(world):
        if ticket.state is DifferenceState.OPEN and ticket.found.order_id not in wrong:
            yield f"the bill of {ticket.day} differs: {ticket.found}"


def _rows(world: World) -> list[dict[str, dict[str, str]]]:
    days = layout.days_key(CHANNEL)
    return [
        item
        for item in world.items("work")
        if item["pk"]["S"] == days and item["sk"]["S"].startswith(layout.DAY)
    ]


def _tickets(world: World) -> Iterator[Ticket]:
    for item in world.items("work"):
        if item["pk"]["S"].startswith(layout.differences_key(CHANNEL, "")):
            yield layout.ticket_from(from_item(item))
