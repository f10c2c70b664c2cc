"""Sign in: phone and password become a session.

The answer, and the work done before it, are the same for a number nobody
registered. A try is counted before the password is looked at, under a condition:
guesses that arrive together are counted one by one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import people_items
from chalicelib.domain.change import DocumentChange, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.person import SignInRefused, checked_password, checked_phone, checked_tries
from chalicelib.domain.record import Client
from chalicelib.usecases.ports import Actor, Documents, Keys, Passwords
from chalicelib.usecases.sessions import Session, Sessions

COUNTING_TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class SignIn:
    documents: Documents
    keys: Keys
    passwords: Passwords
    sessions: Sessions

    def __call__(self, phone: str, password: str, client: Client | None, now: datetime) -> Session:
        """A new session. Raises: PhoneInvalid, SignInRefused, TooManyTries, PersonLocked, Unavailable."""
        phone_index = self.keys.blind_index(checked_phone(phone))
        key, login = self._proved(phone_index, password, now)
        self._renew_hash(key, login["password_hash"], password)
        return self.sessions.begun(login["person_id"], "person.sign_in", client, now)

    def with_new_password(self, actor: Actor, old: str, new: str, now: datetime) -> Session:
        """A new session of a person who knows the old password; every session from before is over.

        Raises: SignInRefused, TooManyTries, PasswordWeak, PersonLocked, Unavailable.
        """
        profile = self.documents.get(
            people_items.TABLE, actor.person_id, people_items.PROFILE, consistent=True
        )
        assert profile is not None, "whoever is signed in has a profile"
        phone = self.keys.open(profile["phone_sealed"], people_items.phone_context(actor.person_id))
        key, login = self._proved(self.keys.blind_index(phone), old, now)
        renewed = {"password_hash": self.passwords.hash(checked_password(new, phone))}
        before = {"password_hash": login["password_hash"]}
        change = DocumentChange(people_items.TABLE, key, people_items.LOGIN, renewed, before)
        try:
            return self.sessions.begun(
                actor.person_id, "person.new_password", actor.client, now, [change], alone=True
            )
        except Stale:  # another device changed it, or signed in, at the same moment
            raise Unavailable() from None

    def _proved(self, phone_index: str, password: str, now: datetime) -> tuple[str, dict[str, Any]]:
        """The login that this password opens, and its key.

        Raises: SignInRefused, TooManyTries, Unavailable.
        """
        self._count_try(phone_index, now)
        key = people_items.phone_key(phone_index)
        login = self.documents.get(people_items.TABLE, key, people_items.LOGIN) or {}
        if not self.passwords.matches(login.get("password_hash", ""), password):
            raise SignInRefused()
        self.documents.delete(
            people_items.TRIES_TABLE, people_items.tries_key(phone_index), people_items.SIGN_IN
        )
        return key, login

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
