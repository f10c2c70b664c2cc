"""Stays: is it known in which pot each fen of an entry lay, and who took it there?"""

from datetime import UTC, datetime

from chalicelib.domain.commission_stay import stays_of
from chalicelib.domain.record import Line, Record

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)  # of all records: the clock does not tell their order
DST = "dst_7K3M9PQRS2TV"
ENTRY = "cme_01JD3Q8Z6N5W4V3T2S1R0QPAMK_BBBBBBBBBBBB_1"


def record(suffix: str, action: str, *lines: tuple[str, int]) -> Record:
    legs = tuple(Line(account, fen) for account, fen in lines)
    return Record(DST, ENTRY + suffix, action, AT, "system", lines=legs)


def pot(day: str) -> str:
    return f"L:COMM_FROZEN:{DST}:{day}"


EARNED = record("", "COMMISSION", ("E:COMMISSION", 800), (pot("20261129"), -800))
TAKEN_1 = record("#rA", "COMMISSION_REVERSAL", (pot("20261129"), 300), ("E:COMMISSION", -300))
HELD = record("#h1", "COMMISSION_HOLD", (pot("20261129"), 500), (pot("risk"), -500))
TAKEN_2 = record("#rB", "COMMISSION_REVERSAL", (pot("risk"), 100), ("E:COMMISSION", -100))
FREED = record("#h2", "COMMISSION_HOLD", (pot("risk"), 400), (pot("20261130"), -400))
LATE = record("#rC", "COMMISSION_REVERSAL", (f"L:COMM_AVAIL:{DST}", 50), ("E:COMMISSION", -50))


def test_what_is_left_of_an_entry_moves_from_pot_to_pot() -> None:
    stays = stays_of([LATE, FREED, TAKEN_2, EARNED, HELD, TAKEN_1], ENTRY)
    assert [(stay.record, stay.fen, stay.taken, stay.left_fen) for stay in stays] == [
        (EARNED, 800, ((TAKEN_1, 300), (HELD, 500)), 0),
        (HELD, 500, ((TAKEN_2, 100), (FREED, 400)), 0),
        (FREED, 400, (), 400),
    ]


def test_refunds_before_a_check_and_after_it_are_told_apart_by_what_it_moved() -> None:
    later = record("#rA", "COMMISSION_REVERSAL", (pot("risk"), 200), ("E:COMMISSION", -200))
    whole = record("#h1", "COMMISSION_HOLD", (pot("20261129"), 800), (pot("risk"), -800))
    stays = stays_of([EARNED, later, whole], ENTRY)
    assert [stay.taken for stay in stays] == [((whole, 800),), ((later, 200),)]
    assert [stay.left_fen for stay in stays] == [0, 600]


def test_an_entry_that_is_not_written_yet_lies_nowhere() -> None:
    assert stays_of([HELD], ENTRY) == []
