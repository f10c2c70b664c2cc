"""The stock on the embedded engine: who takes which card, also in a crowd and after a crash."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import Card, CardChange, CardState
from chalicelib.domain.change import NewCard
from chalicelib.domain.stock import LEAK_TERM, SKUS, TABLE, OutOfStock, Shelf, magazine_rows, shelf_row
from chalicelib.store.stock import DynamoStock
from chalicelib.usecases.sweep_stock import SweepStock
from local.testing import World

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SKU = "sku_petro_500"


def card_ids(count: int, batch: str = "1") -> list[str]:
    return [f"crd_{batch}{number:025}" for number in range(count)]


def a_card(card_id: str) -> Card:
    return Card(card_id, SKU, "petro", "AGENT", "BEARER", "PHYSICAL", CardState.IN_STOCK, 100_000, "0001")


def stocked(count: int, batch: str = "1") -> list[str]:
    """A committed batch of so many cards."""
    ids, books, documents = card_ids(count, batch), bootstrap.books(), bootstrap.documents()
    for start in range(0, count, 100):
        books.commit(None, [NewCard(a_card(card_id)) for card_id in ids[start : start + 100]])
    for row in (*magazine_rows(SKU, f"bat_{batch}", ids), shelf_row(Shelf(SKU, f"bat_{batch}", count))):
        documents.put(row.table, row.pk, row.sk, row.values)
    documents.put(TABLE, SKUS, SKU, {})
    return ids


def a_process() -> DynamoStock:
    """A stock that has seen nothing yet, as in a process that has just begun."""
    fresh = bootstrap.stock()
    return DynamoStock(fresh.dynamo, fresh.pick, fresh.new_token)


def sell(card_id: str, state: CardState = CardState.SOLD) -> None:
    bootstrap.books().commit(None, [CardChange(card_id, (CardState.IN_STOCK,), move_to=state)])


def cancel(card_id: str) -> None:
    back = CardChange(card_id, (CardState.RESERVED,), move_to=CardState.IN_STOCK)
    bootstrap.books().commit(None, [back])


def in_stock(ids: Iterable[str]) -> int:
    cards = [bootstrap.cards().get(card_id) for card_id in ids]
    return sum(card is not None and card.state is CardState.IN_STOCK for card in cards)


def sweep(now: datetime) -> int:
    return SweepStock(bootstrap.documents(), a_process())(now)


def swept_twice(now: datetime) -> int:
    return sweep(now) + sweep(now + LEAK_TERM)


def test_every_card_is_taken_once_and_then_the_stock_is_empty(world: World) -> None:
    ids = stocked(45)
    stock = a_process()
    assert sorted(stock.claim(SKU) for _ in ids) == ids
    with pytest.raises(OutOfStock):
        stock.claim(SKU)
    assert stock.count(SKU) == 0


def test_a_sku_without_any_batch_is_out_of_stock(world: World) -> None:
    with pytest.raises(OutOfStock):
        a_process().claim(SKU)


def test_the_window_moves_over_batches_larger_than_itself(world: World) -> None:
    first, second = stocked(700, "1"), stocked(30, "2")
    one, other = a_process(), a_process()
    taken = [(one if number % 3 else other).claim(SKU) for number in range(730)]
    assert sorted(taken) == first + second
    assert set(taken[:700]) == set(first), "the older batch is sold first"


def test_the_count_is_exact_while_cards_are_taken(world: World) -> None:
    stocked(400)
    stock = a_process()
    for taken in range(1, 400):
        stock.claim(SKU)
        if taken % 37 == 0 or taken > 390:
            assert stock.count(SKU) == 400 - taken


def test_a_card_that_was_given_back_is_taken_again_by_one(world: World) -> None:
    (card_id,) = stocked(1)
    stock, other = a_process(), a_process()
    assert stock.claim(SKU) == card_id
    stock.give_back(SKU, card_id)
    stock.give_back(SKU, card_id)
    assert stock.count(SKU) == 1
    assert other.claim(SKU) == card_id
    with pytest.raises(OutOfStock):
        stock.claim(SKU)


def test_a_sold_card_cannot_be_given_back(world: World) -> None:
    (card_id,) = stocked(1)
    stock = a_process()
    stock.claim(SKU)
    sell(card_id)
    stock.give_back(SKU, card_id)
    assert stock.count(SKU) == 0


def test_taking_a_card_costs_one_round_trip_and_one_unit_while_a_magazine_lasts(world: World) -> None:
    stocked(20)
    stock = a_process()
    stock.claim(SKU)
    with world.metered() as reading:
        stock.claim(SKU)
    assert reading().calls == {"dynamodb.UpdateItem": 1}
    assert reading().write_units == {world.table_name("stock"): 1}


@pytest.mark.parametrize("cards, batches", [(0, 1), (45, 1), (700, 1), (330, 2)])
def test_who_finds_nothing_in_stock_has_changed_nothing(world: World, cards: int, batches: int) -> None:
    for number in range(batches if cards else 0):
        stocked(cards, str(number))
    stock = a_process()
    for _ in range(cards * batches):
        stock.claim(SKU)
    before = world.items("stock")
    for _ in range(2):
        with pytest.raises(OutOfStock):
            a_process().claim(SKU)
    assert world.items("stock") == before


@pytest.mark.race
def test_200_buyers_on_100_cards_take_exactly_100(world: World) -> None:
    ids = stocked(100)
    processes = [a_process() for _ in range(8)]

    def buy(number: int) -> str | None:
        try:
            return processes[number % 8].claim(SKU)
        except OutOfStock:
            return None

    with ThreadPoolExecutor(32) as crowd:
        taken = [card_id for card_id in crowd.map(buy, range(200)) if card_id]
    assert sorted(taken) == ids


def test_a_card_whose_taker_died_goes_back_after_the_term_and_once(world: World) -> None:
    ids = stocked(2)
    leaked = a_process().claim(SKU)
    assert sweep(NOW) == 0
    assert sweep(NOW + LEAK_TERM - timedelta(seconds=1)) == 0
    with ThreadPoolExecutor(4) as sweepers:
        assert sum(sweepers.map(lambda _: sweep(NOW + LEAK_TERM), range(4))) == 1
    assert sweep(NOW + 3 * LEAK_TERM) == 0
    assert a_process().count(SKU) == in_stock(ids) == 2
    assert sorted([a_process().claim(SKU), a_process().claim(SKU)]) == ids
    assert leaked in ids


def test_a_returned_card_whose_taker_died_goes_back_too(world: World) -> None:
    (card_id,) = stocked(1)
    stock = a_process()
    stock.claim(SKU)
    stock.give_back(SKU, card_id)
    stock.claim(SKU)
    assert stock.count(SKU) == 0
    assert swept_twice(NOW) == 1
    assert a_process().claim(SKU) == card_id


def test_a_card_that_lies_open_and_is_sold_is_forgotten_by_the_sweep(world: World) -> None:
    """Its sale was unanswered, then refused, so it was given back; and then the first try took effect."""
    sold, other = stocked(2)
    stock = a_process()
    for card_id in (sold, other):
        assert stock.claim(SKU) == card_id
        stock.give_back(SKU, card_id)
    sell(sold)
    assert (stock.count(SKU), in_stock([sold, other])) == (2, 1)
    assert swept_twice(NOW) == 0
    assert stock.count(SKU) == in_stock([sold, other]) == 1
    assert a_process().claim(SKU) == other


def test_a_reserved_card_is_nobodys_leak(world: World) -> None:
    (card_id,) = stocked(1)
    a_process().claim(SKU)
    sell(card_id, CardState.RESERVED)
    assert swept_twice(NOW) == 0
    assert a_process().count(SKU) == 0


def test_a_closed_order_whose_card_was_never_given_back_leaks_nothing(world: World) -> None:
    (card_id,) = stocked(1)
    a_process().claim(SKU)
    sell(card_id, CardState.RESERVED)
    sweep(NOW)
    cancel(card_id)
    assert swept_twice(NOW + LEAK_TERM) == 1
    assert a_process().claim(SKU) == card_id


def test_the_sweep_forgets_what_is_sold_and_nothing_else(world: World) -> None:
    ids = stocked(25)
    stock = a_process()
    for _ in range(24):
        sell(stock.claim(SKU))
    sweep(NOW)
    assert stock.count(SKU) == in_stock(ids) == 1
    sell(stock.claim(SKU))
    with pytest.raises(OutOfStock):
        stock.claim(SKU)
    sweep(NOW)
    sweep(NOW)
    assert bootstrap.documents().query(TABLE, SKU) == []
