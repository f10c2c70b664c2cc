"""The ledger: only postings of the table, which balance, and the columns that they move."""

from datetime import UTC, datetime
from itertools import product

import pytest

from chalicelib.domain.ledger import (
    GUARDED,
    TEMPLATES,
    Guard,
    checked_lines,
    credit,
    debit,
    fold,
    guard_of,
    movements,
    platform_lines,
)
from chalicelib.domain.record import Line, Record

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def a_record(action: str, *lines: Line) -> Record:
    return Record("p", "e", action, AT, "system", lines=checked_lines(action, lines))


def owned(kind: str, number: int) -> str:
    return f"{kind}:owner{number}"


@pytest.mark.parametrize("action", TEMPLATES)
def test_a_template_takes_its_own_accounts_on_their_sides_and_no_other(action: str) -> None:
    for debits, credits in product(TEMPLATES[action].debits, TEMPLATES[action].credits):
        pair = (debit(owned(debits, 1), 5), credit(owned(credits, 2), 5))
        assert checked_lines(action, pair) == pair
        for stranger in ((debit("X:ELSE", 5), pair[1]), (pair[0], credit("X:ELSE", 5))):
            with pytest.raises(AssertionError, match="may not post"):
                checked_lines(action, stranger)


@pytest.mark.parametrize("action", [a for a, t in TEMPLATES.items() if not t.debits & t.credits])
def test_a_template_is_not_turned_round(action: str) -> None:
    debits, credits = (min(side) for side in (TEMPLATES[action].debits, TEMPLATES[action].credits))
    with pytest.raises(AssertionError, match="may not post"):
        checked_lines(action, [debit(owned(credits, 1), 5), credit(owned(debits, 2), 5)])


def test_a_posting_of_no_template_is_none() -> None:
    with pytest.raises(KeyError):
        checked_lines("GIFT", [debit("A:CHANNEL:sandbox", 5), credit("L:PREPAID:crd_A", 5)])


def test_a_posting_that_does_not_balance_is_a_bug_of_ours() -> None:
    with pytest.raises(AssertionError, match="does not balance"):
        checked_lines("TOPUP_ISSUER", [debit("A:CHANNEL:sandbox", 5), credit("L:PREPAID:crd_A", 4)])


def test_a_leg_of_nothing_is_left_out_and_one_below_nothing_is_a_bug() -> None:
    lines = [debit("A:CHANNEL:sandbox", 5), debit("E:PROMO", 0), credit("L:PREPAID:crd_A", 5)]
    assert len(checked_lines("TOPUP_ISSUER", lines)) == 2
    for wrong in (-1, 0.5, True, "5"):
        for side in (debit, credit):
            with pytest.raises(AssertionError):
                side("E:PROMO", wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "account, guard",
    [
        ("L:PREPAID:crd_A", Guard("card", "crd_A")),
        ("L:AUTH_HOLD:crd_A", Guard("card", "crd_A")),
        ("L:COMM_FROZEN:dst_A:20261129", Guard("pot", "dst_A:20261129")),
        ("L:COMM_AVAIL:dst_A", Guard("account", "dst_A")),
        ("A:CLAWBACK:dst_A", Guard("account", "dst_A")),
        ("L:WD_HOLD:wdr_BBBBBBBBBBBB01KAMX7Q000000000000000000", Guard("account", "dst_BBBBBBBBBBBB")),
        ("A:CHANNEL:sandbox", None),
        ("E:COMMISSION", None),
    ],
)
def test_what_somebody_owns_is_guarded_and_what_the_platform_owns_is_not(
    account: str, guard: Guard | None
) -> None:
    assert guard_of(account) == guard


def test_every_balance_of_a_user_is_a_column_that_rises_with_what_is_theirs() -> None:
    assert {account: column.sign for account, column in GUARDED.items() if column.sign > 0} == {
        "A:CLAWBACK": 1  # what they owe us
    }
    record = a_record(
        "COMMISSION_REVERSAL",
        debit("L:COMM_AVAIL:dst_A", 3_000),
        debit("A:CLAWBACK:dst_A", 5_000),
        credit("E:COMMISSION", 8_000),
    )
    assert movements(record) == {Guard("account", "dst_A"): {"available_fen": -3_000, "owed_fen": 5_000}}
    assert platform_lines(record) == (Line("E:COMMISSION", -8_000),)


def test_the_fold_of_a_posting_and_its_reverse_is_nothing() -> None:
    paid = a_record("PAYMENT_TO_RETURN", debit("A:CHANNEL:x", 7), credit("L:REFUND_PAYABLE", 7))
    returned = a_record("REFUND_PAID_OUT", debit("L:REFUND_PAYABLE", 7), credit("A:CHANNEL:x", 7))
    assert fold([paid]) == {"A:CHANNEL:x": 7, "L:REFUND_PAYABLE": -7}
    assert fold([paid, returned]) == {}
