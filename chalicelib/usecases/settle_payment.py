"""Settle a payment: a channel's signed word arrives, perhaps late, twice, or for an order that is closed.

One transaction {order, cards, journal}: PAID and delivered, with the plan frozen.
The journal's key is the channel's payment id, so a payment posts once however
often its word comes. When the goods cannot be delivered (the card would pass its
legal cap), another amount was paid than was asked for, or the order is closed or paid
by something else, the money is booked all the same, as owed to its payer, and goes back
by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import due
from chalicelib.domain.card import Card
from chalicelib.domain.catalog import Mode, Product
from chalicelib.domain.change import Change, OrderMoved, Replayed, Stale
from chalicelib.domain.errors import Refusal, Unavailable
from chalicelib.domain.ids import ulid_of
from chalicelib.domain.order import (
    Order,
    OrderState,
    OrderUnknown,
    Refund,
    RefundState,
    booked_fen,
    is_known_payment,
    move,
    noted,
    surplus_refund,
    with_refund,
)
from chalicelib.domain.outside import PaymentNotice
from chalicelib.domain.payment import AmountDiffers
from chalicelib.domain.posting import payment_to_return_lines, purchase_action, purchase_lines
from chalicelib.domain.record import Record
from chalicelib.usecases.make_card import MakeCard
from chalicelib.usecases.place_order import delivery
from chalicelib.usecases.ports import Books, Catalog, Orders

TRIES_MAX = 6
ENTRY = "receipt"


def receipt_partition(channel: str, payment_id: str) -> str:
    """The key of one payment's journal: a payment id posts once, whatever it is said to pay."""
    return f"pay_{channel}_{payment_id}"


@dataclass(frozen=True)
class SettlePayment:
    books: Books
    orders: Orders
    catalog: Catalog
    make_card: MakeCard
    amount_differed: Callable[[Order, PaymentNotice], None]  # told once of each such payment

    def __call__(self, notice: PaymentNotice, now: datetime, is_answer: bool = False) -> Order:
        """The order after the payment is booked, now or earlier.

        `is_answer`: we asked the channel, and it says so. Then another amount than was
        asked for is booked as well, and goes back; a callback alone is not believed.
        Raises: OrderUnknown, AmountDiffers, ProductUnknown, Unavailable.
        """
        for _ in range(TRIES_MAX):
            order = self.orders.get(notice.order_id)
            if order is None or order.channel not in ("", notice.channel):
                raise OrderUnknown(order_id=notice.order_id)
            try:
                return self._book(order, notice, now, is_answer)
            except Replayed:
                booked = self.orders.get(notice.order_id)
                assert booked is not None
                return booked
            except Stale:
                continue
        raise Unavailable()

    def give_back(self, notice: PaymentNotice, reason: str, now: datetime) -> Order:
        """Book a payment that its order does not take, whatever its amount, and send it back; once.

        Raises: OrderUnknown, Unavailable.
        """
        for _ in range(TRIES_MAX):
            order = self.orders.get(notice.order_id)
            if order is None:
                raise OrderUnknown(order_id=notice.order_id)
            if is_known_payment(order, notice.channel, notice.payment_id):
                return order
            surplus = surplus_refund(order, notice.channel, notice.payment_id, notice.amount_fen, now)
            try:
                return self._to_return(order, surplus, notice, now, reason)
            except (Replayed, Stale):
                continue
        raise Unavailable()

    def _book(self, order: Order, notice: PaymentNotice, now: datetime, is_answer: bool) -> Order:
        if is_known_payment(order, notice.channel, notice.payment_id):
            return _as_booked(order, notice)  # its word came again after everything was done
        if order.payable_fen != notice.amount_fen:
            if not is_answer or notice.amount_fen <= 0:
                raise AmountDiffers(order_id=order.order_id, expected_fen=order.payable_fen)
            return self._another_amount(order, notice, now)
        if order.state is not OrderState.PENDING_PAY:
            surplus = surplus_refund(order, notice.channel, notice.payment_id, notice.amount_fen, now)
            return self._to_return(order, surplus, notice, now, f"paid while {order.state}")
        product = self.catalog.product(order.sku_id)  # one that is not known here yet is no refusal
        try:
            return self._deliver(order, product, notice, now)
        except Unavailable:
            raise
        except Refusal as refusal:
            return self._undeliverable(order, notice, now, refusal.code)

    def _another_amount(self, order: Order, notice: PaymentNotice, now: datetime) -> Order:
        """What was really paid is ours to give back; the order waits on as if nothing had come."""
        reason = f"{AmountDiffers.code}: {notice.amount_fen} paid, {order.payable_fen} asked for"
        surplus = surplus_refund(order, notice.channel, notice.payment_id, notice.amount_fen, now)
        told = noted(order, now, f"channel:{notice.channel}", reason)
        booked = self._to_return(told, surplus, notice, now, reason)
        self.amount_differed(booked, notice)
        return booked

    def _deliver(self, order: Order, product: Product, notice: PaymentNotice, now: datetime) -> Order:
        made: list[Card] = []
        if product.use == "CARD_SALE" and not product.is_stocked:
            made = [self.make_card(product, order) for _ in range(order.quantity)]
            order = replace(order, card_ids=tuple(card.card_id for card in made))
        paid_at = min(notice.paid_at, now)
        plan = self.catalog.plan_at(paid_at)
        order = replace(order, plan_id=plan.plan_id if plan else "", paid_at=paid_at)
        order = replace(order, payment_id=notice.payment_id)
        order = move(order, *_states_after_payment(order, product), at=now, actor=notice.channel)
        record = _receipt(order, notice, purchase_action(order), now)
        changes: list[Change] = [OrderMoved(order), *delivery(order, product, made)]
        if order.state is OrderState.PAID:
            changes.append(due.opened(due.TOPUP, order.order_id, now))
        self.books.commit(replace(record, lines=purchase_lines(order)), changes)
        return replace(order, version=order.version + 1)

    def _undeliverable(self, order: Order, notice: PaymentNotice, now: datetime, reason: str) -> Order:
        """The order's own payment, for which nothing can be delivered: all of it goes back."""
        refund = Refund(
            refund_id=ulid_of(order.order_id),
            state=RefundState.APPROVED,
            cause="PAYMENT",
            amount_fen=notice.amount_fen,
            withdrawn_fen=0,
            units=0,
            at=now,
        )
        states = (OrderState.PAID, OrderState.REFUNDING)
        order = move(order, *states, at=now, actor=notice.channel, reason=reason)
        order = replace(order, paid_at=min(notice.paid_at, now), payment_id=notice.payment_id)
        return self._to_return(order, refund, notice, now, reason)

    def _to_return(
        self, order: Order, refund: Refund, notice: PaymentNotice, now: datetime, reason: str
    ) -> Order:
        """Book the money as owed to its payer; the order stream sends it back."""
        order = with_refund(order, refund)
        record = _receipt(order, notice, "PAYMENT_TO_RETURN", now)
        lines = payment_to_return_lines(notice.channel, notice.amount_fen)
        to_send = due.refund_opened(order.order_id, refund.refund_id, now)
        self.books.commit(replace(record, lines=lines, reason=reason), [OrderMoved(order), to_send])
        return replace(order, version=order.version + 1)


def _as_booked(order: Order, notice: PaymentNotice) -> Order:
    """The order, if the payment it knows is still said to be what it was. Raises: AmountDiffers."""
    known_fen = booked_fen(order, notice.channel, notice.payment_id)
    if notice.amount_fen != known_fen:
        raise AmountDiffers(order_id=order.order_id, expected_fen=known_fen)
    return order


def _receipt(order: Order, notice: PaymentNotice, action: str, now: datetime) -> Record:
    return Record(
        partition=receipt_partition(notice.channel, notice.payment_id),
        entry_id=ENTRY,
        action=action,
        at=now,
        actor=f"channel:{notice.channel}",
        about={"order": order.order_id, "sku": order.sku_id, "payment": notice.payment_id},
        trace=notice.trace,
    )


def _states_after_payment(order: Order, product: Product) -> tuple[OrderState, ...]:
    """An AGENT top-up waits for the oil company; everything else is delivered with the payment."""
    if product.mode is Mode.AGENT and order.use == "TOPUP":
        return (OrderState.PAID,)
    return (OrderState.PAID, OrderState.FULFILLING, OrderState.COMPLETED)
