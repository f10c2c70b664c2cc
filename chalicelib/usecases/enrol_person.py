"""Enrol a person: an operator, or an admin, hands out a code, good once for a day, and its bearer chooses a
password.

An empty account has nobody who could let anybody in: whoever deployed it enrols the first
admin, by the rights of AWS and by no route. The same way a person who was brought from
another system comes to a password, and staff who forgot theirs while no second factor is on
(invite_staff.py): then every session ends. The code is known to its bearer alone: here stands its
keyed hash.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import enrolment, people_items
from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import Change, DocumentChange, NewDocument, Replayed, Stale
from chalicelib.domain.enrolment import (
    ADMINS,
    CODE_TERM,
    FIRST,
    AdminExists,
    Enrolment,
    EnrolmentRefused,
    NobodyToEnrol,
)
from chalicelib.domain.person import (
    Person,
    PhoneTaken,
    Role,
    checked_password,
    checked_phone,
    masked_phone,
    new_person_id,
)
from chalicelib.domain.person_history import line_of, told
from chalicelib.domain.record import Client, Plain, Record
from chalicelib.usecases.operator_run import OperatorRun
from chalicelib.usecases.ports import Books, Documents, Keys, Passwords


@dataclass(frozen=True, slots=True)
class Code:
    """What the operator hands over. `text` is "" in a dry run: nothing was made."""

    text: str
    expires_at: datetime


@dataclass(frozen=True)
class EnrolPerson:
    """`choose_below(n)` gives a secret number from 0 to n − 1."""

    books: Books
    documents: Documents
    keys: Keys
    passwords: Passwords
    choose_below: Callable[[int], int]

    def first_admin(self, run: OperatorRun, phone: str) -> Code:
        """A code by which the first admin is made; asked for again, another one, until one was used.

        Raises: PhoneInvalid, PhoneTaken, AdminExists, Unavailable.
        """
        phone = checked_phone(phone)
        self._check_free(self.keys.blind_index(phone))
        return self._handed_out(run, phone, "", {"roles": [Role.ADMIN.value]})

    def brought(self, run: OperatorRun, phone: str) -> Code:
        """A code for a person who was brought from another system and has no password yet.

        Raises: PhoneInvalid, NobodyToEnrol, Unavailable.
        """
        phone = checked_phone(phone)
        login = self._login(self.keys.blind_index(phone))
        if login is None or login["password_hash"]:
            raise NobodyToEnrol()
        return self._handed_out(run, phone, login["person_id"], {"person": login["person_id"]})

    def __call__(self, code: str, password: str, client: Client | None, now: datetime) -> Person:
        """The person, who signs in with this password from now on.

        Raises: EnrolmentRefused, PasswordWeak, AdminExists, PhoneTaken, Unavailable.
        """
        index = self.keys.blind_index(enrolment.spelled(code))
        item = self._code(index)
        if item is None or now >= from_ms(item["expires_at_ms"]):
            raise EnrolmentRefused()
        phone = self.keys.open(item["phone_sealed"], enrolment.phone_context(index))
        chosen = checked_password(password, phone, self.passwords.is_common)
        password_hash = self.passwords.hash(chosen)
        replaces = item.get("replaces", "")
        if item["person_id"]:
            person, changes = self._of_known(item, replaces, password_hash, now)
        else:
            self._check_still_free(index, item["phone_index"])
            person, changes = self._of_admin(item, phone, password_hash, now)
        before: dict[str, Plain] = {"password": "another"} if replaces else {}
        record = Record(
            partition=person.person_id,
            entry_id=f"enrolled#{index}" if replaces else "enrolled",
            action="person.enrol",
            at=now,
            actor=person.person_id,
            about={"roles": list(person.roles), **told(person.person_id, before, {"password": "chosen"})},
            client=client,
        )
        try:
            self.books.commit(record, [*changes, enrolment.used(index, item), line_of(record)])
        except (Stale, Replayed):
            raise EnrolmentRefused() from None  # another one was faster, with this code or another
        return person

    def _of_admin(
        self, item: Mapping[str, Any], phone: str, password_hash: str, now: datetime
    ) -> tuple[Person, list[Change]]:
        person_id = new_person_id("stf", self.choose_below)
        person = Person(person_id, (Role.ADMIN,), masked_phone(phone), False, "", now)
        sealed = self.keys.seal(phone, people_items.phone_context(person_id))
        made = people_items.new_person(person, item["phone_index"], sealed, password_hash)
        return person, [*made, NewDocument(people_items.TABLE, ADMINS, FIRST, {"person_id": person_id})]

    def _of_known(
        self, item: Mapping[str, Any], replaces: str, password_hash: str, now: datetime
    ) -> tuple[Person, list[Change]]:
        """Raises: EnrolmentRefused when the password that the code replaces is not theirs any more, or a
        second factor is on."""
        profile = self.documents.get(
            people_items.TABLE, item["person_id"], people_items.PROFILE, consistent=True
        )
        assert profile is not None, "a person is written with the login"
        login = self._login(item["phone_index"]) or {"person_id": "", "password_hash": ""}
        standing = enrolment.replaced(self.keys.blind_index, login["password_hash"])
        is_theirs = login["person_id"] == item["person_id"] and standing == replaces
        if not is_theirs or (replaces and profile.get("second_factor")):
            raise EnrolmentRefused()
        change = DocumentChange(
            people_items.TABLE,
            people_items.phone_key(item["phone_index"]),
            people_items.LOGIN,
            {"password_hash": password_hash},
            {"password_hash": login["password_hash"], "person_id": item["person_id"]},
        )
        ended = [people_items.without_sessions(profile)] if replaces else []
        return people_items.person_of(profile, now), [change, *ended]

    def _check_still_free(self, index: str, phone_index: str) -> None:
        """Whoever sends a code again while it is used hears that, not that its own admin is in the way."""
        try:
            self._check_free(phone_index)
        except (AdminExists, PhoneTaken):
            if self._code(index) is None:
                raise EnrolmentRefused() from None
            raise

    def _check_free(self, phone_index: str) -> None:
        if self.documents.query(people_items.TABLE, ADMINS, limit=1, consistent=True):
            raise AdminExists()
        if self._login(phone_index) is not None:
            raise PhoneTaken()

    def _code(self, index: str) -> dict[str, Any] | None:
        return self.documents.get(enrolment.TABLE, *enrolment.code_key(index), consistent=True)

    def _login(self, phone_index: str) -> dict[str, Any] | None:
        key = people_items.phone_key(phone_index)
        return self.documents.get(people_items.TABLE, key, people_items.LOGIN, consistent=True)

    def _handed_out(self, run: OperatorRun, phone: str, person_id: str, about: dict[str, Plain]) -> Code:
        expires_at = run.at + CODE_TERM
        if run.is_dry:
            return Code("", expires_at)
        code = enrolment.new_code(self.choose_below)
        index = self.keys.blind_index(enrolment.spelled(code))
        row = Enrolment(
            index,
            self.keys.blind_index(phone),
            self.keys.seal(phone, enrolment.phone_context(index)),
            person_id,
            expires_at,
        )
        record = run.record("ENROL", {**about, "expires_at": to_ms(expires_at)}, run.at)
        self.books.commit(record, [enrolment.new_row(row)])
        return Code(code, expires_at)
