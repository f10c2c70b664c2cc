"""Captchas: is there a person at the other end? Six digits, drawn or spoken, good once for two minutes.

Nothing is kept of one but that it was used: its answer is the keyed hash of its id and of the
device that asked for it, so nobody else's answer fits, and no answer fits twice.

    work   pk captcha#<id>   sk used
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.errors import NotFound, Unauthenticated

TABLE = "work"
USED = "used"
DIGITS = 6
TERM = timedelta(seconds=120)
_MARK_LENGTH = 12


class CaptchaRequired(Unauthenticated):
    code = "CAPTCHA_REQUIRED"
    advice = "Ask for a captcha, let it be read or heard, and send it with the answer."


class CaptchaWrong(Unauthenticated):
    """Wrong, used, too old, or of another device."""

    code = "CAPTCHA_WRONG"
    advice = "Ask for another captcha; each is good once, for two minutes, on the device that asked for it."


class CaptchaUnknown(NotFound):
    code = "CAPTCHA_UNKNOWN"
    advice = "Ask for another captcha; this one is over."


@dataclass(frozen=True, slots=True)
class Captcha:
    captcha_id: str
    expires_at: datetime


def new_captcha(nonce: str, mark: Callable[[str], str], now: datetime) -> Captcha:
    """`mark(text)` is a keyed hash: nobody else makes an id."""
    expires_at = now + TERM
    body = f"{to_ms(expires_at)}-{nonce}"
    return Captcha(f"{body}-{_signed(body, mark)}", expires_at)


def expiry_of(captcha_id: str, mark: Callable[[str], str]) -> datetime:
    """When it ends. Raises: CaptchaWrong for an id that we did not make."""
    body, _, signature = captcha_id.rpartition("-")
    if not body or not hmac.compare_digest(signature.encode(), _signed(body, mark).encode()):
        raise CaptchaWrong()
    return from_ms(int(body.partition("-")[0]))


def answer_of(captcha_id: str, device: str, mark: Callable[[str], str]) -> str:
    """The six digits."""
    # A mark is letters, and letters are not all numbers: hashed once more, every row of digits is as likely.
    number = int.from_bytes(sha256(mark(f"captcha answer|{captcha_id}|{device}").encode()).digest())
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def _signed(body: str, mark: Callable[[str], str]) -> str:
    return mark(f"captcha|{body}")[:_MARK_LENGTH]
