"""The stock: shelves, magazines, and which taken card goes back."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.card import CardState
from chalicelib.domain.stock import (
    LEAK_TERM,
    MAGAZINE_CARDS_MAX,
    WINDOW_MAGAZINES,
    Shelf,
    Taken,
    Verdict,
    magazine_rows,
    verdict,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("cards", [0, 1, 20, 21, 40, 99, 1000])
def test_every_card_of_a_batch_lies_in_exactly_one_magazine(cards: int) -> None:
    card_ids = [f"crd_{number}" for number in range(cards)]
    rows = list(magazine_rows("sku_a", "bat_1", card_ids))
    assert [card for row in rows for card in row.values["card_ids"]] == card_ids
    assert all(row.values["size"] == len(row.values["card_ids"]) <= MAGAZINE_CARDS_MAX for row in rows)
    assert len({row.sk for row in rows}) == len(rows) == Shelf("sku_a", "bat_1", cards).magazines
    assert [row.sk for row in rows] == sorted(row.sk for row in rows)


def test_a_full_magazine_costs_one_unit_to_take_from() -> None:
    (row,) = magazine_rows("sku_" + "x" * 26, "bat_" + "0" * 26, [f"crd_{n:026}" for n in range(20)])
    texts = sum(len(card) + 1 for card in row.values["card_ids"])
    assert texts + len(row.pk) + len(row.sk) + 100 < 1024


@pytest.mark.parametrize(
    "cards, first_open", [(5, 0), (320, 0), (321, 0), (1000, 16), (1000, 48), (1000, 50)]
)
def test_untouched_cards_are_those_behind_the_window(cards: int, first_open: int) -> None:
    shelf = Shelf("sku_a", "bat_1", cards, first_open)
    behind = list(magazine_rows("sku_a", "bat_1", [str(n) for n in range(cards)]))[shelf.window_end :]
    assert shelf.untouched_cards == sum(row.values["size"] for row in behind)
    assert shelf.window_end - first_open <= WINDOW_MAGAZINES


@pytest.mark.parametrize(
    "state, seen_ago, expected",
    [
        (CardState.IN_STOCK, None, Verdict.SUSPECT),
        (CardState.IN_STOCK, LEAK_TERM - timedelta(seconds=1), Verdict.UNDECIDED),
        (CardState.IN_STOCK, LEAK_TERM, Verdict.LEAKED),
        (CardState.RESERVED, None, Verdict.WAITING),
        (CardState.RESERVED, LEAK_TERM * 9, Verdict.WAITING),
        (CardState.SOLD, LEAK_TERM * 9, Verdict.SETTLED),
        (CardState.DAMAGED, None, Verdict.SETTLED),
        (None, None, Verdict.SETTLED),
    ],
)
def test_only_a_card_that_stays_in_stock_for_the_whole_term_goes_back(
    state: CardState | None, seen_ago: timedelta | None, expected: Verdict
) -> None:
    taken = Taken("crd_A", NOW - seen_ago if seen_ago else None)
    assert verdict(taken, state, NOW) is expected


@pytest.mark.parametrize(
    "state, expected",
    [
        (CardState.IN_STOCK, Verdict.WAITING),
        (CardState.RESERVED, Verdict.WAITING),
        (CardState.SOLD, Verdict.SETTLED),
        (CardState.DAMAGED, Verdict.SETTLED),
        (None, Verdict.SETTLED),
    ],
)
@pytest.mark.parametrize("seen_at", [None, NOW - 2 * LEAK_TERM])
def test_a_card_that_lies_open_leaks_nothing_and_is_forgotten_once_it_cannot_be_sold(
    seen_at: datetime | None, state: CardState | None, expected: Verdict
) -> None:
    assert verdict(Taken("crd_A", seen_at, lies_open=True), state, NOW) is expected
