"""Programs of the store: which calls does the shipped store send when it is used at random?

`StoreUser.step()` uses a port of the store in some way, on simulated tables, and
gives the low-level calls that came of it. Few orders, cards and accounts, so that
versions, conditions and keys collide.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from chalicelib.domain.archive import Head, linked
from chalicelib.domain.card import Card, CardChange, CardState
from chalicelib.domain.change import (
    AccountChange,
    Change,
    DocumentChange,
    DocumentGone,
    NewCard,
    NewDocument,
    NewOrder,
    OrderMoved,
    PotChange,
    Replayed,
    Stale,
)
from chalicelib.domain.errors import Refusal
from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.order import Order, OrderState, Step
from chalicelib.domain.record import Line, Record
from chalicelib.domain.stock import Place, Shelf, magazine_rows, shelf_row
from chalicelib.store.accounts import DynamoAccounts
from chalicelib.store.archive_index import DynamoArchiveIndex
from chalicelib.store.backoff import Backoff
from chalicelib.store.books import DynamoBooks
from chalicelib.store.documents import DynamoDocuments
from chalicelib.store.dynamo import Dynamo
from chalicelib.store.orders import DynamoOrders
from chalicelib.store.stock import DynamoStock
from tests.simulation.connection import SimulatedConnection
from tests.simulation.tables import Tables

Call = tuple[str, dict[str, Any]]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
CUSTOMER = "cus_HHHHHHHHHHHH"
DISTRIBUTOR = "dst_DDDDDDDDDDDD"
SKU = "sku_demo"
EXPECTED = (Refusal, Replayed, Stale)
MOVES = (
    ((CardState.ACTIVE, CardState.FROZEN, CardState.IN_STOCK), None),
    ((CardState.ACTIVE,), CardState.FROZEN),
    ((CardState.FROZEN,), CardState.ACTIVE),
)


class StoreUser:
    """Uses the store; what it is refused is as welcome as what it gets."""

    def __init__(self, random: Random, key_schemas: Mapping[str, bool]) -> None:
        """`key_schemas` has every table of the store, named `…-<short name>`."""
        self.random = random
        self._calls: list[Call] = []
        self._tables = Tables(key_schemas, clock_ms=lambda: 0)
        names = {name.rpartition("-")[2]: name for name in key_schemas}
        backoff = Backoff(sleep_ms=lambda wait_ms: None, jitter_ms=lambda wait_ms: 0)
        dynamo = Dynamo(names, backoff, SimulatedConnection(self._noted))
        self.books = DynamoBooks(dynamo, self._token)
        self.documents = DynamoDocuments(dynamo)
        self.orders = DynamoOrders(dynamo)
        self.accounts = DynamoAccounts(dynamo)
        self.archive = DynamoArchiveIndex(dynamo)
        self.stock = DynamoStock(dynamo, random.randrange, self._token)

    def _noted(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self._calls.append((operation, dict(arguments)))
        return self._tables.call(operation, arguments)

    def _token(self) -> str:
        return f"token-{self.random.randrange(10**9)}"

    def step(self) -> list[Call]:
        """The calls of one use of the store."""
        self._calls = []
        uses = (
            [self.top_up, self.change_card, self.earn, self.release, self.set_tax, self.withdraw] * 2
            + [self.place_order, self.move_order, self.look_at_orders, self.audit, self.look_at_accounts]
            + [self.put_document, self.change_document, self.drop_document, self.look_at_documents]
            + [self.fill_stock, self.take_from_stock, self.sweep_stock, self.open_archive, self.fill_archive]
        )
        with suppress(*EXPECTED):
            self.random.choice(uses)()
        return self._calls

    def few(self) -> int:
        return self.random.randint(1, 5)

    def commit(self, lines: list[Line], action: str, *changes: Change) -> None:
        entry_id = f"e{self.random.randint(0, 40)}"
        self.books.commit(Record("par", entry_id, action, NOW, "system", lines=tuple(lines)), changes)

    # ---------------------------------------------------------------- cards

    def card(self) -> Card:
        return Card(
            card_id=self.random.choice(("crd_A", "crd_B")),
            sku_id=SKU,
            issuer="demo",
            mode="ISSUER",
            kind="NAMED",
            form="VIRTUAL",
            state=self.random.choice((CardState.IN_STOCK, CardState.ACTIVE)),
            cap_fen=10,
            last4="0001",
            holder_id=CUSTOMER,
        )

    def top_up(self) -> None:
        card, fen = self.card(), self.few()
        lines = [debit("A:CHANNEL:sandbox", fen), credit(f"L:PREPAID:{card.card_id}", fen)]
        change = self.random.choice(
            (NewCard(card), CardChange(card.card_id, (CardState.ACTIVE,), cap_fen=10))
        )
        self.commit(lines, "TOPUP_ISSUER", change)

    def change_card(self) -> None:
        card, fen = self.card(), self.few()
        account = f"L:PREPAID:{card.card_id}"
        moved = (
            [debit(account, fen), credit(f"L:AUTH_HOLD:{card.card_id}", fen)]
            if self.random.random() < 0.5
            else []
        )
        states, move_to = self.random.choice(MOVES)
        change = CardChange(
            card.card_id,
            states,
            holder_id=self.random.choice(("", CUSTOMER)),
            not_revealed=self.random.random() < 0.3,
            move_to=move_to,
            revealed_at=self.random.choice((None, NOW)),
        )
        self.commit(moved, "AUTHORIZE" if moved else "card.change", change)

    # ---------------------------------------------------------------- accounts

    def day(self) -> str:
        return self.random.choice(("20261129", "20261130", "risk"))

    def earn(self) -> None:
        day, fen = self.day(), self.few()
        lines = [debit("E:COMMISSION", fen), credit(f"L:COMM_FROZEN:{DISTRIBUTOR}:{day}", fen)]
        self.commit(lines, "COMMISSION", PotChange(DISTRIBUTOR, day))

    def release(self) -> None:
        day, fen = self.day(), self.few()
        lines = [debit(f"L:COMM_FROZEN:{DISTRIBUTOR}:{day}", fen), credit(f"L:COMM_AVAIL:{DISTRIBUTOR}", fen)]
        pot = self.accounts.pot(DISTRIBUTOR, day)
        seen = self.random.choice(
            ({}, {"taken": pot.taken}, {"frozen_fen": pot.frozen_fen}, {"frozen_fen": fen})
        )
        owed = self.random.choice((None, 0, 2))
        self.commit(
            lines, "COMMISSION_RELEASE", PotChange(DISTRIBUTOR, day, **seen), AccountChange(DISTRIBUTOR, owed)
        )

    def withdraw(self) -> None:
        fen = self.few()
        hold = f"L:WD_HOLD:wdr_DDDDDDDDDDDD{'0' * 26}"
        there, back = [debit(f"L:COMM_AVAIL:{DISTRIBUTOR}", fen), credit(hold, fen)], []
        back = [debit(hold, fen), credit(f"L:COMM_AVAIL:{DISTRIBUTOR}", fen)]
        action, lines = self.random.choice((("WITHDRAWAL_REQUEST", there), ("WITHDRAWAL_RETURN", back)))
        looked_at = [PotChange(DISTRIBUTOR, "risk", taken=0)] if self.random.random() < 0.3 else []
        self.commit(lines, action, AccountChange(DISTRIBUTOR), *looked_at)

    def set_tax(self) -> None:
        before, after = self.random.choices((None, 1, 2), k=2)
        values = {"tax_paid_fen": after or 0}
        self.commit([], "tax.set", AccountChange(DISTRIBUTOR, None, values, {"tax_paid_fen": before}))

    def look_at_accounts(self) -> None:
        self.accounts.balances(DISTRIBUTOR, with_pots=self.random.random() < 0.5)
        self.books.records("par", self.random.choice(("", "e1", "e")))

    def audit(self) -> None:
        entry_id = f"e{self.random.randint(0, 40)}"
        self.books.commit(Record("par", entry_id, "audit.note", NOW, "stf_1", about={"subject": "x"}), [])

    # ---------------------------------------------------------------- orders

    def order(self) -> Order:
        order_id = f"ord_HHHHHHHHHHHH{self.random.randint(1, 2):026}"
        return Order(
            order_id=order_id,
            customer_id=CUSTOMER,
            use="CARD_SALE",
            state=OrderState.PENDING_PAY,
            sku_id=SKU,
            issuer="demo",
            mode="ISSUER",
            category="",
            region="",
            quantity=2,
            face_fen=200,
            payable_fen=190,
            cost_fen=180,
            price_version=1,
            payer="channel:sandbox",
            card_ids=("crd_A",),
            created_at=NOW,
            request_hash=self.random.choice(("h1", "h2")),
        )

    def place_order(self) -> None:
        order = self.order()
        if self.random.random() < 0.5:
            self.orders.put_new(order)
            return
        work = NewDocument("work", "due", order.order_id, {"at": 5})
        self.books.commit(None, [NewOrder(order), *([work] if self.random.random() < 0.5 else [])])

    def move_order(self) -> None:
        order = self.orders.get(self.order().order_id) or self.order()
        stale = self.random.choice((0, 0, 0, 1))
        step = Step("PAID", NOW, "system")
        moved = replace(order, steps=(*order.steps, step), version=order.version - stale)
        self.books.commit(None, [OrderMoved(moved), DocumentGone("work", "due", order.order_id)])

    def look_at_orders(self) -> None:
        before = self.random.choice(("", f"ord_HHHHHHHHHHHH{2:026}"))
        self.orders.page(CUSTOMER, before, self.random.randint(1, 2))

    # ---------------------------------------------------------------- plain items

    def place(self) -> tuple[str, str, str]:
        table = self.random.choice(("people", "work", "views", "edges"))
        return table, "p", self.random.choice(("a", "b#1", "b#2"))

    def put_document(self) -> None:
        values = {"n": self.few(), "texts": ["t"], "inner": {"m": -self.few()}, "yes": True, "no": None}
        kind = self.random.choice((self.documents.put, self.documents.put_new))
        kind(*self.place(), values)
        if self.random.random() < 0.3:
            table, pk, sk = self.place()
            self.documents.put_many(table, [(pk, sk, values), (pk, sk + "#9", values), (pk, sk, {"n": 0})])

    def change_document(self) -> None:
        expected = self.random.choice(({}, {"n": self.few()}, {"gone": None}, {"yes": True, "gone": None}))
        counted = self.random.choice((None, {"n": 1}, {"n": -2, "m": 1}))
        at_least = {"n": 2} if counted and counted["n"] < 0 else None
        change = DocumentChange(*self.place(), {"s": "x" * self.few()}, expected, counted, at_least)
        if self.random.random() < 0.5:
            self.documents.change(change)
            return
        self.books.commit(None, [change, NewDocument("work", "q", f"{self.few()}", {})])

    def drop_document(self) -> None:
        place = self.place()
        if self.random.random() < 0.5:
            self.documents.delete(*place)
            return
        self.books.commit(None, [DocumentGone(*place, self.random.choice((None, {"n": self.few()})))])

    def look_at_documents(self) -> None:
        table, pk, sk = self.place()
        prefix, after = self.random.choice(("", "b#")), self.random.choice(("", "", "b#1"))
        newest, limit = self.random.random() < 0.5, self.random.randint(0, 2)
        self.documents.query(table, pk, prefix, after, limit, newest, consistent=True)
        self.documents.get_many(table, [(pk, sk), (pk, "missing")])

    # ---------------------------------------------------------------- stock and archive

    def fill_stock(self) -> None:
        cards = ["crd_A", "crd_B", "crd_C"]
        rows = [*magazine_rows(SKU, "b1", cards), shelf_row(Shelf(SKU, "b1", len(cards), 0))]
        self.books.commit(None, rows)

    def take_from_stock(self) -> None:
        card_id = self.stock.claim(SKU)
        if self.random.random() < 0.5:
            self.stock.give_back(SKU, card_id)

    def sweep_stock(self) -> None:
        for place in self.stock.places(SKU):
            self._sweep(place)

    def _sweep(self, place: Place) -> None:
        for taken in place.taken:
            self.stock.suspect(place, taken.card_id, NOW)
            self.stock.restore(place, taken.card_id)
        if place.is_spent and not place.taken:
            self.stock.remove(place)

    def open_archive(self) -> None:
        head = self.archive.head()
        self.archive.moved(self.random.choice((head, Head())), head.opened(NOW))

    def fill_archive(self) -> None:
        ids = [f"par/e{number}" for number in range(10)]
        bodies = [{"id": one, "at": self.random.randrange(120_000)} for one in self.random.sample(ids, 2)]
        self.archive.add(f"records/{self.random.randint(1, 3)}", linked(0, "00" * 32, bodies))
        self.archive.archived({one: self.random.randrange(120_000) for one in (*ids[:2], bodies[0]["id"])})
