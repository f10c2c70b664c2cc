"""Suspend a distributor: the office changes the state of a place, with a reason.

Suspended, a distributor's place in new orders pays nobody; what was earned stays earned.
"""

from dataclasses import dataclass

from chalicelib.domain import tree_items
from chalicelib.domain.change import DocumentChange, Replayed, Stale
from chalicelib.domain.distributor import DistributorState, moved_to
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ids import customer_id_of
from chalicelib.domain.person_history import line_of, told
from chalicelib.domain.record import Plain
from chalicelib.domain.tree_items import Place
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents
from chalicelib.usecases.query_tree import DistributorUnknown


@dataclass(frozen=True)
class SuspendDistributor:
    books: Books
    documents: Documents

    def __call__(self, command: Command, distributor_id: str, state: DistributorState) -> Place:
        """The place in its new state: SUSPENDED, ACTIVE again, or TERMINATED.

        Raises: DistributorUnknown, IllegalState, KeyReused, Unavailable.
        """
        place = self._place(distributor_id)
        if self._was_done(command):
            return self._place(distributor_id)  # the first look may be older than what was done
        before = place.distributor
        after = moved_to(before, state)
        values = {"state": after.state.value}
        about: dict[str, Plain] = {"distributor": distributor_id}
        about |= {"from": before.state.value, "to": state.value}
        about |= told(customer_id_of(distributor_id), {"state": before.state.value}, {**values})
        record = audit_record(command, "distributor.state", **about)
        expected = {"state": before.state.value}
        change = DocumentChange(tree_items.TABLE, distributor_id, tree_items.SELF, values, expected)
        try:
            self.books.commit(record, [change, line_of(record)])
        except Replayed as replayed:
            check_same(replayed, command)
        except Stale:
            raise Unavailable() from None
        return self._place(distributor_id)

    def _was_done(self, command: Command) -> bool:
        record = self.books.record(command.actor.person_id, command.key)
        if record is not None:
            check_same(Replayed(record.request_hash), command)
        return record is not None

    def _place(self, distributor_id: str) -> Place:
        item = self.documents.get(tree_items.TABLE, distributor_id, tree_items.SELF, consistent=True)
        if item is None:
            raise DistributorUnknown(distributor_id=distributor_id)
        return tree_items.place_of(item)
