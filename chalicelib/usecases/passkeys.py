"""Passkeys: a person adds, lists and removes them.

A new one is added by who shows the second factor that is on; a passkey may also be the first,
for who shows the password or a code. Staff keep one second factor at least. The owner hears of each
change by text message.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import people_items
from chalicelib.domain import second_factor as layout
from chalicelib.domain.change import Change
from chalicelib.domain.passkey import (
    PASSKEYS_MAX,
    TERM,
    Challenge,
    LastSecondFactor,
    NewKey,
    Passkey,
    PasskeyKnown,
    PasskeysFull,
    PasskeyUnknown,
    Use,
    bound,
    good_credentials,
    new_passkey_id,
    passkeys_of,
    values_of,
)
from chalicelib.domain.person import is_customer
from chalicelib.domain.person_history import told
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.ports_of_the_door import PasskeyVerifier
from chalicelib.usecases.prove_again import Proof
from chalicelib.usecases.second_factors import SecondFactors
from chalicelib.usecases.show_passkey import ShowPasskey


@dataclass(frozen=True, slots=True)
class Offer:
    """What a browser makes a new key by, and until when."""

    options: dict[str, Any]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Added:
    """A new passkey; where it is the first second factor, also recovery codes, shown this once."""

    passkey: Passkey
    recovery_codes: list[str]


@dataclass(frozen=True, slots=True)
class Passkeys:
    """`choose_below(n)` gives a secret number from 0 to n − 1."""

    factors: SecondFactors
    show: ShowPasskey
    verifier: PasskeyVerifier
    choose_below: Callable[[int], int]

    def listed(self, person_id: str) -> list[Passkey]:
        """The oldest first."""
        return list(passkeys_of(self.factors.item(person_id)).values())

    def challenge(self, person_id: str, now: datetime) -> Challenge:
        """What one of the person's passkeys may sign, in place of digits."""
        return self.show.challenge(person_id, self.factors.item(person_id), now)

    def offered(self, actor: Actor, proof: Proof, now: datetime) -> Offer:
        """What a new passkey is made by, for who has proved that they may have another second factor.

        Raises: PasskeysFull, and what `SecondFactors.proved` does.
        """
        person_id = actor.person_id
        _check_room(passkeys_of(self.factors.item(person_id)))
        item = self.factors.proved(actor, proof, now)
        known = tuple(one.credential for one in passkeys_of(item).values())
        user = self.show.keys.blind_index(f"passkey user|{person_id}")
        account = self.factors.profile(person_id)["phone_masked"]
        challenge = self.show.new_challenge(_bound(actor, item), now)
        return Offer(self.verifier.options(challenge, user, account, known), now + TERM)

    def added(self, actor: Actor, name: str, answer: str, language: str, now: datetime) -> Added:
        """It is good from now on.

        Raises: PasskeyRefused, PasskeyKnown, PasskeysFull, SessionEnded, Unavailable.
        """
        person_id = actor.person_id
        item = self.factors.item(person_id)
        challenge = self.show.spent(answer, _bound(actor, item), now)
        key = self.verifier.added(answer, challenge)
        passkeys = passkeys_of(item)
        _check_room(passkeys)
        if any(one.credential == key.credential for one in passkeys.values()):
            raise PasskeyKnown()
        made = self._made(key, name, now)
        values = values_of(passkeys | {made.passkey_id: made})
        recovery: list[str] = []
        profile = self.factors.profile(person_id)
        if item is not None and layout.is_on(item):
            stands = people_items.session_stands(profile, actor.session_id)
            changes: list[Change] = [layout.passkeys_changed(item, values), stands]
        else:
            recovery = self.factors.new_recovery_codes()
            hashes = self.factors.indexes(person_id, recovery)
            changes = [
                layout.first_passkey(person_id, item, values, hashes, now),
                people_items.factor_on_change(profile, actor.session_id),
            ]
        self._recorded("passkey.added", actor, made, passkeys, 1, changes, now)
        self.show.tell(person_id, "passkey_added", language)
        return Added(made, recovery)

    def removed(self, actor: Actor, passkey_id: str, shown: str, language: str, now: datetime) -> None:
        """It is good no more.

        Raises: PasskeyUnknown, LastSecondFactor, SecondFactorWrong, SecondFactorUsed, PasskeyRefused,
        PasskeyCloned, TooManyTries, Unavailable.
        """
        self._removable(actor.person_id, passkey_id)
        self.factors.check(actor.person_id, shown, actor.client, now)
        item, gone = self._removable(actor.person_id, passkey_id)
        passkeys = passkeys_of(item)
        left = {name: one for name, one in passkeys.items() if name != passkey_id}
        changes: list[Change] = [layout.passkeys_changed(item, values_of(left))]
        if not left and not layout.has_authenticator(item):
            changes.append(people_items.factor_off_change(actor.person_id))
        self._recorded("passkey.removed", actor, gone, passkeys, 0 if gone.cloned else -1, changes, now)
        self.show.tell(actor.person_id, "passkey_removed", language)

    def _removable(self, person_id: str, passkey_id: str) -> tuple[Mapping[str, Any], Passkey]:
        """The item and the passkey. Raises: PasskeyUnknown, LastSecondFactor."""
        item = self.factors.item(person_id)
        passkeys = passkeys_of(item)
        if item is None or passkey_id not in passkeys:
            raise PasskeyUnknown()
        others = {name: one for name, one in passkeys.items() if name != passkey_id}
        is_left = good_credentials(others) or layout.has_authenticator(item)
        if not is_left and not is_customer(person_id):
            raise LastSecondFactor()
        return item, passkeys[passkey_id]

    def _made(self, key: NewKey, name: str, now: datetime) -> Passkey:
        return Passkey(
            new_passkey_id(self.choose_below), key.credential, key.public_key, name, key.counter, now
        )

    def _recorded(
        self,
        action: str,
        actor: Actor,
        one: Passkey,
        before: Mapping[str, Passkey],
        more: int,
        changes: list[Change],
        now: datetime,
    ) -> None:
        """With a line of the history: how many are good."""
        good = len(good_credentials(before))
        about = told(actor.person_id, {"passkeys": good}, {"passkeys": good + more}, one.passkey_id)
        self.factors.recorded(actor.person_id, action, actor.client, now, changes, about)


def _bound(actor: Actor, item: Mapping[str, Any] | None) -> str:
    """A new passkey is of one session, and of the second factor as it is now: who proved less adds none."""
    return bound(Use.ADD, actor.person_id, actor.session_id, item["on_since"] if item else 0)


def _check_room(passkeys: Mapping[str, Passkey]) -> None:
    if len(passkeys) >= PASSKEYS_MAX:
        raise PasskeysFull()
