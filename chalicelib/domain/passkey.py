"""Passkeys: which key pairs of a person's devices stand in place of an authenticator's digits (WebAuthn)?

They stand in the item of the second factor (second_factor.py), ten at most, by their ids:

    passkeys   psk_… -> credential: what the device calls it, public_key, name: what its owner calls it,
                        counter: of its last signature, added_at, used_at, cloned

A device signs a challenge. Nothing is kept of one but that it was used: it is made of its end, of chance
and of their keyed hash with the person, what it is for and, for a new passkey, the session.

    work   pk passkey#<challenge>   sk used

A counter that does not grow shows that there is a second copy of the key, and nobody knows which is whose:
the passkey is good no more, and the person is told.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.errors import Conflict, NotFound, Unauthenticated, Unprocessable
from chalicelib.domain.ids import KEY_ALPHABET, KEY_LENGTH

CHALLENGES_TABLE = "work"
USED = "used"
TERM = timedelta(minutes=5)
PASSKEYS_MAX = 10
_MARK_LENGTH = 12


class Use(StrEnum):
    """What a challenge is for; one of another use is no good."""

    ADD = "add"
    SHOW = "show"


class PasskeyRefused(Unauthenticated):
    """It is not of this site, device or person, its owner was not verified, or the challenge is over."""

    code = "PASSKEY_REFUSED"
    advice = "Ask for another challenge; each is good once, for five minutes, for who asked for it."


class PasskeyCloned(Unauthenticated):
    """Told to whoever shows it; the owner hears of it by text message."""

    code = "PASSKEY_CLONED"
    advice = "Show another second factor, remove this passkey, and add a new one."


class PasskeyKnown(Conflict):
    code = "PASSKEY_KNOWN"
    advice = "Take another device: this one's passkey is there already."


class PasskeyUnknown(NotFound):
    code = "PASSKEY_UNKNOWN"
    advice = "Read the list of your passkeys again."


class PasskeysFull(Unprocessable):
    code = "PASSKEYS_FULL"
    advice = "Remove one that you use no longer."


class LastSecondFactor(Conflict):
    code = "LAST_SECOND_FACTOR"
    advice = "Add another passkey or an authenticator first."


@dataclass(frozen=True, slots=True)
class Passkey:
    """One device's key. `used_at`: None before the first time. `counter`: 0 where the device keeps none."""

    passkey_id: str
    credential: str
    public_key: str
    name: str
    counter: int
    added_at: datetime
    used_at: datetime | None = None
    cloned: bool = False


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a device has made: its own name for the key, the public half, and where it counts from."""

    credential: str
    public_key: str
    counter: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a passkey of this person may sign, in base64url as browsers take it. `credentials`: what the
    devices call those that are good; `domain`: the site that they were made for."""

    challenge: str
    credentials: tuple[str, ...]
    domain: str
    expires_at: datetime


def new_passkey_id(choose_below: Callable[[int], int]) -> str:
    """`choose_below(n)` gives a secret number from 0 to n − 1."""
    return "psk_" + "".join(KEY_ALPHABET[choose_below(len(KEY_ALPHABET))] for _ in range(KEY_LENGTH))


def grows(before: int, after: int) -> bool:
    """Whether the key may be the only one: a device without a counter always says 0."""
    return after > before or after == before == 0


# ---------------------------------------------------------------- challenges


def new_challenge(bound_to: str, nonce: str, mark: Callable[[str], str], now: datetime) -> str:
    """`mark(text)` is a keyed hash: nobody else makes one. `bound_to`: see `bound`."""
    body = f"{to_ms(now + TERM)}-{nonce}"
    return f"{body}-{_signed(body, bound_to, mark)}"


def bound(use: Use, person_id: str, session_id: str = "", on_since: int = 0) -> str:
    """What a challenge is bound to. Where something is added: also to the second factor as it was then."""
    return f"{use}|{person_id}|{session_id}|{on_since}"


def checked_expiry(challenge: str, bound_to: str, mark: Callable[[str], str], now: datetime) -> datetime:
    """When it ends. Raises: PasskeyRefused when it has, or was not made by us for this."""
    body, _, signature = challenge.rpartition("-")
    if not body or not hmac.compare_digest(signature.encode(), _signed(body, bound_to, mark).encode()):
        raise PasskeyRefused()
    expires_at = from_ms(int(body.partition("-")[0]))
    if now >= expires_at:
        raise PasskeyRefused()
    return expires_at


def _signed(body: str, bound_to: str, mark: Callable[[str], str]) -> str:
    return mark(f"passkey|{bound_to}|{body}")[:_MARK_LENGTH]


# ---------------------------------------------------------------- the item


def passkeys_of(item: Mapping[str, Any] | None) -> dict[str, Passkey]:
    """Those that the item of a second factor shows, by id, the oldest first."""
    found = [_passkey(passkey_id, one) for passkey_id, one in (item or {}).get("passkeys", {}).items()]
    return {one.passkey_id: one for one in sorted(found, key=lambda one: one.added_at)}


def values_of(passkeys: Mapping[str, Passkey]) -> dict[str, Any]:
    """The attributes of the item that say so."""
    return {"passkeys": {one.passkey_id: _values(one) for one in passkeys.values()}}


def good_credentials(passkeys: Mapping[str, Passkey]) -> tuple[str, ...]:
    return tuple(one.credential for one in passkeys.values() if not one.cloned)


def with_credential(passkeys: Mapping[str, Passkey], credential: str) -> Passkey:
    """The one that the device calls so. Raises: PasskeyRefused, PasskeyCloned when it is good no more."""
    for one in passkeys.values():
        if one.credential == credential:
            if one.cloned:
                raise PasskeyCloned()
            return one
    raise PasskeyRefused()


def _passkey(passkey_id: str, values: Mapping[str, Any]) -> Passkey:
    return Passkey(
        passkey_id,
        credential=values["credential"],
        public_key=values["public_key"],
        name=values["name"],
        counter=values["counter"],
        added_at=from_ms(values["added_at"]),
        used_at=from_ms(values["used_at"]) if values["used_at"] else None,
        cloned=values["cloned"],
    )


def _values(passkey: Passkey) -> dict[str, Any]:
    return {
        "credential": passkey.credential,
        "public_key": passkey.public_key,
        "name": passkey.name,
        "counter": passkey.counter,
        "added_at": to_ms(passkey.added_at),
        "used_at": to_ms(passkey.used_at) if passkey.used_at else 0,
        "cloned": passkey.cloned,
    }
