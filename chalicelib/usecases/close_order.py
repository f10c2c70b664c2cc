"""Close an order that nobody paid: at the buyer's wish, or when its fifteen minutes are over.

Its channel is asked first, for a callback may be lost; and it is asked on until it
has said the last word, whatever became of the order meanwhile.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.change import OrderMoved, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import (
    Order,
    OrderState,
    OrderUnknown,
    is_channel_given_up,
    is_time_over,
    move,
)
from chalicelib.domain.payment import AmountDiffers
from chalicelib.usecases.check_payment import CheckPayment
from chalicelib.usecases.ports import Books, Command, Orders, Stock

TRIES_MAX = 4


@dataclass(frozen=True)
class CloseOrder:
    books: Books
    orders: Orders
    stock: Stock
    check_payment: CheckPayment

    def cancelled(self, command: Command, order_id: str) -> Order:
        """The order, closed at its buyer's wish; closed already is closed, whoever did it, and says by whom.

        Raises: OrderUnknown, IllegalState when it is paid, AmountDiffers, Unavailable.
        """
        order = self._own(command, order_id)
        if order.state is OrderState.PENDING_PAY:
            self.check_payment.is_settled(order, order.channel, command.now)
        for _ in range(TRIES_MAX):
            order = self._own(command, order_id)
            if order.state is OrderState.CLOSED:
                return order
            try:
                return self._closed(order, command.now, command.actor.person_id, "cancelled by the buyer")
            except Stale:
                continue
        raise Unavailable()

    def when_overdue(self, order_id: str, now: datetime, channel: str = "") -> bool:
        """Close the order if its time is over and nothing was paid. Whether nothing is left to do for it.

        `channel`: where a payment was begun, which another one may have overtaken.
        Raises: AmountDiffers, Unavailable.
        """
        order = self.orders.get(order_id)
        if order is None:
            return True
        if not is_time_over(order, now):
            return False
        given_up = order.state is OrderState.PENDING_PAY and is_channel_given_up(order, now)
        try:
            settled = self.check_payment.is_settled(order, channel or order.channel, now)
        except AmountDiffers:
            if given_up:  # what was paid is the office's to look into; the cards are not held for it
                self._closed_unpaid(order_id, now)
            raise
        if order.state is OrderState.PENDING_PAY and (settled or given_up):
            return self._closed_unpaid(order_id, now) and settled
        return settled

    def _own(self, command: Command, order_id: str) -> Order:
        order = self.orders.get(order_id)
        if order is None or order.customer_id != command.actor.person_id:
            raise OrderUnknown(order_id=order_id)
        return order

    def _closed_unpaid(self, order_id: str, now: datetime) -> bool:
        """Whether the order is unpaid no longer, be it closed or just found to be paid."""
        order = self.orders.get(order_id)
        if order is None or order.state is not OrderState.PENDING_PAY:
            return True
        try:
            self._closed(order, now, "system", "unpaid for fifteen minutes")
        except Stale:
            return False
        return True

    def _closed(self, order: Order, now: datetime, actor: str, reason: str) -> Order:
        closed = move(order, OrderState.CLOSED, at=now, actor=actor, reason=reason)
        reserved = order.card_ids if order.use == "CARD_SALE" else ()  # a top-up names a card, and takes none
        back = [
            CardChange(card_id, (CardState.RESERVED,), move_to=CardState.IN_STOCK, order_id="")
            for card_id in reserved
        ]
        self.books.commit(None, [OrderMoved(closed), *back])
        for card_id in reserved:
            self.stock.give_back(order.sku_id, card_id)
        return replace(closed, version=closed.version + 1)
