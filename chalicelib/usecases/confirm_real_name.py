"""Confirm a real name: who a customer is, asked of the register of identities once.

Buyers of named cards, and distributors, must be known (单用途商业预付卡管理办法 art. 15).
Name and number are kept sealed; the number's index makes one identity one account.
"""

from dataclasses import dataclass

from chalicelib.domain import people_items
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.person import (
    IdentityRefused,
    IdentityTaken,
    Person,
    RealNameSettled,
    checked_id_number,
)
from chalicelib.domain.person_history import line_of, told
from chalicelib.domain.record import canonical
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents, Identities, Keys


@dataclass(frozen=True, slots=True)
class ConfirmRealName:
    books: Books
    documents: Documents
    keys: Keys
    identities: Identities

    def __call__(self, command: Command, name: str, id_number: str) -> Person:
        """The person, known by name from now on; the next token says so.

        Raises: IdNumberInvalid, IdentityRefused, IdentityTaken, RealNameSettled, KeyReused, Unavailable.
        """
        id_number = checked_id_number(id_number)
        person = self._person(command)
        if not person.real_name:
            self._confirm(name, id_number)
        number_index = self.keys.blind_index(id_number)
        sealed = self.keys.seal(
            canonical({"name": name, "id_number": id_number}).decode(),
            people_items.identity_context(person.person_id),
        )
        about = told(person.person_id, {"real_name": False}, {"real_name": True})
        record = audit_record(command, "person.real_name", **about)
        try:
            self.books.commit(
                record, [*people_items.real_name_changes(person, number_index, sealed), line_of(record)]
            )
        except Replayed as replayed:
            check_same(replayed, command)
        except Stale:
            raise IdentityTaken() if not self._person(command).real_name else RealNameSettled() from None
        return self._person(command)

    def _confirm(self, name: str, id_number: str) -> None:
        outcome = self.identities.confirm(name, id_number)
        if outcome.state == "FAILED":
            raise IdentityRefused()
        if outcome.state != "SUCCEEDED":
            raise Unavailable()

    def _person(self, command: Command) -> Person:
        item = self.documents.get(
            people_items.TABLE, command.actor.person_id, people_items.PROFILE, consistent=True
        )
        if item is None:
            raise NotFound(id=command.actor.person_id)
        return people_items.person_of(item, command.now)
