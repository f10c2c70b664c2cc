"""Prove a card: does whoever gives number and secret hold it in the hand?

Every try is counted before it is looked at, for the card and for the person, so
that a thousand guesses at once are five guesses too. A right proof is forgotten.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.card import Card
from chalicelib.domain.card_secret import (
    PROOFS,
    TABLE,
    WRONG_PROOFS_MAX,
    ProofWrong,
    checked_proofs,
    is_proof,
    proofs_of,
    wrong_proof,
)
from chalicelib.domain.errors import Unavailable
from chalicelib.usecases.ports import Documents, Keys

TRIES_MAX = 8


@dataclass(frozen=True, slots=True)
class ProveCard:
    documents: Documents
    keys: Keys

    def __call__(self, person_id: str, card_id: str, card: Card | None, secret: str, now: datetime) -> Card:
        """The card, proven. Raises: ProofWrong (also of no card at all), ProofLocked, Unavailable."""
        subjects = (person_id, card_id)
        left = min(self._counted(subject, now) for subject in subjects)
        if card is None or not is_proof(self.keys.open(card.sealed, card_id), secret):
            raise ProofWrong(tries_left=left)
        for subject in subjects:
            self.documents.delete(TABLE, subject, PROOFS)
        return card

    def _counted(self, subject: str, now: datetime) -> int:
        """Count a try; how many are left after it."""
        for _ in range(TRIES_MAX):
            item = self.documents.get(TABLE, subject, PROOFS, consistent=True)
            proofs = checked_proofs(proofs_of(subject, item), now)
            if self.documents.change(wrong_proof(item, proofs, now)):
                return WRONG_PROOFS_MAX - proofs.wrong - 1
        raise Unavailable()
