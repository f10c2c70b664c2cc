"""Worked refunds: what does each card give, what does the payer get, and how do the cards change?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.card import Card, CardChange, CardState
from chalicelib.domain.errors import Unprocessable
from chalicelib.domain.order import Order, units_fen
from chalicelib.domain.refund import Cause, Prepayment, RefundParts, partial, used_of, whole

REFUNDABLE = (CardState.SOLD, CardState.ACTIVE, CardState.FROZEN, CardState.LOST, CardState.EXPIRED)


class NotRefundable(Unprocessable):
    code = "NOT_REFUNDABLE"
    advice = "A top-up that the oil company has carried out is on its card and cannot come back through us."


class ChooseOneCard(Unprocessable):
    code = "CHOOSE_CARDS"
    advice = "Several cards, or an oil company's, are refunded card by card, each as a whole: name the cards."


@dataclass(frozen=True, slots=True)
class Worked:
    """A refund worked out: what each card gives, what the payer gets, and the changes of the cards.

    `to_ask`: the cards, where the oil company is asked first, because it may have seen one used.
    """

    refund_fen: int
    withdrawn_by_card: dict[str, int]
    units: int
    cards: tuple[CardChange, ...]
    to_ask: tuple[Card, ...] = ()


def of_agents_cards(order: Order, chosen: Sequence[Card], amount_fen: int) -> Worked:
    """Cards of an oil company, each as a whole; one whose secret is known is asked about first.

    Raises: NotRefundable, ChooseOneCard.
    """
    if order.use == "TOPUP":
        raise NotRefundable()
    if amount_fen not in (0, order.payable_fen):
        raise ChooseOneCard()
    changes = tuple(
        CardChange(
            card.card_id,
            REFUNDABLE,
            holder_id=order.customer_id,
            not_revealed=True,
            move_to=CardState.REFUND_PENDING,
        )
        for card in chosen
    )
    is_known = any(card.revealed_at is not None for card in chosen)
    refund_fen = units_fen(order, len(chosen))
    return Worked(refund_fen, {}, len(chosen), changes, to_ask=tuple(chosen) if is_known else ())


def of_card(order: Order, card: Card, cause: Cause, amount_fen: int) -> Worked:
    """One card's refund by the formula of the law; its balance must still be the same when it is written.

    Raises: NothingToRefund, RefundExceeds.
    """
    units = len(order.card_ids)
    alone = units == 1
    withdrawn_fen = order.withdrawn_fen if alone else 0
    refunded_fen = order.refunded_fen if alone else 0
    credited_fen = order.face_fen // units
    prepayment = Prepayment(
        paid_fen=min(order.payable_fen, order.face_fen) // units,
        credited_fen=credited_fen,
        used_fen=used_of(credited_fen, withdrawn_fen, card.available_fen),
        withdrawn_fen=withdrawn_fen,
        refunded_fen=refunded_fen,
    )
    parts: RefundParts = partial(prepayment, cause, amount_fen) if amount_fen else whole(prepayment, cause)
    is_whole = parts.withdrawn_fen == prepayment.on_card_fen
    empties = order.use == "CARD_SALE" and parts.withdrawn_fen == card.available_fen == card.balance_fen
    change = CardChange(
        card.card_id,
        REFUNDABLE,
        holder_id=order.customer_id,
        untouched_fen=card.available_fen,
        move_to=CardState.REFUND_PENDING if empties else None,
    )
    returned_units = order.quantity // units if is_whole else 0
    return Worked(parts.refund_fen, {card.card_id: parts.withdrawn_fen}, returned_units, (change,))


def summed(all_worked: Sequence[Worked]) -> Worked:
    """The refund of several cards of one order."""
    withdrawn: dict[str, int] = {}
    for worked in all_worked:
        withdrawn |= worked.withdrawn_by_card
    changes = [change for worked in all_worked for change in worked.cards]
    if any(change.move_to is None for change in changes):  # one of them holds other money: none is closed
        changes = [replace(change, move_to=None) for change in changes]
    return Worked(
        sum(worked.refund_fen for worked in all_worked),
        withdrawn,
        sum(worked.units for worked in all_worked),
        tuple(changes),
    )
