"""Conflicts: who hears of them, and is it always the same write that is tried again?

The engine answers as a busy AWS would (local/faults.py) and counts, on its side of
the wire, the tokens under which transactions came and the bodies under each token.
"""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.domain.errors import Unavailable
from chalicelib.handlers.surroundings import real_surroundings
from chalicelib.store.backoff import ATTEMPTS_MAX, REQUEST_TERM_MS
from local.testing import World
from tests.e2e.crowd import at_once
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import TOPUP, VIRTUAL, Shop, balance_fen


@pytest.fixture(scope="module")
def elapsed(engine: object) -> Iterator[list[int]]:
    """The milliseconds that have passed. Waits between tries are asked for, and not slept."""
    passed_ms = [0]
    with replaced(
        {bootstrap.sleep_ms: lambda milliseconds: None, bootstrap.elapsed_ms: lambda: passed_ms[0]}
    ):
        yield passed_ms


@pytest.fixture
def shop(elapsed: list[int], world: World) -> Shop:
    return Shop()


def told(world: World) -> tuple[int, int, int]:
    """Transactions that came, tokens they came under, tokens that came with more than one body."""
    report = world.faults_report
    return report["transactions"], report["tokens"], report["tokens_of_several_bodies"]


def a_purchase(shop: Shop, payer: str) -> Callable[[], object]:
    return partial(shop.buy, VIRTUAL, shop.command(), pay_card_id=payer)


def a_transfer(shop: Shop, payer: str) -> Callable[[], object]:
    other = shop.card_with(1_000, "OTHER")
    wish = {"card_id": other, "amount_fen": 500, "expected_fen": 500, "pay_card_id": payer}
    return partial(shop.buy, TOPUP, shop.command(), **wish)


def a_payment_of_a_waiting_order(shop: Shop, payer: str) -> Callable[[], object]:
    return partial(shop.pay_order, shop.command(), shop.buy(VIRTUAL).order.order_id, payer)


def a_refund(shop: Shop, payer: str) -> Callable[[], object]:
    return partial(shop.refund, shop.buy(VIRTUAL, pay_card_id=payer).order, shop.command())


WRITES = (a_purchase, a_transfer, a_payment_of_a_waiting_order, a_refund)


@pytest.mark.parametrize("kind", ["conflict", "throttle", "lost", "dropped"])
@pytest.mark.parametrize("prepare", WRITES)
def test_a_write_that_meets_nine_bad_answers_is_done_once_and_its_caller_hears_of_none(
    world: World, shop: Shop, prepare: Callable[[Shop, str], Callable[[], object]], kind: str
) -> None:
    ask = prepare(shop, shop.card_with(50_000))
    turns = range(1, ATTEMPTS_MAX)
    with world.faults(turns=turns, kinds=[kind], actions=["TransactWriteItems"]):
        ask()
    assert sum(world.faults_done.values()) == ATTEMPTS_MAX - 1
    assert told(world) == (ATTEMPTS_MAX, 1, 0)
    assert broken(Tables.read(world.items)) == []


@pytest.mark.parametrize("prepare", WRITES)
def test_only_who_met_nothing_but_conflicts_is_told_to_try_again_and_nothing_was_written(
    world: World, shop: Shop, prepare: Callable[[Shop, str], Callable[[], object]]
) -> None:
    ask = prepare(shop, shop.card_with(50_000))
    before = Tables.read(world.items)
    with world.faults(rate=1, kinds=["conflict"]), pytest.raises(Unavailable) as refused:
        ask()
    assert refused.value.retryable
    assert told(world) == (ATTEMPTS_MAX, 1, 0)
    assert Tables.read(world.items) == before
    ask()
    assert broken(Tables.read(world.items)) == []


@pytest.mark.race
def test_in_a_crowd_every_token_belongs_to_one_body_and_every_try_of_a_write_has_its_token(
    world: World, shop: Shop
) -> None:
    payer = shop.card_with(400_000)
    before = len(world.items("journal"))
    commands = [shop.command() for _ in range(40)]
    asks = [partial(shop.buy, VIRTUAL, command, pay_card_id=payer) for command in commands]
    with world.faults(rate=0.3, seed=11):
        answers = at_once(16, asks)
    transactions, tokens, mixed = told(world)
    assert len(answers) == len(world.items("journal")) - before == 40
    assert balance_fen(payer) == 0
    assert mixed == 0
    assert tokens == 40 < transactions


def test_a_second_write_of_one_command_has_a_token_of_its_own(world: World, shop: Shop) -> None:
    """A card number that exists already makes another body, and another body is another token."""
    payer = shop.card_with(50_000)
    shop.buy(VIRTUAL, pay_card_id=payer)
    again = Shop(first_number=shop.first_number)  # its first card has a number that is taken
    again.keys = shop.keys
    with world.faults(rate=0.0, turns=[1], kinds=["conflict"], actions=["TransactWriteItems"]):
        again.buy(VIRTUAL, pay_card_id=payer)
    assert told(world) == (3, 2, 0)
    assert bootstrap.orders().page("cus_BBBBBBBBBBBB", "", 10)[0].state == "COMPLETED"


def test_a_request_whose_time_is_over_asks_no_table_any_more(shop: Shop, elapsed: list[int]) -> None:
    payer = shop.card_with(50_000)
    with real_surroundings().in_time():
        shop.buy(VIRTUAL, pay_card_id=payer)
        elapsed[0] += REQUEST_TERM_MS + 1
        with pytest.raises(Unavailable):
            shop.buy(VIRTUAL, pay_card_id=payer)
    shop.buy(VIRTUAL, pay_card_id=payer)
    assert balance_fen(payer) == 30_000
