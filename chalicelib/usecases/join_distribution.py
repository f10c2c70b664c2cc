"""Join distribution: a customer becomes a distributor below the one whose code was given.

One read (the parent) and one transaction of two items: at any size of the tree
joining costs the same, and nobody waits for anybody. It costs no fee and pays
nobody (禁止传销条例 art. 7); there is no field in which a fee could stand.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import tree_items
from chalicelib.domain.application import REVIEW, ReviewNeeded
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.distributor import (
    Distributor,
    DistributorState,
    InviteCodeUnknown,
    below,
    checked_invite_code,
    moved_to,
)
from chalicelib.domain.errors import Conflict, KeyReused, Unprocessable
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.record import Record
from chalicelib.domain.tree_items import Place
from chalicelib.domain.withdrawal import KycRequired
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Catalog, Command, Documents

ONLINE_PATH = (DistributorState.KYC, DistributorState.SIGNED, DistributorState.ACTIVE)


class DistributorAlready(Conflict):
    code = "DISTRIBUTOR_ALREADY"
    advice = "You have a place in a tree already; read it at /v1/distributors/me."


class AgreementOutdated(Unprocessable):
    code = "AGREEMENT_OUTDATED"
    advice = "Show the agreement `agreement` and let it be accepted."


@dataclass(frozen=True)
class JoinDistribution:
    books: Books
    documents: Documents
    catalog: Catalog

    def __call__(self, command: Command, invite_code: str, agreement: str) -> Place:
        """The newcomer's place, active at once: the identity is known, the agreement accepted.

        Raises: KycRequired, AgreementOutdated, InviteCodeUnknown, ReviewNeeded, ParentNotActive,
        DistributorAlready, KeyReused, Unavailable.
        """
        distributor_id = distributor_id_of(command.actor.person_id)
        parent = self.checked_parent(command, invite_code, agreement)
        newcomer = settled(below(parent.distributor, distributor_id))
        newcomer = replace(newcomer, upline=())  # read along the parents when it is needed, never kept
        place = Place(newcomer, command.now, agreement, command.key)
        if self.is_reviewed(parent, command.now):
            return self._joined_before(command, place)
        return self._written(command, place)

    def checked_parent(self, command: Command, invite_code: str, agreement: str) -> Place:
        """The place below which this person may ask for one.

        Raises: KycRequired, AgreementOutdated, InviteCodeUnknown.
        """
        if not command.actor.real_name:
            raise KycRequired()
        current = str(self.catalog.parameter("distribution.agreement", command.now))
        if agreement != current:
            raise AgreementOutdated(agreement=current)
        parent_id = f"dst_{checked_invite_code(invite_code)}"
        if parent_id == distributor_id_of(command.actor.person_id):
            raise InviteCodeUnknown()
        return self.parent(parent_id)

    def parent(self, parent_id: str) -> Place:
        """Raises: InviteCodeUnknown."""
        item = self.documents.get(tree_items.TABLE, parent_id, tree_items.SELF)
        if item is None:
            raise InviteCodeUnknown()
        return tree_items.place_of(item)

    def is_reviewed(self, parent: Place, now: datetime) -> bool:
        """Whether the office looks at who joins below this place."""
        return bool(self.catalog.parameter(REVIEW, now, parent.distributor.region))

    def _joined_before(self, command: Command, place: Place) -> Place:
        """What this command answered before reviews began here. Raises: ReviewNeeded, KeyReused."""
        try:
            return self._first_answer(command, place)
        except DistributorAlready:
            raise ReviewNeeded() from None

    def _written(self, command: Command, place: Place) -> Place:
        try:
            self.books.commit(None, tree_items.joining_changes(place, _record(command, place)))
        except Stale:
            return self._first_answer(command, place)
        return place

    def _first_answer(self, command: Command, place: Place) -> Place:
        """What the same command answered before; anybody else's place stands in the way."""
        item = self.documents.get(
            tree_items.TABLE, place.distributor.distributor_id, tree_items.SELF, consistent=True
        )
        if item is None or item["operation"] != command.key:
            raise DistributorAlready()
        first = tree_items.place_of(item)
        if first.distributor.parent_id != place.distributor.parent_id:
            raise KeyReused()
        return first


@dataclass(frozen=True)
class FoundTree:
    """A root without a parent: the office begins a tree with a distributor it knows."""

    books: Books
    documents: Documents

    def __call__(self, command: Command, customer_id: str, agreement: str) -> Place:
        """The root's place. Raises: DistributorAlready, KeyReused, Unavailable."""
        root_id = distributor_id_of(customer_id)
        root = settled(Distributor(root_id, root_id, DistributorState.APPLIED))
        place = Place(root, command.now, agreement, command.key)
        record = audit_record(command, "distributor.found", distributor=root_id, agreement=agreement)
        try:
            self.books.commit(record, tree_items.founding_changes(place))
        except Replayed as replayed:
            check_same(replayed, command)
            item = self.documents.get(tree_items.TABLE, root_id, tree_items.SELF, consistent=True)
            assert item is not None, "it was written with its record"
            return tree_items.place_of(item)
        except Stale:
            raise DistributorAlready() from None
        return place


def settled(distributor: Distributor) -> Distributor:
    """A newcomer who is known by name and has agreed: active."""
    for state in ONLINE_PATH:
        distributor = moved_to(distributor, state)
    return distributor


def _record(command: Command, place: Place) -> Record:
    distributor = place.distributor
    record = audit_record(
        command,
        "distributor.join",
        distributor=distributor.distributor_id,
        parent=distributor.parent_id,
        root=distributor.root_id,
        agreement=place.agreement,
    )
    return replace(record, partition=distributor.distributor_id, entry_id=f"join_{command.key}")
