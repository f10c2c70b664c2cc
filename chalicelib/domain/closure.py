"""Closures: what becomes of a refund that waits for the word of an oil company?

Whoever knows the secret of an oil company's card may have used it where we do not see it.
Such a card is refunded only when the oil company has closed it unused:

    REQUESTED   with a due row, its cards put aside: the oil company is asked until it says
    APPROVED    it closed them: the money is owed to the payer, and goes its way
    REJECTED    it says no: the order stands again where it stood, and so does each card

A closure has an id of its card's own, so it is done once, whoever asks for it how often.
Of several cards those are refunded that it closed; where it closed none, nothing is.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.card import Card, CardChange, CardState
from chalicelib.domain.errors import Unprocessable
from chalicelib.domain.order import (
    Order,
    OrderState,
    Refund,
    RefundState,
    move,
    state_before_refund,
    units_fen,
    with_refund,
)

REQUESTED = "refund.request"  # the record of the command, which says where each card stood


class SecretRevealed(Unprocessable):
    """The card's secret is known, and its issuer does not confirm that it is unused and closed."""

    code = "SECRET_REVEALED"
    advice = "The issuer must first confirm that the card is unused and closed; ask again later or use it."


def closure_id(card_id: str) -> str:
    """The name of a card's closure at its oil company."""
    return f"close_{card_id}"


def put_aside(order: Order, card: Card) -> CardChange:
    """The card as nobody can use, freeze or bind it while its oil company is asked."""
    return CardChange(
        card.card_id,
        (card.state,),
        holder_id=order.customer_id,
        not_revealed=card.revealed_at is None,
        move_to=CardState.REFUND_PENDING,
    )


def put_back(states: Mapping[str, str], card_ids: Collection[str]) -> list[CardChange]:
    """The cards again in the states in which they were put aside."""
    return [
        CardChange(card_id, (CardState.REFUND_PENDING,), move_to=CardState(states[card_id]))
        for card_id in card_ids
    ]


def requested(order: Order, refund: Refund, actor: str, reason: str) -> Order:
    """The order whose refund waits for the oil company's word."""
    return move(with_refund(order, refund), OrderState.REFUNDING, at=refund.at, actor=actor, reason=reason)


def approved(order: Order, refund: Refund, refused: Collection[str]) -> Refund:
    """The refund of all its cards but those that the oil company refuses to close."""
    kept = tuple(card_id for card_id in refund.card_ids if card_id not in refused)
    others = tuple(known for known in order.refunds if known.refund_id != refund.refund_id)
    return replace(
        refund,
        state=RefundState.APPROVED,
        amount_fen=units_fen(replace(order, refunds=others), len(kept)),
        units=len(kept),
        card_ids=kept,
    )


def rejected(order: Order, refund: Refund, refused: Collection[str], at: datetime, reason: str) -> Order:
    """The order as it was, but for its history; the refund keeps the cards that were not closed."""
    kept = replace(refund, state=RefundState.REJECTED, card_ids=tuple(refused))
    before = state_before_refund(order)
    return move(with_refund(order, kept), before, at=at, actor=f"issuer:{order.issuer}", reason=reason)


def was_refused(order: Order, card_id: str) -> bool:
    """Whether the oil company has once said no to the closure of this card."""
    return any(r.state is RefundState.REJECTED and card_id in r.card_ids for r in order.refunds)
