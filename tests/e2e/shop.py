"""A shop for tests: real use cases and the real store on the embedded engine; counterparties in memory."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.card import Card, CardState
from chalicelib.domain.catalog import CARD_BALANCE_CAP_FEN, CardKind, Form, Mode, Product
from chalicelib.domain.change import NewCard, NewDocument
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.order import Order
from chalicelib.domain.record import Record
from chalicelib.domain.stock import SKUS, Shelf, magazine_rows, shelf_row
from chalicelib.usecases.ask_name import AskName
from chalicelib.usecases.check_payment import CheckPayment
from chalicelib.usecases.close_cards import CloseCards
from chalicelib.usecases.close_order import CloseOrder
from chalicelib.usecases.make_card import MakeCard
from chalicelib.usecases.pay_order import PayOrder
from chalicelib.usecases.place_order import Placed, PlaceOrder, Purchase
from chalicelib.usecases.ports import Actor, Command, Stock
from chalicelib.usecases.refund_order import RefundOrder, RefundWish
from chalicelib.usecases.send_refund import SendRefund
from chalicelib.usecases.settle_payment import SettlePayment
from chalicelib.usecases.submit_top_up import SubmitTopUp
from tests.fakes.catalog import FixedCatalog
from tests.fakes.issuer import FakeIssuer
from tests.fakes.keys import FakeKeys
from tests.fakes.payment import FakePaymentChannel
from tests.fakes.stock import ListedStock
from tests.fakes.ulids import Ulids

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BUYER = "cus_BBBBBBBBBBBB"


def product(sku_id: str, **fields: object) -> Product:
    """A product: a bearer card of 100 yuan unless told otherwise."""
    values: dict[str, object] = {
        "sku_id": sku_id,
        "title": sku_id,
        "use": "CARD_SALE",
        "issuer": "ours",
        "mode": Mode.ISSUER,
        "kind": CardKind.BEARER,
        "form": Form.VIRTUAL,
        "face_fen": 10_000,
        "price_fen": 10_000,
        "cost_fen": 9_700,
    }
    return Product(**(values | fields))  # type: ignore[arg-type]


VIRTUAL = product("sku_virtual")
NAMED = product("sku_named", kind=CardKind.NAMED, face_fen=100_000, price_fen=98_500, cost_fen=97_000)
BONUS = product("sku_bonus", kind=CardKind.NAMED, face_fen=120_000, price_fen=100_000, cost_fen=97_000)
STOCK = product("sku_stock", form=Form.PHYSICAL)
AGENT_STOCK = product(
    "sku_agent", form=Form.PHYSICAL, mode=Mode.AGENT, face_fen=100_000, price_fen=98_500, cost_fen=97_000
)
TOPUP = product("sku_topup", use="TOPUP", face_fen=0, price_fen=0, cost_fen=0, kind=CardKind.NAMED)
BEARER_TOPUP = product("sku_bearer_topup", use="TOPUP", face_fen=0, price_fen=0, cost_fen=0)
AGENT_TOPUP = product(
    "sku_agent_topup", use="TOPUP", face_fen=0, price_fen=0, mode=Mode.AGENT, cost_bps=9_850
)

PRODUCTS = (VIRTUAL, NAMED, BONUS, STOCK, AGENT_STOCK, TOPUP, BEARER_TOPUP, AGENT_TOPUP)


@dataclass
class Shop:
    """What a test drives. `now` may be moved by the test."""

    now: datetime = NOW
    first_number: int = 1  # of the cards made here: several shops in one world make different ones
    catalog: Any = field(default_factory=FixedCatalog)
    vault: FakeKeys = field(default_factory=FakeKeys)
    issuer: FakeIssuer = field(default_factory=FakeIssuer)
    stock: Stock = field(default_factory=ListedStock)

    def __post_init__(self) -> None:
        self.keys = Ulids(lambda: self.now)
        if isinstance(self.catalog, FixedCatalog):
            self.catalog.shelf |= {item.sku_id: item for item in PRODUCTS}
        self.channel = FakePaymentChannel(lambda: self.now)
        numbers = itertools.count(self.first_number)
        self.make_card = MakeCard(self.vault, lambda count: f"{next(numbers):015d}")
        books, orders, cards = bootstrap.books(), bootstrap.orders(), bootstrap.cards()
        self.place_order = PlaceOrder(
            books,
            orders,
            cards,
            self.catalog,
            bootstrap.documents(),
            self.stock,
            self.make_card,
            lambda name: self.channel,
            lambda command, code: command.actor,
            AskName(books, bootstrap.documents(), orders),
        )
        self.alarms: list[tuple[str, int]] = []
        self.settle_payment = SettlePayment(
            books,
            orders,
            self.catalog,
            self.make_card,
            lambda order, notice: self.alarms.append((notice.payment_id, notice.amount_fen)),
        )
        self.pay_order = PayOrder(books, orders, self.catalog, self.make_card)
        self.check_payment = CheckPayment(orders, lambda name: self.channel, self.settle_payment)
        self.close_order = CloseOrder(books, orders, self.stock, self.check_payment)
        self.close_cards = CloseCards(books, orders, cards, self.issuer, self.vault)
        self.refund_order = RefundOrder(books, orders, cards, self.close_cards, self.catalog)
        self.send_refund = SendRefund(books, orders, lambda name: self.channel)
        self.submit_top_up = SubmitTopUp(books, orders, cards, self.vault, self.issuer)

    def command(
        self, key: str = "", person_id: str = BUYER, request: str = "same", **actor: object
    ) -> Command:
        """A command of the buyer under a new key."""
        values: dict[str, object] = {"real_name": True} | actor
        who = Actor(person_id, frozenset({"customer"}), **values)  # type: ignore[arg-type]
        return Command(who, key or next(self.keys), self.now, request)

    def buy(self, item: Product, command: Command | None = None, **wish: object) -> Placed:
        """Place an order at today's price, through the channel unless told otherwise."""
        values: dict[str, object] = {"channel": "sandbox", "expected_fen": item.price_fen} | wish
        if values.get("pay_card_id"):
            values["channel"] = ""
        purchase = Purchase(item.use, item.sku_id, **values)  # type: ignore[arg-type]
        return self.place_order(command or self.command(), purchase)

    def pay(self, order_id: str) -> Order:
        """The customer pays on the hosted page, and the channel's word is settled."""
        headers, body = self.channel.pay(order_id)
        return self.settle_payment(self.channel.verify(headers, body), self.now)

    def bought(self, item: Product, **wish: object) -> Order:
        return self.pay(self.buy(item, **wish).order.order_id)

    def refund(self, order: Order, command: Command | None = None, **wish: object) -> Order:
        return self.refund_order(command or self.command(), RefundWish(order.order_id, **wish))  # type: ignore[arg-type]

    def later(self, **by: int) -> None:
        self.now += timedelta(**by)

    def card_with(
        self, amount_fen: int, name: str = "A", holder_id: str = BUYER, kind: CardKind = CardKind.NAMED
    ) -> str:
        """A card account of ours holding so much."""
        card_id = f"crd_{name}"
        card = Card(
            card_id, "sku_named", "ours", "ISSUER", kind, "VIRTUAL", CardState.ACTIVE,
            CARD_BALANCE_CAP_FEN[kind], "0000", holder_id=holder_id,
        )  # fmt: skip
        lines = checked_lines(
            "OPENING", [debit("Q:OPENING", amount_fen), credit(f"L:PREPAID:{card_id}", amount_fen)]
        )
        record = Record("opening", card_id, "OPENING", self.now, "test", lines=lines)
        bootstrap.books().commit(record, [NewCard(card)])
        return card_id

    def shelved(self, item: Product, count: int, batch_id: str = "bat_1") -> list[str]:
        """So many cards of the product in magazines, as a committed batch lies there."""
        ids = [f"crd_{batch_id[4:]}{number:025}" for number in range(count)]
        for start in range(0, count, 100):
            cards = [self._in_stock(item, card_id) for card_id in ids[start : start + 100]]
            bootstrap.books().commit(None, [NewCard(card) for card in cards])
        shelf = shelf_row(Shelf(item.sku_id, batch_id, count))
        for row in (
            *magazine_rows(item.sku_id, batch_id, ids),
            shelf,
            NewDocument("stock", SKUS, item.sku_id, {}),
        ):
            bootstrap.documents().put(row.table, row.pk, row.sk, row.values)
        return ids

    def stocked(self, item: Product, count: int, name: str = "S") -> list[str]:
        """So many cards of the product in stock."""
        ids = [f"crd_{name}{number:03d}" for number in range(count)]
        for card_id in ids:
            bootstrap.books().commit(None, [NewCard(self._in_stock(item, card_id))])
            self.stock.give_back(item.sku_id, card_id)
        return ids

    def _in_stock(self, item: Product, card_id: str) -> Card:
        return Card(
            card_id, item.sku_id, item.issuer, item.mode, item.kind, item.form, CardState.IN_STOCK,
            item.balance_cap_fen, "0000", sealed=self.vault.seal(f"{card_id}|secret", card_id),
        )  # fmt: skip


def balance_fen(card_id: str) -> int:
    card = bootstrap.cards().get(card_id)
    assert card is not None
    return card.available_fen


def all_records(items: list[dict[str, dict[str, str]]]) -> list[Record]:
    """The journal, read whole."""
    import json

    from chalicelib.domain.record import from_body

    return [from_body(json.loads(item["body"]["S"])) for item in items]
