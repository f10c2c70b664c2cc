"""Grant roles: one admin asks, another agrees; any other admin takes, or looks at it once a quarter."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import grant as grants
from chalicelib.domain import people_items
from chalicelib.domain.change import Change, NewDocument
from chalicelib.domain.document import to_document
from chalicelib.domain.enrolment import ADMINS, FIRST
from chalicelib.domain.grant import Grant, GrantUnknown, still_standing
from chalicelib.domain.person import Role
from chalicelib.usecases.ports import Command, Documents
from chalicelib.usecases.staff_file import Edit, Member, StaffFile


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
            change = people_items.grants_change(item, standing)
            return Edit([change], {}, after, effective_at=asked[0].begins_at)

        return self.file.step(command, person_id, "grant.request", edit)

    def approve(self, command: Command, person_id: str, grant_id: str) -> Member:
        """The member, who has the role from its first second on.

        Raises: StaffUnknown, RoleRequired, GrantUnknown, IllegalState, NotOneself, AnotherMustAgree,
        KeyReused, Unavailable.
        """
        admin_id = command.actor.person_id

        def edit(item: dict[str, Any]) -> Edit:
            admins = self._admins()
            before = _one(item, grant_id, command.now)
            after = grants.approved(before, person_id, admin_id, admins == {admin_id}, command.now)
            more: list[Change] = []
            if after.role == Role.ADMIN and person_id not in admins:
                more = [NewDocument(people_items.TABLE, ADMINS, person_id, {})]
            return _edit(item, before, after, command.now, more)

        return self.file.step(command, person_id, "grant.approve", edit)

    def refuse(self, command: Command, person_id: str, grant_id: str) -> Member:
        """The member, without the request. Raises: as `approve`, but for AnotherMustAgree."""
        return self._step(
            command,
            person_id,
            grant_id,
            "grant.refuse",
            lambda one: grants.refused(one, person_id, command.actor.person_id),
        )

    def revoke(self, command: Command, person_id: str, grant_id: str) -> Member:
        """The member, who has the role no more. Raises: as `approve`, but for AnotherMustAgree."""
        return self._step(
            command,
            person_id,
            grant_id,
            "grant.revoke",
            lambda one: grants.revoked(one, person_id, command.actor.person_id),
        )

    def review(self, command: Command, person_id: str, grant_id: str) -> Member:
        """The member, whose grant was looked at. Raises: as `approve`, but for AnotherMustAgree."""
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
