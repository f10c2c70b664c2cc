"""Sample orders: which paid orders of the last days show what a plan would do, in a bounded number of reads?

Orders lie by customer, so days are found in the platform's own books: payments on the accounts of the
channels, and commission, which also names orders that were paid from a card. A day that is longer than
can be read is looked at hour by hour. Of what was found a part is taken by the hash of its id:
the same part however often it is asked, and none that anybody chose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import product
from typing import Any, NamedTuple

from chalicelib.domain import platform_books as layout
from chalicelib.domain.allocation import ENTRIES
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.commission_entry import EXPENSE, order_id_of
from chalicelib.domain.order import Order
from chalicelib.domain.platform_books import PlatformLine
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.ports_in_bulk import ManyOrders, ManyRecords

CHANNELS = "A:CHANNEL:"
PAYMENTS = frozenset("SALE_ISSUER SALE_AGENT TOPUP_ISSUER TOPUP_AGENT".split())
READ_AT_ONCE = 100


class Bounds(NamedTuple):
    """How much is read. Packs hold lines of an account; by the hour where a day has more of them."""

    days: int = 7
    packs_of_day: int = 40
    packs_of_hour: int = 4
    channel_orders: int = 300
    balance_orders: int = 100


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Extent:
    """Which orders were looked at. `is_whole`: every payment of these days was counted, none left out.

    Of those paid from a balance only what earned commission is known.
    """

    first_day: str
    last_day: str
    channel_orders: int
    channel_orders_taken: int
    balance_orders_taken: int
    is_whole: bool


@dataclass(frozen=True)
class SampleOrders:
    documents: Documents
    orders: ManyOrders
    records: ManyRecords
    bounds: Bounds = BOUNDS

    def __call__(self, now: datetime) -> tuple[list[Order], Extent]:
        """Orders in the order of their ids, and what part of all they are."""
        today = business_date(now)
        days = [day_text(today - timedelta(days=ago)) for ago in reversed(range(self.bounds.days))]
        payments, earning, is_whole = self._found(days)
        by_channel = self._paid(_part(payments, self.bounds.channel_orders))
        known = {order.order_id for order in by_channel}
        candidates = self._orders(_part(earning - known, self.bounds.balance_orders))
        by_balance = [order for order in candidates if order.payer_card_id]
        extent = Extent(days[0], days[-1], len(payments), len(by_channel), len(by_balance), is_whole)
        return sorted((*by_channel, *by_balance), key=lambda order: order.order_id), extent

    def _found(self, days: Sequence[str]) -> tuple[set[str], set[str], bool]:
        """Payments by the id of their record, orders that earned commission, and whether that is all."""
        payments, earning, is_whole = set[str](), set[str](), True
        known = [item["sk"] for item in self.documents.query(layout.TABLE, layout.ACCOUNTS)]
        accounts = [account for account in known if account == EXPENSE or account.startswith(CHANNELS)]
        for account, day in product(accounts, days):
            lines, is_all = self._lines(account, day)
            is_whole = is_whole and is_all
            if account == EXPENSE:
                earning |= {order_id_of(entry_id) for entry_id in map(_entry_of, lines) if entry_id}
            else:
                payments |= {line.record_id for line in lines if line.action in PAYMENTS}
        return payments, earning, is_whole

    def _lines(self, account: str, day: str) -> tuple[list[PlatformLine], bool]:
        """Lines of a day, and whether they are all of them."""
        key, bounds = layout.lines_key(account, day), self.bounds
        packs = self._packs(key, "", bounds.packs_of_day)
        if len(packs) < bounds.packs_of_day:
            return _lines_in(packs), True
        hours = [self._packs(key, f"{hour:02}", bounds.packs_of_hour) for hour in range(24)]
        return _lines_in(pack for hour in hours for pack in hour), False

    def _packs(self, key: str, prefix: str, limit: int) -> list[dict[str, Any]]:
        return self.documents.query(layout.TABLE, key, prefix=prefix, limit=limit)

    def _paid(self, receipt_ids: Sequence[str]) -> list[Order]:
        """The orders behind payments."""
        order_ids: list[str] = []
        for start in range(0, len(receipt_ids), READ_AT_ONCE):
            some = receipt_ids[start : start + READ_AT_ONCE]
            keys = [(partition, entry_id) for partition, _, entry_id in (one.partition("/") for one in some)]
            order_ids += [str(record.about["order"]) for record in self.records.get_many(keys).values()]
        return self._orders(order_ids)

    def _orders(self, order_ids: Sequence[str]) -> list[Order]:
        found: list[Order] = []
        for start in range(0, len(order_ids), READ_AT_ONCE):
            found += self.orders.get_many(order_ids[start : start + READ_AT_ONCE]).values()
        return found


def _lines_in(packs: Iterable[dict[str, Any]]) -> list[PlatformLine]:
    return [line for pack in packs for line in layout.lines_in(pack)]


def _entry_of(line: PlatformLine) -> str:
    """The commission entry that a line is of, "" where it is of none."""
    entry_id = line.record_id.partition("/")[2]
    return entry_id if line.action == "COMMISSION" and entry_id.startswith(ENTRIES) else ""


def _part(ids: Iterable[str], count: int) -> list[str]:
    """So many of them at the most, by the hash of each."""
    return sorted(ids, key=lambda one: sha256(one.encode()).digest())[:count]
