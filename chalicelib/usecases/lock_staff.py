"""Lock staff: an admin shuts somebody of the office out, alone and at once."""

from dataclasses import dataclass
from typing import Any

from chalicelib.domain import people_items
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.grant import NotOneself
from chalicelib.usecases.ports import Command
from chalicelib.usecases.staff_file import Edit, Member, StaffFile


@dataclass(frozen=True)
class LockStaff:
    file: StaffFile

    def __call__(self, command: Command, person_id: str) -> Member:
        """The member, locked with every session over. What they hold they keep.

        Raises: StaffUnknown, RoleRequired, NotOneself, IllegalState, KeyReused, Unavailable.
        """
        if command.actor.person_id == person_id:
            raise NotOneself()

        def edit(item: dict[str, Any]) -> Edit:
            if item["locked"]:
                raise IllegalState(entity=person_id, state="LOCKED")
            return Edit([people_items.lock_change(item, True)], {"locked": False}, {"locked": True})

        return self.file.step(command, person_id, "staff.lock", edit)
