"""Opening files: what can be read is read to the fen, and what cannot is named by its line alone."""

from datetime import date

import pytest

from chalicelib.domain.ids import KEY_PATTERN, key_of_index
from chalicelib.domain.opening import differing
from chalicelib.domain.opening_file import (
    ERRORS_MAX,
    FILE_BYTES_MAX,
    HOLD_MAX,
    ROWS_MAX,
    OpeningKind,
    OpeningRow,
    flaws_of_commission,
    read_file,
)

BANK = OpeningKind.BANK
HEAD = b"source_id,account,amount_fen\n"
TODAY = date(2026, 11, 30)


def errors(kind: OpeningKind, content: bytes) -> list[str]:
    return [str(error) for error in read_file(kind, content).errors]


def test_totals_are_counted_from_the_rows_in_whatever_spelling() -> None:
    content = (
        '\ufeffaccount,amount_fen,source_id\r\nA:BANK_OPER,0010,b1\r\n\r\n"A:BANK_CUSTODY",5,b2\r\n'.encode()
    )
    found = read_file(BANK, content)
    assert (found.errors, found.totals) == (
        [],
        {"rows": 2, "custody_fen": 5, "operating_fen": 10, "supplier_fen": 0},
    )
    assert [row.line for row in found.rows] == [2, 4]


def test_sums_of_commission_are_parted_by_its_state() -> None:
    head = b"source_id,distributor,state,amount_fen,release_on\n"
    found = read_file(
        OpeningKind.COMMISSION,
        head + b"1,d,AVAILABLE,1,\n2,d,FROZEN,20,2026-12-24\n3,d,OWED,300,\n4,d,OWED,4,\n",
    )
    assert found.errors == []
    assert found.totals == {"rows": 4, "available_fen": 1, "frozen_fen": 20, "owed_fen": 304}


@pytest.mark.parametrize(
    "content, wrong",
    [
        (b"", ["line 1: COLUMNS_WRONG"]),
        (b"source_id,account\n", ["line 1: COLUMNS_WRONG"]),
        (b"source_id,account,amount_fen,note\n", ["line 1: COLUMNS_WRONG"]),
        (b"source_id,account,amount_fen,account\n", ["line 1: COLUMNS_WRONG"]),
        (HEAD + b"\xff\xfe", ["line 0: NOT_UTF8"]),
        (HEAD + b'"b1,A:BANK_OPER,1\n', ["line 2: MALFORMED"]),
        (HEAD + b"b1,A:BANK_OPER\n", ["line 2: FIELDS_MISSING"]),
        (HEAD + b"b1,A:BANK_OPER,1\nb1,A:BANK_OPER,1\n", ["line 3: SOURCE_ID_TWICE"]),
        (HEAD + b",A:BANK_OPER,1\n", ["line 2: SOURCE_ID_INVALID"]),
        (HEAD + b"b 1,A:BANK_OPER,1\n", ["line 2: SOURCE_ID_INVALID"]),
        (HEAD + b"13800138000,A:BANK_OPER,1\n", ["line 2: SOURCE_ID_PERSONAL"]),
        (HEAD + b"b1,A:BANK_OPER,0\n", ["line 2: AMOUNT_INVALID"]),
        (HEAD + b"b1,A:BANK_OPER,-1\n", ["line 2: AMOUNT_INVALID"]),
        (HEAD + b"b1,A:BANK_OPER,1.0\n", ["line 2: AMOUNT_INVALID"]),
        (HEAD + "b1,A:BANK_OPER,１\n".encode(), ["line 2: AMOUNT_INVALID"]),
        (HEAD + b"b1,A:CHANNEL:x,1\n", ["line 2: ACCOUNT_UNKNOWN"]),
        (HEAD + b"b1,A:SUPPLIER_PREPAY:13800138000,1\n", ["line 2: ACCOUNT_UNKNOWN"]),
        (b"x" * (FILE_BYTES_MAX + 1), ["line 0: TOO_LARGE"]),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(content: bytes, wrong: list[str]) -> None:
    assert errors(BANK, content) == wrong


def test_one_phone_is_one_person_however_it_is_written() -> None:
    content = b"source_id,phone\nc1,13800138000\nc2,+86 138 0013 8000\nc3,12800138000\n"
    assert errors(OpeningKind.CUSTOMERS, content) == ["line 3: PHONE_TWICE", "line 4: PHONE_INVALID"]


@pytest.mark.parametrize(
    "agreement, is_right", [("2024-1", True), ("3.0.1.2", False), ("no-13800138000", False)]
)
def test_an_agreement_that_looks_like_personal_data_could_never_be_archived(
    agreement: str, is_right: bool
) -> None:
    content = f"source_id,phone,parent,agreement\nd1,13800138000,,{agreement}\n".encode()
    assert errors(OpeningKind.DISTRIBUTORS, content) == ([] if is_right else ["line 2: AGREEMENT_INVALID"])


def test_a_card_number_is_no_source_id() -> None:
    head = b"source_id,card_number,secret,sku,holder,balance_fen\n"
    content = head + b"770000000001,770000000001,,sku_a,,0\nk2,770000000002,,sku_a,,0\n"
    assert errors(OpeningKind.CARDS, content) == ["line 2: SOURCE_ID_PERSONAL"]


def test_the_first_hundred_errors_are_told() -> None:
    content = HEAD + b"".join(b"b%d,A:BANK_OPER,x\n" % number for number in range(ERRORS_MAX + 7))
    assert len(errors(BANK, content)) == ERRORS_MAX


def test_a_file_has_an_end() -> None:
    content = HEAD + b"".join(b"b%d,A:BANK_OPER,1\n" % number for number in range(ROWS_MAX + 1))
    assert errors(BANK, content) == ["line 0: TOO_LARGE"]
    assert errors(BANK, content.rpartition(b"b")[0]) == []


@pytest.mark.parametrize(
    "state, day, is_right",
    [
        ("FROZEN", "2026-12-01", True),
        ("FROZEN", (TODAY + HOLD_MAX).isoformat(), True),
        ("FROZEN", "2026-11-30", False),
        ("FROZEN", "2072-12-01", False),
        ("FROZEN", "2026-13-01", False),
        ("FROZEN", "", False),
        ("AVAILABLE", "", True),
        ("AVAILABLE", "2026-12-01", False),
        ("OWED", "2026-12-01", False),
    ],
)
def test_frozen_has_a_day_to_come_and_nothing_else_has_one(state: str, day: str, is_right: bool) -> None:
    row = OpeningRow(2, {"source_id": "m1", "state": state, "release_on": day})
    assert (flaws_of_commission(row, TODAY) == []) is is_right


def test_a_key_made_of_an_index_is_always_the_same_and_one_of_ours() -> None:
    first, other = key_of_index("0123456789ABCDEFGHJKMNPQRS"), key_of_index("0123456789ABCDEFGHJKMNPQRT")
    assert first == key_of_index("0123456789ABCDEFGHJKMNPQRS") != other
    assert KEY_PATTERN.fullmatch(first) and KEY_PATTERN.fullmatch(other)


def test_totals_that_are_missing_on_either_side_differ() -> None:
    assert differing({"rows": 1, "bank_fen": 5}, {"rows": 1, "bank_fen": 5}) == {}
    assert differing({"rows": 1}, {"rows": 1, "bank_fen": 0}) == {"bank_fen": [0, 0]}
    assert differing({"rows": 2, "bank_fen": 5}, {"rows": 1, "bank_fen": 6}) == {
        "bank_fen": [5, 6],
        "rows": [2, 1],
    }
