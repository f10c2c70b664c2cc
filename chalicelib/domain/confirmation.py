"""Confirmations: did this very person see this very payee and amount, and agree with a second factor?

Nothing of it is kept. What leaves is shown in a challenge, which is signed for one person; whoever
shows a second factor for it gets the same signed anew, as a confirmation:

    <operation, key, payee, amount, until when>.<keyed hash of that, of the person and of its use>

It allows one operation under one operation key, and whatever a key does, it does once: a confirmation
needs no mark that it was used, and no lost answer can use one up.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.errors import Forbidden

TERM = timedelta(minutes=5)  # from the challenge to the operation: to read, to find the phone, to send
MASK = "*"


class Operation(StrEnum):
    """What is not done without a confirmation."""

    WITHDRAWAL = "WITHDRAWAL"
    PAYEE = "PAYEE"


class Use(StrEnum):
    CHALLENGE = "challenge"
    CONFIRMATION = "confirmation"


class ConfirmationRequired(Forbidden):
    """Money leaves, or will go elsewhere, by it."""

    code = "CONFIRMATION_REQUIRED"
    advice = (
        "Ask for a challenge of this operation (POST /v1/me/challenges/…), show payee and amount, answer it "
        "by POST /v1/me/confirmations, and send what that gives as Confirmation."
    )


class ConfirmationInvalid(Forbidden):
    """Altered, not made by us, of another person, or a challenge that nobody has answered."""

    code = "CONFIRMATION_INVALID"
    advice = "Ask for a new challenge; send what was given, as it was given."


class ConfirmationExpired(Forbidden):
    code = "CONFIRMATION_EXPIRED"
    advice = "Ask for a new challenge: one is good for five minutes."


class ConfirmationDiffers(Forbidden):
    """Something else was shown and confirmed: another payee, another amount, or another operation."""

    code = "CONFIRMATION_DIFFERS"
    advice = "Ask for a challenge of just this: payee, amount and Idempotency-Key are what is confirmed."


class SecondFactorMissing(Forbidden):
    """A distributor who has none on. Told to nobody but the owner."""

    code = "SECOND_FACTOR_MISSING"
    advice = "Set up an authenticator first: POST /v1/me/second-factor."


REFUSALS = (ConfirmationRequired, ConfirmationInvalid, ConfirmationExpired, ConfirmationDiffers)


class Wish(NamedTuple):
    """One operation, to the letter. `payee`: what tells this one from each other and from each earlier."""

    operation: Operation
    key: str
    payee: str
    amount_fen: int = 0


def signed(use: Use, person_id: str, wish: Wish, expires_at: datetime, mark: Callable[[str], str]) -> str:
    """The wish as a text that only we can have made; `mark(text)` is a keyed hash."""
    content = urlsafe_b64encode(json.dumps([*wish, to_ms(expires_at)]).encode()).decode().rstrip("=")
    return f"{content}.{mark(_hashed(use, person_id, content))}"


def opened(
    use: Use, text: str, person_id: str, now: datetime, mark: Callable[[str], str]
) -> tuple[Wish, datetime]:
    """What was signed for this person and this use, and until when it is good.

    Raises: ConfirmationInvalid, ConfirmationExpired.
    """
    content, _, shown = text.partition(".")
    right = mark(_hashed(use, person_id, content))
    if not hmac.compare_digest(shown.encode(), right.encode()):
        raise ConfirmationInvalid()
    operation, *others, expires_ms = json.loads(urlsafe_b64decode(content + "=="))
    if now >= from_ms(expires_ms):
        raise ConfirmationExpired()
    return Wish(Operation(operation), *others), from_ms(expires_ms)


def check(text: str, person_id: str, wish: Wish, now: datetime, mark: Callable[[str], str]) -> None:
    """Let this person's wish pass if it is what was confirmed.

    Raises: ConfirmationRequired, ConfirmationInvalid, ConfirmationExpired, ConfirmationDiffers.
    """
    if not text:
        raise ConfirmationRequired()
    confirmed, _ = opened(Use.CONFIRMATION, text, person_id, now, mark)
    if confirmed != wish:
        raise ConfirmationDiffers()


def masked_name(name: str) -> str:
    """`张**` of a name."""
    return name[:1] + MASK * len(name[1:])


def _hashed(use: Use, person_id: str, content: str) -> str:
    return f"{use}|{person_id}|{content}"
