"""Close an order that nobody paid: at the buyer's wish, or when its fifteen minutes are over."""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.change import OrderMoved, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import Order, OrderState, OrderUnknown, is_unpaid_too_long, move
from chalicelib.usecases.ports import Books, Catalog, Command, Orders, Stock

TRIES_MAX = 4


@dataclass(frozen=True)
class CloseOrder:
    books: Books
    orders: Orders
    catalog: Catalog
    stock: Stock

    def cancelled(self, command: Command, order_id: str) -> Order:
        """The order, closed at its buyer's wish; closed already is closed.

        Raises: OrderUnknown, IllegalState when it is paid, Unavailable.
        """
        for _ in range(TRIES_MAX):
            order = self.orders.get(order_id)
            if order is None or order.customer_id != command.actor.person_id:
                raise OrderUnknown(order_id=order_id)
            if order.state is OrderState.CLOSED:
                return order
            try:
                return self._closed(order, command.now, command.actor.person_id, "cancelled by the buyer")
            except Stale:
                continue
        raise Unavailable()

    def when_overdue(self, order_id: str, now: datetime) -> bool:
        """Close the order if it is unpaid and its time is over. Whether nothing is left to close."""
        order = self.orders.get(order_id)
        if order is None or order.state is not OrderState.PENDING_PAY:
            return True
        if not is_unpaid_too_long(order, now):
            return False
        try:
            self._closed(order, now, "system", "unpaid for fifteen minutes")
        except Stale:
            return False
        return True

    def _closed(self, order: Order, now: datetime, actor: str, reason: str) -> Order:
        product = self.catalog.product(order.sku_id)
        closed = move(order, OrderState.CLOSED, at=now, actor=actor, reason=reason)
        freed = order.card_ids if product.is_stocked else ()
        back = [
            CardChange(card_id, (CardState.RESERVED,), move_to=CardState.IN_STOCK, order_id="")
            for card_id in freed
        ]
        self.books.commit(None, [OrderMoved(closed), *back])
        for card_id in freed:
            self.stock.give_back(product.sku_id, card_id)
        return replace(closed, version=closed.version + 1)
