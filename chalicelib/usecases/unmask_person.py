"""Unmask a person: somebody of the office reads phone and name in plain for ten minutes, and says why.

Who, whom, why and under which ticket stand in the journal; what is then read, in the read audit.
"""

from dataclasses import dataclass

from chalicelib.domain import people_items, unmasking
from chalicelib.domain.business_time import from_ms
from chalicelib.domain.change import Replayed
from chalicelib.domain.unmasking import TERM, PersonUnknown, Unmasking
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents

ACTION = "person.unmask"


@dataclass(frozen=True, slots=True)
class UnmaskPerson:
    books: Books
    documents: Documents

    def __call__(self, command: Command, person_id: str, ticket: str) -> Unmasking:
        """The grant, to the caller alone; the same command again gives the same one, and no longer.

        Raises: PersonUnknown, KeyReused, Unavailable.
        """
        if self.documents.get(people_items.TABLE, person_id, people_items.PROFILE) is None:
            raise PersonUnknown(person_id=person_id)
        staff_id = command.actor.person_id
        record = audit_record(command, ACTION, person=person_id, ticket=ticket)
        try:
            self.books.commit(record, [unmasking.granted(staff_id, person_id, ticket, command.now)])
        except Replayed as replayed:
            check_same(replayed, command)
            return Unmasking(person_id, from_ms(replayed.body["at"]) + TERM)
        return Unmasking(person_id, command.now + TERM)
