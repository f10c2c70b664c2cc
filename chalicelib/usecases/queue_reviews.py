"""Queue reviews: which withdrawals wait for a person, and for whom?

    table views: pk review   sk <withdrawal>   state, distributor, amount_fen, approvals, since

Made from the journal each time a step of a withdrawal is written: the row is there
while somebody has to act.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange, Stale
from chalicelib.domain.record import Record
from chalicelib.domain.withdrawal import IN_REVIEW, WithdrawalState, approvers_of
from chalicelib.domain.withdrawal_record import Filed
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.withdrawal_file import WithdrawalFile

JOURNAL = "journal"
TABLE = "views"
REVIEW = "review"
WAITING = frozenset({*IN_REVIEW, WithdrawalState.RISK_HOLD, WithdrawalState.APPROVED, WithdrawalState.FAILED})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A withdrawal that waits for a person of the office."""

    withdrawal_id: str
    distributor_id: str
    state: str
    amount_fen: int
    approvals_needed: int
    approved_by: tuple[str, ...]
    since: datetime


@dataclass(frozen=True)
class QueueReviews:
    documents: Documents
    file: WithdrawalFile

    def __call__(self, records: Iterable[Record]) -> None:
        """The rows of all withdrawals that these records belong to are right again."""
        ids = {r.entry_id.partition("#")[0] for r in records if r.entry_id.startswith("wdr_")}
        for withdrawal_id in sorted(ids):
            filed = self.file.read(withdrawal_id)
            if filed.state in WAITING:
                self._put(filed)
            else:
                self.documents.delete(TABLE, REVIEW, withdrawal_id)

    def _put(self, filed: Filed) -> None:
        """The row, unless a further step was taken: a write that comes late brings back nothing."""
        no_further_step = DocumentChange(
            JOURNAL, filed.distributor_id, filed.next_step_id, {}, {"body": None}
        )
        row = DocumentChange(TABLE, REVIEW, filed.withdrawal.withdrawal_id, _values(filed), {})
        with suppress(Stale):
            self.file.books.commit(None, [no_further_step, row])

    def page(self, after: str, limit: int) -> list[Waiting]:
        """What waits, by id, behind the id `after`."""
        items = self.documents.query(TABLE, REVIEW, after=after, limit=limit)
        return [_waiting(item) for item in items]


def _waiting(item: Mapping[str, Any]) -> Waiting:
    return Waiting(
        withdrawal_id=item["sk"],
        distributor_id=item["distributor"],
        state=item["state"],
        amount_fen=item["amount_fen"],
        approvals_needed=item["approvals_needed"],
        approved_by=tuple(item["approved_by"]),
        since=from_ms(item["since"]),
    )


def _values(filed: Filed) -> dict[str, object]:
    return {
        "state": filed.state.value,
        "distributor": filed.distributor_id,
        "amount_fen": filed.withdrawal.amount_fen,
        "approvals_needed": filed.terms.approvals_needed,
        "approved_by": list(approvers_of(filed.withdrawal)),
        "since": to_ms(filed.requested_at),
    }
