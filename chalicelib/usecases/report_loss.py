"""Report a named card lost, or withdraw the report within a day.

From the moment of the report nothing can be spent (法释〔2025〕4号 art. 9(3): a term that
refuses a report of loss is void). Who only mislaid the card may say so for a day.
"""

from dataclasses import dataclass

from chalicelib.domain.card import (
    LOSS_WITHDRAWAL_TERM,
    BearerHasNoLoss,
    Card,
    CardChange,
    CardState,
    Freezer,
    FrozenByOther,
    LossTermOver,
)
from chalicelib.domain.catalog import CardKind
from chalicelib.usecases.change_card import ChangeCard, checked_state
from chalicelib.usecases.ports import Command


@dataclass(frozen=True, slots=True)
class ReportLoss:
    change_card: ChangeCard

    def __call__(self, command: Command, card_id: str) -> Card:
        """The card, LOST. A freeze by the office goes on behind it.

        Raises: CardUnknown, BearerHasNoLoss, CardStateConflict, KeyReused, Unavailable.
        """

        def decide(card: Card) -> CardChange:
            if card.kind != CardKind.NAMED:
                raise BearerHasNoLoss(card_id=card_id)
            change = CardChange(
                card_id,
                (CardState.ACTIVE, CardState.FROZEN),
                holder_id=command.actor.person_id,
                move_to=CardState.LOST,
                lost_at=command.now,
            )
            return checked_state(card, change)

        return self.change_card(command, "card.loss", card_id, decide)

    def withdraw(self, command: Command, card_id: str) -> Card:
        """The card, active again.

        Raises: CardUnknown, LossTermOver, FrozenByOther, CardStateConflict, KeyReused, Unavailable.
        """

        def decide(card: Card) -> CardChange:
            change = CardChange(
                card_id,
                (CardState.LOST,),
                holder_id=command.actor.person_id,
                move_to=CardState.ACTIVE,
                freeze_by="",
            )
            checked_state(card, change)
            check_not_frozen_by_office(card)
            if card.lost_at is None or command.now > card.lost_at + LOSS_WITHDRAWAL_TERM:
                raise LossTermOver(card_id=card_id)
            return change

        return self.change_card(command, "card.loss_withdrawn", card_id, decide)


def check_not_frozen_by_office(card: Card) -> None:
    """A report of loss is no way around a freeze. Raises: FrozenByOther."""
    if card.frozen_by not in ("", Freezer.HOLDER):
        raise FrozenByOther(card_id=card.card_id, frozen_by=card.frozen_by)
