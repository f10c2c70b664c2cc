"""Lock staff: an admin shuts somebody of the office out at once, or lets them in again."""

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

    def __call__(self, command: Command, person_id: str, locked: bool) -> Member:
        """The member, locked with every session over, or open again. What they hold they keep.

        Raises: StaffUnknown, RoleRequired, NotOneself, IllegalState, KeyReused, Unavailable.
        """
        if command.actor.person_id == person_id:
            raise NotOneself()

        def edit(item: dict[str, Any]) -> Edit:
            if item["locked"] is locked:
                raise IllegalState(entity=person_id, state="LOCKED" if locked else "OPEN")
            change = people_items.lock_change(item, locked)
            return Edit([change], {"locked": not locked}, {"locked": locked})

        return self.file.step(command, person_id, "staff.lock" if locked else "staff.unlock", edit)
