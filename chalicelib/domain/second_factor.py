"""The second factor: what shows, beside a password or a phone, that it is this very person?

An authenticator makes six digits of a shared secret and of the time, others every thirty
seconds (RFC 6238). A step is good once and never after a later one. A passkey signs a
challenge (passkey.py). Who lost them has ten recovery codes, each good once. Each is enough.
In the table `people`, one item a person:

    pk cus_… | stf_…   sk factor   secret_sealed, recovery: keyed hashes of the codes that are left, step:
                                   the last one used, on_since: all "" or 0 while it is off;
                                   passkeys: absent, or what passkey.py says;
                                   offered_sealed, offered_at: a secret that waits for its first code;
                                   day, tries_left, version

Fifteen tries a day, each against three steps, are forty-five guesses in a million: who knows the
password gets in within a day once in 22,000 times. A try is taken before the look; the right one is
given back, and no other.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.business_time import SHANGHAI, business_date, day_text, from_ms, to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Conflict, Unauthenticated
from chalicelib.domain.ids import KEY_ALPHABET
from chalicelib.domain.person import TooManyTries

TABLE = "people"
FACTOR = "factor"

DIGITS = 6
STEP = timedelta(seconds=30)
STEPS_AROUND = 1  # a clock may be so far ahead or behind
A_DAY_MAX = 15
OFFER_TERM = timedelta(minutes=10)

RECOVERY_CODES = 10
RECOVERY_LENGTH = 24  # of 31 characters: 118 bits; so a keyed hash alone keeps them
RECOVERY_GROUP = 4


class SecondFactorRequired(Unauthenticated):
    """Told only to somebody who has proved the rest."""

    code = "SECOND_FACTOR_REQUIRED"
    advice = (
        "Send the authenticator's six digits, a recovery code, or a passkey's answer to `challenge`,"
        " as `second_factor` with the same proof."
    )


class SecondFactorWrong(Unauthenticated):
    code = "SECOND_FACTOR_WRONG"
    advice = "Check the digits and the clock of the authenticator; a recovery code is good once."


class SecondFactorUsed(Unauthenticated):
    """The digits are right, and they, or later ones, were used before."""

    code = "SECOND_FACTOR_USED"
    advice = "Wait for the authenticator's next digits; each are good once."


class SecondFactorOff(Conflict):
    code = "SECOND_FACTOR_OFF"
    advice = "Leave `second_factor` out, or turn one on first."


class SecondFactorNotOffered(Conflict):
    code = "SECOND_FACTOR_NOT_OFFERED"
    advice = "Ask for a new secret first, and confirm it within ten minutes."


def factor_context(person_id: str) -> str:
    """What a sealed secret is bound to: it opens nowhere else."""
    return f"{person_id}|factor"


def step_of(now: datetime) -> int:
    """The number of the step that a moment is in."""
    return to_ms(now) // (STEP // timedelta(milliseconds=1))


def steps_around(now: datetime) -> range:
    """The steps whose digits may be shown now."""
    return range(step_of(now) - STEPS_AROUND, step_of(now) + STEPS_AROUND + 1)


def is_digits(shown: str) -> bool:
    """Whether it is an authenticator's code; anything else is a recovery code."""
    return len(shown) == DIGITS and shown.isascii() and shown.isdigit()


def new_recovery_code(choose_below: Callable[[int], int]) -> str:
    """In groups of four; `choose_below(n)` gives a secret number from 0 to n − 1."""
    characters = "".join(KEY_ALPHABET[choose_below(len(KEY_ALPHABET))] for _ in range(RECOVERY_LENGTH))
    groups = range(0, RECOVERY_LENGTH, RECOVERY_GROUP)
    return "-".join(characters[start : start + RECOVERY_GROUP] for start in groups)


def hashed(person_id: str, code: str) -> str:
    """What is hashed with a key in place of a recovery code, however it was typed."""
    return f"recovery code|{person_id}|{code.upper().replace('-', '').replace(' ', '')}"


def is_passkey(shown: str) -> bool:
    """Whether it is what a passkey answers, a JSON object."""
    return shown.startswith("{")


def has_authenticator(item: Mapping[str, Any] | None) -> bool:
    return item is not None and bool(item["secret_sealed"])


def is_on(item: Mapping[str, Any] | None) -> bool:
    """Whether there is one of either kind: also a passkey that is good no more keeps the door shut."""
    return has_authenticator(item) or bool((item or {}).get("passkeys"))


def offered_secret(item: Mapping[str, Any] | None, now: datetime) -> str:
    """The sealed secret that waits for its first code. Raises: SecondFactorNotOffered."""
    if item is None or not item["offered_sealed"] or now >= from_ms(item["offered_at"]) + OFFER_TERM:
        raise SecondFactorNotOffered()
    sealed: str = item["offered_sealed"]
    return sealed


# ---------------------------------------------------------------- changes


def offering(
    person_id: str, item: Mapping[str, Any] | None, secret_sealed: str, now: datetime
) -> DocumentChange:
    """A secret waits for its first code; the one in force, if any, stays so until then."""
    offered = {"offered_sealed": secret_sealed, "offered_at": to_ms(now)}
    return _change(person_id, item, offered if item else _OFF | offered)


def turned_on(item: Mapping[str, Any], step: int, recovery: Sequence[str], now: datetime) -> DocumentChange:
    """The offered secret is in force, its first step is used, and these recovery codes are good."""
    values = {"secret_sealed": item["offered_sealed"], "recovery": list(recovery), "step": step}
    values |= {"on_since": to_ms(now), "offered_sealed": "", "offered_at": 0}
    return _change(item["pk"], item, values, given_back=1)


def turned_off(item: Mapping[str, Any]) -> DocumentChange:
    """No authenticator any more; with passkeys, recovery codes stay."""
    return _change(item["pk"], item, _NO_AUTHENTICATOR if item.get("passkeys") else _OFF)


def lost(item: Mapping[str, Any]) -> DocumentChange:
    """Nothing of it is in force any more."""
    return _change(item["pk"], item, {**_OFF, "passkeys": {}})


def passkeys_changed(item: Mapping[str, Any], values: Mapping[str, Any]) -> DocumentChange:
    """Other passkeys; without any, and without an authenticator, it is off."""
    is_left = values["passkeys"] or has_authenticator(item)
    return _change(item["pk"], item, values if is_left else {**_OFF, **values})


def first_passkey(
    person_id: str,
    item: Mapping[str, Any] | None,
    values: Mapping[str, Any],
    recovery: Sequence[str],
    now: datetime,
) -> DocumentChange:
    """A passkey is what turns it on, and these recovery codes are good."""
    on = {"recovery": list(recovery), "on_since": to_ms(now), **values}
    return _change(person_id, item, on if item else {**_OFF, **on})


def step_used(item: Mapping[str, Any], step: int) -> DocumentChange:
    return _change(item["pk"], item, {"step": step}, given_back=1)


def recovery_used(item: Mapping[str, Any], code_index: str) -> DocumentChange:
    left = [one for one in item["recovery"] if one != code_index]
    return _change(item["pk"], item, {"recovery": left}, given_back=1)


_NO_AUTHENTICATOR = {"secret_sealed": "", "step": 0, "offered_sealed": "", "offered_at": 0}
_OFF = _NO_AUTHENTICATOR | {"recovery": [], "on_since": 0}


def _change(
    person_id: str, item: Mapping[str, Any] | None, values: Mapping[str, Any], given_back: int = 0
) -> DocumentChange:
    """These values, if nothing but tries was written since the item was read."""
    version = {"version": item["version"] if item else None}
    added = {"version": 1} | ({"tries_left": given_back} if given_back else {})
    return DocumentChange(TABLE, person_id, FACTOR, values, version, added)


# ---------------------------------------------------------------- tries


def trying(person_id: str, now: datetime) -> DocumentChange:
    """One try of today fewer, taken before it is known whether the code is right."""
    day = {"day": day_text(business_date(now))}
    return DocumentChange(TABLE, person_id, FACTOR, {}, day, {"tries_left": -1}, {"tries_left": 1})


def first_try(item: Mapping[str, Any], now: datetime) -> DocumentChange:
    """The first try of today, if nobody else made it. Raises: TooManyTries when today has begun already."""
    day = day_text(business_date(now))
    if item.get("day") == day:
        raise TooManyTries(retry_after_seconds=_seconds_of_today(now))
    values = {"day": day, "tries_left": A_DAY_MAX - 1}
    return DocumentChange(TABLE, item["pk"], FACTOR, values, {"day": item.get("day")})


def _seconds_of_today(now: datetime) -> int:
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1, -(-(today + timedelta(days=1) - now) // timedelta(seconds=1)))
