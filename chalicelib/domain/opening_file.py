"""Opening files: is a file from another system whole, well-formed, and what its sender meant?

One CSV file a kind, in UTF-8, with a header; empty cells are left empty:

    distributors  source_id, phone, parent, agreement [tier]
    customers     source_id, phone [referrer]
    cards         source_id, card_number, secret, sku, holder, balance_fen [frozen_by]
    commission    source_id, distributor, state, amount_fen, release_on
    bank          source_id, account, amount_fen

They come in this order, for each refers to the ones before: parent, referrer, holder and
distributor are source ids; nobody above is a root of the tree. A parent stands above its
children in the file, or came with an earlier one: so no circle can be written down.
A flaw names its line and never shows what stands there.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from chalicelib.domain.business_time import day_text
from chalicelib.domain.card import Freezer
from chalicelib.domain.catalog import CARD_BALANCE_CAP_FEN, CardKind, Mode, Product
from chalicelib.domain.ledger import account_type
from chalicelib.domain.person import PhoneInvalid, checked_phone
from chalicelib.domain.personal_data import personal_data_in

ROWS_MAX = 100_000
FILE_BYTES_MAX = 16 * 1024 * 1024
ERRORS_MAX = 100
HOLD_MAX = timedelta(days=366)  # a slip of the pen in the year must not freeze anything for ever


class OpeningKind(StrEnum):
    DISTRIBUTORS = "distributors"
    CUSTOMERS = "customers"
    CARDS = "cards"
    COMMISSION = "commission"
    BANK = "bank"


class OpeningState(StrEnum):
    """Where brought commission lies: to be withdrawn, still held until a day, or owed to us."""

    AVAILABLE = "AVAILABLE"
    FROZEN = "FROZEN"
    OWED = "OWED"


class OpeningFlaw(StrEnum):
    """What can be wrong with a line, or with the file as a whole (line 0)."""

    FILE_DIFFERS = "FILE_DIFFERS"  # it is not the file that was approved
    TOO_LARGE = "TOO_LARGE"
    NOT_UTF8 = "NOT_UTF8"
    MALFORMED = "MALFORMED"
    COLUMNS_WRONG = "COLUMNS_WRONG"
    FIELDS_MISSING = "FIELDS_MISSING"
    SOURCE_ID_INVALID = "SOURCE_ID_INVALID"
    SOURCE_ID_PERSONAL = "SOURCE_ID_PERSONAL"  # a phone or ID number: the archive could never forget it
    SOURCE_ID_TWICE = "SOURCE_ID_TWICE"
    TAKEN_MEANWHILE = "TAKEN_MEANWHILE"  # since the file was checked; run it again to hear what is in the way
    ROW_CHANGED = "ROW_CHANGED"  # this source id was brought before, with other content
    PHONE_INVALID = "PHONE_INVALID"
    PHONE_TWICE = "PHONE_TWICE"
    PHONE_TAKEN = "PHONE_TAKEN"
    PERSON_KNOWN = "PERSON_KNOWN"
    REFERENCE_INVALID = "REFERENCE_INVALID"
    PARENT_UNKNOWN = "PARENT_UNKNOWN"
    REFERRER_UNKNOWN = "REFERRER_UNKNOWN"
    HOLDER_UNKNOWN = "HOLDER_UNKNOWN"
    HOLDER_MISSING = "HOLDER_MISSING"  # a named card belongs to somebody
    DISTRIBUTOR_UNKNOWN = "DISTRIBUTOR_UNKNOWN"
    AGREEMENT_INVALID = "AGREEMENT_INVALID"
    TIER_INVALID = "TIER_INVALID"
    NUMBER_INVALID = "NUMBER_INVALID"
    NUMBER_TWICE = "NUMBER_TWICE"
    NUMBER_KNOWN = "NUMBER_KNOWN"
    SECRET_INVALID = "SECRET_INVALID"
    PRODUCT_UNKNOWN = "PRODUCT_UNKNOWN"
    FREEZER_UNKNOWN = "FREEZER_UNKNOWN"
    AMOUNT_INVALID = "AMOUNT_INVALID"
    ABOVE_CAP = "ABOVE_CAP"
    NOT_OUR_BALANCE = "NOT_OUR_BALANCE"  # what an oil company's card holds is not on our books
    STATE_UNKNOWN = "STATE_UNKNOWN"
    RELEASE_DAY_WRONG = "RELEASE_DAY_WRONG"  # frozen needs a day to come, nothing else has one
    ACCOUNT_UNKNOWN = "ACCOUNT_UNKNOWN"


class LineFlaw(NamedTuple):
    line: int
    flaw: OpeningFlaw

    def __str__(self) -> str:
        return f"line {self.line}: {self.flaw}"


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """One line, by its columns as they were written."""

    line: int
    values: Mapping[str, str]

    @property
    def source_id(self) -> str:
        return self.values["source_id"]

    @property
    def amount_fen(self) -> int:
        """What it brings; 0 where the kind brings nothing."""
        return int(self.values.get("balance_fen") or self.values.get("amount_fen") or 0)

    def told(self, column: str) -> str:
        return self.values.get(column, "")


Totals = dict[str, int]  # rows, and the sum of each column in which the kind brings money

_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PATTERNS: dict[str, tuple[re.Pattern[str], OpeningFlaw]] = {
    "source_id": (_ID, OpeningFlaw.SOURCE_ID_INVALID),
    "parent": (re.compile(f"(?:{_ID.pattern})?"), OpeningFlaw.REFERENCE_INVALID),
    "referrer": (re.compile(f"(?:{_ID.pattern})?"), OpeningFlaw.REFERENCE_INVALID),
    "holder": (re.compile(f"(?:{_ID.pattern})?"), OpeningFlaw.REFERENCE_INVALID),
    "distributor": (_ID, OpeningFlaw.REFERENCE_INVALID),
    "sku": (re.compile(r"sku_[A-Za-z0-9_-]{1,60}"), OpeningFlaw.PRODUCT_UNKNOWN),
    "agreement": (re.compile(r"[A-Za-z0-9._-]{1,40}"), OpeningFlaw.AGREEMENT_INVALID),
    "tier": (re.compile(r"[A-Za-z0-9_-]{0,16}"), OpeningFlaw.TIER_INVALID),
    "card_number": (re.compile(r"[0-9]{12,20}"), OpeningFlaw.NUMBER_INVALID),
    "secret": (re.compile(r"(?:[0-9A-Za-z]{6,20})?"), OpeningFlaw.SECRET_INVALID),
    "frozen_by": (re.compile("|".join(["", *Freezer])), OpeningFlaw.FREEZER_UNKNOWN),
    "balance_fen": (re.compile(r"[0-9]{1,15}"), OpeningFlaw.AMOUNT_INVALID),
    "amount_fen": (re.compile(r"0*[1-9][0-9]{0,14}"), OpeningFlaw.AMOUNT_INVALID),
    "state": (re.compile("|".join(OpeningState)), OpeningFlaw.STATE_UNKNOWN),
    "account": (
        re.compile(r"A:BANK_CUSTODY|A:BANK_OPER|A:SUPPLIER_PREPAY:[A-Za-z0-9_-]{1,40}"),
        OpeningFlaw.ACCOUNT_UNKNOWN,
    ),
}


# What of a row stands in its record: the archive takes none that shows what looks like a person's data.
_ARCHIVED: dict[str, OpeningFlaw] = {
    "source_id": OpeningFlaw.SOURCE_ID_PERSONAL,
    "agreement": OpeningFlaw.AGREEMENT_INVALID,
    "account": OpeningFlaw.ACCOUNT_UNKNOWN,
}


class Columns(NamedTuple):
    needed: frozenset[str]
    optional: frozenset[str] = frozenset()


COLUMNS: dict[OpeningKind, Columns] = {
    OpeningKind.DISTRIBUTORS: Columns(
        frozenset("source_id phone parent agreement".split()), frozenset({"tier"})
    ),
    OpeningKind.CUSTOMERS: Columns(frozenset("source_id phone".split()), frozenset({"referrer"})),
    OpeningKind.CARDS: Columns(
        frozenset("source_id card_number secret sku holder balance_fen".split()), frozenset({"frozen_by"})
    ),
    OpeningKind.COMMISSION: Columns(frozenset("source_id distributor state amount_fen release_on".split())),
    OpeningKind.BANK: Columns(frozenset("source_id account amount_fen".split())),
}

# Which sums the sender gives beside the count of the rows.
SUMS: dict[OpeningKind, tuple[str, ...]] = {
    OpeningKind.DISTRIBUTORS: (),
    OpeningKind.CUSTOMERS: (),
    OpeningKind.CARDS: ("balance_fen",),
    OpeningKind.COMMISSION: ("available_fen", "frozen_fen", "owed_fen"),
    OpeningKind.BANK: ("custody_fen", "operating_fen", "supplier_fen"),
}

# A total for each place of the bank's money: one sum would not show two amounts that were swapped.
SUM_OF_BANK = {
    "A:BANK_CUSTODY": "custody_fen",
    "A:BANK_OPER": "operating_fen",
    "A:SUPPLIER_PREPAY": "supplier_fen",
}

_TWICE = {"phone": OpeningFlaw.PHONE_TWICE, "card_number": OpeningFlaw.NUMBER_TWICE}


@dataclass(slots=True)
class OpeningFile:
    """The rows of a file and the first hundred things that are wrong with it."""

    kind: OpeningKind
    rows: list[OpeningRow] = field(default_factory=list)
    errors: list[LineFlaw] = field(default_factory=list)

    def note(self, line: int, flaw: OpeningFlaw) -> None:
        if len(self.errors) < ERRORS_MAX:
            self.errors.append(LineFlaw(line, flaw))

    @property
    def totals(self) -> Totals:
        """What the file says of itself."""
        totals = {"rows": len(self.rows)} | dict.fromkeys(SUMS[self.kind], 0)
        for row in self.rows:
            if SUMS[self.kind]:
                totals[sum_of(self.kind, row)] += row.amount_fen
        return totals


def sum_of(kind: OpeningKind, row: OpeningRow) -> str:
    """The control total that a row's amount belongs to."""
    if kind is OpeningKind.COMMISSION:
        return f"{row.told('state').lower()}_fen"
    if kind is OpeningKind.BANK:
        return SUM_OF_BANK[account_type(row.told("account"))]
    return SUMS[kind][0]


def read_file(kind: OpeningKind, content: bytes) -> OpeningFile:
    """Every row of the file, and what is wrong with it by itself."""
    found = OpeningFile(kind)
    if len(content) > FILE_BYTES_MAX:
        found.note(0, OpeningFlaw.TOO_LARGE)
        return found
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        found.note(0, OpeningFlaw.NOT_UTF8)
        return found
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        _read_rows(reader, found)
    except csv.Error:
        found.note(reader.line_num, OpeningFlaw.MALFORMED)
    return found


def _read_rows(reader: Any, found: OpeningFile) -> None:
    header: list[str] = next(reader, [])
    columns, needed = set(header), COLUMNS[found.kind]
    if len(columns) != len(header) or not needed.needed <= columns <= needed.needed | needed.optional:
        found.note(1, OpeningFlaw.COLUMNS_WRONG)
        return
    seen: set[tuple[str, str]] = set()
    for fields in reader:
        if not fields:
            continue  # an empty line holds nothing; the totals tell whether one is missing
        if len(found.rows) >= ROWS_MAX:
            found.note(0, OpeningFlaw.TOO_LARGE)
            return
        line = reader.line_num
        if len(fields) != len(header):
            found.note(line, OpeningFlaw.FIELDS_MISSING)
            continue
        values = dict(zip(header, fields, strict=True))
        flaws = [*_flaws_of_cells(values), *_repeated(values, seen)]
        for flaw in flaws:
            found.note(line, flaw)
        if not flaws:
            found.rows.append(OpeningRow(line, values))


def _flaws_of_cells(values: Mapping[str, str]) -> Iterable[OpeningFlaw]:
    for column, (pattern, flaw) in _PATTERNS.items():
        if column in values and not pattern.fullmatch(values[column]):
            yield flaw
    if "phone" in values and not _is_phone(values["phone"]):
        yield OpeningFlaw.PHONE_INVALID
    for column, flaw in _ARCHIVED.items():
        if personal_data_in(values.get(column, "")):
            yield flaw
    if values["source_id"] == values.get("card_number"):
        yield OpeningFlaw.SOURCE_ID_PERSONAL


def _is_phone(text: str) -> bool:
    try:
        checked_phone(text)
    except PhoneInvalid:
        return False
    return True


def _repeated(values: Mapping[str, str], seen: set[tuple[str, str]]) -> Iterable[OpeningFlaw]:
    for column, flaw in {"source_id": OpeningFlaw.SOURCE_ID_TWICE, **_TWICE}.items():
        if column not in values:
            continue
        cell = (column, _spelled(column, values[column]))
        if cell in seen:
            yield flaw
        seen.add(cell)


def _spelled(column: str, text: str) -> str:
    return checked_phone(text) if column == "phone" and _is_phone(text) else text


# ---------------------------------------------------------------- rules that need to know more than the file


def flaws_of_card(row: OpeningRow, product: Product | None) -> list[OpeningFlaw]:
    """What the law and the product say of a card that is brought with its balance."""
    if product is None:
        return [OpeningFlaw.PRODUCT_UNKNOWN]
    flaws = []
    if row.amount_fen > CARD_BALANCE_CAP_FEN[product.kind]:  # 单用途商业预付卡管理办法 art. 18
        flaws.append(OpeningFlaw.ABOVE_CAP)
    if product.mode is not Mode.ISSUER and row.amount_fen:
        flaws.append(OpeningFlaw.NOT_OUR_BALANCE)
    if product.kind is CardKind.NAMED and not row.told("holder"):  # art. 15
        flaws.append(OpeningFlaw.HOLDER_MISSING)
    return flaws


def flaws_of_commission(row: OpeningRow, today: date) -> list[OpeningFlaw]:
    """Frozen commission has a day to come on which it is released; what is due already is available."""
    text = row.told("release_on")
    if row.told("state") != OpeningState.FROZEN:
        return [OpeningFlaw.RELEASE_DAY_WRONG] if text else []
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return [OpeningFlaw.RELEASE_DAY_WRONG]
    return [] if today < day <= today + HOLD_MAX else [OpeningFlaw.RELEASE_DAY_WRONG]


def release_pot(row: OpeningRow) -> str:
    """The pot of a row that is frozen."""
    return day_text(date.fromisoformat(row.told("release_on")))


FLAW_OF_REFERENCE: dict[str, OpeningFlaw] = {
    "parent": OpeningFlaw.PARENT_UNKNOWN,
    "referrer": OpeningFlaw.REFERRER_UNKNOWN,
    "holder": OpeningFlaw.HOLDER_UNKNOWN,
    "distributor": OpeningFlaw.DISTRIBUTOR_UNKNOWN,
}
