"""Allocations: the oldest released entries come first, the last one in part, and the past is read once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.allocation import (
    TAKES_NOTHING,
    Decided,
    Opened,
    Part,
    Standing,
    decided_of,
    is_late,
    just_before,
    nothing_open_until,
    open_fen,
    opened,
    page_key,
    pages_of,
    parts_of,
    standing_of,
)
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.commission_entry import History
from chalicelib.domain.ids import ulid_start
from chalicelib.domain.record import Line, Record
from tests.fakes.ulids import ulid_of_number

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
OPENED = [
    Opened("20261120", "cme_B", 300),
    Opened("20261101", "cme_C", 200),
    Opened("20261122", "cme_A", 400),
    Opened("20261123", "cme_0", 9_000),
]


@pytest.mark.parametrize(
    ("amount_fen", "parts"),
    [
        (200, [Part("20261101", "cme_C", 200, 0)]),
        (250, [Part("20261101", "cme_C", 200, 0), Part("20261120", "cme_B", 50, 250)]),
        (
            2_000,
            [
                Part("20261101", "cme_C", 200, 0),
                Part("20261120", "cme_B", 300, 0),
                Part("20261122", "cme_A", 400, 0),
            ],
        ),
    ],
)
def test_a_withdrawal_takes_the_oldest_released_entries(amount_fen: int, parts: list[Part]) -> None:
    assert parts_of(amount_fen, OPENED, AT) == parts


ENTRY = Record("dst_7K3M9PQRS2TV", "cme_A", "COMMISSION", AT, "system")


@pytest.mark.parametrize(
    ("earned_fen", "reversed_fen", "holds", "allocated_fen", "is_open_fen"),
    [
        (800, 0, 0, 0, 800),
        (800, 300, 0, 0, 500),
        (800, 0, 0, 350, 450),
        (800, 300, 0, 200, 300),
        (800, 300, 0, 500, 0),
        (800, 300, 0, 700, 0),  # more was withdrawn than is left after the refund: it is owed
        (800, 0, 1, 0, 0),  # held
        (800, 300, 2, 0, 500),  # held once, and lifted
    ],
)
def test_open_is_what_was_earned_and_neither_reversed_nor_held_nor_withdrawn(
    earned_fen: int, reversed_fen: int, holds: int, allocated_fen: int, is_open_fen: int
) -> None:
    history = History(ENTRY, earned_fen, reversed_fen, frozenset(), holds, "20261129", 0)
    assert open_fen(history, allocated_fen) == is_open_fen


def a_record(entry_id: str, action: str, from_account: str, to_account: str, fen: int) -> Record:
    lines = (Line(from_account, fen), Line(to_account, -fen))
    return replace(ENTRY, entry_id=entry_id, action=action, about={"release": "20261120"}, lines=lines)


def earned(entry_id: str, fen: int) -> Record:
    return a_record(entry_id, "COMMISSION", "E:COMMISSION", "L:COMM_FROZEN:dst:20261120", fen)


def taken_back(entry_id: str, fen: int) -> Record:
    return a_record(entry_id, "COMMISSION_REVERSAL", "L:COMM_FROZEN:dst:20261120", "E:COMMISSION", fen)


def test_of_a_row_of_records_each_entry_is_open_with_what_is_left_of_it() -> None:
    records = [
        earned("cme_A_1", 100),
        taken_back("cme_A_1#rR1", 20),
        taken_back("cme_A_1#rR2", 30),
        earned("cme_A_10", 70),
        earned("cme_B_1", 60),
        earned("cme_C_1", 40),
        a_record("cme_C_1#h1", "COMMISSION_HOLD", "L:COMM_FROZEN:dst:20261120", "L:COMM_FROZEN:dst:risk", 40),
        earned("cme_D_1", 10),
    ]
    assert list(opened(records, {"cme_A_1": 5, "cme_B_1": 60})) == [
        Opened("20261120", "cme_A_1", 45),
        Opened("20261120", "cme_A_10", 70),
        Opened("20261120", "cme_D_1", 10),
    ]


# ---------------------------------------------------------------- where the next one looks


def entry_at(at: datetime, number: int = 0) -> str:
    return f"cme_{ulid_of_number(at, number)}_222222222222_1"


MOMENT = timedelta(milliseconds=1)
TWO_DAYS, FOUR_DAYS = timedelta(days=2), timedelta(days=4)


@pytest.mark.parametrize(
    ("age", "late"), [(TWO_DAYS + MOMENT, True), (TWO_DAYS, False), (TWO_DAYS - MOMENT, False)]
)
def test_an_entry_is_late_when_its_order_is_more_than_two_days_old(age: timedelta, late: bool) -> None:
    assert is_late(entry_at(AT - age), AT) is late


def test_the_place_itself_from_which_on_entries_are_found_is_not_late() -> None:
    assert not is_late(f"cme_{ulid_start(AT - TWO_DAYS)}", AT)


def test_just_before_an_entry_lie_those_of_all_earlier_orders_and_it_does_not() -> None:
    entry, earlier = entry_at(AT, 1), entry_at(AT, 0)
    assert earlier < just_before(entry) < entry
    assert just_before("cme_X_1") == "cme_X_"


def test_nothing_is_open_up_to_the_first_entry_that_is_not_taken_whole() -> None:
    names = [entry_at(AT - timedelta(days=days)) for days in (40, 30, 20)]
    entries = [Opened("20261120", name, 100) for name in names]
    whole, half = (
        [Part("20261120", name, 100, 0) for name in names],
        Part("20261120", names[1], 40, 60),
    )
    settled = f"cme_{ulid_start(AT - FOUR_DAYS)}"
    assert nothing_open_until(entries, [], AT) == just_before(names[0])
    assert nothing_open_until(entries, whole[:1], AT) == just_before(names[1])
    assert nothing_open_until(entries, [whole[0], half, whole[2]], AT) == just_before(names[1])
    assert nothing_open_until(entries, whole, AT) == settled
    assert nothing_open_until([], [], AT) == settled


@pytest.mark.parametrize(("age", "is_read_again"), [(FOUR_DAYS + MOMENT, False), (FOUR_DAYS, True)])
def test_what_is_at_most_four_days_old_is_read_again(age: timedelta, is_read_again: bool) -> None:
    assert (entry_at(AT - age) > nothing_open_until([], [], AT)) is is_read_again


def test_each_turn_holds_only_after_the_one_before_it() -> None:
    first = Standing().next("dst_A", behind="cme_B")
    assert first == DocumentChange(
        "views", "alloc#dst_A", "standing", {"turn": 1, "behind": "cme_B"}, {"turn": None}
    )
    second = standing_of({"behind": "cme_B", "turn": 1, "unfinished": "wdr_A"})
    assert second == Standing("cme_B", 1, "wdr_A")
    assert second.next("dst_A", behind="cme_C", unfinished="wdr_B") == DocumentChange(
        "views",
        "alloc#dst_A",
        "standing",
        {"turn": 2, "behind": "cme_C", "unfinished": "wdr_B"},
        {"turn": 1},
    )


def test_where_nothing_was_noted_every_entry_may_be_open() -> None:
    assert standing_of(None) == standing_of({}) == Standing("", 0, "")


# ---------------------------------------------------------------- what was decided

PARTS = [Part("20261120", f"cme_{number}", 100, 0) for number in range(6)] + [
    Part("20261121", "cme_6", 30, 70)
]


@pytest.mark.parametrize(
    ("parts_of_a_row", "sizes"), [(3, [3, 3, 1]), (6, [6, 1]), (7, [7]), (8, [7]), (1, [1] * 7)]
)
def test_a_decision_fills_one_row_after_the_other_and_is_read_back_whole(
    parts_of_a_row: int, sizes: list[int]
) -> None:
    pages = pages_of(PARTS, 650, parts_of_a_row)
    assert [len(page["parts"]) for page in pages] == sizes
    assert (pages[0]["short_fen"], pages[0]["given_back"]) == (20, False)
    assert all(page.keys() == {"parts"} for page in pages[1:])
    assert decided_of("wdr_A", pages) == Decided("wdr_A", tuple(PARTS), False)


def test_a_decision_that_takes_nothing_is_a_row_too() -> None:
    assert pages_of([], 700, 3) == [{"parts": [], "short_fen": 700, "given_back": False}]
    assert decided_of("wdr_A", [TAKES_NOTHING]) == Decided("wdr_A", (), True)


def test_pages_come_in_the_order_of_their_keys_behind_their_decision() -> None:
    keys = [page_key("wdr_A", number) for number in (0, 1, 2, 10)]
    assert keys == ["wdr_A", "wdr_A#0001", "wdr_A#0002", "wdr_A#0010"]


def test_each_entry_of_a_withdrawal_has_its_row() -> None:
    assert Decided("wdr_A", tuple(PARTS[5:]), False).rows() == [
        ("cme_5#wdr_A", {"fen": 100}),
        ("cme_6#wdr_A", {"fen": 30}),
    ]
