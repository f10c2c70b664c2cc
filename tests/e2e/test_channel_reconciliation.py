"""The channel's bill against our books: equal to the fen, or a difference that the office sees."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.order import OrderState, RefundState
from chalicelib.domain.outside import Outcome
from chalicelib.domain.reconciliation import Result
from chalicelib.domain.reconciliation_items import (
    DayState,
    DifferenceState,
)
from local.testing import World
from tests.e2e.counting_house import (
    ACCOUNT,
    CHANNEL,
    DAY_1,
    DAY_2,
    DAY_3,
    CountingHouse,
    Lines,
    changed,
    stranger,
    with_line,
    without,
)
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import AGENT_STOCK, NAMED, VIRTUAL
from tests.fakes.operations import Script


@pytest.fixture
def house(world: World) -> Iterator[CountingHouse]:
    """Whatever a channel says, our own books stay right."""
    house = CountingHouse(world)
    yield house
    house.streams.drain()
    assert broken(Tables.read(world.items)) == []


def everything(house: CountingHouse) -> dict[str, list[str]]:
    tables = ("accounts", "orders", "cards", "journal", "work", "views")
    return {table: sorted(str(sorted(item.items())) for item in house.world.items(table)) for table in tables}


def test_a_quiet_day_is_reconciled_and_its_money_is_at_the_bank(house: CountingHouse) -> None:
    shop = house.shop
    shop.stocked(AGENT_STOCK, 1)
    shop.bought(VIRTUAL)
    shop.bought(AGENT_STOCK)
    house.refunded(shop.bought(NAMED))
    (day,) = house.morning().values()
    assert (day.state, day.open_count) == (DayState.COMPARED, 0), "tomorrow's file may list a line of ours"
    totals = day.totals
    assert totals is not None
    assert (totals.bill_count, totals.matched_count, totals.books_count) == (4, 4, 4)
    assert totals.bill_fen == totals.matched_fen == totals.books_fen == 10_000 + 98_500
    fees_fen = 60 + 591 + 591
    assert totals.fee_fen == fees_fen
    books = house.books()
    assert ACCOUNT not in books
    assert books["E:CHANNEL_FEE"] == fees_fen
    assert books["A:BANK_CUSTODY"] == 10_000 - 60 - 591, "the fee of what went back is not given back"
    assert books["A:BANK_OPER"] == 98_500 - 591
    assert house.morning()[DAY_1].state is DayState.DONE
    assert set(house.morning()) == {DAY_2, DAY_3}, "what is done is not looked at again"


def test_a_day_of_more_refunds_than_payments_is_collected_from_the_bank(house: CountingHouse) -> None:
    order = house.shop.bought(NAMED)
    house.morning()
    house.refunded(order)
    house.morning()
    books = house.books()
    assert ACCOUNT not in books
    assert (books["A:BANK_CUSTODY"], books["E:CHANNEL_FEE"]) == (-591, 591)


def test_running_again_changes_nothing(house: CountingHouse) -> None:
    house.shop.bought(VIRTUAL)
    house.alter(DAY_1, with_line(stranger(77)))
    house.morning()
    before = everything(house)
    house.look()
    for day in house.days():
        house.reconcile(CHANNEL, day, house.shop.now + timedelta(minutes=5))
    house.streams.drain()
    assert everything(house) == before


FAULTS: dict[str, tuple[Callable[[str], Callable[[Lines], Lines]], Result, int]] = {
    "a line is missing": (without, Result.ONLY_OURS, 10_000),
    "a line that nobody here knows": (lambda order_id: with_line(stranger(77)), Result.ONLY_CHANNEL, -77),
    "another amount": (lambda order_id: changed(order_id, amount_fen=9_999), Result.AMOUNT_DIFFERS, 1),
    "another state": (lambda order_id: changed(order_id, state="FAILED"), Result.STATE_DIFFERS, 10_000),
}


@pytest.mark.capability("S-004")
@pytest.mark.parametrize("fault, result, apart_fen", FAULTS.values(), ids=FAULTS)
def test_the_ledger_is_the_sum_of_the_statements_or_there_is_a_ticket(
    house: CountingHouse,
    fault: Callable[[str], Callable[[Lines], Lines]],
    result: Result,
    apart_fen: int,
) -> None:
    good, bad = house.shop.bought(VIRTUAL), house.shop.bought(VIRTUAL)
    house.refunded(good)
    house.morning()
    house.shop.bought(NAMED)
    house.morning()
    assert house.receipts_fen() == house.statements_fen(), "two days without a fault"
    assert house.all_tickets() == []
    assert ACCOUNT not in house.books(), "all of it is settled"

    bad = house.shop.bought(VIRTUAL)
    house.alter(DAY_3, fault(bad.order_id))
    house.morning()
    house.morning()
    (ticket,) = house.all_tickets()
    assert (ticket.day, ticket.found.result, ticket.state) == (DAY_3, result, DifferenceState.OPEN)
    assert house.receipts_fen() - house.statements_fen() == apart_fen
    assert ticket.found.ours_fen - ticket.found.channel_fen == apart_fen
    assert house.books().get(ACCOUNT, 0) == apart_fen, "what remains is what is not explained"
    day = house.days()[DAY_3]
    assert (day.state, day.open_count, day.open_fen) == (DayState.COMPARED, 1, abs(apart_fen))


@pytest.mark.capability("S-004")
def test_a_payment_whose_callback_was_lost_is_found_by_the_bill(house: CountingHouse) -> None:
    house.shop.bought(VIRTUAL)
    order = house.paid_unheard(VIRTUAL)
    (day,) = house.morning().values()
    assert day.totals is not None
    assert (day.totals.matched_count, day.open_count) == (2, 0)
    assert day.totals.booked_elsewhere_fen == 10_000, "it was booked this morning"
    found = bootstrap.orders().get(order.order_id)
    assert found is not None
    assert found.state is OrderState.COMPLETED
    assert house.receipts_fen() == house.statements_fen() == 20_000
    assert {row.state for row in house.morning().values()} == {DayState.DONE, DayState.COMPARED}
    assert house.all_tickets() == []


def test_a_payment_of_an_order_that_was_closed_meanwhile_goes_back(house: CountingHouse) -> None:
    order = house.shop.buy(VIRTUAL).order
    house.shop.bought(VIRTUAL)
    house.shop.channel.pay(order.order_id)
    ask, house.shop.channel.query = house.shop.channel.query, lambda order_id: Outcome("UNKNOWN")  # type: ignore[method-assign]
    house.shop.later(minutes=31)
    house.shop.close_order.when_overdue(order.order_id, house.shop.now)
    house.shop.channel.query = ask  # type: ignore[method-assign]
    house.morning()
    closed = bootstrap.orders().get(order.order_id)
    assert closed is not None
    assert (closed.state, closed.refunds[0].state) == (OrderState.CLOSED, RefundState.SUCCEEDED)
    house.morning()
    assert house.all_tickets() == []
    assert house.receipts_fen() == house.statements_fen() == 10_000


def test_a_refund_whose_answer_was_lost_is_found_by_the_bill(house: CountingHouse) -> None:
    order = house.shop.bought(NAMED)
    house.shop.channel.script_refund(Script(answer="lost"))
    house.refunded(order)
    assert house.receipts_fen() == 98_500
    (day,) = house.morning().values()
    assert (day.open_count, house.receipts_fen(), house.statements_fen()) == (0, 0, 0)


def test_what_was_paid_before_midnight_and_booked_after_it_is_no_difference(house: CountingHouse) -> None:
    house.shop.now = datetime(2026, 11, 16, 15, 59, 58, tzinfo=UTC)  # two seconds before midnight
    house.shop.bought(VIRTUAL)
    order_id = house.shop.buy(VIRTUAL).order.order_id
    headers, body = house.shop.channel.pay(order_id)
    house.shop.later(seconds=5)
    house.shop.settle_payment(house.shop.channel.verify(headers, body), house.shop.now)
    house.shop.later(hours=12)
    house.streams.drain()
    first = house.look()[DAY_1]
    assert first.totals is not None
    assert (first.totals.bill_fen, first.totals.matched_fen, first.totals.books_fen) == (
        20_000,
        20_000,
        10_000,
    )
    second = house.morning()[DAY_2]
    assert second.totals is not None
    assert (second.totals.bill_fen, second.totals.books_fen) == (0, 10_000)
    assert second.totals.listed_elsewhere_fen == 10_000
    assert house.all_tickets() == []


def test_what_the_channel_lists_a_day_later_is_awaited_not_a_difference(house: CountingHouse) -> None:
    order = house.shop.bought(VIRTUAL)
    (line,) = house.shop.channel.lines(date(2026, 11, 16))
    house.alter(DAY_1, without(order.order_id))
    house.alter(DAY_2, with_line(line))
    (day,) = house.morning().values()
    assert day.totals is not None
    assert (day.state, day.totals.awaited_count, day.totals.awaited_fen) == (DayState.COMPARED, 1, 10_000)
    house.morning()
    day = house.days()[DAY_1]
    assert day.totals is not None
    assert (day.state, day.totals.awaited_count, day.totals.listed_elsewhere_fen) == (
        DayState.DONE,
        0,
        10_000,
    )
    assert house.all_tickets() == []


def test_a_difference_heals_when_the_channel_lists_the_line_days_later(house: CountingHouse) -> None:
    order = house.shop.bought(VIRTUAL)
    (line,) = house.shop.channel.lines(date(2026, 11, 16))
    house.alter(DAY_1, without(order.order_id))
    house.alter("20261119", with_line(line))
    house.morning(days=3)
    (ticket,) = house.all_tickets()
    assert (ticket.day, ticket.found.result, ticket.state) == (DAY_1, Result.ONLY_OURS, DifferenceState.OPEN)
    house.morning()
    house.look()
    (ticket,) = house.all_tickets()
    assert ticket.state is DifferenceState.HEALED
    assert house.days()[DAY_1].state is DayState.DONE
    assert house.receipts_fen() == house.statements_fen()


def test_a_difference_heals_when_the_channel_answers_days_later(house: CountingHouse) -> None:
    house.shop.bought(VIRTUAL)
    house.paid_unheard(VIRTUAL)
    ask, house.shop.channel.query = house.shop.channel.query, lambda order_id: Outcome("UNKNOWN")  # type: ignore[method-assign]
    house.morning(days=4)
    (ticket,) = house.all_tickets()
    assert (ticket.found.result, ticket.found.cause) == (Result.ONLY_CHANNEL, "CHANNEL_SAYS_OTHERWISE")
    house.shop.channel.query = ask  # type: ignore[method-assign]
    house.morning()
    house.morning(days=3)
    (ticket,) = house.all_tickets()
    assert ticket.state is DifferenceState.HEALED
    states = [day.state for day in house.days().values()]
    assert states == [DayState.DONE] * 7 + [DayState.COMPARED], "its late booking is missed by no other day"


def test_a_late_bill_is_told_and_the_days_after_it_go_on(house: CountingHouse) -> None:
    house.shop.bought(VIRTUAL)
    house.shop.channel.bills_late = True
    (day,) = house.morning().values()
    assert (day.state, day.is_late, day.totals) == (DayState.AWAITED, True, None)
    assert house.books()[ACCOUNT] == 10_000, "nothing is settled without the channel's word"
    house.shop.channel.bills_late = False
    house.look()
    assert house.days()[DAY_1].state is DayState.COMPARED
    assert ACCOUNT not in house.books()


def test_a_bill_that_does_not_add_up_is_kept_beside_and_asked_for_again(house: CountingHouse) -> None:
    house.shop.bought(VIRTUAL)
    whole, house.shop.channel.bill = house.shop.channel.bill, lambda day: b"at,kind\n"  # type: ignore[method-assign]
    (day,) = house.morning().values()
    assert (day.state, day.refused) == (DayState.AWAITED, "the columns are ['at', 'kind']")
    (kept,) = bootstrap.archive_objects().list("bills/sandbox/refused/20261116")
    assert bootstrap.archive_objects().get(kept) == b"at,kind\n"
    house.shop.channel.bill = whole  # type: ignore[method-assign]
    assert house.look()[DAY_1].refused == ""
    assert house.days()[DAY_1].state is DayState.COMPARED


def test_the_file_that_was_kept_counts_whatever_the_channel_says_later(house: CountingHouse) -> None:
    house.shop.bought(VIRTUAL)
    house.morning()
    kept = bootstrap.archive_objects().get("bills/sandbox/20261116.csv")
    house.alter(DAY_1, with_line(stranger(77)))
    house.morning()
    assert bootstrap.archive_objects().get("bills/sandbox/20261116.csv") == kept
    assert house.days()[DAY_1].state is DayState.DONE


def test_a_run_among_conflicts_throttles_and_lost_answers_ends_the_same(house: CountingHouse) -> None:
    for _ in range(3):
        house.shop.bought(VIRTUAL)
    house.paid_unheard(VIRTUAL)
    house.alter(DAY_1, with_line(stranger(77)))
    house.streams.drain()
    house.shop.later(days=1)
    with house.world.faults(rate=0.2, seed=7):
        house.look()
    assert sum(house.world.faults_done.values()) > 0
    before = everything(house)
    house.look()
    assert everything(house) == before
    (day,) = house.days().values()
    assert day.totals is not None
    assert (day.totals.matched_count, day.open_count, day.open_fen) == (4, 1, 77)
    assert house.books()[ACCOUNT] == -77
