"""Freeze a card, or lift a freeze: by its holder, by support, or by risk, the stronger over the weaker."""

from dataclasses import dataclass

from chalicelib.domain.card import (
    MAY_LIFT,
    MAY_OVERRULE,
    Card,
    CardChange,
    CardState,
    Freezer,
    FrozenByOther,
)
from chalicelib.usecases.change_card import ChangeCard, checked_state
from chalicelib.usecases.ports import Command


@dataclass(frozen=True, slots=True)
class FreezeCard:
    change_card: ChangeCard

    def freeze(self, command: Command, card_id: str, freezer: Freezer) -> Card:
        """The card, frozen. The office says why in the command's reason.

        Raises: CardUnknown, CardStateConflict, FrozenByOther, KeyReused, Unavailable.
        """

        def decide(card: Card) -> CardChange:
            frozen = card.state is CardState.FROZEN and card.frozen_by != freezer
            if frozen and card.frozen_by not in MAY_OVERRULE[freezer]:
                raise FrozenByOther(card_id=card_id, frozen_by=card.frozen_by)
            change = CardChange(
                card_id,
                (CardState.FROZEN,) if frozen else (CardState.ACTIVE,),
                holder_id=_holder(command, freezer),
                frozen_by=card.frozen_by if frozen else "",
                move_to=CardState.FROZEN,
                freeze_by=freezer,
            )
            return checked_state(card, change)

        return self.change_card(
            command, "card.freeze", card_id, decide, own=freezer is Freezer.HOLDER, freezer=freezer
        )

    def lift(self, command: Command, card_id: str, freezer: Freezer) -> Card:
        """The card, active again.

        Raises: CardUnknown, CardStateConflict, FrozenByOther, KeyReused, Unavailable.
        """

        def decide(card: Card) -> CardChange:
            change = CardChange(
                card_id,
                (CardState.FROZEN,),
                holder_id=_holder(command, freezer),
                frozen_by=card.frozen_by,
                move_to=CardState.ACTIVE,
                freeze_by="",
            )
            checked_state(card, change)
            if card.frozen_by not in MAY_LIFT[freezer]:
                raise FrozenByOther(card_id=card_id, frozen_by=card.frozen_by)
            return change

        return self.change_card(
            command, "card.unfreeze", card_id, decide, own=freezer is Freezer.HOLDER, freezer=freezer
        )


def _holder(command: Command, freezer: Freezer) -> str:
    """Only the holder's own command depends on who holds the card."""
    return command.actor.person_id if freezer is Freezer.HOLDER else ""
