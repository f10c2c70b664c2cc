"""The fold of the ledger: what does the whole journal say of every balance, and which balances say otherwise?

One long way in phases, each a page at a time, so that it can stop anywhere and go on:

    journal      every record, folded                                      position: a record
    cards        each card against its sums                                position: a card
    accounts     each account and pot of a distributor against its sums    position: an item
    platform     the closed days of the platform's accounts                position: an account
    again        every record once more, for the cards and days that differed
    verdict      those that still differ, and did not move meanwhile

Sums of nothing are not kept: what is in memory is a number for each balance that is
not zero, about 250 bytes. A phase takes its sums away as it compares them, so that
what is left at its end belongs to nothing that exists.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain import platform_books
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.ledger import Guard, account_type, movements
from chalicelib.domain.record import Record
from chalicelib.domain.statement import ACCOUNT_COLUMNS, CARD_COLUMNS, POT_COLUMNS

TABLE = "work"
JOB = ("fold", "job")
BEGINS = timedelta(hours=3)  # after midnight in Shanghai, when the platform's day is closed
POT = "frozen#"
DAYS_BY_LINES = timedelta(days=1)  # every day is the last one once
BY_KIND = {"card": CARD_COLUMNS, "account": ACCOUNT_COLUMNS, "pot": POT_COLUMNS}


class Phase(StrEnum):
    JOURNAL = "journal"
    CARDS = "cards"
    ACCOUNTS = "accounts"
    PLATFORM = "platform"
    AGAIN = "again"
    VERDICT = "verdict"
    DONE = "done"


@dataclass(slots=True)
class Progress:
    """How far the fold has come; plain values only, so that it can be laid down and taken up.

    `sums`: by balance, in fen. `totals`: by type of account, debit positive. `days`: by account
    and closed day of the platform, debit positive. `cards`: the cards that differed, with the
    version that they have while the journal is read again. `suspect_days`: the days that differed,
    with the count of their lines.
    `touching`: by card whose statement is to be mended, the records that moved it; `versions`:
    those that the cards had before the journal was read.
    """

    day: str
    last_day: str  # of the platform's books, which is compared
    phase: str = Phase.JOURNAL
    position: list[str] = field(default_factory=lambda: ["", ""])
    sums: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    cards: dict[str, int] = field(default_factory=dict)
    suspect_days: dict[str, int] = field(default_factory=dict)
    touching: dict[str, list[list[Any]]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    records: int = 0

    def move_on(self, position: tuple[str, str] | None) -> bool:
        """Go on from this position; whether the phase is at its end."""
        self.position = list(position or ("", ""))
        return position is None

    @property
    def young_after(self) -> str:
        """Days behind this one are compared by their lines too, older ones by their closed sum alone."""
        last = date.fromisoformat(f"{self.last_day[:4]}-{self.last_day[4:6]}-{self.last_day[6:]}")
        return day_text(last - DAYS_BY_LINES)

    def values(self) -> dict[str, Any]:
        return asdict(self)


def begun(now: datetime) -> Progress:
    """A fold of this night."""
    return Progress(fold_day(now), platform_books.last_closable_day(now))


def fold_day(now: datetime) -> str:
    return day_text(business_date(now - BEGINS))


# ---------------------------------------------------------------- guarded balances


def name_of(guard: Guard, column: str) -> str:
    """The name of a balance in the sums: `card|crd_…|available_fen`."""
    return f"{guard.kind}|{guard.owner}|{column}"


def owner_of(name: str) -> Guard:
    kind, owner, _ = name.split("|")
    return Guard(kind, owner)


def add(sums: dict[str, int], record: Record, only: Iterable[str] | None = None) -> None:
    """Add what a record moves. `only`: the owners that count; all of them where it is None."""
    for guard, deltas in movements(record).items():
        if only is None or guard.owner in only:
            for column, moved_fen in deltas.items():
                _add(sums, name_of(guard, column), moved_fen)


def add_totals(totals: dict[str, int], record: Record) -> None:
    """Add a record's legs to the totals of the account types."""
    for line in record.lines:
        kind = account_type(line.account)
        totals[kind] = totals.get(kind, 0) + line.amount_fen


def _add(sums: dict[str, int], name: str, moved_fen: int) -> None:
    sum_fen = sums.get(name, 0) + moved_fen
    if sum_fen:
        sums[name] = sum_fen
    else:
        sums.pop(name, None)


def guard_of_item(table: str, item: Mapping[str, Any]) -> Guard:
    """Whose balances an item of the tables cards and accounts holds."""
    if table == "cards":
        return Guard("card", item["pk"])
    sort_key = item["sk"]
    if sort_key.startswith(POT):
        return Guard("pot", f"{item['pk']}:{sort_key.removeprefix(POT)}")
    return Guard("account", item["pk"])


@dataclass(frozen=True, slots=True)
class Difference:
    """A balance that is not what its journal says, in fen.

    It is told by how far the two are apart, for that stays the same while the balance moves on.
    """

    name: str
    stands_fen: int
    folded_fen: int

    @property
    def too_many_fen(self) -> int:
        return self.stands_fen - self.folded_fen

    @property
    def amount_fen(self) -> int:
        return abs(self.too_many_fen)

    def __str__(self) -> str:
        return f"{self.name} is {self.too_many_fen:+} fen away from its journal"


def compared(sums: dict[str, int], guard: Guard, item: Mapping[str, Any]) -> list[Difference]:
    """Where an item differs from the sums; these are taken away, for they are compared now."""
    found = []
    for column in BY_KIND[guard.kind]:
        name = name_of(guard, column)
        stands_fen, folded_fen = item.get(column, 0), sums.pop(name, 0)
        if stands_fen != folded_fen:
            found.append(Difference(name, stands_fen, folded_fen))
    return found


# ---------------------------------------------------------------- the platform's days


def day_name(account: str, day: str) -> str:
    return f"{account}|{day}"


def account_and_day(name: str) -> tuple[str, str]:
    account, _, day = name.rpartition("|")
    return account, day


def add_days(days: dict[str, int], record: Record, last_day: str) -> None:
    """Add a record's legs on the platform's accounts, if its day is one that is compared."""
    for line in platform_books.lines_of(record):
        if line.day <= last_day:
            _add(days, day_name(line.account, line.day), line.amount_fen)
