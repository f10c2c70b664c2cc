"""The fold of the ledger: sums of records against what stands, to the fen."""

from datetime import UTC, datetime

from chalicelib.domain.ledger import Guard, checked_lines, credit, debit
from chalicelib.domain.ledger_fold import (
    Difference,
    Progress,
    account_and_day,
    add,
    add_days,
    begun,
    compared,
    day_name,
    guard_of_item,
    owner_of,
)
from chalicelib.domain.record import Record

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def moved(action: str, taken: str, given: str, amount_fen: int) -> Record:
    lines = checked_lines(action, [debit(taken, amount_fen), credit(given, amount_fen)])
    return Record("dst_A", f"{action}{amount_fen}", action, NOW, "system", lines=lines)


EARNED = moved("COMMISSION", "E:COMMISSION", "L:COMM_FROZEN:dst_A:20261129", 800)
HELD = moved("COMMISSION_HOLD", "L:COMM_FROZEN:dst_A:20261129", "L:COMM_FROZEN:dst_A:risk", 800)


def test_sums_of_nothing_are_not_kept() -> None:
    sums: dict[str, int] = {}
    add(sums, EARNED)
    assert sums == {"pot|dst_A:20261129|frozen_fen": 800}
    add(sums, HELD)
    assert sums == {"pot|dst_A:risk|frozen_fen": 800}


def test_only_the_owners_that_are_asked_for_count() -> None:
    sums: dict[str, int] = {}
    add(sums, HELD, only={"dst_A:risk"})
    assert sums == {"pot|dst_A:risk|frozen_fen": 800}


def test_an_item_is_compared_once_and_in_every_column() -> None:
    sums = {"account|dst_A|available_fen": 5, "account|dst_A|owed_fen": 7, "account|dst_B|held_fen": 1}
    guard = Guard("account", "dst_A")
    assert compared(sums, guard, {"available_fen": 5, "held_fen": 2}) == [
        Difference("account|dst_A|held_fen", 2, 0),
        Difference("account|dst_A|owed_fen", 0, 7),
    ]
    assert sums == {"account|dst_B|held_fen": 1}
    assert Difference("x", 5, 12).amount_fen == Difference("x", 12, 5).amount_fen == 7
    assert Difference("x", -3, 4).amount_fen == 7


def test_a_difference_is_told_by_how_far_it_is_and_alike_wherever_its_balance_stands() -> None:
    told = [str(Difference("x", stands_fen, stands_fen - 5)) for stands_fen in (105, 55)]
    assert told == ["x is +5 fen away from its journal"] * 2
    assert str(Difference("x", 5, 12)) == "x is -7 fen away from its journal"


def test_whose_balances_an_item_holds() -> None:
    assert guard_of_item("cards", {"pk": "crd_A"}) == Guard("card", "crd_A")
    assert guard_of_item("accounts", {"pk": "dst_A", "sk": "main"}) == Guard("account", "dst_A")
    assert guard_of_item("accounts", {"pk": "dst_A", "sk": "frozen#risk"}) == Guard("pot", "dst_A:risk")
    assert owner_of("pot|dst_A:risk|frozen_fen") == Guard("pot", "dst_A:risk")


def test_only_days_that_are_over_are_summed() -> None:
    days: dict[str, int] = {}
    add_days(days, EARNED, "20261121")
    assert days == {}
    add_days(days, EARNED, "20261122")
    add_days(days, EARNED, "20261123")
    assert days == {"E:COMMISSION|20261122": 1_600}
    assert account_and_day(day_name("A:CHANNEL:sandbox", "20261122")) == ("A:CHANNEL:sandbox", "20261122")


def test_a_night_begins_at_three_and_compares_the_days_that_are_closed() -> None:
    assert begun(datetime(2026, 11, 22, 18, 59, tzinfo=UTC)).day == "20261122"
    night = begun(datetime(2026, 11, 22, 19, 0, tzinfo=UTC))
    assert (night.day, night.last_day, night.young_after) == ("20261123", "20261122", "20261121")


def test_progress_is_plain_and_reads_back() -> None:
    progress = Progress("20261122", "20261121")
    assert not progress.move_on(("cus_A", "ord_A"))
    assert Progress(**progress.values()) == progress
    assert progress.move_on(None)
    assert progress.position == ["", ""]
