"""The stand: a small world in which one operation after the other can be begun afresh.

Everything is real (use cases, store, keys, engine) but the counterparties' answers.
How large the tree is, how many orders a buyer has behind him and how many entries and
release days a promoter, is chosen: no count may depend on it.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.business_time import day_text
from chalicelib.domain.ids import KEY_ALPHABET, owned_id
from chalicelib.domain.order import Order
from chalicelib.domain.outside import PaymentNotice
from chalicelib.domain.plan import Event
from chalicelib.domain.record import Client
from chalicelib.store import orders
from chalicelib.store.values import to_item
from chalicelib.usecases.place_order import Placed, Purchase
from chalicelib.usecases.ports import Actor, Command
from local.batch_rules import sequence_number
from local.testing import World
from tests.e2e.shop import AGENT_STOCK, NAMED, PRODUCTS, STOCK, TOPUP, VIRTUAL, Shop
from tests.e2e.tree import AGREEMENT, DAY, Tree, a_plan
from tests.fakes.payment import FakePaymentChannel

BATCH = 25
# As long as the API lets it be: what is told of a client is cut there.
CLIENT = Client("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "M" * 200, "0123456789abcdef", "t" * 64)


@dataclass(frozen=True)
class Size:
    """How much is there already."""

    distributors: int = 10
    old_orders: int = 0
    old_entries: int = 10
    old_pots: int = 60  # more than the first page of a balance: that is full at every size


@dataclass
class Stand:
    """Buyers, promoters, cards and products, each made when it is asked for."""

    world: World
    size: Size
    people: Iterator[str] = field(init=False)
    seconds: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        self.people = (f"cus_{_letters(number)}" for number in itertools.count(1))
        self.seconds = itertools.count(1)
        self.tree = Tree(self.world, people=self.people)
        self.now = self.tree.now
        self.channel = FakePaymentChannel(lambda: self.now)
        self.place_order = replace(bootstrap.place_order(), channels=lambda name: self.channel)
        self.shop = Shop(stock=bootstrap.stock())
        for product in PRODUCTS:
            bootstrap.books().commit(None, catalog_items.product_changes(product, None))
        self.tree.publish(
            a_plan(effective_at=self.now - DAY, events=(Event.CARD_SALE,), wallet_purchase_pays=True)
        )
        root = self.tree.root()
        self.upline = (self.tree.join(root), root)
        self._fill("edges", (_edge(root, number) for number in range(self.size.distributors)))
        self._fill("journal", (_entry(self.upline[0], number) for number in range(self.size.old_entries)))
        self._fill("accounts", (_old_pot(self.upline[0], number) for number in range(self.size.old_pots)))
        self._skip("edges")
        self._skip("journal")
        self._skip("accounts")
        for item in (STOCK, AGENT_STOCK):
            self.shop.shelved(item, 60, f"bat_{item.sku_id[4:]}")
        self._warm()

    def _skip(self, table: str) -> None:
        """What was put into a table was followed long ago."""
        for pump in self.world.pumps.streams:
            if pump.mapping.table_name != self.world.table_name(table):
                continue
            name = pump.mapping.name
            while records := pump.reader.read(pump.checkpoints.position(name), 1000):
                pump.checkpoints.keep(name, sequence_number(records[-1]))

    def _warm(self) -> None:
        """What a process fetches once and keeps: data key, blind index, catalogue, where cards lie."""
        bootstrap.catalog().forget()
        self.buy(VIRTUAL, payer=True)
        self.buy(STOCK, payer=True)
        self.buy(AGENT_STOCK)
        self.world.drain()

    def _fill(self, table: str, items: Iterator[Mapping[str, Any]]) -> None:
        """Put items as they are, 25 in a call."""
        client, name = self.world.client("dynamodb"), self.world.table_name(table)
        while batch := [{"PutRequest": {"Item": to_item(item)}} for item in itertools.islice(items, BATCH)]:
            client.batch_write_item(RequestItems={name: batch})

    def look_at_the_catalogue(self) -> None:
        """The look of every five seconds, so that it falls into no operation that is counted."""
        bootstrap.catalog().forget()
        bootstrap.catalog().products()

    # people

    def actor(self) -> Actor:
        """A customer below two promoters, with all the old orders the size asks for."""
        person_id = next(self.people)
        if self.size.old_orders:
            known = self._old_order(person_id)
            count = range(self.size.old_orders)
            self._fill("orders", (orders.to_values(known) | _place(person_id, number) for number in count))
            self._skip("orders")
        return Actor(person_id, frozenset({"customer"}), referrers=self.upline, real_name=True)

    def _old_order(self, person_id: str) -> Order:
        return self.tree.order(customer_id=person_id, plan_id="", paid_at=self.now - 400 * DAY)

    def command(self, actor: Actor) -> Command:
        """A command as the API hands it over: with the hash of its body and where it came from."""
        return Command(replace(actor, client=CLIENT), next(self.tree.keys), self.now, "0" * 64)

    def command_apart(self, actor: Actor) -> Command:
        """A command in a second of its own: all others share one, which the archive looks through."""
        return replace(self.command(actor), now=self.now + timedelta(seconds=next(self.seconds)))

    # purchases

    def buy(
        self, item: Any, payer: bool = False, command: Command | None = None, card_id: str = ""
    ) -> Placed:
        """One purchase, waiting for the channel or paid from a card account made for it."""
        command = command or self.command(self.actor())
        person_id = command.actor.person_id
        pay_card_id = card_id or (self.account(person_id) if payer else "")
        values = {"pay_card_id": pay_card_id} if pay_card_id else {"channel": "sandbox"}
        return self.place_order(command, Purchase(item.use, item.sku_id, item.price_fen, **values))

    def top_up(self, command: Command, card_id: str) -> Placed:
        wish = Purchase("TOPUP", TOPUP.sku_id, 20_000, amount_fen=20_000, card_id=card_id, channel="sandbox")
        return self.place_order(command, wish)

    def account(self, person_id: str, amount_fen: int = 300_000) -> str:
        """A card account of that person, as large an item as a real one."""
        order = self.place_order(
            self.command(Actor(person_id, frozenset({"customer"}), real_name=True)),
            Purchase("CARD_SALE", NAMED.sku_id, NAMED.price_fen, channel="sandbox"),
        ).order
        (card_id,) = self.paid(order).card_ids
        return card_id

    def notice(self, order: Order) -> PaymentNotice:
        payment_id = f"PY-{order.order_id}"
        return PaymentNotice("sandbox", order.order_id, payment_id, order.payable_fen, "SUCCEEDED", self.now)

    def paid(self, order: Order) -> Order:
        return bootstrap.settle_payment()(self.notice(order), self.now)


def _letters(number: int) -> str:
    """The number as the twelve characters of a key."""
    text = ""
    for _ in range(12):
        number, digit = divmod(number, len(KEY_ALPHABET))
        text = KEY_ALPHABET[digit] + text
    return text


def _edge(root: str, number: int) -> dict[str, Any]:
    """A promoter of the tree, below the one before."""
    own, parent = f"dst_Z{_letters(number)[1:]}", f"dst_Z{_letters(number - 1)[1:]}" if number else root
    return {
        "pk": own, "sk": "self", "state": "ACTIVE", "parent_id": parent, "root": root,
        "since": 1_760_000_000_123, "agreement": AGREEMENT, "operation": "old",
    }  # fmt: skip


def _entry(distributor_id: str, number: int) -> dict[str, Any]:
    """An old record of a promoter."""
    return {"pk": distributor_id, "sk": f"cme_00{number:024}_OLD", "body": "{}", "digest": "0" * 64}


def _old_pot(distributor_id: str, number: int) -> dict[str, Any]:
    """A pot that was released long ago."""
    day = day_text(date(2025, 6, 1) - timedelta(days=number))
    values = {"frozen_fen": 0, "version": 2, "taken": 1, "filling": 1, "last_record": f"rel_{day}_1"}
    return {"pk": distributor_id, "sk": f"frozen#{day}", **values}


def _place(person_id: str, number: int) -> dict[str, Any]:
    order_id = owned_id("ord", person_id, f"01K0000000{number:016d}")
    return {"pk": person_id, "sk": order_id, "version": 3}
