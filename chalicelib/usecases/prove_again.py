"""Prove again: who is signed in shows once more that it is them, before what a session alone must not do.

Another phone, the end of the account, and the first second factor: who found a session left open
must not make the account theirs.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib.domain import people_items
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.one_time_code import CodeWrong, Purpose
from chalicelib.domain.person import ProofRequired, SignInRefused, is_customer
from chalicelib.usecases.count_tries import CountTries
from chalicelib.usecases.one_time_codes import OneTimeCodes
from chalicelib.usecases.ports import Actor, Documents, Keys, Passwords


class Proof(NamedTuple):
    """What somebody who is signed in shows once more: the password, or a code that was sent to the phone
    for this, asked for on this device; and a second factor that is on."""

    password: str = ""
    code: str = ""
    second_factor: str = ""
    device: str = ""


NOTHING = Proof()


@dataclass(frozen=True, slots=True)
class ProveAgain:
    documents: Documents
    keys: Keys
    passwords: Passwords
    codes: OneTimeCodes
    tries: CountTries

    def __call__(
        self, actor: Actor, proof: Proof, now: datetime
    ) -> tuple[dict[str, Any], list[DocumentChange]]:
        """The login of a person who showed password or phone, and what goes with the write that this allows.

        A second factor is the caller's to ask for, once the rest is proved. Raises: SignInRefused,
        CodeWrong, TooManyTries, PersonLocked, Unavailable.
        """
        profile = self.documents.get(
            people_items.TABLE, actor.person_id, people_items.PROFILE, consistent=True
        )
        assert profile is not None, "whoever is signed in has a profile"
        phone = self.keys.open(profile["phone_sealed"], people_items.phone_context(actor.person_id))
        phone_index = self.keys.blind_index(phone)
        login = self._login(phone_index)
        if not proof.password:
            device = people_items.device_index(self.keys.blind_index, proof.device)
            return login, [self.codes.spent(phone_index, device, Purpose.ACCOUNT, proof.code, now)]
        self.tries(phone_index, actor.session_id, now)
        if not self.passwords.matches(login["password_hash"], proof.password):
            raise SignInRefused()
        return login, []

    def before_the_first(self, actor: Actor, proof: Proof, now: datetime) -> None:
        """Who has no second factor yet showed what a sign-in takes: staff the password, a customer the
        password or a code, which is used up.

        Raises: ProofRequired, SignInRefused, CodeWrong, TooManyTries, PersonLocked, Unavailable.
        """
        may_be_code = is_customer(actor.person_id)
        if not (proof.password or (proof.code and may_be_code)):
            raise ProofRequired(by=("password", "code") if may_be_code else ("password",))
        _, changes = self(actor, proof, now)
        for spent in changes:
            if self.documents.change(spent) is None:
                raise CodeWrong()

    def _login(self, phone_index: str) -> dict[str, Any]:
        key = people_items.phone_key(phone_index)
        item = self.documents.get(people_items.TABLE, key, people_items.LOGIN, consistent=True)
        assert item is not None, "whoever is signed in has a login"
        return item
