"""Invite staff: an admin lets somebody into the office, who chooses a password with a one-time code.

Who is invited stands in the list at once, may do nothing until a second admin has agreed to the roles
that were asked for, and gets in with the code. It is told once, and is good for a day. As long as
they have no second factor there may be another: so who forgot the password comes in again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import enrolment, people_items
from chalicelib.domain.approval import opened
from chalicelib.domain.change import Change, NewDocument, Replayed, Stale
from chalicelib.domain.document import to_document
from chalicelib.domain.enrolment import CODE_TERM, Enrolment, NobodyToEnrol
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.grant import Grant, request_for, with_request
from chalicelib.domain.person import Person, PhoneTaken, checked_phone, masked_phone, new_person_id
from chalicelib.domain.person_history import line_of, office_line_of, told
from chalicelib.domain.record import Record
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.grant_roles import Wish
from chalicelib.usecases.ports import Books, Command, Documents, Keys
from chalicelib.usecases.staff_file import Edit, Member, StaffFile


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who waits for a password. `code`: None where the command was carried out before."""

    staff: Member
    code: str | None
    expires_at: datetime


@dataclass(frozen=True)
class InviteStaff:
    """`choose_below(n)` gives a secret number from 0 to n − 1."""

    file: StaffFile
    books: Books
    documents: Documents
    keys: Keys
    choose_below: Callable[[int], int]

    def __call__(self, command: Command, phone: str, wish: Wish) -> Invited:
        """Somebody new, for whom these roles were asked, and their code.

        Raises: PhoneInvalid, PhoneTaken, GrantTermInvalid, GrantRegionInvalid, RolesNotTogether,
        TooManyGrants, KeyReused, Unavailable.
        """
        phone = checked_phone(phone)
        if first := self._first_answer(command):
            return first
        person_id = new_person_id("stf", self.choose_below)
        asked: dict[str, Grant] = {}
        for one in wish.grants(command):
            asked = with_request(asked, one, person_id, command.now)
        if self._login(phone) is not None:
            raise PhoneTaken()
        code, row = self._code(command, phone, person_id)
        after = {grant_id: to_document(one) for grant_id, one in asked.items()}
        record = audit_record(command, "staff.invite", **told(person_id, {}, {"invited": True, **after}))
        try:
            self.books.commit(record, [*self._made(command, phone, person_id, asked), row, *_lines(record)])
        except (Replayed, Stale):
            if first := self._first_answer(command):
                return first
            if self._login(phone) is not None:
                raise PhoneTaken() from None
            raise Unavailable() from None
        return Invited(self.file.member(person_id, command.now), code, command.now + CODE_TERM)

    def again(self, command: Command, person_id: str) -> Invited:
        """Another code for somebody else who has no second factor, with or without a password.

        Raises: StaffUnknown, RoleRequired, NobodyToEnrol, KeyReused, Unavailable.
        """
        profile = self.file.profile(person_id)
        phone = self.keys.open(profile["phone_sealed"], people_items.phone_context(person_id))
        made: list[tuple[str, NewDocument]] = []

        def edit(item: dict[str, object]) -> Edit:
            login = self._login(phone)
            if login is None or item.get("second_factor") or person_id == command.actor.person_id:
                raise NobodyToEnrol()
            made[:] = [self._code(command, phone, person_id, str(login["password_hash"]))]
            return Edit([made[0][1], people_items.factor_still_off(item)], {}, {"invited": True})

        member = self.file.step(command, person_id, "staff.code", edit)
        told = [code for code, row in made if self._is_there(row)]
        return Invited(member, told[0] if told else None, command.now + CODE_TERM)

    def _is_there(self, row: NewDocument) -> bool:
        """Whether this is the code that was written: of one command sent twice at once, the other's was."""
        return self.documents.get(row.table, row.pk, row.sk, consistent=True) is not None

    def _first_answer(self, command: Command) -> Invited | None:
        record = self.books.record(command.actor.person_id, command.key)
        if record is None:
            return None
        check_same(Replayed(record.request_hash), command)
        member = self.file.member(str(record.about["person"]), command.now)
        return Invited(member, None, record.at + CODE_TERM)

    def _made(self, command: Command, phone: str, person_id: str, asked: dict[str, Grant]) -> list[Change]:
        person = Person(person_id, (), masked_phone(phone), False, "", command.now)
        sealed = self.keys.seal(phone, people_items.phone_context(person_id))
        made = people_items.new_person(person, self.keys.blind_index(phone), sealed, "", grants=asked)
        return [*made, *(opened(request_for(person_id, one)) for one in asked.values())]

    def _code(
        self, command: Command, phone: str, person_id: str, password_hash: str = ""
    ) -> tuple[str, NewDocument]:
        code = enrolment.new_code(self.choose_below)
        index = self.keys.blind_index(enrolment.spelled(code))
        sealed = self.keys.seal(phone, enrolment.phone_context(index))
        replaces = enrolment.replaced(self.keys.blind_index, password_hash)
        term = command.now + CODE_TERM
        row = Enrolment(index, self.keys.blind_index(phone), sealed, person_id, term, replaces)
        return code, enrolment.new_row(row)

    def _login(self, phone: str) -> dict[str, object] | None:
        key = people_items.phone_key(self.keys.blind_index(phone))
        return self.documents.get(people_items.TABLE, key, people_items.LOGIN, consistent=True)


def _lines(record: Record) -> list[Change]:
    return [line_of(record), office_line_of(record)]
