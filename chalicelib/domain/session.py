"""Sessions: until when does a person stay signed in on a device, and has somebody else their token?

A session is a family of refresh tokens of which only the newest is good: each use gives the
next one. A token that was used before is a copy in other hands, and ends the whole family;
only within ten seconds it may be the same client again, whose answer was lost.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.domain.errors import NotFound, Unauthenticated
from chalicelib.domain.ids import KEY_ALPHABET, KEY_LENGTH
from chalicelib.domain.person import IDLE_TERM, SESSION_TERM, TokenExpired, term_of

GRACE = timedelta(seconds=10)
FACTOR_TERM = timedelta(minutes=5)  # how long a second factor that was shown opens what is sensitive
SESSIONS_MAX = 10  # a person's devices; the one that lay idle for longest gives way


class SessionEnded(Unauthenticated):
    code = "SESSION_ENDED"
    advice = "Sign in again; this session was ended here, on another device, or by a new password."


class TokenUsedTwice(Unauthenticated):
    """A refresh token that had its successor: the session was ended, whoever holds it."""

    code = "TOKEN_USED_TWICE"
    advice = "Sign in again; a copy of this token was used elsewhere. Change the password if it was not you."


class SessionElsewhere(Unauthenticated):
    """It went on from where nobody can have come so fast: it was ended, and its owner is told."""

    code = "SESSION_ELSEWHERE"
    advice = "Sign in again; this session was used far from where it was a moment ago."


class SessionUnknown(NotFound):
    code = "SESSION_UNKNOWN"
    advice = "Check the id; the session may be over already."


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One device that is signed in. `generation` counts the rotations: the newest token carries it.

    `factor_at`: when a second factor was last shown in it. `port`: the client that it was begun for, "" for
    all that the person has. `place`: where it was rotated, latitude and longitude in whole degrees, if known.
    """

    session_id: str
    began_at: datetime
    rotated_at: datetime
    generation: int = 1
    agent: str = ""
    factor_at: datetime | None = None
    port: str = ""
    place: tuple[int, int] | None = None


class Ticket(NamedTuple):
    """What a refresh token says: whose session it continues, and which rotation made it."""

    person_id: str
    session_id: str
    generation: int


def new_session(choose_below: Callable[[int], int], agent: str, now: datetime, port: str = "") -> OpenSession:
    """`choose_below(n)` gives a secret number from 0 to n − 1."""
    key = "".join(KEY_ALPHABET[choose_below(len(KEY_ALPHABET))] for _ in range(KEY_LENGTH))
    return OpenSession(f"ses_{key}", began_at=now, rotated_at=now, agent=agent, port=port)


def ends_at(session: OpenSession, person_id: str) -> datetime:
    """When it is over, unless it is rotated before: idle since the last rotation, or twelve hours old."""
    return min(session.rotated_at + term_of(person_id, IDLE_TERM), session.began_at + SESSION_TERM)


def is_fresh(factor_at: datetime | None, now: datetime) -> bool:
    """Whether the second factor was shown so lately that it opens what is sensitive."""
    return factor_at is not None and now < factor_at + FACTOR_TERM


def rotated(session: OpenSession, generation: int, person_id: str, now: datetime) -> OpenSession:
    """The session after a token of this generation was shown; unchanged when an answer was lost.

    Raises: TokenExpired, TokenUsedTwice.
    """
    if now >= ends_at(session, person_id):
        raise TokenExpired()
    if generation == session.generation:
        return replace(session, generation=generation + 1, rotated_at=now)
    if generation == session.generation - 1 and now < session.rotated_at + GRACE:
        return session
    raise TokenUsedTwice()


def with_session(
    sessions: Mapping[str, OpenSession], session: OpenSession, person_id: str, now: datetime
) -> dict[str, OpenSession]:
    """The sessions with this one: those that are over are forgotten, and so is the idlest of too many."""
    alive = [one for one in sessions.values() if now < ends_at(one, person_id)]
    others = [one for one in alive if one.session_id != session.session_id]
    others.sort(key=lambda one: one.rotated_at, reverse=True)
    return by_id([session, *others[: SESSIONS_MAX - 1]])


def by_id(sessions: Iterable[OpenSession]) -> dict[str, OpenSession]:
    return {session.session_id: session for session in sessions}
