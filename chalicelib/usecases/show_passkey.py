"""Show a passkey: a device of the person signs a challenge in place of an authenticator's digits.

Nobody guesses a signature, so no try is counted, and whoever uses up the tries of the digits
keeps no owner of a passkey out.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import people_items
from chalicelib.domain import second_factor as layout
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.passkey import (
    CHALLENGES_TABLE,
    TERM,
    USED,
    Challenge,
    Passkey,
    PasskeyCloned,
    PasskeyRefused,
    Use,
    bound,
    checked_expiry,
    good_credentials,
    grows,
    new_challenge,
    passkeys_of,
    values_of,
    with_credential,
)
from chalicelib.domain.person_history import line_of, told
from chalicelib.domain.record import Client, Record
from chalicelib.usecases.ports import Books, Documents, Keys
from chalicelib.usecases.ports_of_the_door import PasskeyVerifier, TextMessages

TRIES_MAX = 8


@dataclass(frozen=True, slots=True)
class ShowPasskey:
    """`new_key(now)` makes the ULID of a record; `random_text()` is what nobody guesses."""

    books: Books
    documents: Documents
    keys: Keys
    verifier: PasskeyVerifier
    texts: TextMessages
    new_key: Callable[[datetime], str]
    random_text: Callable[[], str]

    def challenge(self, person_id: str, item: Mapping[str, Any] | None, now: datetime) -> Challenge:
        """What one of the person's passkeys may sign; `item` is that of the second factor."""
        return Challenge(
            self.verifier.as_sent(self.new_challenge(bound(Use.SHOW, person_id), now)),
            good_credentials(passkeys_of(item)),
            self.verifier.domain,
            now + TERM,
        )

    def __call__(self, person_id: str, answer: str, client: Client | None, now: datetime) -> None:
        """A passkey of the person signed a challenge that was made for this, and both are used.

        Raises: PasskeyRefused, PasskeyCloned, Unavailable.
        """
        challenge = self.spent(answer, bound(Use.SHOW, person_id), now)
        credential = self.verifier.credential_of(answer)
        for _ in range(TRIES_MAX):
            item = self._item(person_id)
            passkeys = passkeys_of(item)
            shown = with_credential(passkeys, credential)
            counter = self.verifier.signed(answer, challenge, shown.public_key)
            if not grows(shown.counter, counter):
                if self._is_put_out_of_use(item, shown, client, now):
                    self.tell(person_id, "passkey_cloned", "zh-CN")
                    raise PasskeyCloned()
                continue
            used = replace(shown, counter=counter, used_at=now)
            change = layout.passkeys_changed(item, values_of(passkeys | {used.passkey_id: used}))
            if self.documents.change(change) is not None:
                return
        raise Unavailable()

    def new_challenge(self, bound_to: str, now: datetime) -> str:
        return new_challenge(bound_to, self.random_text(), self.keys.blind_index, now)

    def spent(self, answer: str, bound_to: str, now: datetime) -> str:
        """The challenge that was answered, now and never again. Raises: PasskeyRefused, Unavailable."""
        challenge = self.verifier.challenge_of(answer)
        expires_at = checked_expiry(challenge, bound_to, self.keys.blind_index, now)
        # Used before the answer is looked at: a wrong one is not tried a second time.
        values = {"expires_at": to_ms(expires_at + timedelta(minutes=1)) // 1000}
        if not self.documents.put_new(CHALLENGES_TABLE, f"passkey#{challenge}", USED, values):
            raise PasskeyRefused()
        return challenge

    def tell(self, person_id: str, notice: str, language: str) -> None:
        """The owner hears by text message that a second factor came, went or was copied."""
        profile = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        assert profile is not None, "whoever has a second factor has a profile"
        phone = self.keys.open(profile["phone_sealed"], people_items.phone_context(person_id))
        with suppress(Unavailable):  # the history shows it all the same
            self.texts.send_notice(phone, notice, language)

    def _is_put_out_of_use(
        self, item: Mapping[str, Any], shown: Passkey, client: Client | None, now: datetime
    ) -> bool:
        """Whether it is good no more, with record and history; not when others wrote meanwhile."""
        passkeys = passkeys_of(item)
        left = passkeys | {shown.passkey_id: replace(shown, cloned=True)}
        person_id, good = item["pk"], len(good_credentials(passkeys))
        record = Record(
            partition=person_id,
            entry_id=self.new_key(now),
            action="passkey.cloned",
            at=now,
            actor=person_id,
            about=told(person_id, {"passkeys": good}, {"passkeys": good - 1}, shown.passkey_id),
            client=client,
        )
        try:
            with suppress(Replayed):  # the key is new: this is the record, whose first answer was lost
                self.books.commit(record, [layout.passkeys_changed(item, values_of(left)), line_of(record)])
        except Stale:
            return False
        return True

    def _item(self, person_id: str) -> dict[str, Any]:
        item = self.documents.get(layout.TABLE, person_id, layout.FACTOR, consistent=True)
        assert item is not None, "an item of a second factor is never taken away"
        return item
