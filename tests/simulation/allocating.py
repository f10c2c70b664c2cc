"""Allocating: what happens to entries and withdrawals, and what does the journal's reader make of it?"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import allocation as layout
from chalicelib.domain.allocation import STANDING, TABLE, standing_of
from chalicelib.domain.change import NewDocument, PotChange
from chalicelib.domain.commission_entry import History, history_of, hold_record, reversal_record
from chalicelib.domain.ledger import RISK_POT
from chalicelib.domain.record import Record
from chalicelib.domain.reversal import Sources
from chalicelib.usecases.allocate_withdrawal import AllocateWithdrawal
from chalicelib.usecases.decide_withdrawal import Verdict
from tests.e2e.invariants import Tables
from tests.fakes.operations import Script
from tests.fakes.ulids import ulid_of_number
from tests.simulation.store_on_tables import TABLES
from tests.simulation.store_programs import DISTRIBUTOR, NOW
from tests.simulation.withdrawing import CASHIER, FINANCE, OWNER, Till, entry_of

OLD, OLDER, TODAY, TOMORROW = "20261120", "20261119", "20261122", "20261123"
NOTHING = {"parts": [], "short_fen": 0, "given_back": True}
ALLOCATIONS = f"alloc#{DISTRIBUTOR}"


# ---------------------------------------------------------------- what happens


def sold(days_ago: int, number: int = 1, now: datetime = NOW) -> str:
    """The name of the entry of an order of some days ago."""
    return f"{ulid_of_number(now - timedelta(days=days_ago), number)}_222222222222_1"


def earned(till: Till, name: str, fen: int, day: str = OLD) -> str:
    """Commission of a sale that is released on a day, as its reader finds it."""
    record = entry_of(name, fen, day)
    happened(till, record, day)
    return record.entry_id


def refunded(till: Till, entry_id: str, fen: int, refund_id: str = "R1") -> None:
    before = history(till, entry_id)
    happened(till, reversal_record(before, refund_id, Sources(fen, (), 0, 0), NOW), before.pot)


def held(till: Till, entry_id: str, until: str = RISK_POT) -> None:
    """It is suspected, or let go into the pot of a day."""
    before = history(till, entry_id)
    happened(till, hold_record(before, until, NOW, "suspected"), before.pot, until)


def history(till: Till, entry_id: str) -> History:
    found = history_of(till.records(entry_id), entry_id)
    assert found is not None
    return found


def happened(till: Till, record: Record, *pots: str) -> None:
    written(till, record, *pots)
    read(till, record)


def written(till: Till, record: Record, *pots: str) -> None:
    """It stands in the journal, and its reader does not know of it yet."""
    till.store.books.commit(record, [PotChange(DISTRIBUTOR, pot) for pot in pots])


def rejected(till: Till, withdrawal_id: str) -> None:
    till.deciding(till.command(FINANCE), withdrawal_id, Verdict.REJECT)


def cancelled(till: Till, withdrawal_id: str) -> None:
    till.cancelling(till.command(OWNER), withdrawal_id)


def sent_back(till: Till, withdrawal_id: str) -> None:
    """It is paid, and the bank sends it back."""
    till.deciding(till.command(FINANCE), withdrawal_id, Verdict.APPROVE)
    till.bank.script(Script(later="RETURNED"))
    till.pay(withdrawal_id)
    till.paying().give_back(till.command(CASHIER), withdrawal_id)


# ---------------------------------------------------------------- what the reader makes of it


def read(till: Till, *records: Record, documents: Any = None, books: Any = None, **sizes: int) -> None:
    """The reader of the journal has read these."""
    allocate = AllocateWithdrawal(books or till.store.books, documents or till.store.documents, **sizes)
    for record in records:
        allocate(record, till.now)


def withdrawn(till: Till, fen: int, **sizes: int) -> str:
    """A request, and its reader."""
    withdrawal_id = till.requested(fen)
    read(till, *till.records(withdrawal_id), **sizes)
    return withdrawal_id


@dataclass
class Away:
    """A port that fails at one kind of call, or where something else happens before it."""

    port: Any
    at: str
    first: Callable[[], object]
    past: int = 0  # so many calls of this kind are let pass before

    def __getattr__(self, name: str) -> Any:
        if name == self.at:
            self.past -= 1
            if self.past < 0:
                self.first()
        return getattr(self.port, name)


@dataclass
class Late:
    """Books whose rows about what is there already are answered by nobody, and arrive when they are let."""

    books: Any
    sent: list[tuple[Any, ...]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.books, name)

    def commit(self, *asked: Any) -> None:
        _, changes = asked
        if any(isinstance(change, NewDocument) for change in changes):
            return self.books.commit(*asked)
        self.sent.append(asked)
        raise Gone

    def arrive(self) -> None:
        for asked in self.sent:
            self.books.commit(*asked)


class Gone(Exception):
    """The reader ends here; another reads the record again."""


def gone() -> None:
    raise Gone


# ---------------------------------------------------------------- what is there


def rows(till: Till) -> dict[str, Mapping[str, Any]]:
    items = till.store.documents.query(TABLE, ALLOCATIONS, consistent=True)
    return {item.pop("sk"): {name: it for name, it in item.items() if name != "pk"} for item in items}


def said(till: Till) -> dict[str, Mapping[str, Any]]:
    """What is said of withdrawals."""
    return {place: row for place, row in rows(till).items() if place != STANDING}


def taken(till: Till) -> dict[str, int]:
    """What went where, by entry and withdrawal."""
    return {place: row["fen"] for place, row in said(till).items() if "fen" in row}


def decided(till: Till, withdrawal_id: str) -> Mapping[str, Any]:
    return said(till)[withdrawal_id]


def opened(till: Till) -> dict[str, int]:
    """What is open, by release day and entry; nobody who decides next may miss any of it."""
    everything = open_behind(till, "")
    assert open_behind(till, behind(till)) == everything
    return everything


def open_behind(till: Till, place: str) -> dict[str, int]:
    records = [record for record in till.records("cme_") if record.entry_id > place]
    taken_fen: Counter[str] = Counter()
    for row, fen in taken(till).items():
        taken_fen[row.partition("#")[0]] += fen
    return {f"{one.release_day}#{one.entry_id}": one.open_fen for one in layout.opened(records, taken_fen)}


def behind(till: Till) -> str:
    """The place from which on the next decision looks."""
    return standing_of(rows(till).get(STANDING)).behind


def tables_of(till: Till) -> Tables:
    return Tables.read(lambda table: [dict(item) for item in till.store.tables.items(TABLES[table])])


def unchanged(till: Till, deed: Callable[[], object]) -> None:
    """What is open and what was taken; that somebody is told to look again does no harm."""
    before = opened(till), said(till)
    deed()
    assert (opened(till), said(till)) == before
