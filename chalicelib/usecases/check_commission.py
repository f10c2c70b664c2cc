"""Check commission: have these orders the entries and reversals that they should have, and no others?

What is missing is written by the use case that the order stream calls, under the same
keys: whoever comes second finds it done. What is too many is noted, never taken away.
The first look is at copies that may be old; what looks wrong is looked at again.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from chalicelib.domain.commission import calculate, facts_of
from chalicelib.domain.commission_check import (
    ENTRY,
    REVERSAL,
    Key,
    Verdict,
    expected_entries,
    is_earning,
    judged,
    places_of,
)
from chalicelib.domain.commission_entry import reversing_refunds
from chalicelib.domain.finding import Kind
from chalicelib.domain.order import Order
from chalicelib.domain.record import Record
from chalicelib.usecases.note_finding import NoteFinding
from chalicelib.usecases.pay_commission import PayCommission
from chalicelib.usecases.ports import Books
from chalicelib.usecases.ports_in_bulk import ManyOrders, ManyRecords

logger = logging.getLogger("forecourt")  # as observability.py calls it: so the line keeps its fields
Thing = TypeVar("Thing")

READ_AT_ONCE = 100


@dataclass(slots=True)
class Checked:
    """What became of the orders that were looked at."""

    orders: int = 0
    emitted: int = 0  # entries and reversals that were missing
    wrong: set[str] = field(default_factory=set)  # records that were noted as extra or differing
    failed: set[str] = field(default_factory=set)  # orders that could not be looked at

    def add(self, other: "Checked") -> None:
        self.orders += other.orders
        self.emitted += other.emitted
        self.wrong |= other.wrong
        self.failed |= other.failed


@dataclass(frozen=True)
class CheckCommission:
    """`follow` does what else follows a payment that nobody may have been told of: the fraud checks."""

    orders: ManyOrders
    records: ManyRecords
    books: Books
    pay: PayCommission
    note: NoteFinding
    follow: Callable[[Order, datetime], object]

    def __call__(
        self,
        order_ids: Iterable[str],
        now: datetime,
        seen: Mapping[str, Sequence[Record]] | None = None,
        paid: frozenset[str] = frozenset(),
    ) -> Checked:
        """Look at each order, emit what it lacks, note what it has too many.

        An order that is in the way keeps no other from its turn.

        `seen`: entries and reversals that are known to stand, by order, wherever they stand.
        `paid`: the orders that were paid just now.
        """
        checked = Checked()
        for some in _batches(list(dict.fromkeys(order_ids))):
            known = self.orders.get_many(some)
            present = self._present(known.values())
            for order_id in some:
                mine = [present[key] for key in _keys(known.get(order_id)) if key in present]
                found = {record.record_id: record for record in (*mine, *(seen or {}).get(order_id, ()))}
                checked.add(self._guarded(order_id, known.get(order_id), found, order_id in paid, now))
        return checked

    def _present(self, orders: Iterable[Order]) -> dict[Key, Record]:
        keys = [key for order in orders for key in places_of(order)]
        found: dict[Key, Record] = {}
        for some in _batches(keys):
            found |= self.records.get_many(some)
        return found

    def _guarded(
        self, order_id: str, order: Order | None, found: Mapping[str, Record], is_paid: bool, now: datetime
    ) -> Checked:
        checked = Checked(orders=1)
        try:
            if is_paid and order is not None:
                self.follow(order, now)
            if self._needs_another_look(order, found):
                self._settle(order_id, found, now, checked)
        except Exception:
            logger.exception("an order could not be reconciled", extra={"order": order_id})
            checked.failed.add(order_id)
        return checked

    def _needs_another_look(self, order: Order | None, found: Mapping[str, Record]) -> bool:
        if order is None or reversing_refunds(order):
            return True
        return not judged(order, self._expected(order), found.values()).is_clean

    def _expected(self, order: Order) -> dict[str, Record]:
        """The entries that the rules give this order. Raises: PlanMissing."""
        if not order.plan_id or not order.chain or order.paid_at is None:
            return {}
        plan = self.pay.plan_of(order)
        granted = self.pay.grants.again(order, plan)
        return expected_entries(order, calculate(facts_of(order), plan, order.paid_at, granted), plan)

    def _settle(self, order_id: str, found: Mapping[str, Record], now: datetime, checked: Checked) -> None:
        """Look again, at the order and its records as they are now, and act on that."""
        order = self.orders.get(order_id)
        expected = self._expected(order) if order is not None else {}
        verdict = judged(order, expected, self._beside(order, found))
        for record_id in verdict.extra:
            self._note(Kind.COMMISSION_EXTRA, record_id, f"nothing of {order_id} calls for it", now, checked)
        for record_id in verdict.differing:
            self._note(Kind.COMMISSION_DIFFERS, record_id, f"{order_id} gives other content", now, checked)
        if order is not None and verdict.missing and not verdict.differing:
            self._emit(order, verdict, now)
            checked.emitted += len(verdict.missing)

    def _beside(self, order: Order | None, found: Mapping[str, Record]) -> Iterable[Record]:
        """What stands at the order's places, read consistently, and what is known to stand elsewhere."""
        places = places_of(order) if order is not None else ()
        standing = [record for place in places for record in self.books.records(*place)]
        entries = [record for record in standing if record.action in (ENTRY, REVERSAL)]
        return {**found, **{record.record_id: record for record in entries}}.values()

    def _emit(self, order: Order, verdict: Verdict, now: datetime) -> None:
        assert is_earning(order)
        logger.warning(
            "commission was missing", extra={"order": order.order_id, "records": list(verdict.missing)}
        )
        self.pay(order, now)

    def _note(self, kind: Kind, record_id: str, detail: str, now: datetime, checked: Checked) -> None:
        self.note(kind, record_id, detail, now)
        checked.wrong.add(record_id)


def _keys(order: Order | None) -> tuple[Key, ...]:
    return places_of(order) if order is not None else ()


def _batches(things: Sequence[Thing]) -> Iterator[Sequence[Thing]]:
    return (things[start : start + READ_AT_ONCE] for start in range(0, len(things), READ_AT_ONCE))
