"""Simulate a plan: what would the draft that waits pay, beside the plan that it follows?

No draft is approved without an answer about this very draft that is not too old (publish_plan.py).

    pk simulations   sk <plan id>   hash of the draft, at, document: the last report

The report is written with its record. A draft that takes the id of another one needs a report of its own.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import catalog_items
from chalicelib.domain.approval import Request, State
from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.catalog_items import EVERYWHERE_AFTER, SIMULATIONS
from chalicelib.domain.change import DocumentChange, Replayed
from chalicelib.domain.commission import facts_of
from chalicelib.domain.document import from_document, to_document
from chalicelib.domain.errors import KeyReused, NotFound
from chalicelib.domain.plan import Plan
from chalicelib.domain.plan_diff import Difference, differences
from chalicelib.domain.plan_simulation import Comparison, RuleUse, WorkedExample, compute
from chalicelib.domain.record import canonical
from chalicelib.usecases.approvals import Approvals
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Catalog, Command, Documents
from chalicelib.usecases.publish_plan import PlanUnknown, hash_of, is_simulated, plan_asked
from chalicelib.usecases.sample_orders import Extent, SampleOrders

ACTION = "plan.simulate"


class SimulationUnknown(NotFound):
    code = "SIMULATION_UNKNOWN"
    advice = "Let the draft be simulated first."


@dataclass(frozen=True, slots=True)
class Report:
    """What a draft would pay from `moment` on. `follows`: the plan it was compared with, if there is one."""

    plan_id: str
    plan_hash: str
    moment: datetime
    made_at: datetime
    made_by: str
    extent: Extent
    sample: Comparison
    examples: tuple[WorkedExample, ...]
    rules: tuple[RuleUse, ...]
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan that waits: who asked for it, what it changes, and whether its report lets it be approved."""

    plan: Plan
    plan_hash: str
    request: Request
    state: State
    follows: str | None
    differences: tuple[Difference, ...]
    is_simulated: bool


@dataclass(frozen=True)
class SimulatePlan:
    books: Books
    documents: Documents
    catalog: Catalog
    approvals: Approvals
    sample: SampleOrders

    def __call__(self, command: Command, plan_id: str) -> Report:
        """The report of the draft that waits under this id, made now or by this command before.

        Raises: PlanUnknown, KeyReused, Unavailable.
        """
        request = self._waiting(plan_id, command.now)
        report = self._computed(command, plan_asked(request), request)
        record = audit_record(command, ACTION, plan=plan_id, draft=report.plan_hash)
        values = {
            "hash": report.plan_hash,
            "at": to_ms(report.made_at),
            "document": canonical(to_document(report)).decode(),
        }
        try:
            self.books.commit(record, [DocumentChange(catalog_items.TABLE, SIMULATIONS, plan_id, values, {})])
        except Replayed as replayed:
            check_same(replayed, command)
            first = replayed.body
            if (first.get("action"), first.get("about", {}).get("plan")) != (ACTION, plan_id):
                raise KeyReused() from None
            return self.report(plan_id)
        return report

    def report(self, plan_id: str) -> Report:
        """The last report under this id. Raises: SimulationUnknown."""
        item = self.documents.get(catalog_items.TABLE, SIMULATIONS, plan_id, consistent=True)
        if item is None:
            raise SimulationUnknown(plan_id=plan_id)
        return from_document(Report, json.loads(item["document"]))

    # drafts

    def drafts(self, after: str, limit: int) -> list[Request]:
        """The requests behind the drafts of plan ids behind `after`; those that expired among them."""
        rows = self.documents.query(catalog_items.TABLE, catalog_items.DRAFTS, after=after, limit=limit)
        return [self.approvals.read(row["request"]) for row in rows]

    def draft(self, plan_id: str, now: datetime) -> Draft:
        """The draft under this id, and what it changes. Raises: PlanUnknown."""
        request = self._request(plan_id)
        plan = plan_asked(request)
        before = self._followed(plan, now)
        return Draft(
            plan=plan,
            plan_hash=hash_of(request),
            request=request,
            state=request.state(now),
            follows=before.plan_id if before else None,
            differences=differences(before, plan),
            is_simulated=is_simulated(self.documents, self.catalog, request, now),
        )

    def _request(self, plan_id: str) -> Request:
        row = self.documents.get(catalog_items.TABLE, catalog_items.DRAFTS, plan_id, consistent=True)
        if row is None:
            raise PlanUnknown(plan_id=plan_id)
        return self.approvals.read(row["request"])

    def _waiting(self, plan_id: str, now: datetime) -> Request:
        request = self._request(plan_id)
        if request.state(now) is not State.WAITING:
            raise PlanUnknown(plan_id=plan_id)
        return request

    # the report

    def _computed(self, command: Command, plan: Plan, request: Request) -> Report:
        moment, before = _moment(plan, command.now), self._followed(plan, command.now)
        orders, extent = self.sample(command.now)
        sku_ids = {product.sku_id for product in self.catalog.products()}
        found = compute([facts_of(order) for order in orders], before, plan, moment, sku_ids)
        return Report(
            plan_id=plan.plan_id,
            plan_hash=hash_of(request),
            moment=moment,
            made_at=from_ms(to_ms(command.now)),
            made_by=command.actor.person_id,
            extent=extent,
            sample=found.sample,
            examples=found.examples,
            rules=found.rules,
            follows=before.plan_id if before else None,
        )

    def _followed(self, plan: Plan, now: datetime) -> Plan | None:
        """The plan that is in force in the moment from which this one holds."""
        found: Plan | None = self.catalog.plan_at(_moment(plan, now))
        return found


def _moment(plan: Plan, now: datetime) -> datetime:
    """From when on the plan holds if it is approved now."""
    return max(plan.effective_at, from_ms(to_ms(now)) + EVERYWHERE_AFTER)
