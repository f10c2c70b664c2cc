"""Send a refund back through its channel, and ask until it is known to have arrived.

APPROVED (with a due row, by whoever approved it) -> SUBMITTED -> the channel is called
-> SUCCEEDED posts, UNKNOWN is asked about, FAILED is sent again under the same id; what its
channel refuses again and again becomes MANUAL, and a person's.
"""

from collections.abc import Callable
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


@dataclass(frozen=True)
class SendRefund:
    books: Books
    orders: Orders
    channels: Callable[[str], PaymentChannel]

    def __call__(self, order_id: str, now: datetime) -> None:
        """Send every approved refund of the order that its channel has not been told of."""
        order = self.orders.get(order_id)
        approved = [r for r in order.refunds if r.state is RefundState.APPROVED] if order else []
        for refund in approved:
            if self._move(order_id, refund.refund_id, (RefundState.APPROVED,), RefundState.SUBMITTED):
                self._ask(order_id, refund, now, again=False)

    def ask_again(self, order_id: str, refund_id: str, now: datetime) -> None:
        """Ask about a refund whose end is not known; one that failed is sent again under its id.

        One that nobody has sent yet is sent: the word of its approval was lost. One that waits
        for a person is asked about, and only that person sends it again.
        """
        order = self.orders.get(order_id)
        refund = refund_of(order, refund_id) if order else None
        if refund is not None and refund.state is RefundState.APPROVED:
            self(order_id, now)
        elif refund is not None and refund.state is RefundState.MANUAL:
            self._ask_whether_done(order_id, refund, now)
        elif refund is not None and refund.state in OPEN:
            self._ask(order_id, refund, now, again=refund.state is not RefundState.FAILED)
        else:
            self.books.commit(None, [due.refund_ended(order_id, refund_id)])

    def _ask(self, order_id: str, refund: Refund, now: datetime, again: bool) -> None:
        order = self.orders.get(order_id)
        assert order is not None
        channel_name, payment_id = payment_behind(order, refund)
        channel, reference = self.channels(channel_name), refund_reference(order_id, refund.refund_id)
        outcome = channel.query_refund(reference) if again else None
        if outcome is None or outcome.never_arrived:
            outcome = channel.refund(order_id, reference, refund.amount_fen, payment_id)
        self._end(order_id, refund.refund_id, outcome, now)

    def _ask_whether_done(self, order_id: str, refund: Refund, now: datetime) -> None:
        order = self.orders.get(order_id)
        assert order is not None
        channel_name, _ = payment_behind(order, refund)
        reference = refund_reference(order_id, refund.refund_id)
        if channel_name and self.channels(channel_name).query_refund(reference).state == "SUCCEEDED":
            self._succeeded(order_id, refund.refund_id, now)

    def _end(self, order_id: str, refund_id: str, outcome: Outcome, now: datetime) -> None:
        if outcome.state == "SUCCEEDED":
            self._succeeded(order_id, refund_id, now)
        elif outcome.state == "FAILED":
            self._failed(order_id, refund_id, outcome.reason, now)
        else:
            self._move(order_id, refund_id, OPEN, RefundState.UNKNOWN)

    def _move(
        self,
        order_id: str,
        refund_id: str,
        before: tuple[RefundState, ...],
        after: RefundState,
    ) -> bool:
        """Whether this call moved the refund; another one may have been first."""
        for _ in range(TRIES_MAX):
            order = self.orders.get(order_id)
            refund = refund_of(order, refund_id) if order else None
            if order is None or refund is None or refund.state not in before or refund.state is after:
                return False
            try:
                self.books.commit(None, [OrderMoved(with_refund(order, replace(refund, state=after)))])
            except Stale:
                continue
            return True
        raise Unavailable()

    def _failed(self, order_id: str, refund_id: str, reason: str, now: datetime) -> None:
        for _ in range(TRIES_MAX):
            order = self.orders.get(order_id)
            refund = refund_of(order, refund_id) if order else None
            if order is None or refund is None or refund.state not in OPEN:
                return
            try:
                self.books.commit(None, _refused_once_more(order, refund, reason, now))
            except Stale:
                continue
            return
        raise Unavailable()

    def _succeeded(self, order_id: str, refund_id: str, now: datetime) -> None:
        for _ in range(TRIES_MAX):
            order = self.orders.get(order_id)
            refund = refund_of(order, refund_id) if order else None
            if order is None or refund is None or refund.state is RefundState.SUCCEEDED:
                return
            try:
                self._book(order, refund, now)
            except Replayed:
                return
            except Stale:
                continue
            return
        raise Unavailable()

    def _book(self, order: Order, refund: Refund, now: datetime) -> None:
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
        self.books.commit(record, [*arrived(order, refund, now, actor), gone])


def arrived(order: Order, refund: Refund, now: datetime, actor: str) -> list[Change]:
    """What else is true when a refund is with its payer: the order's new state, and its cards are closed."""
    after = with_refund(order, replace(refund, state=RefundState.SUCCEEDED))
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
