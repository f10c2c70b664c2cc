"""Unpaid orders: in which minute is an order looked at, and which minutes does a sweep look through?"""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.order import OrderState
from chalicelib.domain.unpaid import (
    doubt_of,
    is_in_doubt,
    minute_of,
    minutes_to_sweep,
    partition,
    row_again,
    row_of,
)
from tests.unit.domain.test_order import an_order

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
MINUTE = 29_922_240  # of the 22nd of November 2026, 08:00 in Greenwich
TWO_DAYS_SECONDS = 2 * 24 * 3_600


@pytest.mark.parametrize("seconds, minute", [(-1, MINUTE - 1), (0, MINUTE), (59, MINUTE), (60, MINUTE + 1)])
def test_a_minute_lasts_from_its_first_second_to_its_last(seconds: int, minute: int) -> None:
    assert minute_of(NOW + timedelta(seconds=seconds)) == minute


@pytest.mark.parametrize(
    "minutes_later, looked_at_after",
    [(0, 15), (15, 15), (16, 16)],  # never in a minute that may be swept already
)
def test_an_order_is_looked_at_when_its_time_to_pay_is_over(minutes_later: int, looked_at_after: int) -> None:
    order = an_order(OrderState.PENDING_PAY, created_at=NOW + timedelta(milliseconds=500))
    row = row_of(order, NOW + timedelta(minutes=minutes_later))  # rows vanish at whole seconds
    vanishes_at = MINUTE * 60 + looked_at_after * 60 + TWO_DAYS_SECONDS
    values = {"channel": "sandbox", "expires_at": vanishes_at}
    assert row == (f"unpaid#{MINUTE + looked_at_after}", order.order_id, values)


def test_an_order_that_is_not_done_with_is_looked_at_five_minutes_later() -> None:
    row = {"pk": partition(MINUTE), "sk": "ord_A", "channel": "sandbox", "expires_at": 1}
    values = {
        "channel": "sandbox",
        "since": MINUTE * 60_000,
        "expires_at": (MINUTE + 5) * 60 + TWO_DAYS_SECONDS,
    }
    assert row_again(row, NOW) == (partition(MINUTE + 5), "ord_A", values)
    assert doubt_of(row_again(row, NOW)) == ("payments-in-doubt", "ord_A", values)
    assert not is_in_doubt(row)


def test_an_order_is_in_doubt_since_it_was_so_the_first_time() -> None:
    row = {"pk": partition(MINUTE), "sk": "ord_A", "channel": "sandbox", "since": 17, "expires_at": 1}
    assert is_in_doubt(row)
    assert row_again(row, NOW)[2]["since"] == 17


@pytest.mark.parametrize(
    "swept, first, last",
    [
        (MINUTE - 5, MINUTE - 4, MINUTE - 2),  # what is younger than two minutes is left to the timers
        (MINUTE - 3, MINUTE - 2, MINUTE - 2),
        (MINUTE - 200, MINUTE - 199, MINUTE - 80),  # two hours at once
        (MINUTE - 10_000, MINUTE - 2_880, MINUTE - 2_761),  # older rows have vanished
        (0, MINUTE - 60, MINUTE - 2),  # the first sweep
    ],
)
def test_a_sweep_looks_through_the_minutes_that_are_over(swept: int, first: int, last: int) -> None:
    assert minutes_to_sweep(swept, NOW) == range(first, last + 1)


@pytest.mark.parametrize("swept", [MINUTE - 2, MINUTE, MINUTE + 7])
def test_nothing_is_looked_through_twice(swept: int) -> None:
    assert not minutes_to_sweep(swept, NOW)
