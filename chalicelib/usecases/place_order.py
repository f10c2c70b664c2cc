"""Place an order: a card, or a top-up, to be paid through a channel or from a card account at once.

Paid from a card account (operation P): one read (who stands above the buyer) and
one transaction {order, payer's card, the new card, journal}. Everything that could
forbid it is a condition of that transaction. Paid through a channel: the order
waits for the channel's signed word.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from chalicelib.domain import unpaid
from chalicelib.domain.card import (
    CREDITABLE,
    SPENDABLE,
    Card,
    CardBalanceCap,
    CardChange,
    CardNotSpendable,
    CardState,
    CardStateConflict,
    CardUnknown,
    InsufficientBalance,
    IssuerDiffers,
)
from chalicelib.domain.catalog import (
    CardKind,
    Mode,
    PriceChanged,
    Product,
    ProductNotOffered,
    Quote,
    RealNameRequired,
    quote,
)
from chalicelib.domain.change import Change, NewCard, NewOrder, Replayed, Stale
from chalicelib.domain.errors import KeyReused, Refusal, Unavailable
from chalicelib.domain.ids import check_fresh, owned_id
from chalicelib.domain.order import UNPAID_TERM, Order, OrderState, OrderUnknown, move
from chalicelib.domain.posting import purchase_action, purchase_lines
from chalicelib.domain.record import Record
from chalicelib.domain.stock import OutOfStock
from chalicelib.usecases.attribution import attribution_of
from chalicelib.usecases.make_card import MakeCard
from chalicelib.usecases.ports import (
    Actor,
    Books,
    Cards,
    Catalog,
    Command,
    Documents,
    Orders,
    PaymentChannel,
    Stock,
)

TRIES_MAX = 4
# Nothing but the write itself refuses so, and it has seen that there is no such order yet.
SAID_BY_THE_WRITE = (InsufficientBalance, CardNotSpendable)


@dataclass(frozen=True, slots=True)
class Purchase:
    """What the buyer asks for. `amount_fen` only for top-ups of a free amount; `pay_card_id` "" = channel."""

    use: str
    sku_id: str
    expected_fen: int
    quantity: int = 1
    amount_fen: int = 0
    card_id: str = ""
    region: str = ""
    channel: str = ""
    pay_card_id: str = ""


class Placed(NamedTuple):
    """The order as it is now, and where to pay it ("" when nothing is left to pay)."""

    order: Order
    pay_url: str = ""


@dataclass(frozen=True)
class PlaceOrder:
    books: Books
    orders: Orders
    cards: Cards
    catalog: Catalog
    documents: Documents
    stock: Stock
    make_card: MakeCard
    channels: Callable[[str], PaymentChannel]
    bind_referrer: Callable[[Command, str], Actor]
    ask_name: Callable[[Command, Order], Change]  # of a buyer who is not known by name

    def __call__(self, command: Command, purchase: Purchase, invite_code: str = "") -> Placed:
        """The order, placed once however often the command comes.

        `invite_code` binds a buyer who has no distributor yet to the one who invited.

        Raises: ProductUnknown, ProductNotOffered, PriceChanged, RealNameRequired,
        OutOfStock, CardUnknown, CardNotSpendable, InsufficientBalance, CardBalanceCap,
        IssuerDiffers, IdempotencyKeyInvalid, KeyReused, Unavailable.
        """
        order = self._first_answer(command, purchase, invite_code)
        return Placed(order, self._pay_url(order))

    def _first_answer(self, command: Command, purchase: Purchase, invite_code: str) -> Order:
        """The order of this command. What forbids it now forbids nothing that was done before."""
        try:
            return self._order(command, purchase, invite_code)
        except (Unavailable, *SAID_BY_THE_WRITE):
            raise
        except Refusal:
            first = self.orders.get(owned_id("ord", command.actor.person_id, command.key))
            if first is None:
                raise
        if first.request_hash != command.request_hash:
            raise KeyReused()
        return first

    def _order(self, command: Command, purchase: Purchase, invite_code: str) -> Order:
        product = self.catalog.product(purchase.sku_id)
        if invite_code and not command.actor.referrers:
            command = replace(command, actor=self.bind_referrer(command, invite_code))
        order = self._drawn(command, purchase, product)
        if product.is_stocked:
            return self._placed(command, product, order)
        return self._written(command, product, order)

    def _placed(self, command: Command, product: Product, order: Order) -> Order:
        """The order with cards of the stock; a claimed card that turns out to be sold is dropped."""
        for _ in range(TRIES_MAX):
            claimed = self._claimed(product, order.quantity)
            gone: object = None
            try:
                placed = self._written(command, product, replace(order, card_ids=claimed))
            except CardStateConflict as conflict:
                gone = conflict.facts.get("card_id")
                if gone not in claimed:
                    self._give_back(product, claimed)
                    raise
            except Unavailable:
                raise  # perhaps written: the sweep finds out whose the claimed cards are
            except Refusal:
                self._give_back(product, claimed)
                raise
            else:
                self._give_back(product, tuple(card for card in claimed if card not in placed.card_ids))
                return placed
            self._give_back(product, tuple(card for card in claimed if card != gone))
        raise Unavailable()

    def pay_page(self, actor: Actor, order_id: str) -> Placed:
        """The own order again, with its pay page while it is unpaid. Raises: OrderUnknown."""
        order = self.orders.get(order_id)
        if order is None or order.customer_id != actor.person_id:
            raise OrderUnknown(order_id=order_id)
        return Placed(order, self._pay_url(order))

    def _drawn(self, command: Command, purchase: Purchase, product: Product) -> Order:
        check_fresh(command.key, command.now)
        offer = _checked_offer(command, purchase, product)
        if purchase.channel:
            self.channels(purchase.channel)  # nothing is reserved for a payment that nobody can take
        if purchase.use == "TOPUP" and purchase.channel:
            self._check_target(command, purchase, product, offer)
        buyer = attribution_of(self.documents, command.actor)
        person_id = command.actor.person_id
        order = Order(
            order_id=owned_id("ord", person_id, command.key),
            customer_id=person_id,
            use=purchase.use,
            state=OrderState.CREATED,
            sku_id=product.sku_id,
            issuer=product.issuer,
            mode=product.mode,
            category=product.category,
            region=purchase.region,
            quantity=purchase.quantity,
            face_fen=offer.face_fen,
            payable_fen=offer.payable_fen,
            cost_fen=offer.cost_fen,
            price_version=offer.price_version,
            payer=f"card:{purchase.pay_card_id}" if purchase.pay_card_id else f"channel:{purchase.channel}",
            card_ids=(purchase.card_id,) if purchase.card_id else (),
            created_at=command.now,
            request_hash=command.request_hash,
            chain=buyer.chain,
            self_purchase=buyer.self_purchase,
        )
        return move(order, OrderState.PENDING_PAY, at=command.now, actor=person_id)

    def _check_target(self, command: Command, purchase: Purchase, product: Product, offer: Quote) -> None:
        """Refuse a top-up that could not be credited before anybody pays; the credit checks again."""
        card = self.cards.get(purchase.card_id)
        if card is None or card.holder_id != command.actor.person_id:
            raise CardUnknown(card_id=purchase.card_id)
        if card.issuer != product.issuer or card.mode != product.mode or card.kind != product.kind:
            raise IssuerDiffers(card_issuer=card.issuer, needed=product.issuer)
        allowed_fen = card.cap_fen - card.balance_fen
        if product.mode is Mode.ISSUER and offer.face_fen > allowed_fen:
            raise CardBalanceCap(cap_fen=card.cap_fen, allowed_fen=max(0, allowed_fen))

    def _claimed(self, product: Product, quantity: int) -> tuple[str, ...]:
        """Cards of the stock that are this order's alone; all or none."""
        if quantity > 1 and self.stock.count(product.sku_id) < quantity:
            raise OutOfStock(sku_id=product.sku_id)  # taken one by one they would leave their magazines
        claimed: tuple[str, ...] = ()
        try:
            while len(claimed) < quantity:
                claimed = (*claimed, self.stock.claim(product.sku_id))
        except Refusal:
            self._give_back(product, claimed)
            raise
        return claimed

    def _give_back(self, product: Product, claimed: tuple[str, ...]) -> None:
        for card_id in claimed:
            self.stock.give_back(product.sku_id, card_id)

    def _written(self, command: Command, product: Product, order: Order) -> Order:
        for _ in range(TRIES_MAX):
            try:
                if order.payer_card_id:
                    return self._pay_from_card(command, product, order)
                return self._wait_for_payment(command, product, order)
            except Replayed as replayed:
                if replayed.request_hash != command.request_hash:
                    raise KeyReused() from None
                first = replayed.order
                assert first is not None, "an order stands in the way of itself"
                return first
            except Stale:  # a card number that exists already, or a purchase of the same buyer came between
                continue
        raise Unavailable()

    def _counted(self, command: Command, product: Product, order: Order) -> list[Change]:
        """What counts a bearer purchase of somebody who is not known by name."""
        is_counted = product.kind is CardKind.BEARER and not command.actor.real_name
        return [self.ask_name(command, order)] if is_counted else []

    def _wait_for_payment(self, command: Command, product: Product, order: Order) -> Order:
        counted = self._counted(command, product, order)
        if product.is_stocked:
            reserve = [
                CardChange(
                    card_id, (CardState.IN_STOCK,), move_to=CardState.RESERVED, order_id=order.order_id
                )
                for card_id in order.card_ids
            ]
            # A reservation must end, even if the order's stream record is lost.
            self.documents.put(unpaid.TABLE, *unpaid.row_of(order, order.created_at))
            self.books.commit(None, [NewOrder(order), *reserve, *counted])
        elif counted:
            self.books.commit(None, [NewOrder(order), *counted])
        else:
            self.orders.put_new(order)
        return replace(order, version=1)

    def _pay_from_card(self, command: Command, product: Product, order: Order) -> Order:
        """One transaction: the payer's card pays, the goods are delivered, the order is done."""
        plan = self.catalog.plan_at(command.now)
        made: list[Card] = []
        if product.use == "CARD_SALE" and not product.is_stocked:
            made = [self.make_card(product, order) for _ in range(order.quantity)]
            order = replace(order, card_ids=tuple(card.card_id for card in made))
        order = replace(order, plan_id=plan.plan_id if plan else "", paid_at=command.now)
        done = (OrderState.PAID, OrderState.FULFILLING, OrderState.COMPLETED)
        order = move(order, *done, at=command.now, actor=command.actor.person_id)
        record = Record(
            partition=order.customer_id,
            entry_id=order.order_id,
            action=purchase_action(order),
            at=command.now,
            actor=command.actor.person_id,
            about={"order": order.order_id, "sku": order.sku_id},
            lines=purchase_lines(order),
            request_hash=command.request_hash,
            client=command.actor.client,
        )
        payer = CardChange(order.payer_card_id, SPENDABLE, holder_id=order.customer_id, issuer=product.issuer)
        counted = self._counted(command, product, order)
        self.books.commit(record, [NewOrder(order), payer, *delivery(order, product, made), *counted])
        return replace(order, version=1)

    def _pay_url(self, order: Order) -> str:
        """The hosted pay page of an unpaid order."""
        if order.state is not OrderState.PENDING_PAY:
            return ""
        title, channel = self.catalog.product(order.sku_id).title, self.channels(order.channel)
        return channel.start(order.order_id, order.payable_fen, title, order.created_at + UNPAID_TERM)


def _checked_offer(command: Command, purchase: Purchase, product: Product) -> Quote:
    if product.use != purchase.use or (purchase.pay_card_id and product.mode is not Mode.ISSUER):
        raise ProductNotOffered(sku_id=product.sku_id)
    if purchase.use == "TOPUP" and not purchase.card_id:
        raise CardUnknown(card_id="")
    if purchase.use == "CARD_SALE" and purchase.card_id:
        raise ProductNotOffered(sku_id=product.sku_id)
    offer = quote(product, purchase.quantity, purchase.amount_fen, purchase.region)
    if offer.payable_fen != purchase.expected_fen:
        raise PriceChanged(payable_fen=offer.payable_fen)
    if product.kind is CardKind.NAMED and not command.actor.real_name:
        raise RealNameRequired()
    if purchase.pay_card_id and purchase.pay_card_id == purchase.card_id:
        raise ProductNotOffered(sku_id=product.sku_id)
    return offer


def delivery(order: Order, product: Product, made: list[Card]) -> list[Change]:
    """What a paid order does to its cards: made, handed over from stock, or topped up."""
    if made:
        return [NewCard(card) for card in made]
    if order.mode == Mode.AGENT and order.use == "TOPUP":
        return []
    if order.use == "TOPUP":
        (card_id,) = order.card_ids
        change = CardChange(
            card_id,
            CREDITABLE,
            holder_id=order.customer_id,
            issuer=order.issuer,
            mode=product.mode,
            kind=product.kind,
            cap_fen=product.balance_cap_fen,
        )
        return [change]
    waited = order.version > 0  # an order that waited for its payment has reserved its cards
    return [
        CardChange(
            card_id,
            (CardState.RESERVED if waited else CardState.IN_STOCK,),
            move_to=CardState.SOLD,
            assign_to=order.customer_id,
            order_id=order.order_id,
            cap_fen=product.balance_cap_fen,
        )
        for card_id in order.card_ids
    ]
