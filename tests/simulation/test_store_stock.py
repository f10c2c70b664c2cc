"""The stock: a card is taken by one, comes back once, and a leak is found, whoever else is at it.

The expressions are those that ship, evaluated by the simulated tables.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pynamodb.exceptions import PynamoDBException, TransactWriteError

from chalicelib.domain.card import CardState
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.stock import (
    BACK,
    TABLE,
    WINDOW_MAGAZINES,
    OutOfStock,
    Place,
    Shelf,
    Taken,
    magazine_key,
    shelf_key,
    shelf_row,
)
from chalicelib.store.stock import ATTEMPTS_MAX
from tests.simulation.refusals import client_error
from tests.simulation.stock_room import SEEN, SKU, WINDOW_CARDS, Room


@pytest.fixture
def room() -> Room:
    return Room()


def in_turn() -> Callable[[int], int]:
    """Chance that goes through all that there is."""
    numbers = itertools.count()
    return lambda below: next(numbers) % below


FIRST = magazine_key("bat_1", 0)


# ---------------------------------------------------------------- taking


@pytest.mark.parametrize("pick", [lambda: lambda below: 0, lambda: lambda below: below - 1, in_turn])
def test_every_card_is_taken_once_and_then_the_stock_is_empty(
    room: Room, pick: Callable[[], Callable[[int], int]]
) -> None:
    ids, stock = room.stocked(45), room.process(pick())
    assert sorted(stock.claim(SKU) for _ in ids) == ids
    with pytest.raises(OutOfStock):
        stock.claim(SKU)
    assert stock.count(SKU) == 0


def test_of_a_product_without_any_batch_nothing_is_in_stock(room: Room) -> None:
    with pytest.raises(OutOfStock):
        room.process().claim(SKU)
    assert (room.process().skus(), room.process().count(SKU), room.process().places(SKU)) == ([], 0, [])


def test_a_magazine_is_emptied_from_its_first_card_on(room: Room) -> None:
    ids, stock = room.stocked(2), room.process()
    assert [stock.claim(SKU), stock.claim(SKU)] == ids


def test_a_batch_larger_than_a_window_is_sold_to_its_end_and_before_a_younger_one(room: Room) -> None:
    older, younger = room.stocked(WINDOW_CARDS + 25, "bat_1"), room.stocked(3, "bat_2")
    one, other = room.process(), room.process(in_turn())
    taken = [(one if number % 3 else other).claim(SKU) for number in range(len(older) + len(younger))]
    assert set(taken[: len(older)]) == set(older)
    assert sorted(taken) == older + younger


def test_the_shelf_moves_on_over_an_empty_window_and_never_back(room: Room) -> None:
    room.stocked(WINDOW_CARDS + 25)
    slow, fast = room.process(), room.process()
    for _ in range(WINDOW_CARDS):
        fast.claim(SKU)
    assert (room.row(shelf_key("bat_1")) or {})["first_open"] == 0
    fast.claim(SKU)
    assert (room.row(shelf_key("bat_1")) or {})["first_open"] == WINDOW_MAGAZINES
    for _ in range(24):
        fast.claim(SKU)
    with pytest.raises(OutOfStock):
        fast.claim(SKU)
    writes, room.refused = len(room.tables.changes), 0
    for first_open in (0, WINDOW_MAGAZINES):
        slow._move_on(Shelf(SKU, "bat_1", WINDOW_CARDS + 25, first_open))
    assert (room.row(shelf_key("bat_1")) or {})["first_open"] == WINDOW_MAGAZINES
    assert room.refused == 2 and len(room.tables.changes) == writes


def test_while_a_magazine_lasts_a_card_costs_one_write_and_no_read(room: Room) -> None:
    room.stocked(20)
    stock = room.process()
    stock.claim(SKU)
    room.calls()
    for _ in range(19):
        stock.claim(SKU)
    assert room.calls() == ["UpdateItem"] * 19


def test_whoever_finds_a_magazine_empty_looks_again_at_what_is_there_now(room: Room) -> None:
    room.stocked(21)
    one, other = room.process(), room.process()
    one.claim(SKU)
    for _ in range(19):
        other.claim(SKU)
    room.calls()
    assert one.claim(SKU) == "crd_bat_1_0020"
    reads = [arguments for operation, arguments in room.sent if operation == "Query"]
    assert reads and all(arguments["ConsistentRead"] for arguments in reads)


def test_in_a_crowd_somebody_gives_up_after_so_many_tries(room: Room) -> None:
    room.stocked(5)

    def always_too_late(operation: str, arguments: Mapping[str, Any]) -> None:
        if operation == "UpdateItem":
            raise client_error(operation, "ConditionalCheckFailedException", "somebody was faster")

    room.trouble = always_too_late
    with pytest.raises(Unavailable) as refused:
        room.process().claim(SKU)
    assert refused.value.facts == {"sku_id": SKU}
    assert room.calls().count("UpdateItem") == ATTEMPTS_MAX


# ---------------------------------------------------------------- coming back


def test_a_card_that_came_back_is_taken_again_by_one_and_before_the_magazines(room: Room) -> None:
    first, second, _ = room.stocked(3)
    stock, other, late = room.process(), room.process(), room.process()
    assert (stock.claim(SKU), stock.claim(SKU)) == (first, second)
    for _ in range(2):
        stock.give_back(SKU, first)
    assert stock.count(SKU) == 2
    seen = late._look(SKU)
    late._seen[SKU] = seen
    assert seen == (BACK + first,)
    assert other.claim(SKU) == first
    assert other.count(SKU) == 1
    assert late.claim(SKU) == "crd_bat_1_0002"  # what it had seen was gone
    with pytest.raises(OutOfStock):
        other.claim(SKU)


def test_of_several_that_came_back_each_is_taken_once_after_one_look(room: Room) -> None:
    ids, stock = room.stocked(3), room.process()
    for card_id in [stock.claim(SKU) for _ in ids]:
        stock.give_back(SKU, card_id)
    other = room.process()
    room.calls()
    assert [other.claim(SKU) for _ in ids] == ids
    assert room.calls() == ["Query", "UpdateItem", "UpdateItem", "UpdateItem"]


@pytest.mark.parametrize("state", [CardState.SOLD, CardState.RESERVED])
def test_a_card_that_is_not_in_stock_does_not_come_back(room: Room, state: CardState) -> None:
    (card_id,), stock = room.stocked(1), room.process()
    stock.claim(SKU)
    room.moved(card_id, state)
    stock.give_back(SKU, card_id)
    stock.give_back(SKU, "crd_unknown")
    assert (stock.count(SKU), room.row(BACK + card_id), room.row(f"{BACK}crd_unknown")) == (0, None, None)


def test_a_return_that_fails_for_another_reason_is_not_taken_for_refused(room: Room) -> None:
    (card_id,), stock = room.stocked(1), room.process()
    stock.claim(SKU)

    def invalid(operation: str, arguments: Mapping[str, Any]) -> None:
        reasons = [{"Code": "ConditionalCheckFailed"}, {"Code": "ValidationError", "Message": "no"}]
        raise client_error(
            operation, "TransactionCanceledException", "no", Message="no", CancellationReasons=reasons
        )

    room.trouble = invalid
    with pytest.raises(TransactWriteError):
        stock.give_back(SKU, card_id)


def test_a_write_that_is_not_allowed_is_no_card_that_is_gone(room: Room) -> None:
    room.stocked(1)

    def denied(operation: str, arguments: Mapping[str, Any]) -> None:
        if operation == "UpdateItem":
            raise client_error(operation, "AccessDeniedException", "no")

    room.trouble = denied
    with pytest.raises(PynamoDBException):
        room.process().claim(SKU)


# ---------------------------------------------------------------- the office and the sweep


def test_the_count_is_exact_whatever_was_taken_and_came_back(room: Room) -> None:
    ids, stock = room.stocked(WINDOW_CARDS + 25), room.process()
    assert stock.skus() == [SKU]
    for taken in range(1, WINDOW_CARDS + 3):
        stock.claim(SKU)
        if taken % 37 == 0 or taken > WINDOW_CARDS - 3:
            assert stock.count(SKU) == len(ids) - taken
    for card_id in ids[:3]:
        stock.give_back(SKU, card_id)
    assert stock.count(SKU) == 23 + 3
    room.process().claim(SKU)
    assert stock.count(SKU) == 23 + 2


def places(room: Room) -> dict[str, Place]:
    return {place.key: place for place in room.process().places(SKU)}


def test_every_place_that_a_card_was_taken_from_is_looked_at(room: Room) -> None:
    ids = room.stocked(41)
    stock = room.process()
    assert places(room) == {}
    for _ in range(21):
        stock.claim(SKU)
    full, begun = (magazine_key("bat_1", number) for number in (0, 1))
    assert places(room) == {
        full: Place(SKU, full, True, tuple(map(Taken, ids[:20]))),
        begun: Place(SKU, begun, False, (Taken(ids[20]),)),
    }


def test_each_batch_answers_for_its_own_magazines(room: Room) -> None:
    first, second = room.stocked(1, "bat_1"), room.stocked(1, "bat_2")
    stock = room.process()
    for _ in range(2):
        stock.claim(SKU)
    taken = [place.taken for place in stock.places(SKU)]
    assert taken == [(Taken(first[0]),), (Taken(second[0]),)]


def test_a_card_that_came_back_is_answered_for_by_its_own_row(room: Room) -> None:
    ids, stock = room.stocked(2), room.process()
    for card_id in [stock.claim(SKU) for _ in ids]:
        stock.give_back(SKU, card_id)
    back, other = (BACK + card_id for card_id in ids)
    assert places(room) == {
        FIRST: Place(SKU, FIRST, True, ()),
        back: Place(SKU, back, True, (Taken(ids[0], lies_open=True),)),
        other: Place(SKU, other, True, (Taken(ids[1], lies_open=True),)),
    }
    assert room.process().claim(SKU) == ids[0]
    assert places(room)[back] == Place(SKU, back, True, (Taken(ids[0]),))


def test_what_was_seen_taken_and_unsold_is_known_at_the_next_look(room: Room) -> None:
    ids, stock = room.stocked(3), room.process()
    stock.claim(SKU)
    stock.give_back(SKU, stock.claim(SKU))
    room.process().claim(SKU)
    for place in places(room).values():
        stock.suspect(place, place.taken[0].card_id, SEEN)
    back = BACK + ids[1]
    assert places(room) == {
        FIRST: Place(SKU, FIRST, False, (Taken(ids[0], SEEN),)),
        back: Place(SKU, back, True, (Taken(ids[1], SEEN),)),
    }


def test_a_place_that_is_forgotten_meanwhile_is_not_made_anew_by_a_suspicion(room: Room) -> None:
    (card_id,), stock = room.stocked(1), room.process()
    stock.give_back(SKU, stock.claim(SKU))
    room.process().claim(SKU)
    back = places(room)[BACK + card_id]
    stock.remove(back)
    stock.suspect(back, card_id, SEEN)
    assert room.row(back.key) is None


def test_a_spent_shelf_is_a_place_once_its_magazines_are_forgotten(room: Room) -> None:
    room.stocked(1)
    stock = room.process()
    stock.claim(SKU)
    with pytest.raises(OutOfStock):
        stock.claim(SKU)
    shelf = shelf_key("bat_1")
    assert set(places(room)) == {FIRST}
    stock.remove(places(room)[FIRST])
    assert places(room) == {shelf: Place(SKU, shelf, True, ())}
    stock.remove(places(room)[shelf])
    assert room.documents.query(TABLE, SKU) == []


def test_a_shelf_is_spent_when_its_last_magazine_is_gone_and_not_before(room: Room) -> None:
    shelf = Shelf(SKU, "bat_1", WINDOW_CARDS + 1)
    room.documents.put(TABLE, SKU, shelf_key("bat_1"), shelf_row(shelf).values)
    assert places(room) == {}, "there are magazines behind its window"
    last = shelf._replace(first_open=WINDOW_MAGAZINES)
    room.documents.put(TABLE, SKU, shelf_key("bat_1"), shelf_row(last).values)
    assert [place.is_spent for place in places(room).values()] == [True]


def leaked(room: Room) -> tuple[str, Place]:
    """A card that was taken from its magazine, seen, and never sold."""
    ids, stock = room.stocked(2), room.process()
    stock.claim(SKU)
    stock.suspect(places(room)[FIRST], ids[0], SEEN)
    return ids[0], places(room)[FIRST]


def leaked_again(room: Room) -> tuple[str, Place]:
    """One that had come back before."""
    card_id, place = leaked(room)
    assert room.process().restore(place, card_id)
    assert room.process().claim(SKU) == card_id
    room.process().suspect(places(room)[BACK + card_id], card_id, SEEN)
    return card_id, places(room)[BACK + card_id]


@pytest.mark.parametrize("leak", [leaked, leaked_again])
def test_a_leaked_card_goes_back_once_however_many_sweeps_want_it(
    room: Room, leak: Callable[[Room], tuple[str, Place]]
) -> None:
    card_id, place = leak(room)
    assert [room.process().restore(place, card_id) for _ in range(3)] == [True, False, False]
    assert room.row(BACK + card_id) == {"pk": SKU, "sk": BACK + card_id, "claims": 0}
    assert room.process().count(SKU) == 2
    assert room.process().claim(SKU) == card_id
    # A sweep that is late: whoever has taken it since has not been seen for a term.
    assert not room.process().restore(place, card_id)
    assert (room.row(BACK + card_id) or {})["claims"] == 1


@pytest.mark.parametrize("leak", [leaked, leaked_again])
def test_a_card_that_was_sold_after_all_does_not_go_back(
    room: Room, leak: Callable[[Room], tuple[str, Place]]
) -> None:
    card_id, place = leak(room)
    room.moved(card_id, CardState.SOLD)
    before = room.row(BACK + card_id)
    assert not room.process().restore(place, card_id)
    assert room.row(BACK + card_id) == before
