"""Unlock staff: one admin asks that somebody of the office is let in again, another one agrees."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import people_items
from chalicelib.domain.approval import Kind, Request, asked
from chalicelib.domain.change import Change
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.grant import NotOneself
from chalicelib.domain.record import Record
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Command
from chalicelib.usecases.staff_file import Edit, StaffFile, written


@dataclass(frozen=True)
class UnlockStaff:
    file: StaffFile
    approvals: Approvals

    def ask(self, command: Command, person_id: str) -> Request:
        """The request, waiting for a second admin; the person stays locked.

        Raises: StaffUnknown, NotOneself, IllegalState, IdempotencyKeyInvalid, KeyReused, Unavailable.
        """
        if known := self.approvals.asked_before(command, Kind.UNLOCK):
            return known
        asker = command.actor.person_id
        if asker == person_id:
            raise NotOneself()
        self._locked(person_id)
        about: dict[str, Any] = {"person": person_id}
        request = asked(Kind.UNLOCK, command.key, about, asker, command.now, reason=command.reason)
        return self.approvals.ask(command, request, audit_record(command, "unlock.ask", **about))

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """They may sign in again, and hold what they held.

        Raises: StaffUnknown, RoleRequired when the actor is no admin now, IllegalState, Replayed, Stale.
        """
        person_id = str(request.about["person"])
        unlocked = people_items.lock_change(self._locked(person_id), False)
        changes = [unlocked, *closing, self.file.still_admin(command)]
        edit = Edit(changes, {"locked": True}, {"locked": False})
        command = replace(command, reason=request.reason)
        record = audit_record(command, "staff.unlock", **approved_marks(request))
        self.file.books.commit(*written(record, person_id, edit))

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        return record, ()

    def _locked(self, person_id: str) -> dict[str, Any]:
        """Their profile. Raises: StaffUnknown, IllegalState when they are not locked."""
        item = self.file.profile(person_id)
        if not item["locked"]:
            raise IllegalState(entity=person_id, state="OPEN")
        return item
