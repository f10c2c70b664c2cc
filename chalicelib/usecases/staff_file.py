"""The staff file: what stands about somebody of the office, and how is one thing about them changed?

Each change is one transaction: the profile under a condition, the record, and a line of the history
for the person and for the office. Whoever lost a race reads again and decides again. Who acts is an
admin at that very moment: of two who take from each other at once one stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import people_items
from chalicelib.domain.approval import RoleRequired
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.grant import Grant, still_standing
from chalicelib.domain.person import Person, Role
from chalicelib.domain.person_history import line_of, office_line_of, told
from chalicelib.domain.record import Plain, Record
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents

TRIES_MAX = 8


class StaffUnknown(NotFound):
    code = "STAFF_UNKNOWN"
    advice = "Check the id; it begins with stf_."


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the office as of now: `grants` are those that are not over."""

    person: Person
    grants: tuple[Grant, ...]

    @property
    def person_id(self) -> str:
        return self.person.person_id


@dataclass(frozen=True, slots=True)
class Edit:
    """What is written, and which fields it changes. `subject`: the grant it is about."""

    changes: Sequence[Change]
    before: Mapping[str, Plain]
    after: Mapping[str, Plain]
    subject: str = ""
    effective_at: datetime | None = None


def member_of(item: Mapping[str, Any], now: datetime) -> Member:
    """Whom an item `profile` shows."""
    grants = still_standing(people_items.grants_of(item), now)
    return Member(people_items.person_of(item, now), tuple(grants[name] for name in sorted(grants)))


def written(record: Record, person_id: str, edit: Edit) -> tuple[Record, list[Change]]:
    """The record, which tells the edit too, and all that is written with it."""
    tells = told(person_id, edit.before, edit.after, edit.subject, edit.effective_at)
    record = replace(record, about={**record.about, **tells})
    return record, [*edit.changes, line_of(record), office_line_of(record)]


@dataclass(frozen=True)
class StaffFile:
    books: Books
    documents: Documents

    def profile(self, person_id: str) -> dict[str, Any]:
        """Raises: StaffUnknown."""
        item = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
        if item is None:
            raise StaffUnknown(person_id=person_id)
        return item

    def member(self, person_id: str, now: datetime) -> Member:
        """Raises: StaffUnknown."""
        return member_of(self.profile(person_id), now)

    def step(
        self, command: Command, person_id: str, action: str, edit: Callable[[dict[str, Any]], Edit]
    ) -> Member:
        """The member after the edit, which is made once for one command.

        Raises: StaffUnknown, RoleRequired when the actor is no admin now, what `edit(profile)` raises,
        KeyReused, Unavailable.
        """
        for _ in range(TRIES_MAX):
            item = self.profile(person_id)
            if self.was_done(command):
                return self.member(person_id, command.now)
            still_admin = self.still_admin(command)  # before `edit` looks at who else is one
            record, changes = written(audit_record(command, action), person_id, edit(item))
            try:
                self.books.commit(record, [*changes, still_admin])
            except (Replayed, Stale):
                continue
            return self.member(person_id, command.now)
        raise Unavailable()

    def still_admin(self, command: Command) -> Change:
        """The actor's grants, which nobody has touched since. Raises: RoleRequired."""
        own = self.profile(command.actor.person_id)
        if own["locked"] or Role.ADMIN not in people_items.roles_at(own, command.now):
            raise RoleRequired(role=Role.ADMIN.value)
        return people_items.grants_used(own)

    def was_done(self, command: Command) -> bool:
        """Whether this very command was carried out before. Raises: KeyReused."""
        record = self.books.record(command.actor.person_id, command.key)
        if record is not None:
            check_same(Replayed(record.request_hash), command)
        return record is not None
