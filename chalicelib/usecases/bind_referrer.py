"""Bind a referrer: a customer whom nobody brought is bound to the distributor whose code was used.

Once and for ever: who comes first earns, and a second code changes nothing.
"""

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import people_items, tree_items
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.distributor import InviteCodeUnknown, checked_invite_code
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.person_history import line_of, told
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Actor, Books, Command, Documents


@dataclass(frozen=True, slots=True)
class BindReferrer:
    books: Books
    documents: Documents

    def __call__(self, command: Command, invite_code: str) -> Actor:
        """The actor with the distributors now above, as the next token will name them.

        Raises: InviteCodeUnknown (also for one's own code), Unavailable.
        """
        referrer = f"dst_{checked_invite_code(invite_code)}"
        if referrer == distributor_id_of(command.actor.person_id):
            raise InviteCodeUnknown()
        if self._place(referrer) is None:
            raise InviteCodeUnknown()
        bound = self._bound(command, referrer)
        place = self._place(bound)
        parent = place.get("parent_id", "") if place else ""
        return replace(command.actor, referrers=(bound, *filter(None, [parent])))

    def _bound(self, command: Command, referrer: str) -> str:
        """The referrer that counts: this one, or the one that was there before."""
        item = self.documents.get(
            people_items.TABLE, command.actor.person_id, people_items.PROFILE, consistent=True
        )
        assert item is not None, "whoever has a token has a profile"
        person = people_items.person_of(item, command.now)
        if person.referrer:
            return person.referrer
        about = told(person.person_id, {"referrer": ""}, {"referrer": referrer})
        record = audit_record(command, "person.bind", referrer=referrer, **about)
        record = replace(record, entry_id=f"bind_{command.key}")
        try:
            self.books.commit(record, [people_items.referrer_change(person, referrer), line_of(record)])
        except (Replayed, Stale):  # the same command, or another one, was first
            return self._bound(command, referrer)
        return referrer

    def _place(self, distributor_id: str) -> dict[str, Any] | None:
        return self.documents.get(tree_items.TABLE, distributor_id, tree_items.SELF)
