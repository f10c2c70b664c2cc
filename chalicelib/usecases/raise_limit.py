"""Raise a limit: one person asks that a distributor may withdraw more for a while, others agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import raised_limit, tree_items
from chalicelib.domain.approval import Kind, Request, asked, people_needed, tiers_of
from chalicelib.domain.change import Change, DocumentChange
from chalicelib.domain.ids import customer_id_of
from chalicelib.domain.person_history import line_of, told
from chalicelib.domain.raised_limit import ATTRIBUTE, TERM_MAX, LimitInvalid, Raised
from chalicelib.domain.record import Plain, Record
from chalicelib.domain.tree_items import Place
from chalicelib.domain.withdrawal import with_raised
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Books, Catalog, Command, Documents
from chalicelib.usecases.query_tree import DistributorUnknown
from chalicelib.usecases.request_withdrawal import terms_of


@dataclass(frozen=True)
class RaiseLimit:
    books: Books
    documents: Documents
    catalog: Catalog
    approvals: Approvals

    def ask(self, command: Command, distributor_id: str, raised: Raised) -> Request:
        """The request, waiting for as many people as the new amount takes.

        Raises: DistributorUnknown, LimitInvalid, IdempotencyKeyInvalid, KeyReused, Unavailable.
        """
        if known := self.approvals.asked_before(command, Kind.LIMIT):
            return known
        place = self._place(distributor_id)
        terms = terms_of(self.catalog, command.now, place.distributor.region)
        raised_limit.checked(raised, command.now)
        if with_raised(terms, raised, command.now) == terms:
            raise LimitInvalid(days_max=TERM_MAX.days)
        tiers = tiers_of(self.catalog.parameter("approval.tiers", command.now))
        request = asked(
            Kind.LIMIT,
            command.key,
            _about(distributor_id, raised),
            command.actor.person_id,
            command.now,
            amount_fen=raised.amount_fen_max,
            needed=people_needed(raised.amount_fen_max, tiers),
            reason=command.reason,
        )
        return self.approvals.ask(command, request, audit_record(command, "limit.ask", **request.about))

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """It holds until its end. Raises: DistributorUnknown, LimitInvalid when that is over, Stale."""
        distributor_id, raised = str(request.about["distributor"]), _raised_of(request)
        raised_limit.checked(raised, command.now)
        place = self._place(distributor_id)
        before, after = raised_limit.values_of(place.raised), raised_limit.values_of(raised)
        had: dict[str, Plain] = {ATTRIBUTE: [*(before or ())]}
        changed = told(customer_id_of(distributor_id), had, {ATTRIBUTE: [*(after or ())]})
        marks = approved_marks(request)
        record = audit_record(command, "distributor.limit", distributor=distributor_id, **changed, **marks)
        key = (tree_items.TABLE, distributor_id, tree_items.SELF)
        change = DocumentChange(*key, {ATTRIBUTE: after}, {ATTRIBUTE: before})
        self.books.commit(record, [change, line_of(record), *closing])

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        return record, ()

    def _place(self, distributor_id: str) -> Place:
        item = self.documents.get(tree_items.TABLE, distributor_id, tree_items.SELF, consistent=True)
        if item is None:
            raise DistributorUnknown(distributor_id=distributor_id)
        return tree_items.place_of(item)


def _about(distributor_id: str, raised: Raised) -> dict[str, Any]:
    """`person`: whom it is for, who decides nothing of it."""
    about = {"person": customer_id_of(distributor_id), "distributor": distributor_id}
    limits = {name: limit for name, limit in raised._asdict().items() if limit and name != "until"}
    return about | {"until": raised.until.isoformat()} | limits


def _raised_of(request: Request) -> Raised:
    about: Any = request.about
    limits = {name: about[name] for name in Raised._fields[1:] if name in about}
    return Raised(datetime.fromisoformat(about["until"]), **limits)
