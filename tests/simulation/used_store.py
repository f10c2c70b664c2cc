"""The used store: the shipped store on simulated tables, and the postings that its tests make."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.domain.card import (
    Card,
    CardChange,
    CardState,
)
from chalicelib.domain.change import (
    AccountChange,
    Change,
    NewCard,
    PotChange,
)
from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.order import Order, OrderState
from chalicelib.domain.record import Line, Record
from chalicelib.store.accounts import DynamoAccounts
from chalicelib.store.books import DynamoBooks
from chalicelib.store.cards import DynamoCards
from chalicelib.store.documents import DynamoDocuments
from chalicelib.store.orders import DynamoOrders
from tests.simulation.faults import READS
from tests.simulation.store_on_tables import new_tables, store_on
from tests.simulation.store_programs import CUSTOMER, DISTRIBUTOR, NOW
from tests.unit.domain.test_order import an_order

DAY = "20261129"
LATER = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FROZEN, AVAILABLE = f"L:COMM_FROZEN:{DISTRIBUTOR}:{DAY}", f"L:COMM_AVAIL:{DISTRIBUTOR}"
HELD, OWED = f"L:WD_HOLD:wdr_{DISTRIBUTOR[4:]}01KAMX7Q000000000000000000", f"A:CLAWBACK:{DISTRIBUTOR}"
ACCOUNT, POT = AccountChange(DISTRIBUTOR), PotChange(DISTRIBUTOR, DAY)
ACTIVE = (CardState.ACTIVE,)


class Store:
    """The shipped store on its own simulated tables."""

    def __init__(self) -> None:
        self.tables = new_tables()
        self.sent: list[Mapping[str, Any]] = []  # the arguments of every call
        self.reads: list[Mapping[str, Any]] = []  # of those that read
        tokens, self._entries = itertools.count(), itertools.count()
        dynamo = store_on(self._noted)
        self.books = DynamoBooks(dynamo, lambda: f"token-{next(tokens)}")
        self.accounts, self.cards = DynamoAccounts(dynamo), DynamoCards(dynamo)
        self.orders, self.documents = DynamoOrders(dynamo), DynamoDocuments(dynamo)

    def _noted(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.sent.append(arguments)
        if operation in READS:
            self.reads.append(arguments)
        return self.tables.call(operation, arguments)

    def post(self, action: str, lines: tuple[Line, ...], *changes: Change) -> str:
        record = Record("par", f"e{next(self._entries)}", action, NOW, "system", lines=lines)
        self.books.commit(record, changes)
        return record.record_id

    def everything(self) -> list[object]:
        documents = [self.documents.query("work", "d"), self.orders.page(CUSTOMER, "", 0)]
        cards = [self.cards.get("crd_A"), self.cards.get("crd_B")]
        pots = [self.accounts.pot(DISTRIBUTOR, DAY), self.accounts.pot(DISTRIBUTOR, "risk")]
        return [*documents, *cards, *pots, self.accounts.balances(DISTRIBUTOR), self.books.records("par")]

    def refuses(self, refusal: type[Exception], deed: Callable[[], object]) -> Exception:
        before = self.everything()
        with pytest.raises(refusal) as refused:
            deed()
        assert type(refused.value) is refusal
        assert self.everything() == before
        return refused.value

    # postings of any amount

    def earn(self, fen: int, **pot: Any) -> None:
        self.post("COMMISSION", (debit("E:COMMISSION", fen), credit(FROZEN, fen)), replace(POT, **pot))

    def take_back(self, fen: int, **pot: Any) -> None:
        lines = (debit(FROZEN, fen), credit("E:COMMISSION", fen))
        self.post("COMMISSION_REVERSAL", lines, replace(POT, **pot))

    def release(self, fen: int, to_debt_fen: int = 0, owed_fen: int | None = None, **pot: Any) -> None:
        lines = (debit(FROZEN, fen), credit(AVAILABLE, fen - to_debt_fen))
        lines += (credit(OWED, to_debt_fen),) if to_debt_fen else ()
        self.post("COMMISSION_RELEASE", lines, replace(POT, **pot), replace(ACCOUNT, owed_fen=owed_fen))

    def request(self, fen: int, **account: Any) -> None:
        lines = (debit(AVAILABLE, fen), credit(HELD, fen))
        self.post("WITHDRAWAL_REQUEST", lines, replace(ACCOUNT, **account))

    def fill_card(self, fen: int, **change: Any) -> str:
        lines = (debit("A:CHANNEL:sandbox", fen), credit("L:PREPAID:crd_A", fen))
        return self.post("TOPUP_ISSUER", lines, card_change(**change))

    def empty_card(self, fen: int, **change: Any) -> None:
        lines = (debit("L:PREPAID:crd_A", fen), credit("L:REFUND_PAYABLE", fen))
        self.post("REFUND", lines, card_change(**change))


def a_card(**fields: Any) -> Card:
    card = Card("crd_A", "sku", "demo", "ISSUER", "NAMED", "VIRTUAL", CardState.ACTIVE, 500, "0001")
    return replace(card, **{"holder_id": CUSTOMER, **fields})


def card_change(**fields: Any) -> CardChange:
    return replace(CardChange("crd_A", ACTIVE, cap_fen=500), **fields)


def opened(store: Store, fen: int = 400, **fields: Any) -> Card:
    lines = (debit("Q:OPENING", fen), credit("L:PREPAID:crd_A", fen))
    store.post("OPENING", lines, NewCard(a_card(**fields)))
    card = store.cards.get("crd_A")
    assert card is not None
    return card


def order(**fields: Any) -> Order:
    named = {"customer_id": CUSTOMER, "order_id": ORDER_ID, **fields}
    return replace(an_order(OrderState.PENDING_PAY), **named)


ORDER_ID = f"ord_{CUSTOMER[4:]}01KAMX7Q000000000000000000"
