"""Grant roles: one admin asks, another agrees; any other admin takes, or looks at it once a quarter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import approval, people_items
from chalicelib.domain import grant as grants
from chalicelib.domain.approval import Decision, Request
from chalicelib.domain.change import Change, NewDocument, Replayed, Stale
from chalicelib.domain.document import to_document
from chalicelib.domain.enrolment import ADMINS, FIRST
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.grant import Grant, GrantUnknown, may_agree_alone, request_for, still_standing
from chalicelib.domain.person import Role
from chalicelib.domain.record import Record
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Command, Documents
from chalicelib.usecases.staff_file import TRIES_MAX, Edit, Member, StaffFile, written


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: one or several roles of one term. No `begins_at`: from now on."""

    roles: tuple[str, ...]
    ends_at: datetime
    begins_at: datetime | None = None
    region: str | None = None
    senior: bool = False

    def grants(self, command: Command) -> list[Grant]:
        """The requests, one a role. An admin is senior, always."""
        return [
            Grant(
                grant_id=f"grn_{command.key}_{role}",
                role=role,
                senior=self.senior or role == Role.ADMIN,
                begins_at=self.begins_at or command.now,
                ends_at=self.ends_at,
                region=self.region,
                reason=command.reason,
                requested_by=command.actor.person_id,
                requested_at=command.now,
            )
            for role in self.roles
        ]


@dataclass(frozen=True)
class GrantRoles:
    file: StaffFile
    documents: Documents
    approvals: Approvals

    def request(self, command: Command, person_id: str, wish: Wish) -> Member:
        """The member, for whom roles were asked.

        Raises: StaffUnknown, RoleRequired, NotOneself, GrantTermInvalid, RolesNotTogether,
        TooManyGrants, GrantRegionInvalid, KeyReused, Unavailable.
        """

        def edit(item: dict[str, Any]) -> Edit:
            standing = people_items.grants_of(item)
            asked = wish.grants(command)
            for one in asked:
                standing = grants.with_request(standing, one, person_id, command.now)
            after = {one.grant_id: to_document(one) for one in asked}
            changes: list[Change] = [people_items.grants_change(item, standing)]
            changes += [approval.opened(request_for(person_id, one)) for one in asked]
            return Edit(changes, {}, after, effective_at=asked[0].begins_at)

        return self.file.step(command, person_id, "grant.request", edit)

    def approve(self, command: Command, person_id: str, grant_id: str) -> Member:
        """The member, who has the role from its first second on.

        Raises: StaffUnknown, RoleRequired when the actor is no admin now, GrantUnknown, and what a decision
        raises (approvals.py).
        """
        for _ in range(TRIES_MAX):
            still_admin = self.file.still_admin(command)  # before anybody looks at who else is one
            request = self._request(command, person_id, grant_id)
            if request is None:
                break
            if not may_agree_alone(request, command.actor.person_id, self._admins()):
                self.approvals.decide(command, grant_id, agrees=True)
                break
            try:
                self._agree_alone(command, request, still_admin)
            except (Replayed, Stale):
                continue
            break
        else:
            raise Unavailable()
        return self.file.member(person_id, command.now)

    def refuse(self, command: Command, person_id: str, grant_id: str) -> Member:
        """The member, without the request. Raises: as `approve`."""
        if self._request(command, person_id, grant_id) is not None:
            self.approvals.decide(command, grant_id, agrees=False)
        return self.file.member(person_id, command.now)

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """The role is given.

        Raises: StaffUnknown, RoleRequired, GrantUnknown, IllegalState, Replayed, Stale.
        """
        self._give(command, request, [*closing, self.file.still_admin(command)])

    def _give(self, command: Command, request: Request, more: list[Change]) -> None:
        person_id, now = str(request.about["person"]), command.now
        item = self.file.profile(person_id)
        before = _one(item, request.request_id, now)
        after = grants.approved(before, command.actor.person_id, now)
        if after.role == Role.ADMIN and person_id not in self._admins():
            more.append(NewDocument(people_items.TABLE, ADMINS, person_id, {}))
        record = audit_record(command, "grant.approve", **approved_marks(request))
        self.file.books.commit(*written(record, person_id, _edit(item, before, after, now, more)))

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        """The person is asked for nothing any more. Raises: StaffUnknown, GrantUnknown, IllegalState."""
        person_id = str(request.about["person"])
        item = self.file.profile(person_id)
        before = _one(item, request.request_id, record.at)
        edit = _edit(item, before, grants.refused(before), record.at)
        return written(replace(record, action="grant.refuse"), person_id, edit)

    def _request(self, command: Command, person_id: str, grant_id: str) -> Request | None:
        """What was asked for this person; None where this very command has decided it before.

        Raises: StaffUnknown, GrantUnknown, KeyReused.
        """
        item = self.file.profile(person_id)
        if self.file.was_done(command):
            return None
        _one(item, grant_id, command.now)
        found = self.approvals.find(grant_id)
        if found is None:  # the operator's own grants were never asked for
            raise GrantUnknown(grant_id=grant_id)
        return found

    def _agree_alone(self, command: Command, request: Request, still_admin: Change) -> None:
        person_id = command.actor.person_id
        decision = Decision(person_id, True, command.now, command.reason, command.key)
        after = approval.decided_alone(request, decision)
        self._give(command, after, [*approval.moved(request, after), still_admin])

    def revoke(self, command: Command, person_id: str, grant_id: str) -> Member:
        """The member, who has the role no more.

        Raises: StaffUnknown, GrantUnknown, IllegalState, NotOneself, KeyReused, Unavailable.
        """
        return self._step(
            command,
            person_id,
            grant_id,
            "grant.revoke",
            lambda one: grants.revoked(one, person_id, command.actor.person_id),
        )

    def review(self, command: Command, person_id: str, grant_id: str) -> Member:
        """The member, whose grant was looked at.

        Raises: StaffUnknown, GrantUnknown, IllegalState, NotOneself, KeyReused, Unavailable.
        """
        return self._step(
            command,
            person_id,
            grant_id,
            "grant.review",
            lambda one: grants.reviewed(one, person_id, command.actor.person_id, command.now),
        )

    def _step(
        self,
        command: Command,
        person_id: str,
        grant_id: str,
        action: str,
        decide: Callable[[Grant], Grant],
    ) -> Member:
        def edit(item: dict[str, Any]) -> Edit:
            before = _one(item, grant_id, command.now)
            return _edit(item, before, decide(before), command.now)

        return self.file.step(command, person_id, action, edit)

    def _admins(self) -> frozenset[str]:
        """Everybody who is or ever was an admin."""
        items = self.documents.query(people_items.TABLE, ADMINS, consistent=True)
        return frozenset(item["sk"] for item in items) - {FIRST}


def _one(item: dict[str, Any], grant_id: str, now: datetime) -> Grant:
    """Raises: GrantUnknown."""
    found = still_standing(people_items.grants_of(item), now).get(grant_id)
    if found is None:
        raise GrantUnknown(grant_id=grant_id)
    return found


def _edit(
    item: dict[str, Any], before: Grant, after: Grant, now: datetime, more: list[Change] | None = None
) -> Edit:
    standing = still_standing({**people_items.grants_of(item), after.grant_id: after}, now)
    change = people_items.grants_change(item, standing)
    begins_at = max(now, after.begins_at) if after.approved_at == now else now
    return Edit(
        [change, *(more or [])],
        to_document(before),
        to_document(after),
        subject=after.grant_id,
        effective_at=begins_at,
    )
