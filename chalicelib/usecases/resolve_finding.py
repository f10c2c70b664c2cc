"""Resolve a finding: a person of the office has looked into it, and says why it is closed.

No money moves by it: what has to be put right is put right by a posting of its own, which
two people approve. So one person's reason is enough here, and stands in the journal.
"""

from dataclasses import dataclass, replace

from chalicelib.domain import finding as layout
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.errors import Refusal, Unavailable
from chalicelib.domain.finding import (
    Finding,
    FindingClosed,
    FindingMoved,
    FindingResolution,
    FindingState,
    FindingUnknown,
)
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Command, Documents

ACTION = "FINDING_RESOLVED"
TRIES_MAX = 4


@dataclass(frozen=True)
class ResolveFinding:
    books: Books
    documents: Documents

    def __call__(self, command: Command, finding_id: str, how: FindingResolution, detail: str) -> Finding:
        """The finding, closed now or before by the same command. `detail`: what was read of it.

        Found again just so meanwhile, it is closed all the same: it is what was read.

        Raises: FindingUnknown, FindingClosed, FindingMoved, KeyReused, Unavailable.
        """
        for _ in range(TRIES_MAX):
            finding = self.read(finding_id)
            if finding.state is FindingState.RESOLVED:
                self._check_own(command, FindingClosed(id=finding_id, state=finding.state.value))
                return finding
            if finding.detail != detail:
                self._check_own(command, FindingMoved(id=finding_id))
                return finding
            try:
                self._write(command, finding, how)
            except Replayed as replayed:
                check_same(replayed, command)
            except Stale:
                continue  # found again meanwhile
            return self.read(finding_id)
        raise Unavailable()

    def read(self, finding_id: str) -> Finding:
        """The finding as it is now. Raises: FindingUnknown."""
        item = self.documents.get(layout.TABLE, *layout.key_of(finding_id), consistent=True)
        if item is None:
            raise FindingUnknown(id=finding_id)
        return layout.finding_of(item)

    def _write(self, command: Command, finding: Finding, how: FindingResolution) -> None:
        record = audit_record(command, ACTION, finding=finding.finding_id, kind=finding.kind.value)
        about = {**record.about, "about": finding.about, "resolution": how.value, "detail": finding.detail}
        change = layout.resolved(finding, how, command.actor.person_id, command.reason, command.now)
        self.books.commit(replace(record, about=about), [change])

    def _check_own(self, command: Command, refusal: Refusal) -> None:
        """This very command has closed it, last or before. Raises: the refusal, KeyReused."""
        record = self.books.record(command.actor.person_id, command.key)
        if record is None:
            raise refusal
        check_same(Replayed(record.request_hash), command)
