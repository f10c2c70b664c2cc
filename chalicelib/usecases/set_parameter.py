"""Set a parameter: one person proposes a value, another one lets it hold.

A value once given stays; the next one follows it. It holds from a moment on that
no cache can have missed. Limits on money are parameters too: nobody moves one alone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import catalog_items
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.parameter_check import checked
from chalicelib.domain.parameters import Setting
from chalicelib.domain.record import Record
from chalicelib.domain.withdrawal import FourEyes
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents


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

    def propose(self, command: Command, setting: Setting) -> Proposal:
        """The value, waiting. Raises: ParameterInvalid, KeyReused, Unavailable."""
        checked(setting)
        proposal = Proposal(f"prm_{command.key}", setting, command.actor.person_id)
        record = self._record(command, "parameter.propose", setting)
        changes = [catalog_items.proposal(proposal.proposal_id, setting, proposal.proposed_by)]
        self._commit(command, record, changes, setting)
        return proposal

    def approve(self, command: Command, proposal_id: str) -> Proposal:
        """The value as it comes to hold.

        Raises: ProposalUnknown, FourEyes, ParameterExists, KeyReused, Unavailable.
        """
        proposal = self._proposal(proposal_id)
        if proposal.proposed_by == command.actor.person_id:
            raise FourEyes()
        if proposal.approved:
            return proposal
        moment = max(proposal.setting.effective_at, _earliest(command))
        setting = proposal.setting._replace(effective_at=moment)
        changes = [
            *catalog_items.setting_changes(setting),
            catalog_items.approval(proposal_id, setting, command.actor.person_id),
        ]
        self._commit(command, self._record(command, "parameter.approve", setting), changes, setting)
        return self._proposal(proposal_id)  # sent twice, the first moment is the one that counts

    def _proposal(self, proposal_id: str) -> Proposal:
        item = self.documents.get(catalog_items.TABLE, catalog_items.DRAFTS, proposal_id, consistent=True)
        if item is None:
            raise ProposalUnknown(proposal_id=proposal_id)
        setting, is_approved = catalog_items.proposed_setting(item), bool(item.get("approved_by"))
        return Proposal(proposal_id, setting, item["drafted_by"], is_approved)

    def _record(self, command: Command, action: str, setting: Setting) -> Record:
        about: Any = {"name": setting.name, "region": setting.scope, "value": setting.value}
        return audit_record(command, action, **about)

    def _commit(self, command: Command, record: Record, changes: list[Change], setting: Setting) -> None:
        try:
            self.books.commit(record, changes)
        except Replayed as replayed:
            check_same(replayed, command)
        except Stale:
            raise ParameterExists(name=setting.name) from None


def _earliest(command: Command) -> datetime:
    return command.now + catalog_items.EVERYWHERE_AFTER
