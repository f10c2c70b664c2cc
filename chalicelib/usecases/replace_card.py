"""Replace a lost card: its balance moves to a new one, in one posting.

No fee is taken. An oil company's own card is replaced by the oil company.
"""

from dataclasses import dataclass, replace

from chalicelib.domain.card import Card, CardChange, CardState, CardStateConflict
from chalicelib.domain.catalog import Mode
from chalicelib.domain.change import NewCard, Replayed, Stale
from chalicelib.domain.errors import Conflict, Unavailable, Unprocessable
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.change_card import ChangeCard, checked_state
from chalicelib.usecases.make_card import MakeCard
from chalicelib.usecases.ports import Command
from chalicelib.usecases.report_loss import check_not_frozen_by_office

ACTION = "REPLACE_CARD"
TRIES_MAX = 4


class IssuerReplaces(Unprocessable):
    code = "ISSUER_REPLACES_CARD"
    advice = "Ask the oil company that issued this card for a new one; the card stays blocked here."


class HoldOpen(Conflict):
    """A pump has not said yet how much was filled."""

    code = "CARD_HOLD_OPEN"
    advice = "Ask again when the last fuelling is settled."


@dataclass(frozen=True, slots=True)
class ReplaceCard:
    change_card: ChangeCard
    make_card: MakeCard

    def __call__(self, command: Command, card_id: str) -> Card:
        """The new card, with the whole balance of the lost one; the same one however often it is asked.

        Raises: CardUnknown, CardStateConflict, IssuerReplaces, HoldOpen, FrozenByOther,
        KeyReused, Unavailable.
        """
        for _ in range(TRIES_MAX):
            old = self.change_card.read(command, card_id)
            if old.state is CardState.REPLACED and self.change_card.was_done(command):
                return self.change_card.read(command, old.replaced_by)
            change = _checked(command, old)
            new = self.make_card.like(old)
            try:
                self._move(command, old, new, replace(change, replaced_by=new.card_id))
            except Replayed as replayed:
                check_same(replayed, command)
            except (Stale, CardStateConflict):
                continue  # the number drawn is taken, or the card has moved on since it was read
            old = self.change_card.read(command, card_id)
            return self.change_card.read(command, old.replaced_by)
        raise Unavailable()

    def _move(self, command: Command, old: Card, new: Card, change: CardChange) -> None:
        lines = checked_lines(
            ACTION,
            [
                debit(f"L:PREPAID:{old.card_id}", old.available_fen),
                credit(f"L:PREPAID:{new.card_id}", old.available_fen),
            ],
        )
        record = audit_record(command, ACTION, card=old.card_id, new_card=new.card_id)
        self.change_card.books.commit(replace(record, lines=lines), [change, NewCard(new)])


def _checked(command: Command, old: Card) -> CardChange:
    """What becomes of the old card: its balance must still be the one that was read."""
    change = CardChange(
        old.card_id,
        (CardState.LOST,),
        holder_id=command.actor.person_id,
        untouched_fen=old.available_fen,
        move_to=CardState.REPLACED,
    )
    checked_state(old, change)
    if old.mode != Mode.ISSUER:
        raise IssuerReplaces(card_id=old.card_id)
    check_not_frozen_by_office(old)
    if old.held_fen:
        raise HoldOpen(card_id=old.card_id)
    return change
