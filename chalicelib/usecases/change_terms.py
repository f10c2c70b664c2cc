"""Change terms: one person asks for a distributor's tier and tax method, another lets them hold.

Both hold for orders and withdrawals from now on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import tree_items
from chalicelib.domain.approval import Kind, Request, asked
from chalicelib.domain.change import Change, DocumentChange
from chalicelib.domain.ids import customer_id_of
from chalicelib.domain.person_history import line_of, told
from chalicelib.domain.record import Plain, Record
from chalicelib.domain.tax import TaxMethod
from chalicelib.domain.tree_items import Place
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Books, Command, Documents
from chalicelib.usecases.query_tree import DistributorUnknown


@dataclass(frozen=True)
class ChangeTerms:
    books: Books
    documents: Documents
    approvals: Approvals

    def ask(self, command: Command, distributor_id: str, tier: str, tax_method: TaxMethod) -> Request:
        """The request, waiting for a second person, who is not the distributor either.

        Raises: DistributorUnknown, IdempotencyKeyInvalid, KeyReused, Unavailable.
        """
        if known := self.approvals.asked_before(command, Kind.TERMS):
            return known
        self._place(distributor_id)
        about: dict[str, Plain] = {"person": customer_id_of(distributor_id), "distributor": distributor_id}
        about |= {"tier": tier, "tax_method": tax_method.value}
        asker = command.actor.person_id
        request = asked(Kind.TERMS, command.key, about, asker, command.now, reason=command.reason)
        return self.approvals.ask(command, request, audit_record(command, "terms.ask", **about))

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """They hold from now on. Raises: DistributorUnknown, Replayed, Stale."""
        distributor_id = str(request.about["distributor"])
        place = self._place(distributor_id)
        before: dict[str, Any] = {"tier": place.distributor.tier, "tax_method": place.tax_method}
        after: dict[str, Any] = {name: request.about[name] for name in before}
        about: dict[str, Plain] = {"distributor": distributor_id, **after, **approved_marks(request)}
        about |= told(customer_id_of(distributor_id), before, after)
        record = audit_record(replace(command, reason=request.reason), "distributor.terms", **about)
        key = (tree_items.TABLE, distributor_id, tree_items.SELF)
        change = DocumentChange(*key, _stored(after), _stored(before))
        self.books.commit(record, [change, line_of(record), *closing])

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        return record, ()

    def _place(self, distributor_id: str) -> Place:
        item = self.documents.get(tree_items.TABLE, distributor_id, tree_items.SELF, consistent=True)
        if item is None:
            raise DistributorUnknown(distributor_id=distributor_id)
        return tree_items.place_of(item)


def _stored(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a place: empty ones are left out."""
    return {name: content or None for name, content in terms.items()}
