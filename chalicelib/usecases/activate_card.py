"""Activate a sold card: its holder shows that it has arrived."""

from dataclasses import dataclass

from chalicelib.domain.card import Card, CardChange, CardState
from chalicelib.usecases.change_card import ChangeCard, checked_state
from chalicelib.usecases.ports import Command
from chalicelib.usecases.prove_card import ProveCard


@dataclass(frozen=True, slots=True)
class ActivateCard:
    change_card: ChangeCard
    prove_card: ProveCard

    def __call__(self, command: Command, card_id: str, secret: str) -> Card:
        """The card, ready to pay. A secret that was typed is known: the card counts as revealed.

        Raises: CardUnknown, CardStateConflict, ProofWrong, ProofLocked, KeyReused, Unavailable.
        """
        return self.change_card(
            command, "card.activate", card_id, lambda card: self._proven(command, card, secret)
        )

    def _proven(self, command: Command, card: Card, secret: str) -> CardChange:
        change = checked_state(
            card,
            CardChange(
                card.card_id,
                (CardState.SOLD,),
                holder_id=command.actor.person_id,
                move_to=CardState.ACTIVE,
                revealed_at=card.revealed_at or command.now,
            ),
        )
        self.prove_card(command.actor.person_id, card.card_id, card, secret, command.now)
        return change
