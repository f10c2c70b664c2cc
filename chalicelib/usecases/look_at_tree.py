"""Look at the tree: which trees are there, who stands below and above somebody, and who is this?

For the office: each look is bounded by a page, or by a part of the way to the root.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain import people_items, tree_items
from chalicelib.domain.distributor import Distributor, InviteCodeUnknown, checked_invite_code
from chalicelib.domain.ids import customer_id_of, distributor_id_of
from chalicelib.domain.person import checked_phone
from chalicelib.domain.tree_items import Place
from chalicelib.usecases.ports import Documents, Keys
from chalicelib.usecases.query_tree import QueryTree

STEPS_MAX = 99  # of the way up; with the root they are one batch of people

Reaches = Callable[[str], bool]  # whether what belongs to a region is shown


class Node(NamedTuple):
    """A place of the tree as the office sees it; the phone number is masked, and "" of who was deleted."""

    distributor: Distributor
    since: datetime
    phone_masked: str


class Way(NamedTuple):
    """The way from the root to somebody; not whole where it is too long, or leads through elsewhere."""

    nodes: list[Node]
    is_whole: bool


@dataclass(frozen=True)
class LookAtTree:
    documents: Documents
    keys: Keys
    tree: QueryTree

    def roots(self, reaches: Reaches, after: str, limit: int) -> list[Node]:
        """The roots of all trees, by id, behind the id `after`."""

        def page(position: str) -> list[str]:
            rows = self.documents.query(tree_items.TABLE, tree_items.ROOTS, after=position, limit=limit)
            return [row["sk"] for row in rows]

        return self._reached(page, reaches, after, limit)

    def recruits(self, parent_id: str, reaches: Reaches, after: str, limit: int) -> list[Node]:
        """Those who stand directly below somebody today, by id, behind the id `after`."""

        def page(position: str) -> list[str]:
            return [edge.distributor_id for edge in self.tree.recruits(parent_id, position, limit)]

        return self._reached(page, reaches, after, limit)

    def way(self, distributor_id: str, reaches: Reaches) -> Way:
        """From the root down to this distributor. Raises: DistributorUnknown."""
        place: Place | None = self.tree.place(distributor_id)
        walked: list[Place] = []
        while place is not None and len(walked) < STEPS_MAX:
            walked.append(place)
            parent_id = place.distributor.parent_id
            place = self.tree.place(parent_id) if parent_id else None
        if place is not None:
            walked.append(self.tree.place(place.distributor.root_id))
        nodes = self._nodes(one for one in reversed(walked) if reaches(one.distributor.region))
        return Way(nodes, place is None and len(nodes) == len(walked))

    def by_phone(self, phone: str) -> list[Node]:
        """Who has exactly this number, if that is a distributor. Raises: PhoneInvalid."""
        key = people_items.phone_key(self.keys.blind_index(checked_phone(phone)))
        login = self.documents.get(people_items.TABLE, key, people_items.LOGIN)
        return self.by_id(login["person_id"]) if login else []

    def by_code(self, invite_code: str) -> list[Node]:
        try:
            return self.by_id(f"dst_{checked_invite_code(invite_code)}")
        except InviteCodeUnknown:
            return []

    def by_id(self, person_id: str) -> list[Node]:
        """The distributor that a customer's or a distributor's id names, or none."""
        if person_id.startswith("stf_"):  # people of the office are in no tree
            return []
        return self._nodes(self._places([distributor_id_of(person_id)]).values())

    def _reached(
        self, page: Callable[[str], list[str]], reaches: Reaches, after: str, limit: int
    ) -> list[Node]:
        found: list[Place] = []
        while len(found) < limit:
            ids = page(after)
            places = self._places(ids) if ids else {}
            found += [places[one] for one in ids if one in places and reaches(places[one].distributor.region)]
            if len(ids) < limit:
                break
            after = ids[-1]
        return self._nodes(found[:limit])

    def _places(self, ids: list[str]) -> Mapping[str, Place]:
        keys = [(one, tree_items.SELF) for one in ids]
        items = self.documents.get_many(tree_items.TABLE, keys, consistent=True)
        return {pk: tree_items.place_of(item) for (pk, _), item in items.items()}

    def _nodes(self, places: Iterable[Place]) -> list[Node]:
        found = list(places)
        keys = [_profile_of(place) for place in found]
        people = self.documents.get_many(people_items.TABLE, keys) if keys else {}
        masked = [str(people.get(key, {}).get("phone_masked", "")) for key in keys]
        return [
            Node(place.distributor, place.since, phone) for place, phone in zip(found, masked, strict=True)
        ]


def _profile_of(place: Place) -> tuple[str, str]:
    return customer_id_of(place.distributor.distributor_id), people_items.PROFILE
