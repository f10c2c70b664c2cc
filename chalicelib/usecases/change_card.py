"""Change a card by a command: one record, one conditional write, and the card as it is afterwards."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.card import Card, CardChange, CardStateConflict, CardUnknown
from chalicelib.domain.change import Replayed
from chalicelib.domain.errors import Refusal, Unavailable
from chalicelib.domain.record import Plain
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Cards, Command

TRIES_MAX = 4

# Given the card as it was read, the change that the command makes of it. Raises the refusal if there is none.
Decide = Callable[[Card], CardChange]


@dataclass(frozen=True, slots=True)
class ChangeCard:
    """The part that all commands on a card share."""

    books: Books
    cards: Cards

    def __call__(
        self, command: Command, action: str, card_id: str, decide: Decide, own: bool = True, **about: Plain
    ) -> Card:
        """The card after the command, now or earlier.

        `own`: only the holder may, and to everybody else the card does not exist.
        Raises: CardUnknown, what `decide` raises, KeyReused, Unavailable.
        """
        record = audit_record(command, action, card=card_id, **about)
        for _ in range(TRIES_MAX):
            card = self.read(command, card_id, own)
            try:
                change = decide(card)
            except Refusal:
                if self.was_done(command):
                    return card
                raise
            try:
                self.books.commit(record, [change])
            except Replayed as replayed:
                check_same(replayed, command)
            except CardStateConflict:
                continue  # it has moved on since it was read: decide again
            return self.read(command, card_id, own)
        raise Unavailable()

    def was_done(self, command: Command) -> bool:
        """Whether this very command was carried out before. Raises: KeyReused."""
        known = self.books.record(command.actor.person_id, command.key)
        if known is not None:
            check_same(Replayed(known.request_hash), command)
        return known is not None

    def read(self, command: Command, card_id: str, own: bool = True) -> Card:
        """The card as it is now. Raises: CardUnknown."""
        card = self.cards.get(card_id)
        if card is None or (own and card.holder_id != command.actor.person_id):
            raise CardUnknown(card_id=card_id)
        return card


def checked_state(card: Card, change: CardChange) -> CardChange:
    """The change, if the card's state allows it. Raises: CardStateConflict."""
    if card.state not in change.states:
        raise CardStateConflict(card_id=card.card_id, state=card.state, needed=tuple(change.states))
    return change
