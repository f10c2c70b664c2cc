"""Publish a plan: one person drafts it, the rules check it, it is simulated, another one lets it into force.

A plan in force is never changed: the next one follows it. It holds from a moment
on that no cache can have missed, so that everywhere the same order pays the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.domain import catalog_items
from chalicelib.domain import plan as plans
from chalicelib.domain.approval import Kind, Request, State, asked
from chalicelib.domain.business_time import from_ms
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.parameters import SIMULATION_DAYS_MAX
from chalicelib.domain.plan import Plan, check
from chalicelib.domain.record import Record, digest_of
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.grant_campaigns import TABLE, purse_key, purses_of
from chalicelib.usecases.ports import Books, Catalog, Command, Documents


class Drafted(NamedTuple):
    """A plan that waits, and the request that is to be agreed to."""

    plan: Plan
    request_id: str


class PlanUnknown(NotFound):
    code = "PLAN_UNKNOWN"


class PlanExists(Conflict):
    code = "PLAN_EXISTS"
    advice = "A plan is never changed: give the next one another id."


class PlanNotSimulated(Conflict):
    """Nobody has seen what this very draft would pay, or too long ago."""

    code = "PLAN_NOT_SIMULATED"
    advice = "Let the draft be simulated, read the report, then approve."


@dataclass(frozen=True)
class PublishPlan:
    books: Books
    documents: Documents
    approvals: Approvals
    catalog: Catalog

    def draft(self, command: Command, plan: Plan) -> Drafted:
        """The plan, waiting for a second person.

        Raises: what `plan.check` raises, PlanExists, IdempotencyKeyInvalid, KeyReused, Unavailable.
        """
        check(plan)
        about: Any = {"plan": plan.plan_id, "document": plans.to_document(plan)}
        request = asked(Kind.PLAN, command.key, about, command.actor.person_id, command.now)
        if self._item(catalog_items.PLANS, plan.plan_id) is not None:
            self._check_own(command, plan)
            return Drafted(plan, request.request_id)
        record = audit_record(command, "plan.draft", plan=plan.plan_id, version=plan.version)
        draft = catalog_items.draft(plan.plan_id, request.request_id, self._given_up(command, plan.plan_id))
        try:
            self.approvals.ask(command, request, record, [draft])
        except Stale:
            raise PlanExists(plan_id=plan.plan_id) from None
        return Drafted(plan, request.request_id)

    def approve(self, command: Command, plan_id: str, request_id: str) -> Plan:
        """The plan of this request as it comes into force: its id may have been another one's before.

        Raises: PlanUnknown, and what a decision raises (approvals.py).
        """
        request = self.approvals.find(request_id)
        if request is None or request.about.get("plan") != plan_id:
            raise PlanUnknown(plan_id=plan_id)
        if request.outcome is not State.APPROVED:
            self.approvals.decide(command, request_id, agrees=True)
        return self._published(plan_id)  # sent twice, the first moment is the one that counts

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """It holds from now on, or from its later moment.

        Raises: PlanExists, PlanNotSimulated, what `plan.check` raises.
        """
        plan = plan_asked(request)
        check(plan)
        if self._item(catalog_items.PLANS, plan.plan_id) is not None:
            raise PlanExists(plan_id=plan.plan_id)
        if not is_simulated(self.documents, self.catalog, request, command.now):
            raise PlanNotSimulated(plan_id=plan.plan_id)
        earliest = command.now + catalog_items.EVERYWHERE_AFTER
        plan = replace(plan, effective_at=max(plan.effective_at, earliest))
        for campaign_id, budget_fen in purses_of(plan).items():  # a purse that is open stays as full as it is
            self.documents.put_new(TABLE, *purse_key(campaign_id), {"left_fen": budget_fen})
        about: Any = {"plan": plan.plan_id, "version": plan.version, "draft": hash_of(request)}
        record = audit_record(command, "plan.approve", **about, **approved_marks(request))
        self.books.commit(record, [*catalog_items.plan_changes(plan, request.request_id), *closing])

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        """Its id is free again."""
        return record, [catalog_items.draft_gone(plan_asked(request).plan_id, request.request_id)]

    def _given_up(self, command: Command, plan_id: str) -> str:
        """The request of an earlier draft that nobody agreed to in time, or nothing."""
        draft = self._item(catalog_items.DRAFTS, plan_id)
        if draft is None:
            return ""
        earlier = self.approvals.read(draft["request"])
        return earlier.request_id if earlier.state(command.now) is State.EXPIRED else ""

    def _published(self, plan_id: str) -> Plan:
        published = self._item(catalog_items.PLANS, plan_id)
        if published is None:
            raise PlanUnknown(plan_id=plan_id)
        return catalog_items.plan_of(published)

    def _check_own(self, command: Command, plan: Plan) -> None:
        """The plan in force was drafted by this very command. Raises: PlanExists, KeyReused."""
        record = self.books.record(command.actor.person_id, command.key)
        if record is None or record.about.get("plan") != plan.plan_id:
            raise PlanExists(plan_id=plan.plan_id)
        check_same(Replayed(record.request_hash), command)

    def _item(self, pk: str, plan_id: str) -> dict[str, Any] | None:
        return self.documents.get(catalog_items.TABLE, pk, plan_id, consistent=True)


def plan_asked(request: Request) -> Plan:
    """The plan that a request is about."""
    about: Any = request.about
    return plans.from_document(about["document"])


def hash_of(request: Request) -> str:
    """What tells the draft of a request from every other one, also under the same id."""
    return digest_of(request.about["document"])


def is_simulated(documents: Documents, catalog: Catalog, request: Request, now: datetime) -> bool:
    """Whether a report of this very draft was made, not too many days ago."""
    plan_id = str(request.about["plan"])
    report = documents.get(catalog_items.TABLE, catalog_items.SIMULATIONS, plan_id, consistent=True)
    if report is None or report["hash"] != hash_of(request):
        return False
    return from_ms(report["at"]) + timedelta(days=catalog.parameter(SIMULATION_DAYS_MAX, now)) >= now
