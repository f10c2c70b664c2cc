"""Set a parameter: one person proposes a value, others let it hold.

A value once given stays; the next one follows it. It holds from a moment on that
no cache can have missed. Limits on money are parameters too: nobody moves one alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import catalog_items
from chalicelib.domain.approval import Kind, Request, RequestUnknown, State, asked, tiers_of
from chalicelib.domain.change import Change
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.parameter_check import approvals_of, checked
from chalicelib.domain.parameters import Setting
from chalicelib.domain.record import Record
from chalicelib.usecases.approvals import Approvals, approved_marks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Books, Catalog, Command, Documents


class ParameterExists(Conflict):
    code = "PARAMETER_EXISTS"
    advice = "A value once given stays; give the next one a later moment."


class ProposalUnknown(NotFound):
    code = "PROPOSAL_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value that waits for a second person, or holds."""

    proposal_id: str
    setting: Setting
    proposed_by: str
    approved: bool = False


@dataclass(frozen=True)
class SetParameter:
    books: Books
    documents: Documents
    approvals: Approvals
    catalog: Catalog

    def propose(self, command: Command, setting: Setting) -> Proposal:
        """The value, waiting. Raises: ParameterInvalid, IdempotencyKeyInvalid, KeyReused, Unavailable."""
        checked(setting)
        about: dict[str, Any] = {
            "name": setting.name,
            "region": setting.scope,
            "value": setting.value,
            "effective_at": setting.effective_at.isoformat(),
        }
        tiers = tiers_of(self.catalog.parameter("approval.tiers", command.now))
        request = asked(
            Kind.PARAMETER,
            command.key,
            about,
            command.actor.person_id,
            command.now,
            needed=approvals_of(setting, tiers),
            reason=command.reason,
        )
        record = _record(command, "parameter.propose", setting)
        return proposal_of(self.approvals.ask(command, request, record))

    def approve(self, command: Command, proposal_id: str) -> Proposal:
        """The value as it comes to hold.

        Raises: ProposalUnknown, ParameterExists, and what a decision raises (approvals.py).
        """
        try:
            return proposal_of(self.approvals.decide(command, proposal_id, agrees=True))
        except RequestUnknown:
            raise ProposalUnknown(proposal_id=proposal_id) from None

    def carry_out(self, command: Command, request: Request, closing: Sequence[Change]) -> None:
        """It holds from now on, or from its later moment. Raises: ParameterExists."""
        setting = proposal_of(request).setting
        key = catalog_items.setting_key(setting)
        if self.documents.get(catalog_items.TABLE, *key, consistent=True) is not None:
            raise ParameterExists(name=setting.name)
        record = _record(command, "parameter.approve", setting, **approved_marks(request))
        self.books.commit(record, [*catalog_items.setting_changes(setting), *closing])

    def turned_down(self, record: Record, request: Request) -> tuple[Record, Sequence[Change]]:
        return record, ()


def proposal_of(request: Request) -> Proposal:
    """What a request asks; approved, it holds from a moment that no cache can have missed."""
    about: Any = request.about
    moment = datetime.fromisoformat(about["effective_at"])
    is_approved = request.outcome is State.APPROVED
    if is_approved:
        moment = max(moment, request.decisions[-1].at + catalog_items.EVERYWHERE_AFTER)
    setting = Setting(about["name"], about["region"], moment, about["value"])
    return Proposal(request.request_id, setting, request.requested_by, is_approved)


def _record(command: Command, action: str, setting: Setting, **more: Any) -> Record:
    about: Any = {"name": setting.name, "region": setting.scope, "value": setting.value}
    return audit_record(command, action, **about, **more)
