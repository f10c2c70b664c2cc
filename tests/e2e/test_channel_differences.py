"""A channel's days and differences: when is one looked at again, who may close it, and what goes back?"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from chalicelib import bootstrap
from chalicelib.domain.channel_bill import BillLine, Kind
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.order import Order, RefundState
from chalicelib.domain.outside import Outcome
from chalicelib.domain.reconciliation import Result
from chalicelib.domain.reconciliation_items import (
    DayState,
    DifferenceClosed,
    DifferenceState,
    DifferenceUnknown,
)
from chalicelib.usecases.resolve_difference import NotReturnable, Resolution
from local.testing import World
from tests.e2e.counting_house import (
    ACCOUNT,
    CHANNEL,
    DAY_1,
    DAY_2,
    DAY_3,
    FIRST_NOON,
    CountingHouse,
    Lines,
    changed,
    paid_once_more,
    paid_wrong_amount,
    stranger,
    with_line,
    without,
)
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import VIRTUAL, all_records


@pytest.fixture
def house(world: World) -> Iterator[CountingHouse]:
    """Whatever a channel says, our own books stay right."""
    house = CountingHouse(world)
    yield house
    house.streams.drain()
    assert broken(Tables.read(world.items)) == []


def test_an_open_difference_is_looked_at_again_within_the_day(house: CountingHouse) -> None:
    house.paid_unheard(VIRTUAL)
    house.shop.bought(VIRTUAL)
    ask, house.shop.channel.query = house.shop.channel.query, lambda order_id: Outcome("UNKNOWN")  # type: ignore[method-assign]
    assert house.morning()[DAY_1].open_count == 1
    house.shop.channel.query = ask  # type: ignore[method-assign]
    assert house.look()[DAY_1].open_count == 0
    assert house.look() == {}, "what is awaited comes with tomorrow's file"


def test_a_booking_that_came_late_by_the_stream_begins_the_channel_earlier(house: CountingHouse) -> None:
    house.shop.later(days=2)
    house.shop.bought(VIRTUAL)
    house.morning(days=2)
    assert set(house.days()) == {DAY_3, "20261119"}
    now, house.shop.now = house.shop.now, FIRST_NOON
    house.shop.bought(VIRTUAL)
    house.streams.drain()
    house.shop.now = now
    assert set(house.look()) == {DAY_1, DAY_2}
    assert house.receipts_fen() == house.statements_fen() == 20_000


RIGHT_OR_BOOKED: dict[str, tuple[Callable[[Order], Callable[[Lines], Lines]], str]] = {
    "booked, with another amount": (lambda order: changed(order.order_id, amount_fen=9_999), ""),
    "another payment of a paid order": (
        lambda order: with_line(replace(stranger(77), order_id=order.order_id)),
        "PAID_BY_ANOTHER_PAYMENT",
    ),
    "a refund that we do not know": (
        lambda order: with_line(BillLine(Kind.REFUND, order.order_id, "rfd-nobody", -77, 0, FIRST_NOON)),
        "REFUND_UNKNOWN",
    ),
}


@pytest.mark.parametrize("fault, cause", RIGHT_OR_BOOKED.values(), ids=RIGHT_OR_BOOKED)
def test_only_a_payment_that_the_channel_confirms_and_nobody_booked_goes_back(
    house: CountingHouse, fault: Callable[[Order], Callable[[Lines], Lines]], cause: str
) -> None:
    order = house.shop.bought(VIRTUAL)
    house.alter(DAY_1, fault(order))
    house.morning()
    (ticket,) = house.all_tickets()
    assert ticket.found.cause == cause
    with pytest.raises(NotReturnable):
        house.resolve(house.command(), CHANNEL, DAY_1, ticket.difference_id, Resolution.RETURNED)
    assert house.all_tickets() == [ticket]
    assert house.receipts_fen() == 10_000


def test_money_is_not_returned_without_the_channels_word(house: CountingHouse) -> None:
    house.shop.bought(VIRTUAL)
    house.paid_unheard(VIRTUAL)
    house.shop.channel.query = lambda order_id: Outcome("UNKNOWN")  # type: ignore[method-assign]
    house.morning()
    (ticket,) = house.all_tickets()
    with pytest.raises(Unavailable):
        house.resolve(house.command(), CHANNEL, DAY_1, ticket.difference_id, Resolution.RETURNED)
    assert house.all_tickets() == [ticket]


def test_two_of_finance_decide_once(house: CountingHouse) -> None:
    house.shop.bought(VIRTUAL)
    house.alter(DAY_1, with_line(stranger(77)))
    house.morning()
    (ticket,) = house.all_tickets()
    where = (CHANNEL, DAY_1, ticket.difference_id)
    command = house.command()
    resolved = house.resolve(command, *where, Resolution.EXPLAINED)
    assert house.resolve(command, *where, Resolution.EXPLAINED) == resolved, "the same command again"
    with pytest.raises(KeyReused):
        house.resolve(replace(command, request_hash="another"), *where, Resolution.EXPLAINED)
    with pytest.raises(DifferenceClosed):
        house.resolve(house.command(), *where, Resolution.EXPLAINED)
    assert house.all_tickets() == [resolved]


def test_what_was_explained_stays_so_when_both_sides_say_the_same_later(house: CountingHouse) -> None:
    order = house.shop.bought(VIRTUAL)
    (line,) = house.shop.channel.lines(date(2026, 11, 16))
    house.alter(DAY_1, without(order.order_id))
    house.alter("20261119", with_line(line))
    house.morning(days=3)
    (ticket,) = house.all_tickets()
    resolved = house.resolve(house.command(), CHANNEL, DAY_1, ticket.difference_id, Resolution.EXPLAINED)
    house.morning()
    house.reconcile(CHANNEL, DAY_1, house.shop.now)
    assert house.all_tickets() == [resolved]


# ---------------------------------------------------------------- the office


def test_another_amount_than_asked_for_is_booked_and_goes_back_without_anybody(house: CountingHouse) -> None:
    order_id = paid_wrong_amount(house)
    for _ in range(2):
        house.morning()
    assert house.all_tickets() == []
    order = bootstrap.orders().get(order_id)
    assert order and [(r.state, r.amount_fen) for r in order.refunds] == [(RefundState.SUCCEEDED, 9_000)]
    assert ACCOUNT not in house.books()
    assert house.days()[DAY_1].state is DayState.DONE


def test_money_that_no_order_takes_goes_back_when_finance_says_so(house: CountingHouse) -> None:
    order_id = paid_once_more(house)
    house.morning()
    (ticket,) = house.all_tickets()
    assert (ticket.found.result, ticket.found.channel_fen) == (Result.ONLY_CHANNEL, 9_000)
    assert ticket.found.cause == "PAID_BY_ANOTHER_PAYMENT"
    command = house.command()
    where = (CHANNEL, ticket.day, ticket.difference_id)
    for _ in range(2):
        resolved = house.resolve(command, *where, Resolution.RETURNED)
        assert (resolved.state, resolved.resolution) == (DifferenceState.RESOLVED, "RETURNED")
    with pytest.raises(DifferenceClosed):
        house.resolve(house.command(), *where, Resolution.EXPLAINED)
    house.streams.drain()
    order = bootstrap.orders().get(order_id)
    assert order is not None
    assert [(r.state, r.amount_fen) for r in order.refunds] == [("SUCCEEDED", 8_000), ("SUCCEEDED", 9_000)]
    for _ in range(2):
        house.morning()
    assert {day.open_count for day in house.days().values()} == {0}
    assert house.days()[DAY_1].state is DayState.DONE
    assert house.receipts_fen() == house.statements_fen() == 10_000
    assert ACCOUNT not in house.books()
    assert house.all_tickets() == [resolved], "what was decided is not forgotten when both sides say the same"
    actions = [record.action for record in all_records(house.world.items("journal"))]
    assert actions.count("DIFFERENCE_RESOLVED") == 1


def test_what_finance_explained_stays_explained(house: CountingHouse) -> None:
    house.shop.bought(VIRTUAL)
    house.alter(DAY_1, with_line(stranger(77)))
    house.morning()
    (ticket,) = house.all_tickets()
    assert ticket.found.cause == "ORDER_UNKNOWN"
    with pytest.raises(NotReturnable):
        house.resolve(house.command(), CHANNEL, DAY_1, ticket.difference_id, Resolution.RETURNED)
    assert house.tickets(DAY_1) == [ticket]
    command = house.command(reason="the channel's own test payment")
    house.resolve(command, CHANNEL, DAY_1, ticket.difference_id, Resolution.EXPLAINED)
    house.morning()
    (ticket,) = house.tickets(DAY_1)
    assert (ticket.state, ticket.reason) == (DifferenceState.RESOLVED, "the channel's own test payment")
    assert house.days()[DAY_1].state is DayState.DONE
    assert house.books()[ACCOUNT] == -77, "the account still says what the channel paid and nobody booked"


def test_a_difference_that_is_not_there_is_unknown(house: CountingHouse) -> None:
    with pytest.raises(DifferenceUnknown):
        house.resolve(house.command(), CHANNEL, DAY_1, "dif_0", Resolution.EXPLAINED)
