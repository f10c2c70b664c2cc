"""Sign in: a phone, with a password or with a code that was sent to it, becomes a session.

The answer, and the calls made before it, are the same for a number nobody registered. A try
is counted before the proof is looked at, under a condition: guesses that arrive together are
counted one by one. Five wrong tries lock a number for one device; strangers who try on others
lock nobody out, they only have to answer captchas. A password alone opens a device that is
known; on a new one a code is shown as well, and its owner is told of it. Whoever has a second
factor on shows it each time; for staff it stands in place of the code.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import people_items
from chalicelib.domain.change import Change
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.one_time_code import Purpose
from chalicelib.domain.person import (
    CodeRequired,
    NotRegistered,
    SignInRefused,
    checked_password,
    checked_phone,
    checked_tries,
    is_customer,
    needs_captcha,
)
from chalicelib.domain.person_history import told
from chalicelib.domain.record import Client
from chalicelib.domain.second_factor import SecondFactorRequired
from chalicelib.domain.session import SessionEnded
from chalicelib.usecases.captchas import Captchas
from chalicelib.usecases.one_time_codes import OneTimeCodes
from chalicelib.usecases.ports import Actor, Documents, Keys, Passwords
from chalicelib.usecases.ports_of_the_door import TextMessages
from chalicelib.usecases.second_factors import SecondFactors
from chalicelib.usecases.sessions import Session, Sessions

COUNTING_TRIES_MAX = 5


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody shows at the door: a password, or a code, or both; and a second factor that is on.

    `device`: a secret name that the client gave itself, the same at each visit, or "". `port`: which
    client it is, "" for all that the person has.
    """

    phone: str
    password: str = ""
    code: str = ""
    second_factor: str = ""
    device: str = ""
    captcha_id: str = ""
    captcha_answer: str = ""
    port: str = ""
    language: str = "zh-CN"


@dataclass(frozen=True, slots=True)
class SignIn:
    documents: Documents
    keys: Keys
    passwords: Passwords
    codes: OneTimeCodes
    captchas: Captchas
    texts: TextMessages
    sessions: Sessions
    factors: SecondFactors

    def __call__(self, attempt: Attempt, client: Client | None, now: datetime) -> Session:
        """A new session.

        Raises: PhoneInvalid, TooManyTries, CaptchaRequired, CaptchaWrong, SignInRefused, CodeRequired,
        CodeWrong, NotRegistered, SecondFactorRequired, SecondFactorOff, SecondFactorWrong,
        SecondFactorUsed, PersonLocked, PortWrong, Unavailable.
        """
        phone = checked_phone(attempt.phone)
        phone_index = self.keys.blind_index(phone)
        device = people_items.device_index(self.keys.blind_index, attempt.device)
        login = self._login(phone_index)
        is_known = device in login["devices"]
        self._count_try(phone_index, device, is_known, attempt, now)
        values, changes = self._proved(phone_index, login, is_known, attempt, now)
        self.factors.check(login["person_id"], attempt.second_factor, client, now)
        if device and not is_known:
            values |= people_items.with_device(login["devices"], device, now)
        if values:
            changes = [people_items.login_change(login, values), *changes]
        session = self.sessions.begun(
            login["person_id"], "person.sign_in", client, now, changes, port=attempt.port
        )
        with suppress(Unavailable):  # the session stands; what was counted is forgotten by itself
            self.documents.delete(people_items.TRIES_TABLE, *people_items.tries_key(phone_index, device))
        if not is_known and login["devices"]:
            with suppress(Unavailable):  # the list of sessions shows the device all the same
                self.texts.send_notice(phone, "new_device", attempt.language)
        return session

    def with_new_password(self, actor: Actor, old: str, new: str, now: datetime) -> Session:
        """A new session of a person who knows the old password, for the same client; every session from
        before is over.

        Raises: SignInRefused, TooManyTries, PasswordWeak, PersonLocked, SessionEnded, Unavailable.
        """
        profile = self._profile(actor.person_id)
        session = people_items.sessions_of(profile).get(actor.session_id)
        if session is None:
            raise SessionEnded()
        phone = self.keys.open(profile["phone_sealed"], people_items.phone_context(actor.person_id))
        phone_index = self.keys.blind_index(phone)
        login = self._login(phone_index)
        checked_password(new, phone, self.passwords.is_common)
        self._count_try(phone_index, actor.session_id, True, None, now)
        if not self.passwords.matches(login["password_hash"], old):
            raise SignInRefused()
        return self._renewed(login, phone, new, actor.client, now, session.port)

    def with_code(
        self,
        phone: str,
        code: str,
        new: str,
        client: Client | None,
        now: datetime,
        second_factor: str = "",
    ) -> Session:
        """A new session of a person who forgot the password and has the phone; all others are over.

        Raises: PhoneInvalid, CodeWrong, NotRegistered, SecondFactorRequired, SecondFactorOff,
        SecondFactorWrong, SecondFactorUsed, TooManyTries, PasswordWeak, PersonLocked, Unavailable.
        """
        phone = checked_phone(phone)
        phone_index = self.keys.blind_index(phone)
        checked_password(new, phone, self.passwords.is_common)
        spent = self.codes.spent(phone_index, Purpose.PASSWORD, code, now)
        login = self._login(phone_index)
        if not login["person_id"]:
            raise NotRegistered()
        self.factors.check(login["person_id"], second_factor, client, now)
        return self._renewed(login, phone, new, client, now, "", spent)

    def _renewed(
        self,
        login: dict[str, Any],
        phone: str,
        new: str,
        client: Client | None,
        now: datetime,
        port: str,
        *more: Change,
    ) -> Session:
        chosen = checked_password(new, phone, self.passwords.is_common)
        renewed = {"password_hash": self.passwords.hash(chosen)}
        changes = [people_items.login_change(login, renewed), *more]
        person_id = login["person_id"]
        about = told(person_id, {"password": "another"}, {"password": "chosen"})
        action = "person.new_password"
        return self.sessions.begun(person_id, action, client, now, changes, about, alone=True, port=port)

    def _proved(
        self, phone_index: str, login: dict[str, Any], is_known: bool, attempt: Attempt, now: datetime
    ) -> tuple[dict[str, Any], list[Change]]:
        """What of the login becomes another, and what else goes with the session.

        Raises: SignInRefused, CodeRequired, CodeWrong, NotRegistered, Unavailable.
        """
        values: dict[str, Any] = {}
        if attempt.password:
            if not self.passwords.matches(login["password_hash"], attempt.password):
                raise SignInRefused()
            if self.passwords.is_outdated(login["password_hash"]):  # renewed while the password is at hand
                values = {"password_hash": self.passwords.hash(attempt.password)}
            if is_known or (attempt.second_factor and not is_customer(login["person_id"])):
                return values, []
            if not attempt.code:
                self._check_has_none(login["person_id"])
                raise CodeRequired()
        spent = self.codes.spent(phone_index, Purpose.SIGN_IN, attempt.code, now)
        if not login["person_id"]:
            raise NotRegistered()  # whoever has the phone in hand may know
        return values, [spent]

    def _check_has_none(self, person_id: str) -> None:
        """Staff show a second factor in place of a code. Raises: SecondFactorRequired."""
        if not is_customer(person_id) and self.factors.state(person_id).is_on:
            raise SecondFactorRequired()

    def _count_try(
        self, phone_index: str, device: str, is_known: bool, attempt: Attempt | None, now: datetime
    ) -> None:
        """One more, here and everywhere, if this one may be made at all. Who is in already (no attempt)
        needs no captcha.

        Raises: TooManyTries, CaptchaRequired, CaptchaWrong; Unavailable when too many count at once.
        """
        everywhere = people_items.tries_everywhere_key(phone_index, now)
        seen = self.documents.get(people_items.TRIES_TABLE, *everywhere, consistent=True) or {"count": 0}
        here = people_items.tries_key(phone_index, device)
        is_answered = False
        for _ in range(COUNTING_TRIES_MAX):
            item = self.documents.get(people_items.TRIES_TABLE, *here, consistent=True)
            tries = checked_tries(people_items.tries_of(item), now)
            if attempt and not is_answered and needs_captcha(tries.wrong, seen["count"], is_known):
                self.captchas.check(attempt.captcha_id, attempt.captcha_answer, attempt.device, now)
                is_answered = True  # it is good once, and others may have counted meanwhile
            if self.documents.change(people_items.tries_change(here, item, tries, now)):
                self.documents.change(people_items.tries_everywhere_change(everywhere, now))
                return
        raise Unavailable()

    def _login(self, phone_index: str) -> dict[str, Any]:
        """The login of a number; that of nobody for a number nobody has."""
        key = people_items.phone_key(phone_index)
        item = self.documents.get(people_items.TABLE, key, people_items.LOGIN, consistent=True) or {}
        return {"pk": key, "person_id": "", "password_hash": "", "devices": {}} | item

    def _profile(self, person_id: str) -> dict[str, Any]:
        profile = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        assert profile is not None, "whoever is signed in has a profile"
        return profile
