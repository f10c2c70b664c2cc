"""Publish a plan: one person drafts it, the rules check it, another one lets it into force.

A plan in force is never changed: the next one follows it. It holds from a moment
on that no cache can have missed, so that everywhere the same order pays the same.
"""

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain import catalog_items
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.plan import Plan, check
from chalicelib.domain.record import Record
from chalicelib.domain.withdrawal import FourEyes
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.grant_campaigns import TABLE, purse_key, purses_of
from chalicelib.usecases.ports import Books, Command, Documents


class PlanUnknown(NotFound):
    code = "PLAN_UNKNOWN"


class PlanExists(Conflict):
    code = "PLAN_EXISTS"
    advice = "A plan is never changed: give the next one another id."


@dataclass(frozen=True)
class PublishPlan:
    books: Books
    documents: Documents

    def draft(self, command: Command, plan: Plan) -> Plan:
        """The plan, waiting for a second person.

        Raises: what `plan.check` raises, PlanExists, KeyReused, Unavailable.
        """
        check(plan)
        record = audit_record(command, "plan.draft", plan=plan.plan_id, version=plan.version)
        if self._item(catalog_items.PLANS, plan.plan_id) is not None:
            self._check_own(command, plan)
            return plan
        drafted = catalog_items.draft_changes(plan, command.actor.person_id)
        self._commit(command, record, drafted, PlanExists(plan_id=plan.plan_id))
        return plan

    def approve(self, command: Command, plan_id: str) -> Plan:
        """The plan as it comes into force. Raises: PlanUnknown, FourEyes, KeyReused, Unavailable."""
        draft = self._item(catalog_items.DRAFTS, plan_id)
        if draft is None:
            return self._published(plan_id)
        if draft["drafted_by"] == command.actor.person_id:
            raise FourEyes()
        plan = catalog_items.plan_of(draft)
        check(plan)
        earliest = command.now + catalog_items.EVERYWHERE_AFTER
        plan = replace(plan, effective_at=max(plan.effective_at, earliest))
        for campaign_id, budget_fen in purses_of(plan).items():  # a purse that is open stays as full as it is
            self.documents.put_new(TABLE, *purse_key(campaign_id), {"left_fen": budget_fen})
        record = audit_record(command, "plan.approve", plan=plan_id, version=plan.version)
        self._commit(command, record, catalog_items.plan_changes(plan), PlanExists(plan_id=plan_id))
        return self._published(plan_id)  # sent twice, the first moment is the one that counts

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

    def _commit(self, command: Command, record: Record, changes: list[Change], taken: Conflict) -> None:
        try:
            self.books.commit(record, changes)
        except Replayed as replayed:
            check_same(replayed, command)
        except Stale:
            raise taken from None

    def _item(self, pk: str, plan_id: str) -> dict[str, Any] | None:
        return self.documents.get(catalog_items.TABLE, pk, plan_id, consistent=True)
