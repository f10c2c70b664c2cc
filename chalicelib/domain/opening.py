"""Opening: how does what comes from another system enter the books, and how is it known again?

Each row becomes one record, written together with what it makes and with its claim:

    row of         record                                  action
    distributors   dst_<key> / opening                     distributor.import
    customers      cus_<key> / opening                     person.import
    cards          opening_<source> / cards_<source id>    OPENING   Dr Q:OPENING   Cr L:PREPAID
    commission     dst_<key> / opening_<source>_<id>       OPENING   Dr Q:OPENING   Cr L:COMM_AVAIL, _FROZEN
                                                                     Dr A:CLAWBACK  Cr Q:OPENING
    bank           opening_<source> / bank_<source id>     OPENING   Dr A:BANK_…    Cr Q:OPENING

    work: pk import#<source>#<kind>   sk <source id>    mark, record: this row was brought, with this content

A person's key is the keyed hash of source and source id: nobody need remember which became
which, and a second try makes the same person. Q:OPENING nets to what the operator owns:
the bank's money less what is owed to card holders and distributors.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import NewDocument
from chalicelib.domain.ledger import account_type, checked_lines, credit, debit
from chalicelib.domain.opening_file import (
    SUM_OF_BANK,
    SUMS,
    OpeningKind,
    OpeningRow,
    OpeningState,
    Totals,
    release_pot,
)
from chalicelib.domain.record import Line, Plain, Record, canonical

TABLE = "work"
ACTION = "OPENING"
OWN = "Q:OPENING"

ACTIONS = {
    OpeningKind.DISTRIBUTORS: "distributor.import",
    OpeningKind.CUSTOMERS: "person.import",
    OpeningKind.CARDS: ACTION,
    OpeningKind.COMMISSION: ACTION,
    OpeningKind.BANK: ACTION,
}

# In which control total an account's balance is counted, and the sign of what is brought in it.
_SUM_OF_ACCOUNT = {
    "L:PREPAID": ("balance_fen", -1),
    "L:COMM_AVAIL": ("available_fen", -1),
    "L:COMM_FROZEN": ("frozen_fen", -1),
    "A:CLAWBACK": ("owed_fen", 1),
    **{account: (name, 1) for account, name in SUM_OF_BANK.items()},
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from, and who brings them in which run."""

    source: str
    kind: OpeningKind
    run_key: str
    actor: str
    at: datetime

    @property
    def claims(self) -> str:
        return claims_key(self.source, self.kind)

    def claim(self, row: OpeningRow, mark: str, record: Record) -> NewDocument:
        """That this row was brought: written with it, and never twice."""
        values = {"mark": mark, "record": record.record_id}
        return NewDocument(TABLE, self.claims, row.source_id, values)

    def record(
        self, row: OpeningRow, partition: str, entry_id: str, lines: Iterable[Line] = (), **about: Plain
    ) -> Record:
        told: dict[str, Plain] = {"source": self.source, "source_id": row.source_id, "run": self.run_key}
        return Record(
            partition=partition,
            entry_id=entry_id,
            action=ACTIONS[self.kind],
            at=self.at,
            actor=self.actor,
            about=told | {name: content for name, content in about.items() if content != ""},
            lines=checked_lines(ACTION, lines),
        )


def claims_key(source: str, kind: OpeningKind) -> str:
    return f"import#{source}#{kind}"


def told_of(row: OpeningRow) -> str:
    """The whole content of a row, for its keyed mark; the order of the columns does not count."""
    return canonical(dict(row.values)).decode()


def card_record(origin: Origin, row: OpeningRow, card_id: str) -> Record:
    """A card with what stands on it."""
    lines = [debit(OWN, row.amount_fen), credit(f"L:PREPAID:{card_id}", row.amount_fen)]
    return origin.record(
        row, f"opening_{origin.source}", f"cards_{row.source_id}", lines, card=card_id, sku=row.told("sku")
    )


def commission_record(origin: Origin, row: OpeningRow, distributor_id: str) -> Record:
    """What a distributor earned, or owes, in the system before."""
    state, amount_fen = OpeningState(row.told("state")), row.amount_fen
    pot = release_pot(row) if state is OpeningState.FROZEN else ""
    lines = {
        OpeningState.AVAILABLE: [
            debit(OWN, amount_fen),
            credit(f"L:COMM_AVAIL:{distributor_id}", amount_fen),
        ],
        OpeningState.FROZEN: [
            debit(OWN, amount_fen),
            credit(f"L:COMM_FROZEN:{distributor_id}:{pot}", amount_fen),
        ],
        OpeningState.OWED: [debit(f"A:CLAWBACK:{distributor_id}", amount_fen), credit(OWN, amount_fen)],
    }[state]
    entry_id = f"opening_{origin.source}_{row.source_id}"
    return origin.record(row, distributor_id, entry_id, lines, release=pot)


def bank_record(origin: Origin, row: OpeningRow) -> Record:
    """Money of the operator's own accounts, or with a supplier."""
    lines = [debit(row.told("account"), row.amount_fen), credit(OWN, row.amount_fen)]
    return origin.record(row, f"opening_{origin.source}", f"bank_{row.source_id}", lines)


def place_record(
    origin: Origin, row: OpeningRow, distributor_id: str, parent_id: str, root_id: str
) -> Record:
    """A distributor with the place in the tree."""
    about: dict[str, Plain] = {"parent": parent_id, "root": root_id, "agreement": row.told("agreement")}
    return origin.record(row, distributor_id, "opening", (), **about)


def person_record(origin: Origin, row: OpeningRow, person_id: str, referrer: str) -> Record:
    """A customer."""
    return origin.record(row, person_id, "opening", (), referrer=referrer)


def edge_values(at: datetime) -> Mapping[str, Any]:
    """The edge to a brought distributor; its record lies in the journal."""
    return {"since": to_ms(at)}


def totals_of(kind: OpeningKind, records: Iterable[Record]) -> Totals:
    """What the ledger says was brought by these records of one kind."""
    totals = {"rows": 0} | dict.fromkeys(SUMS[kind], 0)
    for record in records:
        totals["rows"] += 1
        for line in record.lines:
            counted = _SUM_OF_ACCOUNT.get(account_type(line.account))
            if counted is not None:
                totals[counted[0]] += counted[1] * line.amount_fen
    return totals


def differing(expected: Totals, found: Totals) -> dict[str, list[int]]:
    """By name the totals that are not equal: what was expected, what was found."""
    names = sorted({*expected, *found})
    return {
        name: [expected.get(name, 0), found.get(name, 0)]
        for name in names
        if expected.get(name) != found.get(name)
    }
