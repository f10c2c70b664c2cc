"""Sign a customer out: somebody of the office ends every session of one who lost a phone, or a password.

The customer hears of it by text message, and signs in again as always: nothing else is taken from them.
"""

from contextlib import suppress
from dataclasses import dataclass

from chalicelib.domain import people_items, preferences
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.person_history import line_of, told
from chalicelib.domain.unmasking import PersonUnknown
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents, Keys
from chalicelib.usecases.ports_of_the_door import TextMessages

ACTION = "person.sign_out"
TRIES_MAX = 8


@dataclass(frozen=True, slots=True)
class SignOutPerson:
    books: Books
    documents: Documents
    keys: Keys
    texts: TextMessages

    def __call__(self, command: Command, person_id: str) -> None:
        """Every session of the customer is over, with a line in their history that says by whom and why.

        Raises: PersonUnknown, KeyReused, Unavailable.
        """
        for _ in range(TRIES_MAX):
            item = self.documents.get(people_items.TABLE, person_id, people_items.PROFILE, consistent=True)
            if item is None:
                raise PersonUnknown(person_id=person_id)
            before = {"sessions": len(people_items.sessions_of(item))}
            record = audit_record(command, ACTION, **told(person_id, before, {"sessions": 0}))
            ended = people_items.sessions_change(item, {})
            try:
                self.books.commit(record, [ended, line_of(record)])
            except Replayed as replayed:
                check_same(replayed, command)
                return
            except Stale:
                continue
            phone = self.keys.open(item["phone_sealed"], people_items.phone_context(person_id))
            chosen = self.documents.get(preferences.TABLE, person_id, preferences.SORT_KEY)
            with suppress(Unavailable):  # the history shows it all the same
                self.texts.send_notice(phone, "signed_out", preferences.spoken(chosen))
            return
        raise Unavailable()
