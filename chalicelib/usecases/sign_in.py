"""Sign in: phone and password become a session, and a session goes on while it is used.

The answer, and the work done before it, are the same for a number nobody
registered. A try is counted before the password is looked at, under a condition:
guesses that arrive together are counted one by one.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import people_items, tree_items
from chalicelib.domain.change import DocumentChange, Replayed
from chalicelib.domain.distributor import DistributorState
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.person import (
    ACCESS_TERM,
    IDLE_TERM,
    SESSION_TERM,
    Claims,
    Person,
    PersonLocked,
    Role,
    SignInRefused,
    TokenExpired,
    TokenInvalid,
    checked_phone,
    checked_tries,
    term_of,
)
from chalicelib.domain.record import Client, Record
from chalicelib.usecases.ports import Books, Documents, Keys, Passwords, Tokens

COUNTING_TRIES_MAX = 5

# Those who have, or had, a place: what they earned is settled even after the end.
PLACED = frozenset({DistributorState.ACTIVE, DistributorState.SUSPENDED, DistributorState.TERMINATED})


@dataclass(frozen=True, slots=True)
class Session:
    """Two tokens and the moments until which they are good."""

    person: Person
    roles: tuple[str, ...]
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """`new_key(now)` makes the ULID under which the sign-in is recorded."""

    books: Books
    documents: Documents
    keys: Keys
    passwords: Passwords
    tokens: Tokens
    new_key: Callable[[datetime], str]

    def __call__(self, phone: str, password: str, client: Client | None, now: datetime) -> Session:
        """A new session. Raises: PhoneInvalid, SignInRefused, TooManyTries, PersonLocked, Unavailable."""
        phone_index = self.keys.blind_index(checked_phone(phone))
        self._count_try(phone_index, now)
        key = people_items.phone_key(phone_index)
        login = self.documents.get(people_items.TABLE, key, people_items.LOGIN) or {}
        password_hash = login.get("password_hash", "")
        if not self.passwords.matches(password_hash, password):
            raise SignInRefused()
        self._renew_hash(key, password_hash, password)
        self.documents.delete(
            people_items.TRIES_TABLE, people_items.tries_key(phone_index), people_items.SIGN_IN
        )
        person = self.person(login["person_id"])
        self._record(person, client, now)
        return self._session(person, began_at=now, now=now)

    def refreshed(self, refresh_token: str, now: datetime) -> Session:
        """The session with new tokens and the facts of today.

        Raises: TokenInvalid, TokenExpired, PersonLocked.
        """
        person_id, began_at = self.tokens.read_refresh(refresh_token, now)
        if now >= began_at + SESSION_TERM:
            raise TokenExpired()
        return self._session(self.person(person_id), began_at=began_at, now=now)

    def person(self, person_id: str) -> Person:
        """The profile. Raises: TokenInvalid when there is none, PersonLocked."""
        item = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if item is None:
            raise TokenInvalid()
        person = people_items.person_of(item)
        if person.locked:
            raise PersonLocked()
        return person

    def _count_try(self, phone_index: str, now: datetime) -> None:
        """Raises: TooManyTries; Unavailable when too many others count at the same moment."""
        key = (people_items.TRIES_TABLE, people_items.tries_key(phone_index), people_items.SIGN_IN)
        for _ in range(COUNTING_TRIES_MAX):
            item = self.documents.get(*key, consistent=True)
            tries = checked_tries(people_items.tries_of(item), now)
            if self.documents.change(people_items.tries_change(phone_index, item, tries, now)):
                return
        raise Unavailable()

    def _renew_hash(self, key: str, password_hash: str, password: str) -> None:
        """A hash of older parameters is replaced while the password is at hand."""
        if not self.passwords.is_outdated(password_hash):
            return
        renewed = {"password_hash": self.passwords.hash(password)}
        before = {"password_hash": password_hash}
        self.documents.change(DocumentChange(people_items.TABLE, key, people_items.LOGIN, renewed, before))

    def _record(self, person: Person, client: Client | None, now: datetime) -> None:
        record = Record(
            partition=person.person_id,
            entry_id=self.new_key(now),
            action="person.sign_in",
            at=now,
            actor=person.person_id,
            client=client,
        )
        with suppress(Replayed):  # the key is new: this is the record, whose first answer was lost
            self.books.commit(record, [])

    def _session(self, person: Person, began_at: datetime, now: datetime) -> Session:
        claims = self._claims(person)
        access_expires_at = now + term_of(person.person_id, ACCESS_TERM)
        refresh_expires_at = min(now + term_of(person.person_id, IDLE_TERM), began_at + SESSION_TERM)
        return Session(
            person=person,
            roles=tuple(sorted(claims.roles)),
            access_token=self.tokens.access(claims, now, access_expires_at),
            access_expires_at=access_expires_at,
            refresh_token=self.tokens.refresh(person.person_id, began_at, now, refresh_expires_at),
            refresh_expires_at=refresh_expires_at,
        )

    def _claims(self, person: Person) -> Claims:
        """The facts of today: the roles, the own place in a tree, and who stands above."""
        own = distributor_id_of(person.person_id)
        wanted = [(distributor, tree_items.SELF) for distributor in {own, person.referrer} - {""}]
        found = self.documents.get_many(tree_items.TABLE, wanted)
        places = {pk: tree_items.place_of(item).distributor for (pk, _), item in found.items()}
        place = places.get(own)
        is_placed = place is not None and place.state in PLACED
        referrer = places.get(person.referrer)
        return Claims(
            person_id=person.person_id,
            roles=frozenset(person.roles) | ({Role.DISTRIBUTOR} if is_placed else set()),
            referrers=(referrer.distributor_id, *filter(None, [referrer.parent_id])) if referrer else (),
            root=place.root_id if place else "",
            real_name=person.real_name,
        )
