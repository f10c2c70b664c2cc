"""One-time codes: six digits sent to a phone prove who has it in hand.

In the table `work`, one item a number and device, and one a number:

    pk code#<phone index>   sk device#<device index>   purpose, code_index, sent_at, tries_left
                            sk sent                    day, known_count, others_count, known_at, others_at

The newest code of a device is its only one, and is good there alone: whoever guesses elsewhere spends
no try of it. Of the ten codes that a number is sent in a day, five at most are asked for by devices that
nobody knows: strangers leave the owner the rest. Ten codes with five tries each are fifty guesses in a
million: a stranger opens an account in a day once in 20,000 times.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from chalicelib.domain.business_time import SHANGHAI, business_date, day_text, from_ms, seconds_to_wait, to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Refusal, Unauthenticated

TABLE = "work"
SENT = "sent"

DIGITS = 6
TERM = timedelta(minutes=5)
PAUSE = timedelta(seconds=60)
TRIES_MAX = 5
A_DAY_MAX = 10
OF_OTHERS_MAX = 5
FORGOTTEN_AFTER = timedelta(days=2)


class Purpose(StrEnum):
    SIGN_IN = "sign_in"  # registers a number that nobody has, too
    PASSWORD = "password"  # a purpose, no password
    ACCOUNT = "account"  # corrects the phone, or closes the account, of who is signed in


class Asker(StrEnum):
    """Who asks for a code."""

    KNOWN = "known"  # on a device that the owner is known by, or with the right password in hand
    OTHERS = "others"


class CodeTooSoon(Refusal):
    code = "CODE_TOO_SOON"
    status: ClassVar[int] = 429
    retryable = True
    advice = "Wait `retry_after_seconds`; the code that was sent is good for five minutes."


class CodesUsedUp(Refusal):
    code = "CODES_USED_UP"
    status: ClassVar[int] = 429
    advice = "This number was sent as many codes today as may be; sign in by password, or tomorrow."


class CodeWrong(Unauthenticated):
    """Wrong, used, too old, tried too often, or never sent; which of these is nobody's business."""

    code = "CODE_WRONG"
    advice = (
        "Check the six digits; a code is good once, for five minutes and five tries, on the device that"
        " asked for it."
    )


def code_key(phone_index: str, device_index: str) -> tuple[str, str]:
    return f"code#{phone_index}", f"device#{device_index}"


def sent_key(phone_index: str) -> tuple[str, str]:
    return f"code#{phone_index}", SENT


def hashed(phone_index: str, purpose: Purpose, code: str) -> str:
    """What is hashed with a key in place of the code: it is good for one number and one purpose."""
    return f"one-time code|{phone_index}|{purpose}|{code}"


def counting(phone_index: str, item: Mapping[str, Any] | None, asker: Asker, now: datetime) -> DocumentChange:
    """One code of today more, if nobody else counted since. Raises: CodeTooSoon, CodesUsedUp."""
    day = day_text(business_date(now))
    seen = item or {}
    counts = {one: seen[f"{one}_count"] if seen.get("day") == day else 0 for one in Asker}
    again_at = from_ms(seen.get(f"{asker}_at", 0)) + PAUSE
    if now < again_at:
        raise CodeTooSoon(retry_after_seconds=seconds_to_wait(again_at - now))
    is_too_many = asker is Asker.OTHERS and counts[asker] >= OF_OTHERS_MAX
    if is_too_many or sum(counts.values()) >= A_DAY_MAX:
        raise CodesUsedUp(retry_after_seconds=seconds_to_wait(_next_day(now) - now))
    values = {f"{one}_count": counts[one] + (one is asker) for one in Asker}
    values |= {f"{asker}_at": to_ms(now), "expires_at": to_ms(now + FORGOTTEN_AFTER) // 1000}
    version = {"version": seen.get("version")}
    return DocumentChange(TABLE, *sent_key(phone_index), {"day": day, **values}, version, {"version": 1})


def sending(
    phone_index: str, device_index: str, purpose: Purpose, code_index: str, now: datetime
) -> DocumentChange:
    """The new code of a device, in place of the one before."""
    values = {
        "purpose": purpose.value,
        "code_index": code_index,
        "sent_at": to_ms(now),
        "tries_left": TRIES_MAX,
        "expires_at": to_ms(now + FORGOTTEN_AFTER) // 1000,
    }
    return DocumentChange(TABLE, *code_key(phone_index, device_index), values, {})


def trying(phone_index: str, device_index: str) -> DocumentChange:
    """One try fewer, taken before it is known whether the code is right."""
    key = code_key(phone_index, device_index)
    return DocumentChange(TABLE, *key, {}, {}, {"tries_left": -1}, {"tries_left": 1})


def is_good(item: Mapping[str, Any], purpose: Purpose, now: datetime) -> bool:
    """Whether its code may still be used for this."""
    return bool(item["code_index"]) and item["purpose"] == purpose and now < from_ms(item["sent_at"]) + TERM


def spent(item: Mapping[str, Any]) -> DocumentChange:
    """What goes with the write that the code allows: it is good once."""
    was = {"code_index": item["code_index"]}
    return DocumentChange(TABLE, item["pk"], item["sk"], {"code_index": ""}, was)


def _next_day(now: datetime) -> datetime:
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
