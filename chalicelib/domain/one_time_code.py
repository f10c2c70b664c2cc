"""One-time codes: six digits sent to a phone prove who has it in hand.

In the table `work`, one item a number:

    pk code#<phone index>   sk one-time   purpose, code_index, sent_at, tries_left, day, sent_count

The newest code is the only one. Ten codes a day with five tries each are fifty guesses in a
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
ONE_TIME = "one-time"

DIGITS = 6
TERM = timedelta(minutes=5)
PAUSE = timedelta(seconds=60)
TRIES_MAX = 5
A_DAY_MAX = 10
FORGOTTEN_AFTER = timedelta(days=2)


class Purpose(StrEnum):
    SIGN_IN = "sign_in"  # registers a number that nobody has, too
    PASSWORD = "password"  # a purpose, no password
    ACCOUNT = "account"  # corrects the phone, or closes the account, of who is signed in


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
    advice = "Check the six digits; a code is good once, for five minutes and five tries."


def code_key(phone_index: str) -> tuple[str, str]:
    return f"code#{phone_index}", ONE_TIME


def hashed(phone_index: str, purpose: Purpose, code: str) -> str:
    """What is hashed with a key in place of the code: it is good for one number and one purpose."""
    return f"one-time code|{phone_index}|{purpose}|{code}"


def sending(
    phone_index: str, item: Mapping[str, Any] | None, purpose: Purpose, code_index: str, now: datetime
) -> DocumentChange:
    """The new code, if nobody else sent one since the item was read. Raises: CodeTooSoon, CodesUsedUp."""
    day = day_text(business_date(now))
    sent_count = item["sent_count"] if item and item["day"] == day else 0
    again_at = from_ms(item["sent_at"]) + PAUSE if item else now
    if now < again_at:
        raise CodeTooSoon(retry_after_seconds=seconds_to_wait(again_at - now))
    if sent_count >= A_DAY_MAX:
        raise CodesUsedUp(retry_after_seconds=seconds_to_wait(_next_day(now) - now))
    values = {
        "purpose": purpose.value,
        "code_index": code_index,
        "sent_at": to_ms(now),
        "tries_left": TRIES_MAX,
        "day": day,
        "sent_count": sent_count + 1,
        "expires_at": to_ms(now + FORGOTTEN_AFTER) // 1000,
    }
    version = {"version": item["version"] if item else None}
    return DocumentChange(TABLE, *code_key(phone_index), values, version, {"version": 1})


def trying(phone_index: str) -> DocumentChange:
    """One try fewer, taken before it is known whether the code is right."""
    return DocumentChange(
        TABLE, *code_key(phone_index), {}, {}, {"tries_left": -1, "version": 1}, {"tries_left": 1}
    )


def is_good(item: Mapping[str, Any], purpose: Purpose, now: datetime) -> bool:
    """Whether its code may still be used for this."""
    return bool(item["code_index"]) and item["purpose"] == purpose and now < from_ms(item["sent_at"]) + TERM


def spent(item: Mapping[str, Any]) -> DocumentChange:
    """What goes with the write that the code allows: it is good once."""
    was = {"code_index": item["code_index"]}
    return DocumentChange(TABLE, item["pk"], item["sk"], {"code_index": ""}, was, {"version": 1})


def _next_day(now: datetime) -> datetime:
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)
