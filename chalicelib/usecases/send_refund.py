"""Send a refund back through its channel, and ask until it is known to have arrived.

APPROVED (with a due row, by whoever approved it) -> SUBMITTED -> the channel is called
-> SUCCEEDED posts, UNKNOWN is asked about, FAILED is sent again under the same id; what its
channel refuses again and again becomes MANUAL, and a person's.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import due, manual_refund
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.change import Change, OrderMoved, Replayed, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import (
    Order,
    OrderState,
    Refund,
    RefundState,
    move,
    payment_behind,
    refund_of,
    refund_reference,
    state_after_refund,
    with_refund,
)
from chalicelib.domain.outside import Outcome
from chalicelib.domain.posting import paid_out_lines
from chalicelib.domain.record import Record
from chalicelib.usecases.ports import Books, Orders, PaymentChannel

TRIES_MAX = 5
OPEN = (RefundState.SUBMITTED, RefundState.UNKNOWN, RefundState.FAILED)
ON_ITS_WAY = (RefundState.APPROVED, *OPEN, RefundState.MANUAL)
Writes = tuple[Record | None, list[Change]]


@dataclass(frozen=True)
class SendRefund:
    books: Books
    orders: Orders
    channels: Callable[[str], PaymentChannel]

    def __call__(self, order_id: str, now: datetime) -> None:
        """Send every approved refund of the order that its channel has not been told of."""
        order = self.orders.get(order_id)
        if order is None:
            return
        for refund in [known for known in order.refunds if known.state is RefundState.APPROVED]:
            if self._move(order_id, refund.refund_id, (RefundState.APPROVED,), RefundState.SUBMITTED):
                self._ask(order, refund, now, again=False)

    def ask_again(self, order_id: str, refund_id: str, now: datetime) -> None:
        """Ask about a refund whose end is not known; one that failed is sent again under its id.

        One that nobody has sent yet is sent: the word of its approval was lost. One that waits
        for a person is asked about, and only that person sends it again.
        """
        order = self.orders.get(order_id)
        refund = refund_of(order, refund_id) if order else None
        if order is None or refund is None or refund.state not in ON_ITS_WAY:
            self.books.commit(None, [due.refund_ended(order_id, refund_id)])
        elif refund.state is RefundState.APPROVED:
            self(order_id, now)
        elif refund.state is RefundState.MANUAL:
            self._ask_whether_done(order, refund, now)
        else:
            self._ask(order, refund, now, again=refund.state is not RefundState.FAILED)

    def _ask(self, order: Order, refund: Refund, now: datetime, again: bool) -> None:
        channel_name, payment_id = payment_behind(order, refund)
        reference = refund_reference(order.order_id, refund.refund_id)
        channel = self.channels(channel_name)
        outcome = channel.query_refund(reference) if again else None
        if outcome is None or outcome.never_arrived:
            outcome = channel.refund(order.order_id, reference, refund.amount_fen, payment_id)
        self._end(order.order_id, refund.refund_id, outcome, now)

    def _ask_whether_done(self, order: Order, refund: Refund, now: datetime) -> None:
        channel_name, _ = payment_behind(order, refund)
        reference = refund_reference(order.order_id, refund.refund_id)
        if channel_name and self.channels(channel_name).query_refund(reference).state == "SUCCEEDED":
            self._succeeded(order.order_id, refund.refund_id, now)

    def _end(self, order_id: str, refund_id: str, outcome: Outcome, now: datetime) -> None:
        if outcome.state == "SUCCEEDED":
            self._succeeded(order_id, refund_id, now)
        elif outcome.state == "FAILED":

            def refused(order: Order, refund: Refund) -> Writes:
                return None, _refused_once_more(order, refund, outcome.reason, now)

            self._step(order_id, refund_id, OPEN, refused)
        else:
            sent = (RefundState.SUBMITTED, RefundState.FAILED)
            self._move(order_id, refund_id, sent, RefundState.UNKNOWN)

    def _succeeded(self, order_id: str, refund_id: str, now: datetime) -> None:
        with suppress(Replayed):  # somebody else has booked it meanwhile
            self._step(order_id, refund_id, ON_ITS_WAY, lambda order, refund: _paid_out(order, refund, now))

    def _move(
        self, order_id: str, refund_id: str, before: Collection[RefundState], after: RefundState
    ) -> bool:
        def moved(order: Order, refund: Refund) -> Writes:
            return None, [OrderMoved(with_refund(order, replace(refund, state=after)))]

        return self._step(order_id, refund_id, before, moved)

    def _step(
        self,
        order_id: str,
        refund_id: str,
        before: Collection[RefundState],
        write: Callable[[Order, Refund], Writes],
    ) -> bool:
        """Whether this call took the refund further; another one may have been first."""
        for _ in range(TRIES_MAX):
            order = self.orders.get(order_id)
            assert order is not None, "no order is ever taken away"
            refund = refund_of(order, refund_id)
            assert refund is not None, "nor a refund of it"
            if refund.state not in before:
                return False
            try:
                self.books.commit(*write(order, refund))
            except Stale:
                continue
            return True
        raise Unavailable()


def _paid_out(order: Order, refund: Refund, now: datetime) -> Writes:
    channel_name, _ = payment_behind(order, refund)
    actor = f"channel:{channel_name}"
    record = Record(
        partition=order.customer_id,
        entry_id=f"{order.order_id}#r{refund.refund_id}#paid",
        action="REFUND_PAID_OUT",
        at=now,
        actor=actor,
        about={"order": order.order_id, "refund": refund.refund_id},
        lines=paid_out_lines(channel_name, refund.amount_fen),
    )
    gone: Change = due.refund_ended(order.order_id, refund.refund_id)
    if refund.state is RefundState.MANUAL:
        gone = manual_refund.ended(order, refund)
    return record, [*arrived(order, refund, now, actor), gone]


def arrived(order: Order, refund: Refund, now: datetime, actor: str, settled: str = "") -> list[Change]:
    """What else is true when a refund is with its payer: the order's new state, and its cards are closed."""
    after = with_refund(order, replace(refund, state=RefundState.SUCCEEDED, settled=settled))
    if after.state is OrderState.REFUNDING and not any(r.open_fen for r in after.own_refunds):
        after = move(after, state_after_refund(after), at=now, actor=actor)
    closed = [
        CardChange(card_id, (CardState.REFUND_PENDING,), move_to=CardState.CLOSED)
        for card_id in refund.card_ids
        if refund.closes
    ]
    return [OrderMoved(after), *closed]


def _refused_once_more(order: Order, refund: Refund, reason: str, now: datetime) -> list[Change]:
    failed = replace(refund, state=RefundState.FAILED, failures=refund.failures + 1)
    if failed.failures < manual_refund.FAILURES_MAX:
        return [OrderMoved(with_refund(order, failed))]
    manual = replace(failed, state=RefundState.MANUAL)
    return [
        OrderMoved(with_refund(order, manual)),
        due.refund_ended(order.order_id, refund.refund_id),
        manual_refund.opened(order, manual, manual_refund.Cause.CHANNEL_REFUSES, now, reason),
    ]
