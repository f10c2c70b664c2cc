"""Sign in: a phone, with a password or with a code that was sent to it, becomes a session.

The answer, and the calls made before it, are the same for a number nobody registered. A try
is counted before the proof is looked at, under a condition: guesses that arrive together are
counted one by one. Five wrong tries lock a number for one device; strangers who try on others
lock nobody out, they only have to answer captchas. A password alone opens a device that is
known, where its owner is at home; on a new one, in a new city, or where nobody can have come so
fast, a code is shown as well, and the owner is told of it. Whoever has a second factor on shows
it each time; for staff, and on a known device, it stands in place of the code. Of staff who have none
on, a code alone opens nothing: whoever reads it could turn on one of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NoReturn

from chalicelib.domain import people_items
from chalicelib.domain.change import Change, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.one_time_code import CodeWrong, Purpose
from chalicelib.domain.person import (
    CodeRequired,
    NotRegistered,
    PasswordNeeded,
    ResetByAdmin,
    SignInRefused,
    checked_password,
    checked_phone,
    is_customer,
)
from chalicelib.domain.person_history import told
from chalicelib.domain.record import Client, Plain
from chalicelib.domain.session import SessionElsewhere, SessionEnded
from chalicelib.domain.visitor import NOBODY, Place, Visitor
from chalicelib.risk.strange_sign_in import Strange, Travel, strange
from chalicelib.usecases.count_tries import CountTries
from chalicelib.usecases.one_time_codes import OneTimeCodes
from chalicelib.usecases.ports import Actor, Documents, Keys, Passwords
from chalicelib.usecases.ports_of_the_door import TextMessages
from chalicelib.usecases.second_factors import SecondFactors
from chalicelib.usecases.sessions import Session, Sessions

LEARNING_TRIES_MAX = 8


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody shows at the door: a password, or a code, or both; and a second factor that is on.

    `port`: which client it is, "" for all that the person has.
    """

    phone: str
    password: str = ""
    code: str = ""
    second_factor: str = ""
    visitor: Visitor = NOBODY
    port: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """`km_between` measures how far two places are apart."""

    documents: Documents
    keys: Keys
    passwords: Passwords
    codes: OneTimeCodes
    tries: CountTries
    texts: TextMessages
    sessions: Sessions
    factors: SecondFactors
    km_between: Callable[[Place, Place], int]

    def __call__(self, attempt: Attempt, client: Client | None, now: datetime) -> Session:
        """A new session.

        Raises: PhoneInvalid, TooManyTries, CaptchaRequired, CaptchaWrong, SignInRefused, CodeRequired,
        CodeWrong, NotRegistered, SecondFactorRequired, SecondFactorOff, SecondFactorWrong,
        SecondFactorUsed, PasskeyRefused, PasskeyCloned, PasswordNeeded, PersonLocked, PortWrong, Unavailable.
        """
        phone = checked_phone(attempt.phone)
        phone_index = self.keys.blind_index(phone)
        device = self._device(attempt.visitor)
        login = self._login(phone_index)
        is_known = device in login["devices"]
        self.tries(phone_index, device, now, attempt.visitor, is_known)
        reasons = self._strange(login, attempt.visitor, now)
        values, changes = self._proved(login, device, reasons, attempt, now)
        is_shown = self.factors.check(login["person_id"], attempt.second_factor, client, now)
        if not (is_shown or attempt.password or is_customer(login["person_id"])):
            raise PasswordNeeded()
        about = told(login["person_id"], {}, {"strange": [*reasons]}) if reasons else None
        begun = partial(
            self.sessions.begun,
            login["person_id"],
            "person.sign_in",
            client,
            now,
            about=about,
            factor_shown=is_shown,
            port=attempt.port,
            place=attempt.visitor.place,
        )
        session = self._begun(begun, login, values, attempt.visitor, changes, now)
        with suppress(Unavailable):  # the session stands; what was counted is forgotten by itself
            self.documents.delete(people_items.TRIES_TABLE, *people_items.tries_key(phone_index, device))
        self._tell(phone, reasons, attempt.visitor)
        return session

    def goes_on(self, refresh_token: str, visitor: Visitor, client: Client | None, now: datetime) -> Session:
        """The session with new tokens; the owner is told of one that was ended for its place.

        Raises: TokenInvalid, TokenExpired, SessionEnded, TokenUsedTwice, SessionElsewhere, PersonLocked,
        Unavailable.
        """
        try:
            return self.sessions.goes_on(refresh_token, client, now, visitor.place)
        except SessionElsewhere:
            person_id = self.sessions.tokens.read_refresh(refresh_token, now).person_id
            sealed = self._profile(person_id)["phone_sealed"]
            phone = self.keys.open(sealed, people_items.phone_context(person_id))
            self._notice(phone, Strange.IMPOSSIBLE_TRAVEL, visitor.language)
            raise

    def stepped_up(self, actor: Actor, shown: str, now: datetime) -> Session:
        """The session of a person who shows the second factor once more.

        Raises: SecondFactorOff, SecondFactorWrong, SecondFactorUsed, TooManyTries, SessionEnded,
        PersonLocked, Unavailable.
        """
        self.factors.check(actor.person_id, shown, actor.client, now)
        return self.sessions.stepped_up(actor, now)

    def with_new_password(
        self, actor: Actor, old: str, new: str, now: datetime, language: str = "zh-CN"
    ) -> Session:
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
        self.tries(phone_index, actor.session_id, now)
        if not self.passwords.matches(login["password_hash"], old):
            raise SignInRefused()
        begun = partial(self.sessions.begun, of_session=True, port=session.port)
        renewed = self._renewed(begun, login, new, NOBODY, actor.client, now)
        self._notice(phone, "new_password", language)
        return renewed

    def with_code(self, attempt: Attempt, new: str, client: Client | None, now: datetime) -> Session:
        """A new session of a person who forgot the password and has the phone; all others are over.

        Raises: PhoneInvalid, CodeWrong, NotRegistered, SecondFactorRequired, SecondFactorOff,
        SecondFactorWrong, SecondFactorUsed, PasskeyRefused, PasskeyCloned, TooManyTries, PasswordWeak,
        ResetByAdmin, PersonLocked, Unavailable.
        """
        phone = checked_phone(attempt.phone)
        phone_index = self.keys.blind_index(phone)
        checked_password(new, phone, self.passwords.is_common)
        device = self._device(attempt.visitor)
        spent = self.codes.spent(phone_index, device, Purpose.PASSWORD, attempt.code, now)
        login = self._login(phone_index)
        if not login["person_id"]:
            raise NotRegistered()
        is_shown = self.factors.check(login["person_id"], attempt.second_factor, client, now)
        if not (is_shown or is_customer(login["person_id"])):
            raise ResetByAdmin()
        reasons = self._strange(login, attempt.visitor, now)
        begun = partial(self.sessions.begun, factor_shown=is_shown, place=attempt.visitor.place)
        session = self._renewed(begun, login, new, attempt.visitor, client, now, [spent], reasons)
        self._notice(phone, "new_password", attempt.visitor.language)
        self._tell(phone, reasons, attempt.visitor)
        return session

    def _renewed(
        self,
        begun: Callable[..., Session],
        login: dict[str, Any],
        new: str,
        visitor: Visitor,
        client: Client | None,
        now: datetime,
        changes: Sequence[Change] = (),
        reasons: Sequence[Strange] = (),
    ) -> Session:
        person_id = login["person_id"]
        after: dict[str, Plain] = {"password": "chosen"} | ({"strange": [*reasons]} if reasons else {})
        about = told(person_id, {"password": "another"}, after)
        begun = partial(begun, person_id, "person.new_password", client, now, about=about, alone=True)
        values = {"password_hash": self.passwords.hash(new)}
        return self._begun(begun, login, values, visitor, changes, now)

    def _begun(
        self,
        begun: Callable[..., Session],
        login: dict[str, Any],
        values: Mapping[str, Any],
        visitor: Visitor,
        changes: Sequence[Change],
        now: datetime,
    ) -> Session:
        """A session, and what is learned with it, beside what others learn of the same person meanwhile.

        Raises: CodeWrong when the code was used meanwhile, PersonLocked, Unavailable.
        """
        for _ in range(LEARNING_TRIES_MAX):
            learned = {**values, **self._learned(login, visitor, now)}
            learning = [people_items.login_change(login, learned)] if learned else []
            try:
                return begun(changes=[*learning, *changes])
            except Stale:
                before, login = login, self._login_at(login["pk"])
            if login["password_hash"] != before["password_hash"]:
                break
            if login.get("version") == before.get("version"):
                raise CodeWrong()
        raise Unavailable()

    def _learned(self, login: Mapping[str, Any], visitor: Visitor, now: datetime) -> dict[str, Any]:
        """What the login tells from now on of the devices and places of its owner."""
        device, learned = self._device(visitor), dict[str, Any]()
        if device and device not in login["devices"]:
            learned |= people_items.with_device(login["devices"], device, now)
        if visitor.place:
            city = self._city(login, visitor.place)
            learned |= people_items.with_place(login, city, visitor.place, now)
        return learned

    def _strange(self, login: Mapping[str, Any], visitor: Visitor, now: datetime) -> tuple[Strange, ...]:
        """Why it may be somebody else who comes here."""
        devices, cities = login["devices"], people_items.cities_of(login, now)
        is_new_device = bool(devices) and self._device(visitor) not in devices
        if visitor.place is None:
            return strange(is_new_device, False, None)
        is_new_city = bool(cities) and self._city(login, visitor.place) not in cities
        return strange(is_new_device, is_new_city, self._travel(login, visitor.place, now))

    def _travel(self, login: Mapping[str, Any], place: Place, now: datetime) -> Travel | None:
        last = people_items.last_place_of(login)
        return Travel(self.km_between(last[0], place), now - last[1]) if last else None

    def _tell(self, phone: str, reasons: Sequence[Strange], visitor: Visitor) -> None:
        """The owner hears of the gravest reason; all of them stand in the history."""
        if reasons:
            self._notice(phone, reasons[0], visitor.language)

    def _notice(self, phone: str, notice: str, language: str) -> None:
        with suppress(Unavailable):  # the history shows it all the same
            self.texts.send_notice(phone, notice, language)

    def _proved(
        self,
        login: dict[str, Any],
        device: str,
        reasons: Sequence[Strange],
        attempt: Attempt,
        now: datetime,
    ) -> tuple[dict[str, Any], list[Change]]:
        """What of the login becomes another, and what else goes with the session.

        Raises: SignInRefused, SecondFactorRequired, CodeRequired, CodeWrong, NotRegistered, Unavailable.
        """
        values: dict[str, Any] = {}
        person_id, phone_index = login["person_id"], people_items.phone_of(login)
        if attempt.password:
            if not self.passwords.matches(login["password_hash"], attempt.password):
                raise SignInRefused()
            if self.passwords.is_outdated(login["password_hash"]):  # renewed while the password is at hand
                values = {"password_hash": self.passwords.hash(attempt.password)}
            is_known = device in login["devices"]
            has_factor = bool(attempt.second_factor) and (is_known or not is_customer(person_id))
            if has_factor or (is_known and not reasons):
                return values, []
            if not attempt.code:
                self._ask_for_more(login, device, now)
        spent = self.codes.spent(phone_index, device, Purpose.SIGN_IN, attempt.code, now)
        if not person_id:
            raise NotRegistered()  # whoever has the phone in hand may know
        return values, [spent]

    def _ask_for_more(self, login: Mapping[str, Any], device: str, now: datetime) -> NoReturn:
        """The password is right, and not enough. Of a customer's second factor only a known device hears.

        Raises: SecondFactorRequired, CodeRequired, Unavailable.
        """
        person_id = login["person_id"]
        if device in login["devices"] or not is_customer(person_id):
            self.factors.check(person_id, "", None, now)
        if device:
            key = people_items.tries_key(people_items.phone_of(login), device)
            self.documents.change(people_items.password_shown_change(key, now))
        raise CodeRequired()

    def _login(self, phone_index: str) -> dict[str, Any]:
        """The login of a number; that of nobody for a number nobody has."""
        return self._login_at(people_items.phone_key(phone_index))

    def _login_at(self, key: str) -> dict[str, Any]:
        item = self.documents.get(people_items.TABLE, key, people_items.LOGIN, consistent=True) or {}
        return {"pk": key, "person_id": "", "password_hash": "", "devices": {}} | item

    def _device(self, visitor: Visitor) -> str:
        return people_items.device_index(self.keys.blind_index, visitor.device)

    def _city(self, login: Mapping[str, Any], place: Place) -> str:
        return people_items.city_index(self.keys.blind_index, login["person_id"], place.city)

    def _profile(self, person_id: str) -> dict[str, Any]:
        profile = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        assert profile is not None, "whoever is signed in has a profile"
        return profile
