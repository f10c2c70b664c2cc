"""Reveal the secret of a sold card to its holder, once.

The secret is in the answer and nowhere else; the record says that it was shown.
It is not shown again, not even to the same command: an answer that could be had
twice could be had by somebody else. Whoever lost the answer has the card with the
scratch field; a card without one in hand goes back when its issuer confirms that
it is unused (refund_order.py).
"""

from dataclasses import dataclass

from chalicelib.domain.card import Card, CardChange, CardState, CardStateConflict
from chalicelib.domain.card_secret import number_and_secret
from chalicelib.domain.change import Replayed
from chalicelib.domain.errors import Conflict, Unprocessable
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.change_card import ChangeCard, checked_state
from chalicelib.usecases.ports import Command, Keys


class CardHasNoSecret(Unprocessable):
    code = "CARD_HAS_NO_SECRET"
    advice = "An electronic card needs no secret: it pays from this account."


class AlreadyRevealed(Conflict):
    code = "SECRET_ALREADY_REVEALED"
    advice = (
        "It is shown once. Scratch the card's field, or ask support to have the card closed and refunded."
    )


@dataclass(frozen=True, slots=True)
class Revealed:
    """What is shown once. Never logged: its text hides both."""

    card: Card
    card_number: str
    secret: str

    def __repr__(self) -> str:
        return f"Revealed({self.card.card_id})"


@dataclass(frozen=True, slots=True)
class RevealSecret:
    change_card: ChangeCard
    keys: Keys

    def __call__(self, command: Command, card_id: str) -> Revealed:
        """Number and secret. They are opened before the card is marked: what cannot be shown is not used up.

        Raises: CardUnknown, CardStateConflict, CardHasNoSecret, AlreadyRevealed, KeyReused, Unavailable.
        """
        card = self.change_card.read(command, card_id)
        if card.revealed_at is not None:
            self.change_card.was_done(command)
            raise AlreadyRevealed(card_id=card_id)
        change = _checked(command, card)
        number, secret = number_and_secret(self.keys.open(card.sealed, card_id))
        if not secret:
            raise CardHasNoSecret(card_id=card_id)
        try:
            self.change_card.books.commit(audit_record(command, "card.reveal", card=card_id), [change])
        except Replayed as replayed:
            check_same(replayed, command)
            raise AlreadyRevealed(card_id=card_id) from None
        except CardStateConflict:
            card = self.change_card.read(command, card_id)
            checked_state(card, change)
            raise AlreadyRevealed(card_id=card_id) from None
        return Revealed(self.change_card.read(command, card_id), number, secret)


def _checked(command: Command, card: Card) -> CardChange:
    change = CardChange(
        card.card_id,
        (CardState.SOLD, CardState.ACTIVE),
        holder_id=command.actor.person_id,
        not_revealed=True,
        revealed_at=command.now,
    )
    return checked_state(card, change)
