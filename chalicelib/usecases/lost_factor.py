"""Lost factor: who has lost authenticator, passkeys and recovery codes gets in again by the word of two.

One of the office looks at who it is, as at an enrolment or a real name, and asks; an admin who is another
person agrees. Then it is off with every session, and the person begins as at the first time: staff as
newcomers with password and a code by text message, a customer with what a sign-in takes.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import people_items, preferences
from chalicelib.domain import second_factor as layout
from chalicelib.domain.approval import Kind, Request, asked
from chalicelib.domain.change import Change
from chalicelib.domain.errors import IllegalState, Unavailable
from chalicelib.domain.grant import NotOneself
from chalicelib.domain.person import is_customer
from chalicelib.domain.person_history import line_of, office_line_of, told
from chalicelib.domain.record import Record
from chalicelib.domain.unmasking import PersonUnknown
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Command, Documents, Keys
from chalicelib.usecases.ports_of_the_door import TextMessages
from chalicelib.usecases.staff_file import StaffFile


@dataclass(frozen=True, slots=True)
class LostFactor:
    file: StaffFile
    documents: Documents
    keys: Keys
    texts: TextMessages
    approvals: Approvals

    def ask(self, command: Command, person_id: str) -> Request:
        """The request, waiting for an admin; the second factor is still asked for.

        Raises: PersonUnknown, NotOneself, IllegalState, IdempotencyKeyInvalid, KeyReused, Unavailable.
        """
        if known := self.approvals.asked_before(command, Kind.FACTOR):
            return known
        asker = command.actor.person_id
        if asker == person_id:
            raise NotOneself()
        self._on(person_id)
        about: dict[str, Any] = {"person": person_id}
        request = asked(Kind.FACTOR, command.key, about, asker, command.now, reason=command.reason)
        return self.approvals.ask(command, request, audit_record(command, "factor.ask", **about))

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """It is off, every session is over, and its owner hears of it by text message.

        Raises: PersonUnknown, RoleRequired when the actor is no admin now, IllegalState, Replayed, Stale.
        """
        person_id = str(request.about["person"])
        profile, item = self._on(person_id)
        about = told(person_id, {"second_factor": "on"}, {"second_factor": "off"})
        command = replace(command, reason=request.reason)
        record = audit_record(command, "factor.lost", **approved_marks(request), **about)
        lines = [line_of(record)] if is_customer(person_id) else [line_of(record), office_line_of(record)]
        off = [layout.lost(item), people_items.factor_lost_change(profile)]
        self.file.books.commit(record, [*off, *lines, *closing, self.file.still_admin(command)])
        phone = self.keys.open(profile["phone_sealed"], people_items.phone_context(person_id))
        chosen = self.documents.get(preferences.TABLE, person_id, preferences.SORT_KEY)
        with suppress(Unavailable):  # the history shows it all the same
            self.texts.send_notice(phone, "second_factor_off", preferences.spoken(chosen))

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        return record, ()

    def _on(self, person_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Profile and item of somebody whose second factor is on. Raises: PersonUnknown, IllegalState."""
        profile = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if profile is None:
            raise PersonUnknown(person_id=person_id)
        item = self.documents.get(layout.TABLE, person_id, layout.FACTOR, consistent=True)
        if item is None or not layout.is_on(item):
            raise IllegalState(entity=person_id, state="SECOND_FACTOR_OFF")
        return profile, item
