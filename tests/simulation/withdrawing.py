"""Withdrawing: who asks for commission, who agrees and who pays it, on the simulated tables?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain import due, tree_items
from chalicelib.domain.account import Balances
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import Change
from chalicelib.domain.commission_entry import EXPENSE, frozen
from chalicelib.domain.errors import Refusal
from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.record import Plain, Record
from chalicelib.domain.withdrawal_record import Filed
from chalicelib.usecases.decide_withdrawal import CancelWithdrawal, DecideWithdrawal, Verdict
from chalicelib.usecases.pay_withdrawal import PayWithdrawal
from chalicelib.usecases.ports import Actor, Books, Command
from chalicelib.usecases.request_withdrawal import RequestWithdrawal
from chalicelib.usecases.set_payee import Payee, SetPayee
from chalicelib.usecases.withdrawal_file import WithdrawalFile
from local.people import AtTheirWord
from tests.fakes.catalog import FixedCatalog
from tests.fakes.keys import FakeKeys
from tests.fakes.payout import FakePayout
from tests.fakes.ulids import ulid_of_number
from tests.simulation.store_programs import DISTRIBUTOR, NOW
from tests.simulation.used_store import ACCOUNT, OWED, Store

PERSON = f"cus_{DISTRIBUTOR[4:]}"
OWNER = Actor(PERSON, frozenset({"customer"}), real_name=True)
FINANCE = Actor("stf_FFFFFFFFFFFF", frozenset({"finance"}))
CASHIER = Actor("stf_CCCCCCCCCCCC", frozenset({"finance"}))
RISK = Actor("stf_RRRRRRRRRRRR", frozenset({"risk"}))
PARAMETERS: dict[str, Any] = {
    "withdrawal.amount_fen_min": 1,
    "withdrawal.amount_fen_max": 10_000_000,
    "withdrawal.fee_bps": 60,
    "withdrawal.payee_cool_down_hours": 24,
    "withdrawal.debt_days_max": 30,
    "withdrawal.daily_count_max": 1_000,
    "withdrawal.monthly_count_max": 1_000,
    "withdrawal.approval_tiers": [[None, 1]],
    "withdrawal.tax_method": "PER_PAYMENT",
}
PAYEE = Payee("王小明", "工商银行", "6222021234567890")


@dataclass
class Till:
    """The shipped use cases, a distributor with a payee, and a bank in memory. `now` may be moved."""

    store: Store = field(default_factory=Store)
    catalog: FixedCatalog = field(default_factory=lambda: FixedCatalog(parameters=dict(PARAMETERS)))
    keys: FakeKeys = field(default_factory=FakeKeys)
    bank: FakePayout = field(default_factory=FakePayout)
    now: datetime = NOW
    numbers: int = 0

    def __post_init__(self) -> None:
        place = {"root": DISTRIBUTOR, "state": "ACTIVE", "agreement": "2026-11", "operation": "k"}
        early = to_ms(NOW - timedelta(days=90))
        self.store.documents.put(tree_items.TABLE, DISTRIBUTOR, tree_items.SELF, {**place, "since": early})
        self.file = WithdrawalFile(self.store.books, self.store.accounts)
        self.set_payee(NOW - timedelta(days=2))

    def set_payee(self, at: datetime, payee: Payee = PAYEE) -> None:
        set_payee = SetPayee(self.store.books, self.store.documents, self.keys, AtTheirWord())
        set_payee(self.command(OWNER, now=at), payee)

    def place(self, **values: Any) -> None:
        """Other facts of the distributor's place."""
        item = self.store.documents.get(tree_items.TABLE, DISTRIBUTOR, tree_items.SELF) or {}
        kept = {name: content for name, content in (item | values).items() if content is not None}
        self.store.documents.put(tree_items.TABLE, DISTRIBUTOR, tree_items.SELF, kept)

    def command(self, actor: Actor, reason: str = "looked at it", **fields: Any) -> Command:
        self.numbers += 1
        told = {"now": self.now, "request_hash": "same"} | fields
        return Command(actor, ulid_of_number(self.now, self.numbers), reason=reason, **told)

    def earn(self, fen: int) -> None:
        """Commission that is available."""
        self.store.earn(fen)
        self.store.release(fen)

    # what people do

    @property
    def requesting(self) -> RequestWithdrawal:
        return RequestWithdrawal(
            self.store.books,
            self.store.accounts,
            self.store.documents,
            self.catalog,
            self.file,
            AtTheirWord(),
        )

    @property
    def deciding(self) -> DecideWithdrawal:
        return DecideWithdrawal(self.file)

    @property
    def cancelling(self) -> CancelWithdrawal:
        return CancelWithdrawal(self.file)

    def paying(self, bank: Any = None) -> PayWithdrawal:
        return PayWithdrawal(self.file, self.store.documents, self.keys, bank or self.bank)

    def requested(self, fen: int) -> str:
        return self.requesting(self.command(OWNER), fen).withdrawal.withdrawal_id

    def approved(self, fen: int) -> str:
        withdrawal_id = self.requested(fen)
        self.deciding(self.command(FINANCE), withdrawal_id, Verdict.APPROVE)
        return withdrawal_id

    def paid(self, fen: int) -> str:
        withdrawal_id = self.approved(fen)
        self.pay(withdrawal_id)
        return withdrawal_id

    def pay(self, withdrawal_id: str, bank: Any = None) -> Filed:
        return self.paying(bank)(self.command(CASHIER), withdrawal_id)

    # what is there

    @property
    def balances(self) -> Balances:
        return self.store.accounts.balances(DISTRIBUTOR, with_pots=False)

    def steps(self, withdrawal_id: str) -> list[str]:
        """What happened to a withdrawal, in order."""
        return [happening.step.value for happening in self.file.read(withdrawal_id).withdrawal.history[2:]]

    def records(self, withdrawal_id: str) -> list[Record]:
        return self.store.books.records(DISTRIBUTOR, withdrawal_id)

    def is_asked_about(self, withdrawal_id: str) -> bool:
        """Whether somebody will ask the bank what became of it."""
        key = due.key_of(due.PAYOUT, withdrawal_id)
        return self.store.documents.get(due.TABLE, *key, consistent=True) is not None


@dataclass
class OvertakenBooks:
    """Books in which somebody else does something just before the first write, or before every one."""

    books: Books
    first: Callable[[], object]
    always: bool = False
    done: int = 0

    def commit(self, record: Record | None, changes: Sequence[Change], token: str = "") -> None:
        if self.always or not self.done:
            self.done += 1
            self.first()
        self.books.commit(record, changes, token)

    def record(self, partition: str, entry_id: str) -> Record | None:
        return self.books.record(partition, entry_id)

    def records(self, partition: str, prefix: str = "") -> list[Record]:
        return self.books.records(partition, prefix)


def entry_of(name: str, fen: int, day: str) -> Record:
    """Commission of a sale, in the pot of the day on which it is released."""
    lines = (debit(EXPENSE, fen), credit(frozen(DISTRIBUTOR, day), fen))
    about: dict[str, Plain] = {"release": day, "sku": "sku"}
    return Record(DISTRIBUTOR, f"cme_{name}", "COMMISSION", NOW, "system", about, lines)


def without_name(actor: Actor) -> Actor:
    return replace(actor, real_name=False)


def refuses(till: Till, code: str, deed: Callable[[], object]) -> dict[str, Any]:
    """What the refusal tells; nothing has changed."""
    before = till.store.tables.change_number
    with pytest.raises(Refusal) as refused:
        deed()
    assert refused.value.code == code
    assert till.store.tables.change_number == before
    return dict(refused.value.facts)


def owing(till: Till, fen: int, days: int) -> None:
    """A debt that arose so many days ago."""
    lines = (debit(OWED, fen), credit("E:COMMISSION", fen))
    since = to_ms(NOW - timedelta(days=days))
    till.store.post("COMMISSION_REVERSAL", lines, replace(ACCOUNT, set_values={"debt_since": since}))


def overtaken(till: Till, first: Callable[[], object], always: bool = False) -> WithdrawalFile:
    """The file of somebody whom another overtakes."""
    books = OvertakenBooks(till.store.books, first, always)
    return WithdrawalFile(books, till.store.accounts)
