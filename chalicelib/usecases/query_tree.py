"""Query the tree: who has which place, and who joined with whose code?

Everybody sees their own place and their direct recruits, never a pyramid below them.
"""

from dataclasses import dataclass

from chalicelib.domain import tree_items
from chalicelib.domain.errors import Forbidden, NotFound
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.tree_items import Edge, Place
from chalicelib.usecases.ports import Actor, Documents


class NotADistributor(Forbidden):
    code = "NOT_A_DISTRIBUTOR"
    advice = "Join with the invite code of a distributor first."


class DistributorUnknown(NotFound):
    code = "DISTRIBUTOR_UNKNOWN"
    advice = "Check the id; it begins with dst_."


@dataclass(frozen=True)
class QueryTree:
    documents: Documents

    def own_place(self, actor: Actor) -> Place:
        """Raises: NotADistributor."""
        place = self._place(distributor_id_of(actor.person_id))
        if place is None:
            raise NotADistributor()
        return place

    def place(self, distributor_id: str) -> Place:
        """Raises: DistributorUnknown."""
        place = self._place(distributor_id)
        if place is None:
            raise DistributorUnknown(distributor_id=distributor_id)
        return place

    def recruits(self, parent_id: str, after: str, limit: int) -> list[Edge]:
        """Those who stand directly below today, by id, behind the id `after`."""
        found: list[Edge] = []
        position = f"{tree_items.CHILD}{after}" if after else ""
        while len(found) < limit:
            items = self.documents.query(
                tree_items.TABLE, parent_id, tree_items.CHILD, after=position, limit=limit
            )
            found += tree_items.edges_of(items)
            if len(items) < limit:
                break
            position = items[-1]["sk"]
        return found[:limit]

    def _place(self, distributor_id: str) -> Place | None:
        item = self.documents.get(tree_items.TABLE, distributor_id, tree_items.SELF, consistent=True)
        return tree_items.place_of(item) if item else None
