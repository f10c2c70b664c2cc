"""Races between processes: does anything hold only because one process knew of all the others?"""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardState
from local.children import end_with_starter
from local.testing import World
from tests.e2e.crowd import disturbed
from tests.e2e.invariants import Tables, broken
from tests.e2e.race_process import Wish, buy, wake
from tests.e2e.shop import BUYER, STOCK, VIRTUAL, Shop, balance_fen
from tests.e2e.test_races import buyer, sweep

PROCESSES = 4

pytestmark = pytest.mark.race


@pytest.fixture(scope="module")
def processes(engine: object) -> Iterator[ProcessPoolExecutor]:
    """Processes that share nothing but the engine; each is there before a race begins."""
    with ProcessPoolExecutor(
        PROCESSES, multiprocessing.get_context("spawn"), initializer=end_with_starter
    ) as pool:
        list(pool.map(wake, range(PROCESSES)))
        yield pool


def race(processes: ProcessPoolExecutor, wishes: list[Wish]) -> list[str]:
    parts = [wishes[number::PROCESSES] for number in range(PROCESSES)]
    return [answer for part in processes.map(buy, range(PROCESSES), parts) for answer in part]


@pytest.mark.parametrize("is_disturbed", [False, True], ids=["quiet", "disturbed"])
def test_a_balance_of_300_pays_three_orders_whatever_process_asks(
    world: World, processes: ProcessPoolExecutor, is_disturbed: bool
) -> None:
    shop = Shop()
    payer = shop.card_with(30_000)
    eight = [Wish(BUYER, next(shop.keys), VIRTUAL.sku_id, payer) for _ in range(8)]
    # Each process asks for all eight orders: the same key comes from four of them.
    with disturbed(world, is_disturbed):
        answers = race(processes, [wish for wish in eight for _ in range(PROCESSES)])
    counted = Counter(answers)
    assert counted.pop("INSUFFICIENT_BALANCE") == 5 * PROCESSES
    assert list(counted.values()) == [PROCESSES] * 3
    assert balance_fen(payer) == 0
    assert broken(Tables.read(world.items)) == []


def bought(processes: ProcessPoolExecutor, wishes: list[Wish]) -> dict[Wish, str]:
    asked = [wish for number in range(PROCESSES) for wish in wishes[number::PROCESSES]]
    return dict(zip(asked, race(processes, wishes), strict=True))


@pytest.mark.capability("S-025")
@pytest.mark.parametrize("is_disturbed", [False, True], ids=["quiet", "disturbed"])
def test_200_buyers_of_four_processes_buy_exactly_100_cards(
    world: World, processes: ProcessPoolExecutor, is_disturbed: bool
) -> None:
    shop = Shop()
    shop.shelved(STOCK, 100)
    wishes = []
    for number in range(200):
        payer = shop.card_with(10_000, f"P{number}", buyer(number))
        wishes.append(Wish(buyer(number), next(shop.keys), STOCK.sku_id, payer))
    with disturbed(world, is_disturbed):
        ends = bought(processes, wishes)
        # A claim whose answer was lost lies aside until the sweep has seen it twice.
        for _ in range(3 if is_disturbed else 0):
            sweep(shop)
            ends |= bought(processes, [wish for wish, end in ends.items() if end == "OUT_OF_STOCK"])
    answers = Counter(ends.values())
    assert answers.pop("OUT_OF_STOCK") == 100
    assert len(answers) == 100
    tables = Tables.read(world.items)
    assert broken(tables) == []
    assert [card.state for card in tables.stock_cards(STOCK.sku_id)] == [CardState.SOLD] * 100
    assert bootstrap.stock().count(STOCK.sku_id) == 0
