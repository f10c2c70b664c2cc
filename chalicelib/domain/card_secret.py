"""Card secrets: how do number and secret lie in one ciphertext, and who has proven to hold the card?

They are sealed together, bound to the card's id: `number|secret`, or the number
alone where there is no scratch field. Whoever gives number and secret holds the
card in the hand. Five wrong proofs lock the card, and the one who guesses, for a day.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from chalicelib.domain.business_time import from_ms, seconds_to_wait, to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Refusal, Unprocessable

SEPARATOR = "|"

WRONG_PROOFS_MAX = 5
LOCK_TERM = timedelta(hours=24)

TABLE = "work"
PROOFS = "card-proof"


class ProofWrong(Unprocessable):
    """Number and secret do not belong together. Which of the two is wrong is nobody's business."""

    code = "CARD_PROOF_WRONG"
    advice = "Check number and secret; after `tries_left` more wrong tries the card is locked for a day."


class ProofLocked(Refusal):
    code = "CARD_PROOF_LOCKED"
    status: ClassVar[int] = 429
    retryable = True
    advice = "Wait `retry_after_seconds`, or ask support with the card in your hand."


@dataclass(frozen=True, slots=True)
class Proofs:
    """The wrong proofs of late, about one subject: a card id, or the person who tries."""

    subject: str
    wrong: int = 0
    last_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether the last wrong proof is so long ago that counting begins anew."""
        return self.last_at is None or now >= self.last_at + LOCK_TERM


def sealed_text(number: str, secret: str) -> str:
    """What is sealed for a card."""
    assert SEPARATOR not in number + secret
    return f"{number}{SEPARATOR}{secret}" if secret else number


def number_and_secret(opened: str) -> tuple[str, str]:
    """What a sealed text holds; the secret is "" where there is none."""
    number, _, secret = opened.partition(SEPARATOR)
    return number, secret


def is_proof(opened: str, secret: str) -> bool:
    """Whether this is the card's secret, in a time that tells nothing about how much of it is right."""
    known = number_and_secret(opened)[1]
    return known != "" and hmac.compare_digest(known.encode(), secret.encode())


def checked_proofs(proofs: Proofs, now: datetime) -> Proofs:
    """The proofs that count now. Raises: ProofLocked."""
    if proofs.is_over(now):
        return Proofs(proofs.subject)
    assert proofs.last_at is not None
    if proofs.wrong >= WRONG_PROOFS_MAX:
        rest = proofs.last_at + LOCK_TERM - now
        raise ProofLocked(retry_after_seconds=seconds_to_wait(rest))
    return proofs


# ---------------------------------------------------------------- rows of the table


def proofs_of(subject: str, item: Mapping[str, Any] | None) -> Proofs:
    return Proofs(subject, item["wrong"], from_ms(item["last_at"])) if item else Proofs(subject)


def wrong_proof(before: Mapping[str, Any] | None, proofs: Proofs, now: datetime) -> DocumentChange:
    """One more wrong proof; refused when somebody else counted since `before` was read."""
    values = {
        "wrong": proofs.wrong + 1,
        "last_at": to_ms(now),
        "expires_at": to_ms(now + LOCK_TERM) // 1000 + 1,
        "version": before["version"] + 1 if before else 1,
    }
    expected = {"version": before["version"] if before else None}
    return DocumentChange(TABLE, proofs.subject, PROOFS, values, expected)
