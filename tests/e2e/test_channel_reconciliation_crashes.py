"""An answer is lost at any call of a run, or the run dies: the next one ends as if nothing had been."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.reconciliation_items import DifferenceState, Ticket
from chalicelib.usecases.resolve_difference import Resolution
from local.testing import World
from tests.e2e.counting_house import ACCOUNT, CHANNEL, CountingHouse, paid_once_more, stranger, with_line
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import VIRTUAL, all_records
from tests.e2e.test_crashes import Died, Fault, disturbed

DAY = "20261116"
KINDS = ("died", "unknown")


def a_mixed_day(world: World) -> CountingHouse:
    """A payment that we heard of, one that we did not, and one that is a stranger's."""
    house = CountingHouse(world)
    house.shop.bought(VIRTUAL)
    house.paid_unheard(VIRTUAL)
    house.alter(DAY, with_line(stranger(77)))
    house.streams.drain()
    house.shop.later(days=1)
    return house


def told(house: CountingHouse) -> tuple[Any, ...]:
    """Where it ended: days, tickets that did not heal, money, and how often anything was recorded."""
    days = {day: (row.state, row.totals, row.open_count, row.open_fen) for day, row in house.days().items()}
    actions = sorted(record.action for record in all_records(house.world.items("journal")))
    tickets = [ticket for ticket in house.all_tickets() if ticket.state is not DifferenceState.HEALED]
    return days, tickets, house.books(), actions


def one_run(house: CountingHouse, fault: Fault) -> None:
    """The schedule, until it is cut off."""
    run = disturbed(house.reconcile, fault)
    with suppress(Died, Unavailable):
        for day in run.days(CHANNEL, house.shop.now):
            run(CHANNEL, day, house.shop.now)
    house.streams.drain()


def undisturbed(world: World) -> tuple[tuple[Any, ...], int]:
    house, fault = a_mixed_day(world), Fault()
    one_run(house, fault)
    house.look()
    return told(house), fault.calls


# A run that dies after a call leaves what one leaves that hears nothing of it, so a sample is enough.
@pytest.mark.parametrize("kind, step", [("unknown", 1), ("died", 3)])
def test_a_run_that_was_cut_off_anywhere_is_finished_by_the_next(world: World, kind: str, step: int) -> None:
    expected, calls = undisturbed(world)
    assert calls > 20
    for turn in range(1, calls + 1, step):
        house = a_mixed_day(World(world.engine))
        one_run(house, Fault(turn, kind))
        house.look()
        assert told(house) == expected, f"{kind} at call {turn}"
        assert broken(Tables.read(world.items)) == []


def returned(house: CountingHouse) -> Iterator[Ticket]:
    return (ticket for ticket in house.all_tickets() if ticket.found.cause == "PAID_BY_ANOTHER_PAYMENT")


@pytest.mark.parametrize("kind", KINDS)
def test_money_is_returned_once_wherever_its_resolution_was_cut_off(world: World, kind: str) -> None:
    turn, calls = 0, 1
    while turn < calls:
        turn += 1
        house = CountingHouse(World(world.engine))
        order_id = paid_once_more(house)
        house.morning()
        (ticket,) = returned(house)
        command, where = house.command(), (CHANNEL, ticket.day, ticket.difference_id)
        fault = Fault(turn, kind)
        with suppress(Died, Unavailable):
            disturbed(house.resolve, fault)(command, *where, Resolution.RETURNED)
        calls = max(calls, fault.calls + 1) if fault.calls >= turn else calls
        assert house.resolve(command, *where, Resolution.RETURNED).resolution == "RETURNED"
        house.morning()
        order = bootstrap.orders().get(order_id)
        assert order is not None
        paid_back = [(r.state, r.amount_fen) for r in order.refunds]
        assert paid_back == [("SUCCEEDED", 8_000), ("SUCCEEDED", 9_000)]
        assert (house.receipts_fen(), house.books().get(ACCOUNT, 0)) == (10_000, 0)
    assert calls > 5
