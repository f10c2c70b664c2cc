"""People: who may sign in, as what, and which names and numbers do we believe?

    person     cus_<key>  a customer; a distributor is a customer who has a place in the tree
               stf_<key>  staff and people of partners, enrolled by the operator and by no route

How they are stored stands in people_items.py.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar, NamedTuple

from chalicelib.domain.business_time import seconds_to_wait
from chalicelib.domain.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    Refusal,
    Unauthenticated,
    Unprocessable,
)
from chalicelib.domain.ids import KEY_ALPHABET, KEY_LENGTH
from chalicelib.domain.password import is_guessed_first


class Role(StrEnum):
    CUSTOMER = "customer"
    DISTRIBUTOR = "distributor"
    OPS = "ops"
    FINANCE = "finance"
    AUDITOR = "auditor"
    SUPPORT = "support"
    RISK = "risk"
    ADMIN = "admin"
    FLEET_MANAGER = "fleet_manager"
    DRIVER = "driver"
    PARTNER = "partner"
    SUPPLIER = "supplier"
    NEWCOMER = "newcomer"  # staff without a second factor: they may get one, and nothing else


class Port(StrEnum):
    """Whose client it is: a token is good in the ports that it names (`aud`), and in no other."""

    CUSTOMER = "customer"
    DISTRIBUTOR = "distributor"
    OFFICE = "office"


EVERY_PORT = frozenset(Port)
STAFF_ROLES = frozenset({Role.OPS, Role.FINANCE, Role.AUDITOR, Role.SUPPORT, Role.RISK, Role.ADMIN})
ALONE = frozenset({Role.AUDITOR, Role.FLEET_MANAGER, Role.DRIVER, Role.PARTNER, Role.SUPPLIER})

ACCESS_TERM = {"cus": timedelta(minutes=10), "stf": timedelta(minutes=5)}
IDLE_TERM = {"cus": timedelta(minutes=30), "stf": timedelta(minutes=15)}
SESSION_TERM = timedelta(hours=12)

WRONG_TRIES_MAX = 5
CAPTCHA_AFTER_TRIES = 3
SLOW_DOWN = timedelta(minutes=15)

SERVICE_NOTICE = "2026-12"  # the version in force of what a customer is told about their data

PASSWORD_LENGTH_MIN = 10
PASSWORD_LENGTH_MAX = 128  # argon2 is fed no novels

_PHONE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")
_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
_ID_CHECK_CHARACTERS = "10X98765432"  # GB 11643-1999: by the weighted sum modulo 11


class PhoneInvalid(BadRequest):
    code = "PHONE_INVALID"
    advice = "Give a mobile number of mainland China: eleven digits, beginning with 1."


class PhoneTaken(Conflict):
    code = "PHONE_TAKEN"
    advice = "Sign in with this number instead."


class PasswordWeak(Unprocessable):
    code = "PASSWORD_WEAK"
    advice = "Choose at least ten characters that nobody tries first: no row, no number, no common password."


class SignInRefused(Unauthenticated):
    """Number or password is wrong; which of the two is nobody's business."""

    code = "SIGN_IN_REFUSED"
    advice = "Check number and password; after five wrong tries wait fifteen minutes."


class CodeRequired(Unauthenticated):
    """The password is right, on a device that is not known, or in a place that is strange."""

    code = "CODE_REQUIRED"
    advice = "Let a code be sent to the phone, and sign in with both: this device or place is new."


class PasswordNeeded(Unauthenticated):
    """Of staff without a second factor, whoever reads their text messages has not proved enough."""

    code = "PASSWORD_NEEDED"
    advice = "Send the password with the code, which is still good; who forgot it gets a code of an admin."


class ProofRequired(Unauthenticated):
    """A session alone turns no first second factor on. `by`: what will do."""

    code = "PROOF_REQUIRED"
    advice = "Send the password as well, or, where `by` names it, a code for `account` and its device."


class ResetByAdmin(Forbidden):
    """Of staff without a second factor, a text message alone changes no password."""

    code = "RESET_BY_ADMIN"
    advice = "Let an admin hand out a code at /v1/office/staff; it sets another password."


class NotRegistered(NotFound):
    """Told only to somebody who has the phone in hand."""

    code = "NOT_REGISTERED"
    advice = "Register with this number; the code is still good."


class TooManyTries(Refusal):
    code = "TOO_MANY_TRIES"
    status: ClassVar[int] = 429
    retryable = True
    advice = "Wait `retry_after_seconds`, then try again."


class TokenInvalid(Unauthenticated):
    code = "TOKEN_INVALID"
    advice = "Sign in again; this token was not made by us or has been altered."


class TokenExpired(Unauthenticated):
    code = "TOKEN_EXPIRED"
    advice = "Refresh the session, or sign in again."


class PersonLocked(Forbidden):
    code = "PERSON_LOCKED"
    advice = "Contact support; the account is locked."


class NoticeOutdated(Forbidden):
    """个人信息保护法 arts. 14, 17: what is done with personal data has changed, and was not accepted yet."""

    code = "NOTICE_OUTDATED"
    advice = "Read /v1/notices and accept the one for SERVICE by PUT /v1/me/consents, then ask again."


class AccountClosing(Conflict):
    """Nothing new is begun in an account that will be deleted (closing.py)."""

    code = "ACCOUNT_CLOSING"
    advice = "The account is being closed; take it back by DELETE /v1/me/closing, while there is time."


class PortWrong(Forbidden):
    """The session was begun for another client; or a client of this kind is not for this person."""

    code = "PORT_WRONG"
    advice = "Sign in with the client of one of the `ports`; this session or account is for another."


class IdNumberInvalid(Unprocessable):
    code = "ID_NUMBER_INVALID"
    advice = "Check the eighteen characters of the ID number; one of them is wrong."


class IdentityRefused(Unprocessable):
    """The register of identities says that name and number do not belong together."""

    code = "IDENTITY_REFUSED"
    advice = "Give name and number exactly as they stand on the ID card."


class IdentityTaken(Conflict):
    code = "IDENTITY_TAKEN"
    advice = "This identity is confirmed in another account; sign in there, or contact support."


class RealNameSettled(Conflict):
    code = "REAL_NAME_SETTLED"
    advice = "The real name is confirmed already; who is called otherwise now corrects it."


class RolesNotTogether(Unprocessable):
    code = "ROLES_NOT_TOGETHER"
    advice = "Give roles of the office, or one of auditor, fleet manager, driver, partner, supplier alone."


class Held(NamedTuple):
    """A granted role, at this moment. `region`: where alone it holds, "" is everywhere. `senior`: also for
    what is sensitive."""

    role: str
    region: str = ""
    senior: bool = False


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signed token says about its bearer: facts that never revert.

    `referrers`: distributors above a customer, the nearest first. `root`: the root of
    the tree the bearer is a distributor in, or "". `session_id`: the session it belongs to.
    `ports`: where alone the token is good. `factor_at`: when the session last showed a second factor.
    `notice_due`: a customer has not accepted the notice in force. `closing`: the account will be
    deleted. `held`: the roles that were granted. None of these three stands in a token, the profile tells.
    """

    person_id: str
    roles: frozenset[str]
    referrers: tuple[str, ...] = ()
    root: str = ""
    real_name: bool = False
    session_id: str = ""
    notice_due: bool = False
    closing: bool = False
    held: tuple[Held, ...] = ()
    factor_at: datetime | None = None
    ports: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """A profile, as its owner may see it."""

    person_id: str
    roles: tuple[str, ...]
    phone_masked: str
    real_name: bool
    referrer: str
    created_at: datetime
    locked: bool = False
    version: int = 1
    second_factor: bool = False
    notice: str = ""  # the version of the service's notice that was accepted
    closes_at: datetime | None = None  # when the account is deleted, while it is closing


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong tries of one phone number, and when the last one was."""

    wrong: int = 0
    last_at: datetime | None = None


def new_person_id(prefix: str, choose_below: Callable[[int], int]) -> str:
    """`cus_` or `stf_` and twelve characters; `choose_below(n)` gives a secret number from 0 to n − 1."""
    return f"{prefix}_" + "".join(KEY_ALPHABET[choose_below(len(KEY_ALPHABET))] for _ in range(KEY_LENGTH))


def checked_phone(text: str) -> str:
    """The number in its one spelling, +86 and eleven digits. Raises: PhoneInvalid."""
    match = _PHONE.fullmatch(text.replace(" ", "").replace("-", ""))
    if match is None:
        raise PhoneInvalid()
    return f"+86{match[1]}"


def masked_phone(phone: str) -> str:
    """`138****5678` of a checked number."""
    digits = phone.removeprefix("+86")
    return f"{digits[:3]}****{digits[-4:]}"


def checked_password(password: str, phone: str, is_common: Callable[[str], bool]) -> str:
    """The password, if it is long enough and nobody's first guess (password.py). Raises: PasswordWeak."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise PasswordWeak(length_min=PASSWORD_LENGTH_MIN, length_max=PASSWORD_LENGTH_MAX)
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    rows = {step % 10 for step in steps} if password.isdigit() else steps  # after 9 comes 0
    is_row = steps in ({0}, {1}, {-1}) or rows in ({1}, {9}) or phone.removeprefix("+86") in password
    if is_row or is_guessed_first(password, is_common):
        raise PasswordWeak()
    return password


def checked_enrolled_roles(roles: Iterable[str]) -> tuple[str, ...]:
    """The roles in order, if they may stand together: those of the office; whoever is of outside, or
    audits, is nothing else.

    Raises: RolesNotTogether.
    """
    wanted = frozenset(roles)
    if not wanted or not wanted <= STAFF_ROLES | ALONE or (wanted & ALONE and len(wanted) > 1):
        raise RolesNotTogether(roles=tuple(sorted(wanted)))
    return tuple(sorted(wanted))


def roles_now(roles: Iterable[str], second_factor: bool) -> frozenset[str]:
    """What a person is at this moment: staff who have no second factor on are newcomers alone."""
    given = frozenset(roles)
    return given if second_factor or not given & STAFF_ROLES else frozenset({Role.NEWCOMER})


def checked_id_number(text: str) -> str:
    """The ID number of GB 11643-1999 in its one spelling: a real day of birth, and the right last character.

    Raises: IdNumberInvalid.
    """
    number = text.strip().upper()
    if not _ID_NUMBER.fullmatch(number) or not _is_day(number[6:14]):
        raise IdNumberInvalid()
    weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    if number[17] != _ID_CHECK_CHARACTERS[weighted % 11]:
        raise IdNumberInvalid()
    return number


def _is_day(text: str) -> bool:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).year >= 1900
    except ValueError:
        return False


def checked_tries(tries: Tries, now: datetime) -> Tries:
    """The tries with one more counted, before it is known whether this one is right.

    Counting first bounds guesses that arrive together. Raises: TooManyTries.
    """
    if tries.last_at is None or now >= tries.last_at + SLOW_DOWN:
        return Tries(1, now)
    if tries.wrong >= WRONG_TRIES_MAX:
        wait = tries.last_at + SLOW_DOWN - now
        raise TooManyTries(retry_after_seconds=seconds_to_wait(wait))
    return Tries(tries.wrong + 1, now)


def needs_captcha(tries_here: int, tries_everywhere: int, is_known_device: bool) -> bool:
    """Whether a person must show to be one, before try number `tries_here` of this device.

    What strangers try elsewhere makes nothing harder on a device that the owner is known by.
    """
    is_suspicious = not is_known_device and tries_everywhere >= CAPTCHA_AFTER_TRIES
    return tries_here > CAPTCHA_AFTER_TRIES or is_suspicious


def is_customer(person_id: str) -> bool:
    return person_id.startswith("cus_")


def ports_of(person_id: str, port: str = "") -> frozenset[str]:
    """The ports of a session begun for this one, or for no one in particular: a customer may be a
    distributor as well, and nobody but staff enters the office.

    Raises: PortWrong.
    """
    own = EVERY_PORT - {Port.OFFICE} if is_customer(person_id) else frozenset({Port.OFFICE})
    if port and port not in own:
        raise PortWrong(ports=tuple(sorted(own)))
    return frozenset({port}) if port else own


def is_notice_due(person_id: str, accepted: str, in_force: str = SERVICE_NOTICE) -> bool:
    """Whether a customer must accept the notice in force before the service is used again."""
    return is_customer(person_id) and accepted != in_force


def term_of(person_id: str, terms: dict[str, timedelta]) -> timedelta:
    """The term that holds for customers (`cus_`) or staff (`stf_`)."""
    return terms[person_id[:3]]
