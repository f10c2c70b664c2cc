"""Rebuilt balances: what does the archive alone make of every account, and where does a table say otherwise?

Of each guarded item (card, distributor account, pot) its columns, of each account of
the platform its days. A record that the archive does not hold yet is counted apart:
it explains what it moves, and is no difference.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chalicelib.domain.ledger import GUARDED, account_type, movements
from chalicelib.domain.ledger_fold import POT, guard_of_item
from chalicelib.domain.platform_books import lines_of
from chalicelib.domain.record import Record

MAIN = "main"
PLATFORM = "platform"
SUM = "sum_fen"

Columns = Mapping[str, int]
TYPES = {(column.kind, column.name): kind for kind, column in GUARDED.items()}


class Account(NamedTuple):
    """What is compared: ("card" | "account" | "pot", owner), or (PLATFORM, "<account>|<YYYYMMDD>")."""

    kind: str
    owner: str

    def type_of(self, column: str) -> str:
        """`L:PREPAID` …: whose total the column counts in."""
        if self.kind == PLATFORM:
            return account_type(self.owner.partition("|")[0])
        return TYPES[self.kind, column]

    @property
    def columns(self) -> tuple[str, ...]:
        if self.kind == PLATFORM:
            return (SUM,)
        return tuple(name for kind, name in TYPES if kind == self.kind)


def account_of(table: str, item: Mapping[str, Any]) -> Account:
    """Whose balances an item of the tables cards or accounts holds."""
    return Account(*guard_of_item(table, item))


def item_key(account: Account) -> tuple[str, str, str]:
    """Table, pk and sk of the item that holds the balances of an account that is not the platform's."""
    if account.kind == "card":
        return "cards", account.owner, ""
    distributor_id, _, day = account.owner.partition(":")
    return "accounts", distributor_id, POT + day if day else MAIN


def platform_day(account: str, day: str) -> Account:
    return Account(PLATFORM, f"{account}|{day}")


def moved_by(record: Record) -> dict[Account, dict[str, int]]:
    """What a record moves, in fen: columns as they are stored, platform accounts debit positive."""
    moved = {Account(*guard): deltas for guard, deltas in movements(record).items()}
    for line in lines_of(record):
        moved[platform_day(line.account, line.day)] = {SUM: line.amount_fen}
    return moved


@dataclass(slots=True)
class Rebuilt:
    """The balances that are not zero, from the records taken so far."""

    balances: dict[Account, dict[str, int]] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        for account, deltas in moved_by(record).items():
            columns = self.balances.setdefault(account, {})
            for column, moved_fen in deltas.items():
                columns[column] = columns.get(column, 0) + moved_fen
            if not any(columns.values()):
                del self.balances[account]

    def of(self, account: Account) -> Columns:
        return self.balances.get(account, {})


@dataclass(frozen=True, slots=True)
class Compared:
    """One balance as the archive has it, as its table has it, and what is not archived yet, in fen."""

    account: Account
    column: str
    archive_fen: int
    waiting_fen: int
    table_fen: int

    @property
    def difference_fen(self) -> int:
        return self.table_fen - self.archive_fen - self.waiting_fen

    def __str__(self) -> str:
        name = " ".join(part for part in (*self.account, self.column) if part not in (PLATFORM, SUM))
        waiting = f" and {self.waiting_fen} waiting" if self.waiting_fen else ""
        return f"{name}: the table says {self.table_fen}, the archive {self.archive_fen}{waiting}"


def compared(
    account: Account, archive: Columns, stands: Columns, waiting: Iterable[Record]
) -> list[Compared]:
    """Every column of an account, side by side."""
    moved = [moved_by(record).get(account, {}) for record in waiting]
    return [
        Compared(
            account,
            column,
            archive.get(column, 0),
            sum(deltas.get(column, 0) for deltas in moved),
            stands.get(column, 0),
        )
        for column in account.columns
    ]
