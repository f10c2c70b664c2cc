"""Find an entry: which record of the journal does an id name, and which records belong to the same order?

A record is named by its own id, `<partition>/<entry>`, as statements and the archive name it, or by what it
is about: an order (its payment), a withdrawal (its request), a commission entry or what happened to it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.domain.allocation import TABLE as VIEWS
from chalicelib.domain.allocation import allocations_key
from chalicelib.domain.catalog import Mode
from chalicelib.domain.commission_entry import entry_id_of, order_id_of
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import customer_id_of, distributor_id_of, ulid_of
from chalicelib.domain.money_trace import moved_fen
from chalicelib.domain.order import SURPLUS, Order, OrderState, Refund, payment_behind, refund_of
from chalicelib.domain.record import Record, from_body
from chalicelib.usecases.ports import Books, Documents, Orders
from chalicelib.usecases.settle_payment import ENTRY, receipt_partition

JOURNAL = "journal"
SALES = frozenset("SALE_ISSUER SALE_AGENT SALE_FROM_CARD TOPUP_ISSUER TOPUP_AGENT".split())
REFUNDS = frozenset("REFUND REFUND_TO_CARD REFUND_AGENT PAYMENT_TO_RETURN".split())
REFUNDED = frozenset("REFUND_PAID_OUT REFUND_SETTLED".split())


class EntryUnknown(NotFound):
    """No money was moved under this id; what only somebody said or did is told by the audit."""

    code = "ENTRY_UNKNOWN"
    advice = "Give the id of a journal entry, an order, a withdrawal or a commission entry."


class Link(NamedTuple):
    """A record that another one has to do with, and how much of it, in fen."""

    record_id: str
    action: str
    amount_fen: int


class Entry(NamedTuple):
    """A record, what it was booked because of, and what was booked because of it."""

    record: Record
    because_of: list[Link]
    led_to: list[Link]


@dataclass(frozen=True)
class FindEntry:
    books: Books
    orders: Orders
    documents: Documents

    def __call__(self, any_id: str) -> Entry:
        """Raises: EntryUnknown."""
        record = self.record(any_id)
        order = self.order_of(record)
        because = self._causes(record, order) if order else self._steps_before(record)
        effects = self._effects(record, order) if order else ()
        return Entry(record, list(map(_link, because)), [*map(_link, effects), *self._withdrawals(record)])

    def record(self, any_id: str) -> Record:
        """The record of money that this id names. Raises: EntryUnknown."""
        record = self._named(any_id)
        if record is None or not record.lines:
            raise EntryUnknown(id=any_id[:64])
        return record

    def many(self, record_ids: Iterable[str]) -> list[Record]:
        """Records by their own ids, at most a hundred, in one read."""
        found = self.documents.get_many(JOURNAL, [_key(record_id) for record_id in record_ids])
        return [from_body(json.loads(item["body"])) for item in found.values()]

    def _named(self, any_id: str) -> Record | None:
        partition, slash, entry_id = any_id.partition("/")
        if slash:
            return self.books.record(partition, entry_id)
        if any_id.startswith("wdr_"):
            return self.books.record(distributor_id_of(any_id), any_id)
        if any_id.startswith("cme_"):
            return self._commission(any_id)
        if any_id.startswith("ord_"):
            order = self.orders.get(any_id.partition("#")[0])
            if order is None or "#" in any_id:
                return self.books.record(customer_id_of(any_id), any_id)
            return self.payment_of(order)
        return None

    def _commission(self, entry_id: str) -> Record | None:
        order = self.orders.get(order_id_of(entry_id))
        level = entry_id.partition("#")[0].rpartition("_")[2]
        if order is None or not level.isdigit() or not 0 < int(level) <= len(order.chain):
            return None
        return self.books.record(order.chain[int(level) - 1].distributor_id, entry_id)

    # the records of an order

    def order_of(self, record: Record) -> Order | None:
        """The order that a record belongs to."""
        if record.entry_id.startswith("cme_"):
            return self.orders.get(order_id_of(record.entry_id))
        order_id = str(record.about.get("order", ""))
        return self.orders.get(order_id) if order_id.startswith("ord_") else None

    def payment_of(self, order: Order) -> Record | None:
        """How the order was paid, or None."""
        if order.paid_at is None:
            return None
        if order.channel:
            return self.books.record(receipt_partition(order.channel, order.payment_id), ENTRY)
        return self.books.record(order.customer_id, order.order_id)

    def refund_behind(self, record: Record, order: Order) -> Refund | None:
        """The refund that a record begins or ends."""
        told = record.about.get("refund")
        if told is not None:
            return refund_of(order, str(told))
        if record.action == "PAYMENT_TO_RETURN":
            payment = record.about.get("payment")
            return next((one for one in order.refunds if payment_behind(order, one)[1] == payment), None)
        return refund_of(order, ulid_of(order.order_id))

    def refund_begun(self, order: Order, refund: Refund) -> Record | None:
        """The record that took the money of a refund from the goods, or booked it as owed when it came."""
        return next((found for found in self._beginnings(order, refund) if found and found.lines), None)

    def _beginnings(self, order: Order, refund: Refund) -> Iterator[Record | None]:
        if refund.cause in (SURPLUS, "PAYMENT"):
            yield self.books.record(receipt_partition(*payment_behind(order, refund)), ENTRY)
            return
        if refund.refund_id == ulid_of(order.order_id):
            yield self.books.record(order.customer_id, f"{order.order_id}#failed")
        if order.mode == Mode.AGENT:
            yield self.books.record(order.customer_id, f"{order.order_id}#r{refund.refund_id}#approved")
        begun = (step for step in order.steps if step.state == OrderState.REFUNDING)
        for actor in dict.fromkeys(step.actor for step in begun if step.at == refund.at):
            yield self.books.record(actor, refund.refund_id)

    def refund_ended(self, order: Order, refund: Refund) -> Record | None:
        """The record by which what was owed of a refund reached its payer, or None as long as it is owed."""
        if refund.settled:
            return self.books.record(*_key(refund.settled))
        return self.books.record(order.customer_id, f"{order.order_id}#r{refund.refund_id}#paid")

    # because of which record, and what because of it

    def _causes(self, record: Record, order: Order) -> Iterator[Record]:
        if record.action == "COMMISSION_REVERSAL":
            entry_id, _, refund_id = record.entry_id.partition("#r")
            refund = refund_of(order, refund_id)
            causes = [refund and self.refund_begun(order, refund), self._commission(entry_id)]
        elif record.action in REFUNDED:
            refund = self.refund_behind(record, order)
            causes = [refund and self.refund_begun(order, refund)]
        elif record.action in SALES:
            causes = []
        else:
            causes = [self.payment_of(order)]
        yield from (cause for cause in causes if cause and cause.record_id != record.record_id)

    def _effects(self, record: Record, order: Order) -> Iterator[Record]:
        levels = enumerate(order.chain[:2], start=1)
        entries = [(link.distributor_id, entry_id_of(order.order_id, level)) for level, link in levels]
        if record.action in SALES:
            found = [self.books.record(*entry) for entry in entries]
            found += [self.refund_begun(order, refund) for refund in order.own_refunds]
        elif record.action == "COMMISSION":
            found = [*self.books.records(record.partition, f"{record.entry_id}#r")]
        elif record.action in REFUNDS:
            refund = self.refund_behind(record, order)
            suffix = f"#r{refund.refund_id}" if refund else "#r"
            found = [self.books.record(owner, entry_id + suffix) for owner, entry_id in entries]
        else:
            found = []
        yield from (one for one in found if one)

    def _steps_before(self, record: Record) -> list[Record]:
        """The payout that a bank sent back."""
        if record.action != "WITHDRAWAL_SENT_BACK":
            return []
        steps = self.books.records(record.partition, record.entry_id.partition("#")[0])
        return [step for step in steps if step.action == "WITHDRAWAL_PAID"]

    def _withdrawals(self, record: Record) -> Iterator[Link]:
        """The withdrawals that took parts of a commission entry, as they were allocated."""
        if record.action != "COMMISSION":
            return
        rows = self.documents.query(VIEWS, allocations_key(record.partition), f"{record.entry_id}#")
        for row in rows:
            withdrawal_id = row["sk"].partition("#")[2]
            yield Link(f"{record.partition}/{withdrawal_id}", "WITHDRAWAL_REQUEST", row["fen"])


def _key(record_id: str) -> tuple[str, str]:
    partition, _, entry_id = record_id.partition("/")
    return partition, entry_id


def _link(record: Record) -> Link:
    return Link(record.record_id, record.action, moved_fen(record))
