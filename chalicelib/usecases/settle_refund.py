"""Settle a refund by hand: how does money reach its payer that no machine could bring?

Its channel refused it again and again, or the paying card is at its cap, or closed. A
person of the office tries the same way once more, when the cause is gone, or says that
the money was sent from the bank. Either ends with the payer paid once: a channel is asked
before anybody sends the money another way.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from chalicelib.domain import due, manual_refund
from chalicelib.domain.card import CardChange, CardStateConflict
from chalicelib.domain.change import Change, OrderMoved, Replayed, Stale
from chalicelib.domain.errors import IllegalState, KeyReused, Unavailable
from chalicelib.domain.manual_refund import RefundUnknown
from chalicelib.domain.order import (
    Order,
    Refund,
    RefundState,
    payment_behind,
    refund_of,
    refund_reference,
    with_refund,
)
from chalicelib.domain.posting import settled_by_bank_lines, settled_on_card_lines
from chalicelib.domain.record import Record
from chalicelib.domain.worked_refund import REFUNDABLE
from chalicelib.usecases.approvals import Agreed
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Cards, Command, Orders, PaymentChannel
from chalicelib.usecases.refund_order import in_use
from chalicelib.usecases.send_refund import arrived

TRIES_MAX = 5
Writes = Callable[[Order, Refund], tuple[Record, list[Change]]]


@dataclass(frozen=True)
class SettleRefund:
    books: Books
    orders: Orders
    cards: Cards
    channels: Callable[[str], PaymentChannel]

    def retry(self, command: Command, order_id: str, refund_id: str) -> Order:
        """The order, whose refund goes its way once more: through its channel, or onto the paying card.

        Raises: RefundUnknown, IllegalState when it does not wait for a person,
        CardStateConflict, CardBalanceCap, KeyReused, Unavailable.
        """

        def write(order: Order, refund: Refund) -> tuple[Record, list[Change]]:
            channel_name, _ = payment_behind(order, refund)
            return self._again(command, order, refund) if channel_name else self._onto(command, order, refund)

        return self._step(command, order_id, refund_id, write)

    def by_bank(
        self, command: Command, order_id: str, refund_id: str, bank_reference: str, by: Agreed
    ) -> None:
        """The refund was sent from the bank under this reference, as people agreed (settle_by_bank.py).

        Raises: as `waiting`, Replayed, Stale.
        """
        order, refund = self.waiting(order_id, refund_id)
        about = {"order": order_id, "refund": refund_id, "bank": bank_reference, **by.marks}
        record = audit_record(command, "REFUND_SETTLED", **about)
        record = replace(record, lines=settled_by_bank_lines(order, refund.open_fen))
        changes = arrived(order, refund, command.now, command.actor.person_id, record.record_id)
        self.books.commit(record, [*changes, manual_refund.ended(order, refund), *by.closing])

    def waiting(self, order_id: str, refund_id: str) -> tuple[Order, Refund]:
        """An order and its refund that may be sent from the bank.

        Raises: RefundUnknown, IllegalState when it does not wait for a person or its channel does not say
        that it failed, Unavailable when the channel says nothing.
        """
        order, refund = self._refund(order_id, refund_id)
        if refund.state is not RefundState.MANUAL:
            raise IllegalState(entity=refund_id, state=refund.state, wanted=RefundState.SUCCEEDED)
        self._check_not_paid(order, refund)
        return order, refund

    def _refund(self, order_id: str, refund_id: str) -> tuple[Order, Refund]:
        order = self.orders.get(order_id)
        refund = refund_of(order, refund_id) if order else None
        if order is None or refund is None:
            raise RefundUnknown(order_id=order_id, refund_id=refund_id)
        return order, refund

    def _step(self, command: Command, order_id: str, refund_id: str, write: Writes) -> Order:
        for _ in range(TRIES_MAX):
            order, refund = self._refund(order_id, refund_id)
            if refund.state is not RefundState.MANUAL:
                return self._done_before(command, order, refund)
            try:
                record, changes = write(order, refund)
                self.books.commit(record, [*changes, manual_refund.ended(order, refund)])
            except Replayed as replayed:
                check_same(replayed, command)
                if replayed.body.get("about", {}).get("refund") != refund_id:
                    raise KeyReused() from None
            except Stale:
                continue
            return self.orders.get(order_id) or order
        raise Unavailable()

    def _done_before(self, command: Command, order: Order, refund: Refund) -> Order:
        record = self.books.record(command.actor.person_id, command.key)
        if record is None or record.about.get("refund") != refund.refund_id:
            raise IllegalState(entity=refund.refund_id, state=refund.state, wanted=RefundState.SUCCEEDED)
        if record.request_hash != command.request_hash:
            raise KeyReused()
        return order

    def _again(self, command: Command, order: Order, refund: Refund) -> tuple[Record, list[Change]]:
        """As it was when it was approved: the order stream sends it, under the id that it always had."""
        again = replace(refund, state=RefundState.APPROVED, failures=0)
        record = audit_record(command, "refund.retry", order=order.order_id, refund=refund.refund_id)
        to_send = due.refund_opened(order.order_id, refund.refund_id, command.now)
        return record, [OrderMoved(with_refund(order, again)), to_send]

    def _onto(self, command: Command, order: Order, refund: Refund) -> tuple[Record, list[Change]]:
        payer = in_use(self.cards, order.payer_card_id)
        if payer.state not in REFUNDABLE:
            raise CardStateConflict(card_id=payer.card_id, state=payer.state, needed=REFUNDABLE)
        record = audit_record(
            command, "REFUND_SETTLED", order=order.order_id, refund=refund.refund_id, card=payer.card_id
        )
        record = replace(record, lines=settled_on_card_lines(payer.card_id, refund.open_fen))
        credited = CardChange(payer.card_id, REFUNDABLE, cap_fen=payer.cap_fen)
        done = arrived(order, refund, command.now, command.actor.person_id, record.record_id)
        return record, [*done, credited]

    def _check_not_paid(self, order: Order, refund: Refund) -> None:
        """Nobody pays what its channel has paid, or may still be paying.

        Raises: IllegalState; Unavailable when the channel says nothing.
        """
        channel_name, _ = payment_behind(order, refund)
        if not channel_name:
            return
        told = self.channels(channel_name).query_refund(refund_reference(order.order_id, refund.refund_id))
        if told.state == "FAILED" or told.never_arrived:
            return
        if told.state == "UNKNOWN":
            raise Unavailable(reason=told.reason)
        raise IllegalState(entity=refund.refund_id, state=told.state, wanted=RefundState.SUCCEEDED)
