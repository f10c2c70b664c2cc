"""Card batches: a file is exactly what its sender meant, or it is refused with its lines."""

import hashlib
from datetime import UTC, datetime

import pytest

from chalicelib.domain.card_batch import (
    ERRORS_MAX,
    BatchState,
    CardBatch,
    Checked,
    ControlTotals,
    Flaw,
    RowError,
    batch_change,
    batch_of,
    checked_file,
    moved,
    new_batch_row,
    refused,
)
from chalicelib.domain.card_number import card_number
from chalicelib.domain.catalog import CardKind, Form, Mode, Product
from chalicelib.domain.errors import IllegalState

FACE_FEN = 50_000
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
GOOD = ["100011112222333301,Abc123", "100011112222333302,Abc124"]


def product(mode: Mode = Mode.AGENT) -> Product:
    return Product(
        "sku_a",
        "A card",
        "CARD_SALE",
        "petro",
        mode,
        CardKind.BEARER,
        Form.PHYSICAL,
        FACE_FEN,
        49_000,
        48_500,
    )


def checked(
    lines: list[str],
    header: str = "card_number,secret",
    mode: Mode = Mode.AGENT,
    rows: int | None = None,
    face_sum_fen: int | None = None,
    content: bytes | None = None,
) -> Checked:
    if content is None:
        content = "\r\n".join([header, *lines, ""]).encode()
    rows = len(lines) if rows is None else rows
    face_sum_fen = rows * FACE_FEN if face_sum_fen is None else face_sum_fen
    totals = ControlTotals(rows, face_sum_fen, hashlib.sha256(content).hexdigest())
    return checked_file(content, product(mode), totals)


def test_a_whole_file_gives_every_card_with_its_line() -> None:
    found = checked(GOOD)
    assert found.errors == []
    assert [tuple(row) for row in found.rows] == [
        (2, "100011112222333301", "Abc123"),
        (3, "100011112222333302", "Abc124"),
    ]


def test_a_mark_at_the_beginning_and_columns_in_another_order_are_understood() -> None:
    content = "\ufeffsecret,face_fen,card_number\nAbc123,50000,100011112222333301\n\n".encode()
    found = checked([], content=content, rows=1)
    assert (found.errors, found.rows[0].number) == ([], "100011112222333301")


@pytest.mark.parametrize(
    "line, flaw",
    [
        ("100011112222333301,Abc125", Flaw.NUMBER_TWICE),
        ("10001111222,Abc125", Flaw.NUMBER_INVALID),
        ("10001111222233330x,Abc125", Flaw.NUMBER_INVALID),
        (" 100011112222333303,Abc125", Flaw.NUMBER_INVALID),
        ("１00011112222333303,Abc125", Flaw.NUMBER_INVALID),
        ("100011112222333303,", Flaw.SECRET_INVALID),
        ("100011112222333303,a|bcdef", Flaw.SECRET_INVALID),
        ("100011112222333303", Flaw.FIELDS_MISSING),
        ("100011112222333303,Abc125,1", Flaw.FIELDS_MISSING),
        ('100011112222333303,"Abc125', Flaw.MALFORMED),
    ],
)
def test_one_bad_row_is_named_with_its_line(line: str, flaw: Flaw) -> None:
    assert checked([*GOOD, line]).errors[0] == RowError(4, flaw)


@pytest.mark.parametrize("face", ["49999", "050000", "50000.0", "", "-1"])
def test_a_face_that_is_not_the_products_is_refused(face: str) -> None:
    found = checked([f"{GOOD[0]},{face}"], header="card_number,secret,face_fen")
    assert found.errors == [RowError(2, Flaw.FACE_WRONG)]


def test_our_own_numbers_need_their_check_digit() -> None:
    number = card_number("123456789012345")
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert checked([f"{number},Abc123"], mode=Mode.ISSUER).errors == []
    assert checked([f"{wrong},Abc123"], mode=Mode.ISSUER).errors == [RowError(2, Flaw.NUMBER_INVALID)]


@pytest.mark.parametrize(
    "header", ["", "card_number", "card_number,secret,pin", "card_number,secret,secret", "Card_Number,secret"]
)
def test_other_columns_are_refused(header: str) -> None:
    assert checked(GOOD, header=header).errors[0].flaw is Flaw.COLUMNS_WRONG


def test_totals_that_differ_refuse_a_file_whose_rows_are_all_good() -> None:
    assert checked(GOOD, rows=3, face_sum_fen=2 * FACE_FEN).errors == [RowError(0, Flaw.ROWS_DIFFER)]
    assert checked(GOOD, face_sum_fen=1).errors == [RowError(0, Flaw.FACE_SUM_DIFFERS)]


def test_another_file_than_the_one_announced_is_not_even_read() -> None:
    totals = ControlTotals(2, 2 * FACE_FEN, "0" * 64)
    found = checked_file(b"card_number,secret\n", product(), totals)
    assert (found.rows, found.errors) == ([], [RowError(0, Flaw.CHECKSUM_DIFFERS)])


def test_a_file_that_is_no_text_is_refused() -> None:
    assert checked([], content=b"card_number,secret\n\xff\xfe").errors == [RowError(0, Flaw.NOT_UTF8)]


def test_no_more_than_a_hundred_errors_are_listed() -> None:
    assert len(checked(["x,y"] * 500).errors) <= ERRORS_MAX + 1
    batch = refused(a_batch(BatchState.VALIDATING), BatchState.REFUSED, checked(["x,y"] * 500).errors)
    assert len(batch.errors) == ERRORS_MAX


def a_batch(state: BatchState = BatchState.PRODUCED) -> CardBatch:
    return CardBatch("bat_1", "sku_a", state, ControlTotals(2, 100_000, "0" * 64), NOW, "stf_AAAAAAAAAAAA", 7)


def test_a_step_begins_with_the_first_row_and_a_step_that_is_not_in_the_table_is_refused() -> None:
    assert moved(a_batch(), BatchState.VALIDATING).next_row == 0
    with pytest.raises(IllegalState):
        moved(a_batch(), BatchState.COMMITTED)
    with pytest.raises(IllegalState):
        moved(a_batch(BatchState.COMMITTED), BatchState.VOIDING)


def test_a_batch_is_stored_and_read_back_equal_and_only_its_last_version_can_be_changed() -> None:
    batch = a_batch()
    assert batch_of({**new_batch_row(batch).values, "pk": "batches", "sk": "bat_1"}) == batch
    change = batch_change(batch)
    assert (change.expected, change.set_values["version"]) == ({"version": 1}, 2)
