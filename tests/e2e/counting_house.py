"""A counting house for tests: the shop's channel is reconciled as the schedule does it, day after day."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from chalicelib import bootstrap
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.channel_bill import BillLine, Kind
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import Order
from chalicelib.domain.reconciliation_items import (
    TABLE,
    ReconciledDay,
    Ticket,
    date_of,
    day_from,
    days_key,
    differences_key,
    ticket_from,
)
from chalicelib.usecases.fetch_bill import FetchBill
from chalicelib.usecases.file_differences import FileDifferences
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.reconcile_channel import ReconcileChannel
from chalicelib.usecases.resolve_difference import ResolveDifference
from chalicelib.usecases.settle_channel import SettleChannel
from chalicelib.usecases.trace_bill_line import TraceBillLine
from local.testing import World
from tests.e2e.shop import VIRTUAL, Shop, all_records
from tests.e2e.shop_streams import ShopStreams

CHANNEL = "sandbox"
ACCOUNT = "A:CHANNEL:sandbox"
FIRST_NOON = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)  # noon in Shanghai
FINANCE = "stf_FFFFFFFFFFFF"
OWN = ("CHANNEL_SETTLED", "CHANNEL_COLLECTED")
DAY_1, DAY_2, DAY_3 = "20261116", "20261117", "20261118"

Lines = list[BillLine]


@dataclass
class CountingHouse:
    """One shop, its streams, and what the office sees of its channel."""

    world: World
    shop: Shop = field(default_factory=lambda: Shop(now=FIRST_NOON))

    def __post_init__(self) -> None:
        self.streams = ShopStreams(self.world, self.shop)
        books, orders, documents = bootstrap.books(), bootstrap.orders(), bootstrap.documents()
        self.reconcile = ReconcileChannel(
            documents,
            FetchBill(bootstrap.archive_objects(), lambda name: self.shop.channel),
            TraceBillLine(books, orders, self.shop.check_payment, self.shop.send_refund),
            SettleChannel(books, orders),
            FileDifferences(documents),
        )
        self.resolve = ResolveDifference(
            books, documents, lambda name: self.shop.channel, self.shop.settle_payment
        )

    @property
    def today(self) -> str:
        return day_text(business_date(self.shop.now))

    def paid_unheard(self, item: object, **wish: object) -> Order:
        """An order that was paid, and whose callback was lost."""
        placed = self.shop.buy(item, **wish).order  # type: ignore[arg-type]
        self.shop.channel.pay(placed.order_id)
        return placed

    def refunded(self, order: Order) -> None:
        self.shop.refund(order, cause="ISSUER")
        self.streams.drain()

    def morning(self, days: int = 1) -> dict[str, ReconciledDay]:
        """The next day comes, at the same hour, and what was not done is looked at."""
        self.streams.drain()
        self.shop.later(days=days)
        return self.look()

    def look(self) -> dict[str, ReconciledDay]:
        """One run of the schedule."""
        days = self.reconcile.days(CHANNEL, self.shop.now)
        looked = {day: self.reconcile(CHANNEL, day, self.shop.now) for day in days}
        self.streams.drain()
        return looked

    def days(self) -> dict[str, ReconciledDay]:
        items = bootstrap.documents().query(TABLE, days_key(CHANNEL), "day#")
        return {item["sk"].removeprefix("day#"): day_from(item) for item in items}

    def tickets(self, day: str) -> list[Ticket]:
        items = bootstrap.documents().query(TABLE, differences_key(CHANNEL, day))
        return [ticket_from(item) for item in items]

    def all_tickets(self) -> list[Ticket]:
        return [ticket for day in self.days() for ticket in self.tickets(day)]

    def command(self, key: str = "", reason: str = "cleared with the channel") -> Command:
        actor = Actor(FINANCE, frozenset({"finance"}))
        return Command(actor, key or next(self.shop.keys), self.shop.now, "same", reason)

    def books(self) -> dict[str, int]:
        return fold(all_records(self.world.items("journal")))

    def receipts_fen(self) -> int:
        """What our books say that the channel took and gave back, before it settled anything."""
        records = all_records(self.world.items("journal"))
        return fold(record for record in records if record.action not in OWN).get(ACCOUNT, 0)

    def statements_fen(self) -> int:
        """What the channel's files say, in all."""
        files = [bootstrap.archive_objects().get(f"bills/{CHANNEL}/{day}.csv") for day in self.days()]
        bills = zip(self.days(), files, strict=True)
        return sum(
            self.shop.channel.read_bill(date_of(day), raw).amount_fen for day, raw in bills if raw is not None
        )

    def alter(self, day: str, *changes: object) -> None:
        """The bill of this day is the channel's truth changed by these."""
        earlier = self.shop.channel.alter_bill

        def altered(asked: date, lines: list[BillLine]) -> list[BillLine]:
            lines = earlier(asked, lines)
            for change in changes if day_text(asked) == day else ():
                lines = change(lines)  # type: ignore[operator]
            return lines

        self.shop.channel.alter_bill = altered


# what is done to a bill


def without(order_id: str) -> Callable[[Lines], Lines]:
    return lambda lines: [line for line in lines if line.order_id != order_id]


def with_line(line: BillLine) -> Callable[[Lines], Lines]:
    return lambda lines: [*lines, line]


def changed(order_id: str, **changes: object) -> Callable[[Lines], Lines]:
    return lambda lines: [
        replace(line, **changes) if line.order_id == order_id else line  # type: ignore[arg-type]
        for line in lines
    ]


def stranger(fen: int, at: datetime = datetime(2026, 11, 16, 5, 0, tzinfo=UTC)) -> BillLine:
    return BillLine(Kind.PAYMENT, "ord_nobody", "PY-nobody", fen, 0, at)


# what a channel does against its word


def paid_wrong_amount(house: CountingHouse, paid_fen: int = 9_000) -> str:
    """An order for which the channel took another amount than we asked for."""
    house.shop.bought(VIRTUAL)
    order_id = house.shop.buy(VIRTUAL).order.order_id
    payment = house.shop.channel.payments[order_id]
    house.shop.channel.payments[order_id] = replace(payment, amount_fen=paid_fen)
    house.shop.channel.pay(order_id)
    house.shop.later(minutes=31)
    return order_id


def paid_once_more(house: CountingHouse) -> str:
    """An order whose first payment went back, and for which the channel, against its word, took another."""
    order_id, channel = paid_wrong_amount(house, 8_000), house.shop.channel
    house.shop.close_order.when_overdue(order_id, house.shop.now)
    house.shop.send_refund(order_id, house.shop.now)
    first = channel.payments[order_id]
    second = replace(first, payment_id="PY-second", amount_fen=9_000, at=house.shop.now)
    channel.payments |= {f"{order_id} first": first, order_id: second}
    channel.refunded_fen[order_id] = 0
    return order_id
