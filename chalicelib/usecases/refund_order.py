"""Refund an order: how much, from which cards, and is it allowed?

The money leaves the cards and is owed to the payer in one transaction. Paid from
a card, it is back on that card in the same transaction, or, where the card cannot take
it, waits for a person (settle_refund.py); paid by a channel, the order stream sends it
back (send_refund.py). Where the secret of an oil company's card is known, the wish alone
is written, and the oil company's word decides (close_cards.py). The record stands under
its actor and the key of the command: one key is one refund, whatever the orders that it names.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import due, manual_refund
from chalicelib.domain.card import (
    Card,
    CardBalanceCap,
    CardChange,
    CardNotSpendable,
    CardState,
    CardStateConflict,
    CardUnknown,
    InsufficientBalance,
)
from chalicelib.domain.catalog import Mode
from chalicelib.domain.change import Change, OrderMoved, Replayed, Stale
from chalicelib.domain.closure import SecretRevealed
from chalicelib.domain.errors import IllegalState, KeyReused, Refusal, Unavailable, Unprocessable
from chalicelib.domain.order import (
    TRANSITIONS,
    Order,
    OrderState,
    OrderUnknown,
    Refund,
    RefundState,
    move,
    refund_of,
    state_after_refund,
    with_refund,
)
from chalicelib.domain.parameters import REFUND_ALONE_FEN_MAX
from chalicelib.domain.posting import agent_refund_lines, card_refund_lines, refund_action
from chalicelib.domain.record import Line, Record
from chalicelib.domain.refund import ApprovalNeeded, Cause, RefundExceeds
from chalicelib.domain.worked_refund import (
    REFUNDABLE,
    ChooseOneCard,
    Worked,
    of_agents_cards,
    of_card,
    summed,
)
from chalicelib.usecases.approvals import NOBODY, Agreed
from chalicelib.usecases.audit import check_same
from chalicelib.usecases.close_cards import CloseCards
from chalicelib.usecases.ports import Books, Cards, Catalog, Command, Orders

TRIES_MAX = 5
# The partial refunds that the big channels allow for one payment; and an order's item stays small.
REFUNDS_MAX = 50

# What a write says when a card was used, credited, frozen or lost since it was read.
MOVED_ON = (CardStateConflict, CardBalanceCap, InsufficientBalance, CardNotSpendable)


class TooManyRefunds(Unprocessable):
    code = "TOO_MANY_REFUNDS"
    advice = "Ask for everything that is left at once."


@dataclass(frozen=True, slots=True)
class RefundWish:
    """What is asked back: everything that is left (`amount_fen` 0), or a part; of all cards, or of some."""

    order_id: str
    cause: Cause = Cause.CUSTOMER
    amount_fen: int = 0
    card_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class RefundOrder:
    books: Books
    orders: Orders
    cards: Cards
    closing: CloseCards
    catalog: Catalog

    def __call__(self, command: Command, wish: RefundWish, own: bool = True) -> Order:
        """The order after the refund is decided; its refund's id is the command's key.

        `own`: the buyer asks, so the order must be theirs. Raises: OrderUnknown,
        IllegalState, NothingToRefund, RefundExceeds, SecretRevealed, NotRefundable,
        ChooseOneCard, TooManyRefunds, CardUnknown, ApprovalNeeded, KeyReused, Unavailable.
        """
        for _ in range(TRIES_MAX):
            order = self.orders.get(wish.order_id)
            if order is None or (own and order.customer_id != command.actor.person_id):
                raise OrderUnknown(order_id=wish.order_id)
            if refund_of(order, command.key) is not None:
                self._check_own(command)
                return self._answered(command, order)
            try:
                worked = self._worked_alone(order, wish, command.now)
            except Refusal:
                if self._has_moved_on(order):
                    continue  # perhaps by this very command: its cards were read later than the order
                raise
            try:
                if not worked.to_ask:
                    return self._write(command, order, wish, worked)
                self._request(command, order, wish, worked)
                return self._answered(command, order)
            except Replayed as replayed:
                check_same(replayed, command)
                if replayed.body.get("about", {}).get("order") != order.order_id:
                    raise KeyReused() from None
                continue  # the same command was faster: its answer is this one's
            except (Stale, *MOVED_ON):
                continue  # work it out again
        raise Unavailable()

    def approved(self, command: Command, wish: RefundWish, fen_max: int, by: Agreed) -> None:
        """The refund that people agreed to, decided in one transaction with what ends their request.

        An oil company that has to be asked is asked by the schedule. Raises: RefundExceeds when it would
        give back more than `fen_max` by now, KeyReused, Replayed, Stale, Unavailable, and as the refund does.
        """
        order = self.orders.get(wish.order_id)
        assert order is not None, "no order is ever taken away"
        if refund_of(order, command.key) is not None:
            raise KeyReused()
        try:
            worked = self.worked(order, wish)
        except Refusal:
            if self._has_moved_on(order):
                raise Stale() from None
            raise
        if worked.refund_fen > fen_max:
            raise RefundExceeds(refundable_fen=fen_max)
        try:
            if worked.to_ask:
                self._request(command, order, wish, worked, by)
            else:
                self._write(command, order, wish, worked, by)
        except MOVED_ON:
            raise Stale() from None

    def _has_moved_on(self, order: Order) -> bool:
        """Whether the order changed while its cards were read: then they do not belong to it."""
        now = self.orders.get(order.order_id)
        return now is not None and now.version != order.version

    def preview(self, command: Command, wish: RefundWish, own: bool = True) -> Worked:
        """What a refund would give, without doing anything. Raises as the refund does."""
        order = self.orders.get(wish.order_id)
        if order is None or (own and order.customer_id != command.actor.person_id):
            raise OrderUnknown(order_id=wish.order_id)
        return self.worked(order, wish)

    def _worked_alone(self, order: Order, wish: RefundWish, now: datetime) -> Worked:
        """Raises: ApprovalNeeded."""
        worked = self.worked(order, wish)
        if not self.is_alone(order, worked.refund_fen, now):
            raise ApprovalNeeded(refund_fen=worked.refund_fen)
        return worked

    def is_alone(self, order: Order, refund_fen: int, now: datetime) -> bool:
        """Whether the order may give back so much more without other people's word."""
        limit_fen = self.catalog.parameter(REFUND_ALONE_FEN_MAX, now, order.region)
        assert isinstance(limit_fen, int)
        return order.refunded_fen + refund_fen <= limit_fen

    def _check_own(self, command: Command) -> None:
        """The refund of this key was asked for by this very command. Raises: KeyReused."""
        record = self.books.record(command.actor.person_id, command.key)
        if record is None or record.request_hash != command.request_hash:
            raise KeyReused()

    def _request(
        self, command: Command, order: Order, wish: RefundWish, worked: Worked, by: Agreed = NOBODY
    ) -> None:
        """Write down what is wished; what the oil company has refused for good is no wish."""
        self.closing.check_refusals(order, worked.to_ask)
        refund = Refund(
            refund_id=command.key,
            state=RefundState.REQUESTED,
            cause=wish.cause,
            amount_fen=worked.refund_fen,
            withdrawn_fen=0,
            units=worked.units,
            at=command.now,
            card_ids=tuple(card.card_id for card in worked.to_ask),
            closes=True,
        )
        self.closing.request(command, order, refund, worked.to_ask, by)

    def _answered(self, command: Command, order: Order) -> Order:
        """The order with the refund of this key, after the oil company was asked if that waits for it.

        Raises: SecretRevealed when it said no; Unavailable while it says nothing or is at it.
        """
        refund = refund_of(order, command.key)
        if refund is None or refund.state is RefundState.REQUESTED:
            is_new = refund is None  # it was written after the order was read
            wished_by = command.actor.person_id
            still_open = self.closing.ask(order.order_id, command.key, wished_by, command.now, is_new)
            if still_open:
                card_id, told = next(iter(still_open.items()))
                raise Unavailable(card_id=card_id, issuer_says=told.state)
            order = self.orders.get(order.order_id) or order
            refund = refund_of(order, command.key)
        if refund is not None and refund.state is RefundState.REJECTED:
            raise SecretRevealed(card_id=refund.card_ids[0], issuer_says="FAILED")
        return order

    def worked(self, order: Order, wish: RefundWish) -> Worked:
        """What a refund of the order would give, and take."""
        if order.paid_at is None or OrderState.REFUNDING not in TRANSITIONS[order.state]:
            raise IllegalState(entity=order.order_id, state=order.state, wanted=OrderState.REFUNDING)
        if wish.amount_fen and len(order.refunds) >= REFUNDS_MAX:
            raise TooManyRefunds(refunds=len(order.refunds))
        chosen = self._chosen(order, wish)
        if order.mode == Mode.AGENT:
            return of_agents_cards(order, chosen, wish.amount_fen)
        if len(order.card_ids) > 1:
            return summed([of_card(order, card, wish.cause, 0) for card in chosen])
        return of_card(order, chosen[0], wish.cause, wish.amount_fen)

    def _chosen(self, order: Order, wish: RefundWish) -> list[Card]:
        """The cards to be refunded. Several cards of one order go back as wholes, each once.

        A card that was replaced goes back as its successor, by whichever of their ids it is named.
        """
        several = len(order.card_ids) > 1
        gone = {card_id for refund in order.own_refunds for card_id in refund.card_ids} if several else set()
        left = [
            line
            for line in (succession(self.cards, card_id) for card_id in order.card_ids)
            if gone.isdisjoint(line)
        ]
        named = set(wish.card_ids) or {card_id for line in left for card_id in line}
        wanted = [list(line.values())[-1] for line in left if not named.isdisjoint(line)]
        if not wanted or not named <= {c for line in left for c in line} or (several and wish.amount_fen):
            raise ChooseOneCard()
        for card in wanted:
            _check_card(order, card)
        return wanted

    def _write(
        self, command: Command, order: Order, wish: RefundWish, worked: Worked, by: Agreed = NOBODY
    ) -> Order:
        payer = in_use(self.cards, order.payer_card_id) if order.payer_card_id else None
        payer_gets_fen = _payer_takes_fen(payer, worked.refund_fen)
        owed_fen = worked.refund_fen - payer_gets_fen if payer else 0
        refund = _begun(command, wish, worked, owed_fen, is_by_card=payer is not None)
        person_id = command.actor.person_id
        after = with_refund(order, refund)
        after = move(after, OrderState.REFUNDING, at=command.now, actor=person_id, reason=command.reason)
        at_once = refund.state is RefundState.SUCCEEDED
        if at_once:
            after = move(after, state_after_refund(after), at=command.now, actor=person_id)
        record = Record(
            partition=person_id,
            entry_id=command.key,
            action=refund_action(order),
            at=command.now,
            actor=person_id,
            about={
                "order": order.order_id,
                "sku": order.sku_id,
                "refund": command.key,
                "cause": wish.cause,
                **by.marks,
            },
            lines=_lines(order, worked, payer.card_id if payer else "", payer_gets_fen),
            reason=command.reason,
            request_hash=command.request_hash,
            client=command.actor.client,
        )
        changes: list[Change] = [OrderMoved(after), *_card_changes(worked, at_once)]
        if payer is not None and payer_gets_fen:
            changes.append(CardChange(payer.card_id, REFUNDABLE, cap_fen=payer.cap_fen))
        if not at_once:
            changes.append(_to_do(order, refund, command.now))
        self.books.commit(record, [*changes, *by.closing])
        return replace(after, version=after.version + 1)


def _begun(command: Command, wish: RefundWish, worked: Worked, owed_fen: int, is_by_card: bool) -> Refund:
    """The refund as it begins; nobody can be asked for what a card could not take."""
    state = RefundState.APPROVED
    if worked.refund_fen == 0 or is_by_card:
        state = RefundState.MANUAL if owed_fen else RefundState.SUCCEEDED
    return Refund(
        refund_id=command.key,
        state=state,
        cause=wish.cause,
        amount_fen=worked.refund_fen,
        withdrawn_fen=sum(worked.withdrawn_by_card.values()),
        units=worked.units,
        at=command.now,
        card_ids=tuple(change.card_id for change in worked.cards),
        closes=any(change.move_to is not None for change in worked.cards),
        owed_fen=owed_fen,
    )


def succession(cards: Cards, card_id: str) -> dict[str, Card]:
    """A card of a paid order and those that replaced it, the one that is in use last."""
    line: dict[str, Card] = {}
    while card_id:
        card = cards.get(card_id)
        assert card is not None, "a paid order's cards are there, and so are their successors"
        line[card_id] = card
        card_id = card.replaced_by
    return line


def in_use(cards: Cards, card_id: str) -> Card:
    """The card, or the one that has taken its place."""
    return list(succession(cards, card_id).values())[-1]


def _to_do(order: Order, refund: Refund, now: datetime) -> Change:
    """The row by which a machine, or a person, finds what has not reached its payer yet."""
    if refund.state is RefundState.MANUAL:
        return manual_refund.opened(order, refund, manual_refund.Cause.CARD_CANNOT_TAKE_IT, now)
    return due.refund_opened(order.order_id, refund.refund_id, now)


def _payer_takes_fen(payer: Card | None, refund_fen: int) -> int:
    """What goes back onto the card that paid: not beyond its legal cap; the rest is owed to its holder."""
    if payer is None or payer.state not in REFUNDABLE:
        return 0
    return max(0, min(refund_fen, payer.cap_fen - payer.balance_fen))


def _lines(order: Order, worked: Worked, payer_card_id: str, payer_gets_fen: int) -> tuple[Line, ...]:
    if order.mode == Mode.AGENT:
        return agent_refund_lines(order, worked.refund_fen)
    back = (payer_card_id, payer_gets_fen)
    return card_refund_lines(order, worked.withdrawn_by_card, worked.refund_fen, *back)


def _check_card(order: Order, card: Card) -> None:
    """The card is its buyer's still, and can be sent back. Raises: CardUnknown, CardStateConflict."""
    if card.holder_id != order.customer_id:
        raise CardUnknown(card_id=card.card_id)
    if card.state not in REFUNDABLE:
        raise CardStateConflict(card_id=card.card_id, state=card.state, needed=REFUNDABLE)


def _card_changes(worked: Worked, at_once: bool) -> list[CardChange]:
    """The refunded cards: closed when the money is back at once, else pending until the channel says so."""
    return [
        replace(change, move_to=CardState.CLOSED)
        if at_once and change.move_to is CardState.REFUND_PENDING
        else change
        for change in worked.cards
    ]
