"""Move a distributor: to another parent of the same tree, with the old edge kept as history.

The moves of one tree go one by one, by a count on its root: who has read an older
tree is refused. So of two moves that would cross, the second never sees the tree
as it was, and no cycle can close. Old orders keep the chain that was frozen in them.
"""

from dataclasses import dataclass
from typing import Any

from chalicelib.domain import tree_items
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.distributor import reparented
from chalicelib.domain.errors import Conflict, Refusal
from chalicelib.domain.tree_items import Place
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents
from chalicelib.usecases.query_tree import DistributorUnknown

DEPTH_MAX = 10_000  # deeper than any tree of people; a walk that gets there goes round in a circle


class TreeMoved(Conflict):
    code = "TREE_MOVED"
    retryable = True
    advice = "Somebody else was moved in this tree at this moment: look at it again, then decide."


class RootStays(Conflict):
    code = "ROOT_STAYS"
    advice = "The root of a tree has no parent; move those below it."


@dataclass(frozen=True)
class MoveDistributor:
    books: Books
    documents: Documents

    def __call__(self, command: Command, distributor_id: str, parent_id: str) -> Place:
        """The distributor's place under the new parent.

        Raises: DistributorUnknown, RootStays, RootChangeForbidden, Cycle, ParentNotActive,
        TreeMoved, KeyReused, Unavailable.
        """
        try:
            return self._moved(command, distributor_id, parent_id)
        except Refusal:  # also by what this very command did a moment ago
            if not self._was_done(command):
                raise
        return self._place(distributor_id)

    def _moved(self, command: Command, distributor_id: str, parent_id: str) -> Place:
        if self._was_done(command):
            return self._place(distributor_id)
        mover = self._place(distributor_id)
        before = mover.distributor
        if before.parent_id is None:
            raise RootStays(distributor_id=distributor_id)
        version = self._moves(before.root_id)  # read first: what is read after it cannot be older
        parent = self._place(parent_id).distributor
        after = reparented(before, parent, self._ancestors(parent.parent_id))
        if after.parent_id == before.parent_id:
            return mover
        record = audit_record(
            command,
            "distributor.move",
            distributor=distributor_id,
            parent=parent_id,
            parent_before=before.parent_id,
            root=before.root_id,
        )
        edge = self._edge(before.parent_id, distributor_id)
        if edge is None:  # moved by somebody else since its place was read
            raise TreeMoved(root_id=before.root_id)
        changes = tree_items.moving_changes(before, after, edge, command.now, version)
        try:
            self.books.commit(record, changes)
        except Replayed as replayed:
            check_same(replayed, command)
        except Stale:
            raise TreeMoved(root_id=before.root_id) from None
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

    def _moves(self, root_id: str) -> int:
        item = self.documents.get(tree_items.TABLE, root_id, tree_items.MOVES, consistent=True)
        return int(item["version"]) if item else 0

    def _edge(self, parent_id: str, distributor_id: str) -> dict[str, Any] | None:
        edge = tree_items.CHILD + distributor_id
        return self.documents.get(tree_items.TABLE, parent_id, edge, consistent=True)

    def _ancestors(self, distributor_id: str | None) -> list[str]:
        """The walk up to the root, each step strongly consistent."""
        walked: list[str] = []
        while distributor_id is not None:
            walked.append(distributor_id)
            assert len(walked) < DEPTH_MAX, "the tree goes round in a circle"
            distributor_id = self._place(distributor_id).distributor.parent_id
        return walked
