"""Register a person: a customer by a code sent to the phone, or staff by the operator's own hand.

Profile, login and record are written together. A phone belongs to one person:
the login's key is the phone's index, so of two registrations at once one wins.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import people_items, tree_items
from chalicelib.domain.change import Change, Stale
from chalicelib.domain.distributor import InviteCodeUnknown, checked_invite_code
from chalicelib.domain.errors import KeyReused
from chalicelib.domain.one_time_code import Purpose
from chalicelib.domain.person import (
    SERVICE_NOTICE,
    Person,
    PhoneTaken,
    Role,
    checked_enrolled_roles,
    checked_password,
    checked_phone,
    masked_phone,
    new_person_id,
)
from chalicelib.domain.record import Record
from chalicelib.domain.visitor import NOBODY, Visitor
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.one_time_codes import OneTimeCodes
from chalicelib.usecases.ports import Books, Command, Documents, Keys, Passwords

UNKNOWN = "nobody"


@dataclass(frozen=True, slots=True)
class RegisterPerson:
    """`choose_below(n)` gives a secret number from 0 to n − 1."""

    books: Books
    documents: Documents
    keys: Keys
    passwords: Passwords
    codes: OneTimeCodes
    choose_below: Callable[[int], int]

    def __call__(
        self,
        command: Command,
        phone: str,
        code: str,
        password: str = "",
        invite_code: str = "",
        visitor: Visitor = NOBODY,
    ) -> Person:
        """A new customer who has this phone in hand, bound to the distributor whose invite code was given.

        Raises: PhoneInvalid, PasswordWeak, InviteCodeUnknown, CodeWrong, PhoneTaken, KeyReused, Unavailable.
        """
        phone = checked_phone(phone)
        if password:
            checked_password(password, phone)
        referrer = self._referrer(invite_code) if invite_code else ""
        phone_index = self.keys.blind_index(phone)
        if first := self._first_answer(command, phone_index):
            return first
        device = people_items.device_index(self.keys.blind_index, visitor.device)
        spent = self.codes.spent(phone_index, device, Purpose.SIGN_IN, code, command.now)
        return self._registered(command, "cus", (Role.CUSTOMER,), phone, password, referrer, visitor, spent)

    def staff(self, command: Command, phone: str, password: str, roles: Iterable[str]) -> Person:
        """A new member of staff, or of a partner. No route leads here: the operator enrols them.

        Raises: PhoneInvalid, PasswordWeak, RolesNotTogether, PhoneTaken, KeyReused, Unavailable.
        """
        phone = checked_phone(phone)
        checked_password(password, phone)
        return self._registered(command, "stf", checked_enrolled_roles(roles), phone, password, "")

    def _referrer(self, invite_code: str) -> str:
        distributor_id = f"dst_{checked_invite_code(invite_code)}"
        place = self.documents.get(tree_items.TABLE, distributor_id, tree_items.SELF)
        if place is None or not tree_items.place_of(place).distributor.is_active:
            raise InviteCodeUnknown()
        return distributor_id

    def _registered(
        self,
        command: Command,
        prefix: str,
        roles: tuple[str, ...],
        phone: str,
        password: str,
        referrer: str,
        visitor: Visitor = NOBODY,
        *more: Change,
    ) -> Person:
        person = Person(
            person_id=new_person_id(prefix, self.choose_below),
            roles=roles,
            phone_masked=masked_phone(phone),
            real_name=False,
            referrer=referrer,
            created_at=command.now,
            notice=SERVICE_NOTICE if prefix == "cus" else "",
        )
        phone_index = self.keys.blind_index(phone)
        password_hash = self.passwords.hash(password) if password else ""
        phone_sealed = self.keys.seal(phone, people_items.phone_context(person.person_id))
        known = self._known(person.person_id, visitor, command.now)
        changes = people_items.new_person(person, phone_index, phone_sealed, password_hash, known)
        try:
            self.books.commit(_record(command, person), [*changes, *more])
        except Stale:
            if first := self._first_answer(command, phone_index):
                return first
            raise PhoneTaken() from None
        return person

    def _known(self, person_id: str, visitor: Visitor, now: datetime) -> dict[str, Any]:
        """By which device and place somebody new is known from now on."""
        mark, known = self.keys.blind_index, dict[str, Any]()
        if visitor.device:
            known |= people_items.with_device({}, people_items.device_index(mark, visitor.device), now)
        if visitor.place:
            city = people_items.city_index(mark, person_id, visitor.place.city)
            known |= people_items.with_place({}, city, visitor.place, now)
        return known

    def _first_answer(self, command: Command, phone_index: str) -> Person | None:
        """What the same command answered before; asked alike for a number nobody has. Raises: KeyReused."""
        login = self.documents.get(
            people_items.TABLE, people_items.phone_key(phone_index), people_items.LOGIN, consistent=True
        )
        person_id = login["person_id"] if login else UNKNOWN
        record = self.books.record(person_id, command.key)
        profile = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if record is None or profile is None:
            return None
        if record.request_hash != command.request_hash:
            raise KeyReused()
        return people_items.person_of(profile, command.now)


def _record(command: Command, person: Person) -> Record:
    """Nobody is signed in at a registration: the record is the new person's own."""
    record = audit_record(command, "person.register", roles=list(person.roles), referrer=person.referrer)
    return replace(record, partition=person.person_id, actor=command.actor.person_id or person.person_id)
