"""Enrolment: how does somebody get a password, or another one, and how does the first admin come to be?

A code is good once, for a day. Whoever has it chooses the password; until then nobody can sign in.

    work     pk enrolment#<index of the code>   sk code       phone_index, phone_sealed, person_id, replaces,
                                                              expires_at
    people   pk admins                          sk <person>   there is an admin
             pk admins                          sk first      who was enrolled by a code: only ever one

`person_id` is of a person who is there already; "" makes the first admin. `replaces`: a mark of the password
that the code was handed out against, "" of none: of several codes one counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import DocumentGone, NewDocument
from chalicelib.domain.errors import Conflict, NotFound, Unauthenticated
from chalicelib.domain.ids import KEY_ALPHABET

TABLE = "work"
CODE = "code"
CODE_TERM = timedelta(hours=24)
CODE_LENGTH = 28  # of 31 characters: 138 bits
GROUP = 4

ADMINS = "admins"  # in the table of people
FIRST = "first"


class EnrolmentRefused(Unauthenticated):
    """The code is wrong, used or too old; which of these is nobody's business."""

    code = "ENROLMENT_REFUSED"
    advice = "Check the code; if it was used already, sign in, else ask for a new one."


class AdminExists(Conflict):
    code = "ADMIN_EXISTS"
    advice = "Only the first admin is enrolled this way; ask an admin who is there."


class NobodyToEnrol(NotFound):
    """Nobody of this number waits for a password, or is without a second factor."""

    code = "NOBODY_TO_ENROL"
    advice = "Check whom you mean; who has a password and a second factor signs in with them."


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a code stands for. The phone is sealed, bound to the code's index."""

    index: str
    phone_index: str
    phone_sealed: str
    person_id: str
    expires_at: datetime
    replaces: str = ""


def new_code(choose_below: Callable[[int], int]) -> str:
    """A code in groups of four; `choose_below(n)` gives a secret number from 0 to n − 1."""
    characters = "".join(KEY_ALPHABET[choose_below(len(KEY_ALPHABET))] for _ in range(CODE_LENGTH))
    return "-".join(characters[start : start + GROUP] for start in range(0, CODE_LENGTH, GROUP))


def spelled(code: str) -> str:
    """The code in its one spelling, however it was typed."""
    return code.upper().replace("-", "").replace(" ", "")


def phone_context(index: str) -> str:
    """What the sealed phone of an enrolment is bound to."""
    return f"enrolment|{index}"


def replaced(mark: Callable[[str], str], password_hash: str) -> str:
    """What a code keeps of the password that it replaces; `mark(text)` is a keyed hash."""
    return mark(f"replaced password|{password_hash}") if password_hash else ""


# ---------------------------------------------------------------- rows of the tables


def code_key(index: str) -> tuple[str, str]:
    return f"enrolment#{index}", CODE


def new_row(enrolment: Enrolment) -> NewDocument:
    values = {
        "phone_index": enrolment.phone_index,
        "phone_sealed": enrolment.phone_sealed,
        "person_id": enrolment.person_id,
        "replaces": enrolment.replaces,
        "expires_at_ms": to_ms(enrolment.expires_at),
        "expires_at": to_ms(enrolment.expires_at) // 1000 + 1,
    }
    return NewDocument(TABLE, *code_key(enrolment.index), values)


def used(index: str, item: Mapping[str, Any]) -> DocumentGone:
    """The code is spent; refused where it was spent before."""
    return DocumentGone(TABLE, *code_key(index), {"phone_index": item["phone_index"]})
