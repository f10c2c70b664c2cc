"""Bind a card that one holds in the hand to one's own account.

A bearer card belongs to whoever has it: number and secret prove that, and its
secret counts as known from then on. A named card stays with the person it is
registered to (单用途商业预付卡管理办法 art. 15); handing it on is a transfer, not a binding.
"""

from dataclasses import dataclass

from chalicelib.domain.card import Card, CardChange, CardState, CardStateConflict
from chalicelib.domain.catalog import CardKind
from chalicelib.domain.change import Replayed
from chalicelib.domain.errors import Conflict, Forbidden, Unavailable
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.change_card import ChangeCard, checked_state
from chalicelib.usecases.ports import Command, Keys
from chalicelib.usecases.prove_card import ProveCard

TRIES_MAX = 4
BINDABLE = (CardState.SOLD, CardState.ACTIVE)


class NamedToAnother(Conflict):
    code = "CARD_NAMED_TO_ANOTHER"
    advice = "A named card stays with the person it is registered to; ask its holder for a transfer."


class NamedNeedsRealName(Forbidden):
    code = "CARD_NEEDS_REAL_NAME"
    advice = "Confirm your name and identity number first."


@dataclass(frozen=True, slots=True)
class BindCard:
    change_card: ChangeCard
    prove_card: ProveCard
    keys: Keys

    def __call__(self, command: Command, number: str, secret: str) -> Card:
        """The card, now in the actor's list; bound already is bound.

        Raises: ProofWrong, ProofLocked, NamedToAnother, NamedNeedsRealName,
        CardStateConflict, KeyReused, Unavailable.
        """
        card_id = f"crd_{self.keys.blind_index(number)}"
        person_id = command.actor.person_id
        for _ in range(TRIES_MAX):
            found = self.change_card.cards.get(card_id)
            card = self.prove_card(person_id, card_id, found, secret, command.now)
            if card.holder_id == person_id:
                self.change_card.was_done(command)
                return card
            record, change = audit_record(command, "card.bind", card=card_id), _bound(command, card)
            try:
                self.change_card.books.commit(record, [change])
            except Replayed as replayed:
                check_same(replayed, command)
            except CardStateConflict:
                continue  # it has moved on since it was read
            return self.change_card.read(command, card_id)
        raise Unavailable()


def _bound(command: Command, card: Card) -> CardChange:
    if card.kind == CardKind.NAMED and card.holder_id:
        raise NamedToAnother(card_id=card.card_id)
    if card.kind == CardKind.NAMED and not command.actor.real_name:
        raise NamedNeedsRealName()
    change = CardChange(
        card.card_id,
        BINDABLE,
        holder_id=card.holder_id,
        assign_to=command.actor.person_id,
        revealed_at=card.revealed_at or command.now,
    )
    return checked_state(card, change)
