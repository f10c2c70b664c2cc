"""Card batches: is a file of cards exactly what its sender meant, and how far is its import?

    PRODUCED -> VALIDATING -> WRITING -> SHELVING -> COMMITTED
    VALIDATING -> REFUSED                    a row, a total or a number is wrong: nothing was stored
    WRITING -> VOIDING -> REFUSED            another batch took a number meanwhile: what was written is void

The sender says beforehand how many rows, which face value in all and which
SHA-256 the file has. The whole file is checked before its first card is written;
a card can be sold only when the batch is COMMITTED, all of them at one moment.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from chalicelib.domain.card_number import is_card_number
from chalicelib.domain.catalog import Mode, Product
from chalicelib.domain.change import DocumentChange, NewDocument
from chalicelib.domain.document import from_document, to_document
from chalicelib.domain.errors import Conflict, IllegalState, NotFound, Unprocessable

ROWS_MAX = 100_000
FILE_BYTES_MAX = 16 * 1024 * 1024
ERRORS_MAX = 100

REQUIRED_COLUMNS = frozenset({"card_number", "secret"})
OPTIONAL_COLUMNS = frozenset({"face_fen"})

# An oil company's numbers follow no common rule; ours end with a check digit.
_FOREIGN_NUMBER = re.compile(r"[0-9]{12,20}")
_SECRET = re.compile(r"[0-9A-Za-z]{6,20}")


class BatchState(StrEnum):
    PRODUCED = "PRODUCED"
    VALIDATING = "VALIDATING"
    WRITING = "WRITING"
    SHELVING = "SHELVING"
    COMMITTED = "COMMITTED"
    VOIDING = "VOIDING"
    REFUSED = "REFUSED"


_S = BatchState
TRANSITIONS: dict[BatchState, frozenset[BatchState]] = {
    _S.PRODUCED: frozenset({_S.VALIDATING}),
    _S.VALIDATING: frozenset({_S.WRITING, _S.REFUSED}),
    _S.WRITING: frozenset({_S.SHELVING, _S.VOIDING}),
    _S.SHELVING: frozenset({_S.COMMITTED}),
    _S.VOIDING: frozenset({_S.REFUSED}),
    _S.COMMITTED: frozenset(),
    _S.REFUSED: frozenset(),
}
UNDER_WAY = frozenset({_S.VALIDATING, _S.WRITING, _S.SHELVING, _S.VOIDING})


class BatchUnknown(NotFound):
    code = "BATCH_UNKNOWN"


class ProductNotStocked(Unprocessable):
    code = "PRODUCT_NOT_STOCKED"
    advice = "Choose a physical card; virtual cards are made when they are sold."


class FileNotUploaded(Conflict):
    code = "BATCH_FILE_MISSING"
    advice = "Upload the file with the form that the batch came with, then commit it."


class FileChanged(Exception):
    """The file of a batch under way is gone or another one. The job stops until the right one is back."""


class Flaw(StrEnum):
    """What can be wrong with a file."""

    CHECKSUM_DIFFERS = "CHECKSUM_DIFFERS"
    NOT_UTF8 = "NOT_UTF8"
    MALFORMED = "MALFORMED"
    COLUMNS_WRONG = "COLUMNS_WRONG"
    FIELDS_MISSING = "FIELDS_MISSING"
    NUMBER_INVALID = "NUMBER_INVALID"
    NUMBER_TWICE = "NUMBER_TWICE"
    NUMBER_KNOWN = "NUMBER_KNOWN"
    SECRET_INVALID = "SECRET_INVALID"
    FACE_WRONG = "FACE_WRONG"
    ROWS_DIFFER = "ROWS_DIFFER"
    FACE_SUM_DIFFERS = "FACE_SUM_DIFFERS"


@dataclass(frozen=True, slots=True)
class RowError:
    """A flaw in a line; line 1 is the header, line 0 the file as a whole. Never shows what stands there."""

    line: int
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class ControlTotals:
    """What the sender says of the file: so a file that was cut or mixed up is found."""

    rows: int
    face_sum_fen: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CardBatch:
    """One batch. `next_row` counts the rows that the present state is done with."""

    batch_id: str
    sku_id: str
    state: BatchState
    totals: ControlTotals
    created_at: datetime
    created_by: str
    next_row: int = 0
    errors: tuple[RowError, ...] = ()
    version: int = 1

    @property
    def file_key(self) -> str:
        return f"batches/{self.batch_id}.csv"


class Row(NamedTuple):
    """One card of a file."""

    line: int
    number: str
    secret: str


@dataclass(slots=True)
class Checked:
    """The rows of a file and everything that is wrong with it; rows count only where nothing is."""

    rows: list[Row] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def note(self, line: int, flaw: Flaw) -> None:
        self.errors.append(RowError(line, flaw))


def checked_product(product: Product) -> Product:
    """The product, if cards of it lie in stock. Raises: ProductNotStocked."""
    if not product.is_stocked:
        raise ProductNotStocked(sku_id=product.sku_id)
    return product


def has_checksum(content: bytes, totals: ControlTotals) -> bool:
    return hashlib.sha256(content).hexdigest() == totals.sha256


def checked_file(content: bytes, product: Product, totals: ControlTotals) -> Checked:
    """Every row of the file, or the first hundred things that are wrong with it."""
    checked = Checked()
    if not has_checksum(content, totals):
        checked.note(0, Flaw.CHECKSUM_DIFFERS)
        return checked
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        checked.note(0, Flaw.NOT_UTF8)
        return checked
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        _check_rows(reader, product, checked)
    except csv.Error:
        checked.note(reader.line_num, Flaw.MALFORMED)
    if not checked.errors:
        _check_totals(checked, product, totals)
    return checked


def _check_rows(reader: Any, product: Product, checked: Checked) -> None:
    header: list[str] = next(reader, [])
    columns = set(header)
    if len(columns) != len(header) or not REQUIRED_COLUMNS <= columns <= REQUIRED_COLUMNS | OPTIONAL_COLUMNS:
        checked.note(1, Flaw.COLUMNS_WRONG)
        return
    seen: set[str] = set()
    for fields in reader:
        if not fields:
            continue  # an empty line holds no card; the totals tell whether one is missing
        if len(checked.errors) >= ERRORS_MAX or len(checked.rows) > ROWS_MAX:
            return
        line = reader.line_num
        if len(fields) != len(header):
            checked.note(line, Flaw.FIELDS_MISSING)
            continue
        row = dict(zip(header, fields, strict=True))
        for flaw in _flaws(row, product, seen):
            checked.note(line, flaw)
        seen.add(row["card_number"])
        checked.rows.append(Row(line, row["card_number"], row["secret"]))


def _flaws(row: Mapping[str, str], product: Product, seen: set[str]) -> Iterator[Flaw]:
    number = row["card_number"]
    if not (is_card_number(number) if product.mode is Mode.ISSUER else _FOREIGN_NUMBER.fullmatch(number)):
        yield Flaw.NUMBER_INVALID
    elif number in seen:
        yield Flaw.NUMBER_TWICE
    if not _SECRET.fullmatch(row["secret"]):
        yield Flaw.SECRET_INVALID
    if "face_fen" in row and row["face_fen"] != str(product.face_fen):
        yield Flaw.FACE_WRONG


def _check_totals(checked: Checked, product: Product, totals: ControlTotals) -> None:
    if len(checked.rows) != totals.rows:
        checked.note(0, Flaw.ROWS_DIFFER)
    if len(checked.rows) * product.face_fen != totals.face_sum_fen:
        checked.note(0, Flaw.FACE_SUM_DIFFERS)


def moved(batch: CardBatch, state: BatchState) -> CardBatch:
    """The batch in its next state, whose rows are all still to be done. Raises: IllegalState."""
    if state not in TRANSITIONS[batch.state]:
        raise IllegalState(entity=batch.batch_id, state=batch.state, wanted=state)
    return replace(batch, state=state, next_row=0)


def refused(batch: CardBatch, state: BatchState, errors: list[RowError]) -> CardBatch:
    """The batch on its way to REFUSED, with the first hundred reasons."""
    return replace(moved(batch, state), errors=tuple(errors[:ERRORS_MAX]))


# ---------------------------------------------------------------- rows of the table `stock`

TABLE = "stock"
BATCHES = "batches"


def new_batch_row(batch: CardBatch) -> NewDocument:
    return NewDocument(TABLE, BATCHES, batch.batch_id, to_document(batch))


def batch_change(batch: CardBatch) -> DocumentChange:
    """The batch as it is now, if nobody has changed it since it was read with `batch.version`."""
    values = to_document(replace(batch, version=batch.version + 1))
    return DocumentChange(TABLE, BATCHES, batch.batch_id, values, {"version": batch.version})


def batch_unmoved(batch: CardBatch) -> DocumentChange:
    """That nobody has changed the batch since it was read; nothing is written to it."""
    return DocumentChange(TABLE, BATCHES, batch.batch_id, {}, {"version": batch.version})


def batch_of(item: Mapping[str, Any]) -> CardBatch:
    return from_document(CardBatch, {name: item[name] for name in item if name not in ("pk", "sk")})
