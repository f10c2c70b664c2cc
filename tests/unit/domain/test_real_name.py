"""Real names: which purchases of somebody unknown count, and how much of them is kept?"""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.real_name import (
    BEARER_FEN_MIN,
    PURCHASES_MAX,
    BearerPurchase,
    bearer_change,
    reaches,
    recent_purchases,
)

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
SOMEBODY = "cus_BBBBBBBBBBBB"


def purchases(count: int, amount_fen: int = 1) -> list[BearerPurchase]:
    """So many, a minute apart; the last one is now."""
    return [
        BearerPurchase(NOON - (count - 1 - n) * timedelta(minutes=1), amount_fen, f"ord_{n}")
        for n in range(count)
    ]


@pytest.mark.parametrize("amount_fen, is_enough", [(999_999, False), (1_000_000, True)])
def test_ten_thousand_yuan_ask_for_a_name_at_once_or_in_parts(amount_fen: int, is_enough: bool) -> None:
    """单用途商业预付卡管理办法 art. 15."""
    whole = BearerPurchase(NOON, amount_fen, "ord_1")
    parts = [BearerPurchase(NOON, 1, "ord_2"), BearerPurchase(NOON, amount_fen - 1, "ord_3")]
    assert BEARER_FEN_MIN == 1_000_000
    assert (reaches([whole]), reaches(parts)) == (is_enough, is_enough)


def test_what_is_kept_is_read_again_for_a_day() -> None:
    some = purchases(3, 500)
    change = bearer_change(SOMEBODY, None, reversed(some), NOON)
    assert (change.expected, change.add) == ({"version": None}, {"version": 1})
    item = dict(change.set_values) | {"version": 7}
    assert recent_purchases(item, NOON) == tuple(some)
    assert recent_purchases(item, NOON + timedelta(hours=23, minutes=59)) == tuple(some[2:])
    assert recent_purchases(item, NOON + timedelta(hours=24)) == ()
    assert bearer_change(SOMEBODY, item, some, NOON).expected == {"version": 7}


def test_many_small_purchases_stay_one_small_item_and_lose_no_fen() -> None:
    many = purchases(PURCHASES_MAX + 20, 3)
    kept = recent_purchases(dict(bearer_change(SOMEBODY, None, many, NOON).set_values), NOON)
    assert len(kept) == PURCHASES_MAX
    assert sum(one.amount_fen for one in kept) == 3 * (PURCHASES_MAX + 20)
    assert kept[0] == BearerPurchase(many[20].at, 63, "")
    assert kept[1:] == tuple(many[21:])
