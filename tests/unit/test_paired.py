"""The paired rounds: does each side sell what it is asked for?"""

import pytest

from bench.paired.rounds import compare, orders_of_a_side
from bench.paired.sides import Side, SoldOut, taken


@pytest.mark.parametrize("rounds", [1, 5, 6])
def test_a_side_is_asked_for_as_many_orders_as_were_prepared_for_it(rounds: int) -> None:
    prepared = iter(range(orders_of_a_side(rounds, orders=3)))
    sold: list[int] = []
    compare([Side("ours", lambda orders: sold.extend(taken(prepared, orders)))], rounds, orders=3)
    assert sold == list(range((1 + 2 * rounds) * 3))


def test_a_side_that_has_nothing_left_to_sell_says_so_instead_of_looking_cheap() -> None:
    with pytest.raises(SoldOut, match="3 orders were asked for, 2 were prepared"):
        taken(iter(range(2)), 3)
