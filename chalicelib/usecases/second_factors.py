"""The second factor: a person turns an authenticator on or off, and shows its code.

A try is counted before the code is looked at, and what a right code uses up is written under
a condition: of two sessions that show the same code at the same moment, one is refused.
Turning one on ends every other session: it began with less. The owner hears of on and off by
text message. Passkeys are shown here as well (show_passkey.py), and come and go in passkeys.py.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.domain import people_items
from chalicelib.domain import second_factor as layout
from chalicelib.domain.business_time import from_ms
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.person_history import line_of
from chalicelib.domain.record import Client, Plain, Record
from chalicelib.domain.second_factor import (
    OFFER_TERM,
    RECOVERY_CODES,
    SecondFactorOff,
    SecondFactorRequired,
    SecondFactorUsed,
    SecondFactorWrong,
)
from chalicelib.usecases.ports import Actor, Books, Documents, Keys
from chalicelib.usecases.ports_of_the_door import Authenticators
from chalicelib.usecases.prove_again import Proof
from chalicelib.usecases.show_passkey import ShowPasskey

TRIES_MAX = 8


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret that becomes the second factor with its first code. `uri`: what an app reads."""

    uri: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """What the owner sees of it. `on_since`: None while it is off."""

    is_on: bool
    on_since: datetime | None
    recovery_codes_left: int
    authenticator: bool = False
    passkeys: int = 0


class FirstProof(Protocol):
    """What must be proved before there is a second factor (prove_again.py)."""

    def before_the_first(self, actor: Actor, proof: Proof, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class SecondFactors:
    """`new_key(now)` makes the ULID of a record; `choose_below(n)` gives a secret number from 0 to n − 1."""

    books: Books
    documents: Documents
    keys: Keys
    authenticators: Authenticators
    new_key: Callable[[datetime], str]
    choose_below: Callable[[int], int]
    show_passkey: ShowPasskey
    prove_again: FirstProof

    def state(self, person_id: str) -> State:
        item = self.item(person_id)
        if item is None or not layout.is_on(item):
            return State(False, None, 0)
        return State(
            True,
            from_ms(item["on_since"]),
            len(item["recovery"]),
            layout.has_authenticator(item),
            len(item.get("passkeys", {})),
        )

    def offered(self, actor: Actor, proof: Proof, now: datetime) -> Offer:
        """A new secret, for who has proved that they may have another second factor.

        Raises: what `proved` does.
        """
        person_id = actor.person_id
        item = self.proved(actor, proof, now)
        profile = self.profile(person_id)
        secret = self.authenticators.new_secret()
        sealed = self.keys.seal(secret, layout.factor_context(person_id))
        if self.documents.change(layout.offering(person_id, item, sealed, now)) is None:
            raise Unavailable()
        return Offer(self.authenticators.uri(secret, profile["phone_masked"]), now + OFFER_TERM)

    def proved(self, actor: Actor, proof: Proof, now: datetime) -> dict[str, Any] | None:
        """The item to which another second factor may be added: one that is on was shown, and before the
        first one the password, or a code.

        Raises: SecondFactorRequired, SecondFactorOff, SecondFactorWrong, SecondFactorUsed, PasskeyRefused,
        PasskeyCloned, ProofRequired, SignInRefused, CodeWrong, TooManyTries, Unavailable.
        """
        item = self.item(actor.person_id)
        if layout.is_on(item) or proof.second_factor:
            self.check(actor.person_id, proof.second_factor, actor.client, now)
            return self.item(actor.person_id)
        self.prove_again.before_the_first(actor, proof, now)
        return item

    def confirmed(self, actor: Actor, code: str, now: datetime, language: str = "zh-CN") -> list[str]:
        """The recovery codes of the second factor that is on now; every other session is over.

        Raises: SecondFactorNotOffered, SecondFactorWrong, TooManyTries, SessionEnded, Unavailable.
        """
        person_id = actor.person_id
        layout.offered_secret(self.item(person_id), now)
        item = self._counted(person_id, now)
        step = self._step(person_id, layout.offered_secret(item, now), code, now)
        recovery = self.new_recovery_codes()
        changes = [
            layout.turned_on(item, step, self.indexes(person_id, recovery), now),
            people_items.factor_on_change(self.profile(person_id), actor.session_id),
        ]
        self.recorded(person_id, "second_factor.on", actor.client, now, changes)
        self.show_passkey.tell(person_id, "second_factor_on", language)
        return recovery

    def turned_off(self, actor: Actor, shown: str, now: datetime, language: str = "zh-CN") -> None:
        """The authenticator is in force no more; a passkey stays.

        Raises: SecondFactorOff, SecondFactorWrong, SecondFactorUsed, PasskeyRefused, PasskeyCloned,
        TooManyTries, Unavailable.
        """
        self._with_authenticator(actor.person_id)
        self.check(actor.person_id, shown, actor.client, now)
        item = self._with_authenticator(actor.person_id)
        changes: list[Change] = [layout.turned_off(item)]
        if not item.get("passkeys"):
            changes.append(people_items.factor_off_change(actor.person_id))
        self.recorded(actor.person_id, "second_factor.off", actor.client, now, changes)
        self.show_passkey.tell(actor.person_id, "second_factor_off", language)

    def check(self, person_id: str, shown: str, client: Client | None, now: datetime) -> bool:
        """Whoever has a second factor on has shown it, and what was shown is used up; whether one was.

        Raises: SecondFactorRequired when nothing was shown, SecondFactorOff when there is nothing to
        show, SecondFactorWrong, SecondFactorUsed, PasskeyRefused, PasskeyCloned, TooManyTries, Unavailable.
        """
        item = self.item(person_id)
        is_on = layout.is_on(item)
        if is_on and not shown:
            raise self.required(person_id, item, now)
        if shown and not is_on:
            raise SecondFactorOff()
        if is_on and layout.is_passkey(shown):
            self.show_passkey(person_id, shown, client, now)
        elif is_on:
            self._spend(person_id, shown, client, now)
        return is_on

    def required(self, person_id: str, item: Mapping[str, Any] | None, now: datetime) -> SecondFactorRequired:
        """What to show, for who has proved the rest: with passkeys, what one of them may sign."""
        offered = self.show_passkey.challenge(person_id, item, now)
        if not offered.credentials:
            return SecondFactorRequired()
        return SecondFactorRequired(
            challenge=offered.challenge,
            credentials=offered.credentials,
            domain=offered.domain,
        )

    def new_recovery_codes(self) -> list[str]:
        return [layout.new_recovery_code(self.choose_below) for _ in range(RECOVERY_CODES)]

    def indexes(self, person_id: str, codes: Sequence[str]) -> list[str]:
        """What is kept in place of recovery codes."""
        return [self._index(person_id, code) for code in codes]

    def _spend(self, person_id: str, shown: str, client: Client | None, now: datetime) -> None:
        item = self._counted(person_id, now)
        for _ in range(TRIES_MAX):
            if not layout.is_on(item):
                raise SecondFactorOff()
            if layout.is_digits(shown):
                is_spent = self._spend_step(item, shown, now)
            else:
                is_spent = self._spend_recovery(item, shown, client, now)
            if is_spent:
                return
            item = self._there(person_id)
        raise Unavailable()

    def _spend_step(self, item: Mapping[str, Any], code: str, now: datetime) -> bool:
        """Whether nobody wrote meanwhile."""
        step = self._step(item["pk"], item["secret_sealed"], code, now)
        if step <= item["step"]:
            raise SecondFactorUsed()
        return self.documents.change(layout.step_used(item, step)) is not None

    def _spend_recovery(
        self, item: Mapping[str, Any], code: str, client: Client | None, now: datetime
    ) -> bool:
        index = self._index(item["pk"], code)
        if index not in item["recovery"]:
            raise SecondFactorWrong()
        change = layout.recovery_used(item, index)
        left = len(item["recovery"]) - 1
        try:
            self._commit(item["pk"], "second_factor.recovery", client, now, [change], {"left": left})
        except Stale:
            return False
        return True

    def _step(self, person_id: str, secret_sealed: str, code: str, now: datetime) -> int:
        """The step whose digits these are. Raises: SecondFactorWrong, also with passkeys alone."""
        if not secret_sealed:
            raise SecondFactorWrong()
        secret = self.keys.open(secret_sealed, layout.factor_context(person_id))
        for step in layout.steps_around(now):
            if hmac.compare_digest(self.authenticators.code(secret, step), code):
                return step
        raise SecondFactorWrong()

    def _counted(self, person_id: str, now: datetime) -> dict[str, Any]:
        """The item, with one try of today fewer. Raises: TooManyTries, Unavailable."""
        for _ in range(TRIES_MAX):
            item = self.documents.change(layout.trying(person_id, now))
            if item is None:
                item = self.documents.change(layout.first_try(self._there(person_id), now))
            if item is not None:
                return item
        raise Unavailable()

    def recorded(
        self,
        person_id: str,
        action: str,
        client: Client | None,
        now: datetime,
        changes: Sequence[Change],
        about: Mapping[str, Plain] | None = None,
    ) -> None:
        """All of it, with a record; `about` what is changed of the person, with a line of the history too.

        Raises: Unavailable, also when the item has moved on.
        """
        try:
            self._commit(person_id, action, client, now, changes, about)
        except Stale:
            raise Unavailable() from None

    def _commit(
        self,
        person_id: str,
        action: str,
        client: Client | None,
        now: datetime,
        changes: Sequence[Change],
        about: Mapping[str, Plain] | None = None,
    ) -> None:
        record = Record(
            partition=person_id,
            entry_id=self.new_key(now),
            action=action,
            at=now,
            actor=person_id,
            about=about or {},
            client=client,
        )
        lines = [line_of(record)] if "person" in record.about else []
        with suppress(Replayed):  # the key is new: this is the record, whose first answer was lost
            self.books.commit(record, [*changes, *lines])

    def _index(self, person_id: str, code: str) -> str:
        return self.keys.blind_index(layout.hashed(person_id, code))

    def _with_authenticator(self, person_id: str) -> dict[str, Any]:
        """Raises: SecondFactorOff."""
        item = self.item(person_id)
        if item is None or not layout.has_authenticator(item):
            raise SecondFactorOff()
        return item

    def item(self, person_id: str) -> dict[str, Any] | None:
        return self.documents.get(layout.TABLE, person_id, layout.FACTOR, consistent=True)

    def _there(self, person_id: str) -> dict[str, Any]:
        item = self.item(person_id)
        assert item is not None, "an item of a second factor is never taken away"
        return item

    def profile(self, person_id: str) -> dict[str, Any]:
        profile = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        assert profile is not None, "whoever is signed in has a profile"
        return profile
