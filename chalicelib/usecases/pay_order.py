"""Pay an order that waits for its channel from a card account instead, at once.

One transaction {order, payer's card, goods, journal} under the version that the
order was read with: of many payments at once, by whatever keys and channels, one
is the order's. A payment that a channel brings all the same goes back by itself.
"""

from dataclasses import dataclass, replace

from chalicelib.domain.card import SPENDABLE, Card, CardChange
from chalicelib.domain.catalog import Mode, Product, ProductNotOffered
from chalicelib.domain.change import OrderMoved, Replayed, Stale
from chalicelib.domain.errors import IllegalState, KeyReused, Unavailable
from chalicelib.domain.order import Order, OrderState, OrderUnknown, move
from chalicelib.domain.posting import purchase_action, purchase_lines
from chalicelib.domain.record import Record
from chalicelib.usecases.make_card import MakeCard
from chalicelib.usecases.place_order import delivery
from chalicelib.usecases.ports import Books, Catalog, Command, Orders

TRIES_MAX = 6
DONE = (OrderState.PAID, OrderState.FULFILLING, OrderState.COMPLETED)


@dataclass(frozen=True)
class PayOrder:
    books: Books
    orders: Orders
    catalog: Catalog
    make_card: MakeCard

    def __call__(self, command: Command, order_id: str, card_id: str) -> Order:
        """The own order, paid from the card account by this command, now or earlier.

        Raises: OrderUnknown, IllegalState when it is not waiting for its payment any
        more, ProductNotOffered, CardUnknown, CardNotSpendable, InsufficientBalance,
        CardBalanceCap, IssuerDiffers, KeyReused, Unavailable.
        """
        for _ in range(TRIES_MAX):
            order = self.orders.get(order_id)
            if order is None or order.customer_id != command.actor.person_id:
                raise OrderUnknown(order_id=order_id)
            if order.state is not OrderState.PENDING_PAY:
                return self._answered_before(command, order)
            try:
                return self._pay(command, order, card_id)
            except (Replayed, Stale):
                continue  # it moved on, whatever its cards say, or a new card has a number that exists
        raise Unavailable()

    def _answered_before(self, command: Command, order: Order) -> Order:
        record = self.books.record(order.customer_id, order.order_id)
        if record is None or record.about.get("key") != command.key:
            raise IllegalState(entity=order.order_id, state=order.state, wanted=OrderState.PAID)
        if record.request_hash != command.request_hash:
            raise KeyReused()
        return order

    def _pay(self, command: Command, order: Order, card_id: str) -> Order:
        product = self.catalog.product(order.sku_id)
        if product.mode is not Mode.ISSUER or card_id in order.card_ids:
            raise ProductNotOffered(sku_id=product.sku_id)
        made = self._made(order, product)
        plan = self.catalog.plan_at(command.now)
        order = replace(
            order,
            payer=f"card:{card_id}",
            card_ids=tuple(card.card_id for card in made) or order.card_ids,
            plan_id=plan.plan_id if plan else "",
            paid_at=command.now,
        )
        order = move(order, *DONE, at=command.now, actor=command.actor.person_id)
        payer = CardChange(card_id, SPENDABLE, holder_id=order.customer_id, issuer=order.issuer)
        changes = [OrderMoved(order), payer, *delivery(order, product, made)]
        self.books.commit(_record(command, order), changes)
        return replace(order, version=order.version + 1)

    def _made(self, order: Order, product: Product) -> list[Card]:
        if product.use == "TOPUP" or product.is_stocked:
            return []
        return [self.make_card(product, order) for _ in range(order.quantity)]


def _record(command: Command, order: Order) -> Record:
    """The key is the order's: from a card account it is paid once."""
    return Record(
        partition=order.customer_id,
        entry_id=order.order_id,
        action=purchase_action(order),
        at=command.now,
        actor=command.actor.person_id,
        about={"order": order.order_id, "sku": order.sku_id, "key": command.key},
        lines=purchase_lines(order),
        request_hash=command.request_hash,
        client=command.actor.client,
    )
