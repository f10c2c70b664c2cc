"""Reconcile commission: has every paid order what it should have earned, though nobody was told of it?

    every run        the orders whose records came into the archive since the last run
    once a day       all orders that changed since the last such sweep, whatever the streams lost

A run has a term, keeps how far it came, and may die or be doubled anywhere: what was
looked at is looked at again. It reads no stream.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.domain import reconciling, unpaid
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.commission_check import ENTRY, PURCHASES, REVERSAL, order_id_behind
from chalicelib.domain.finding import Kind
from chalicelib.domain.order import Order
from chalicelib.domain.reconciling import Mark, Sweep
from chalicelib.domain.record import Record, from_body
from chalicelib.usecases.check_commission import CheckCommission, Checked
from chalicelib.usecases.follow_archive import FollowArchive
from chalicelib.usecases.ports import Documents

TERM_MS = 200_000  # the function has 290 seconds, and the next run comes after 300
RECORDS_AT_ONCE = 2_000
ORDERS_AT_ONCE = 500
STUCK = "it could not be looked at; the log says why"  # how often is counted by the finding itself


@dataclass(slots=True)
class Batch:
    """Records of the archive that are looked at together: an order is looked at once for all of them."""

    mark: Mark
    orders: dict[str, list[Record]] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    records: int = 0

    def take(self, record: Record) -> None:
        self.records += 1
        order_id = order_id_behind(record)
        if not order_id:
            return
        seen = self.orders.setdefault(order_id, [])
        if record.action in (ENTRY, REVERSAL):
            seen.append(record)
        if record.action in PURCHASES:
            self.paid.add(order_id)


@dataclass(frozen=True)
class ReconcileCommission:
    """`elapsed_ms`: milliseconds since some moment, which never go back."""

    documents: Documents
    archive: FollowArchive
    check: CheckCommission
    elapsed_ms: Callable[[], int]

    def __call__(self, now: datetime) -> Checked:
        """Look at what is new, then go on with the sweep of the day, as far as the term lets it."""
        ends_at = self.elapsed_ms() + TERM_MS
        checked = self._again(now)
        self._follow(now, ends_at, checked)
        self._sweep(now, ends_at, checked)
        return checked

    def sweep_all(self, now: datetime) -> Checked:
        """Look at every order there is, from the first one on, without a term."""
        checked = Checked()
        self._swept(Sweep(reconciling.sweep_day(now), is_done=False), now, None, checked)
        return checked

    # what is new

    def _follow(self, now: datetime, ends_at: int, checked: Checked) -> None:
        item = self.documents.get(reconciling.TABLE, *reconciling.MARK, consistent=True)
        before = Mark(item["sequence"], item["object_key"]) if item else Mark()
        for batch in self._batches(before, now):
            self._look(batch, now, checked)
            if not self._marked(before, batch.mark) or self.elapsed_ms() > ends_at:
                return
            before = batch.mark

    def _batches(self, mark: Mark, now: datetime) -> Iterator[Batch]:
        """The records behind the mark up to the first one that is too young to be judged."""
        batch = Batch(mark)
        for after, links in self.archive(mark):
            for link in links:
                record = from_body(link.body)
                if not reconciling.is_old_enough(record.at, now):
                    yield batch
                    return
                batch.take(record)
                batch.mark = Mark(link.sequence, after.object_key)
            if batch.records >= RECORDS_AT_ONCE:
                yield batch
                batch = Batch(batch.mark)
        yield batch

    def _look(self, batch: Batch, now: datetime, checked: Checked) -> None:
        one = self.check(batch.orders, now, batch.orders, frozenset(batch.paid))
        self._put_again(one, {}, now)
        checked.add(one)

    def _marked(self, before: Mark, after: Mark) -> bool:
        """Whether this run moved the mark; another run that did has done the same."""
        if after == before:
            return True
        expected = {"sequence": before.sequence or None}
        change = DocumentChange(reconciling.TABLE, *reconciling.MARK, after.values(), expected)
        return self.documents.change(change) is not None

    # what was in the way

    def _again(self, now: datetime) -> Checked:
        rows = self.documents.query(reconciling.TABLE, reconciling.AGAIN, limit=ORDERS_AT_ONCE)
        tries = {row["sk"]: int(row["tries"]) for row in rows}
        checked = self.check(tries, now, paid=frozenset(tries))
        for order_id in tries.keys() - checked.failed:
            self.documents.delete(reconciling.TABLE, reconciling.AGAIN, order_id)
        self._put_again(checked, tries, now)
        return checked

    def _put_again(self, checked: Checked, tries: dict[str, int], now: datetime) -> None:
        for order_id in checked.failed:
            times = tries.get(order_id, 0) + 1
            self.documents.put(reconciling.TABLE, reconciling.AGAIN, order_id, {"tries": times})
            if times >= reconciling.STUCK_AFTER:
                self.check.note(Kind.COMMISSION_STUCK, order_id, STUCK, now)

    # all orders

    def _sweep(self, now: datetime, ends_at: int, checked: Checked) -> None:
        item = self.documents.get(reconciling.TABLE, *reconciling.SWEEP, consistent=True)
        sweep = reconciling.sweep_of(item)
        if not sweep.is_due(now):
            return
        self._swept(sweep.begun(now) if sweep.is_done else sweep, now, ends_at, checked)

    def _close_later(self, left_open: Iterable[Order], now: datetime) -> None:
        """Rows were lost with their records: with new ones the sweep of unpaid orders finds these."""
        for order in left_open:
            self.documents.put(unpaid.TABLE, *unpaid.row_of(order, now))

    def _swept(self, sweep: Sweep, now: datetime, ends_at: int | None, checked: Checked) -> None:
        """Go on until the end, or until the term is over; the position is kept after each page."""
        while not sweep.is_done:
            orders, position = self.check.orders.page(sweep.position, ORDERS_AT_ONCE)
            looked_at = [o.order_id for o in orders if reconciling.is_looked_at(o, sweep, now)]
            one = self.check(looked_at, now)
            self._put_again(one, {}, now)
            checked.add(one)
            self._close_later([o for o in orders if reconciling.is_left_open(o, now)], now)
            sweep = sweep.moved(position)
            if ends_at is not None:
                self.documents.put(reconciling.TABLE, *reconciling.SWEEP, sweep.values())
                if self.elapsed_ms() > ends_at:
                    return
