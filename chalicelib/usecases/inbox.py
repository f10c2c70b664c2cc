"""Inbox: what waits for this person to agree, and what became of what somebody asked?

Requests are read where they stand (approvals.py); withdrawals, which keep their own records,
from the rows of their review queue. A row that is behind shows something too long or too late;
the decision itself reads the truth.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chalicelib.domain import approval
from chalicelib.domain.approval import DESKS, Decision, Kind, Request, State
from chalicelib.domain.ids import customer_id_of
from chalicelib.domain.withdrawal import (
    APPROVALS,
    IN_REVIEW,
    REVIEW_ROLES,
    Step,
    WithdrawalState,
    state_of,
)
from chalicelib.domain.withdrawal_record import Filed
from chalicelib.usecases.approvals import Approvals
from chalicelib.usecases.decide_withdrawal import DecideWithdrawal, Verdict
from chalicelib.usecases.ports import Actor, Command, Documents
from chalicelib.usecases.queue_reviews import QueueReviews, Waiting
from chalicelib.usecases.withdrawal_file import WithdrawalFile

READ_AT_ONCE = 100
AUDITOR = "auditor"
_BY_WITHDRAWAL = {
    **dict.fromkeys(IN_REVIEW, State.WAITING),
    WithdrawalState.RISK_HOLD: State.WAITING,
    WithdrawalState.REJECTED: State.REFUSED,
    WithdrawalState.CANCELLED: State.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A request as it is now. A withdrawal does not expire: its money waits with it."""

    request: Request
    state: State
    expires_at: datetime | None


@dataclass(frozen=True)
class Inbox:
    documents: Documents
    approvals: Approvals
    file: WithdrawalFile
    reviews: QueueReviews
    decide_withdrawal: DecideWithdrawal

    def page(self, actor: Actor, now: datetime, kind: Kind | None, after: str, limit: int) -> list[Letter]:
        """What waits for this person, by id, behind the id `after`; fewer than `limit` only at the end.

        An auditor decides nothing, and sees all that waits.
        """
        found: list[Letter] = []
        for one in Kind if kind is None else (kind,):
            if DESKS[one].prefix < after[:4]:
                continue  # an earlier page has shown them all
            behind = after if after.startswith(DESKS[one].prefix) else ""
            found += islice(self._of_kind(one, actor, now, behind), limit - len(found))
        return found

    def _of_kind(self, kind: Kind, actor: Actor, now: datetime, after: str) -> Iterator[Letter]:
        if actor.roles.isdisjoint((*DESKS[kind].roles, AUDITOR)):
            return
        if kind is Kind.WITHDRAWAL:
            yield from self._withdrawals(actor, after)
            return
        after = max(after, approval.first_waiting(kind, now))
        while True:
            items = self.documents.query(
                approval.TABLE, approval.WAITING, DESKS[kind].prefix, after, READ_AT_ONCE
            )
            for request in map(approval.from_item, items):
                if _waits_for(request, actor, now):
                    yield Letter(request, State.WAITING, request.expires_at)
            if len(items) < READ_AT_ONCE:
                return
            after = items[-1]["sk"]

    def _withdrawals(self, actor: Actor, after: str) -> Iterator[Letter]:
        while True:
            rows = self.reviews.page(after, READ_AT_ONCE)
            for row in rows:
                if _row_waits_for(row, actor):
                    yield Letter(_of_row(row), State.WAITING, None)
            if len(rows) < READ_AT_ONCE:
                return
            after = rows[-1].withdrawal_id

    def read(self, request_id: str, now: datetime) -> Letter:
        """Raises: RequestUnknown, WithdrawalUnknown."""
        if approval.kind_of(request_id) is Kind.WITHDRAWAL:
            return _of_file(self.file.read(request_id))
        return letter_of(self.approvals.read(request_id), now)

    def decide(self, command: Command, request_id: str, agrees: bool) -> Letter:
        """The request after this person's decision. Raises: what the decision of its kind raises."""
        if approval.kind_of(request_id) is Kind.WITHDRAWAL:
            verdict = Verdict.APPROVE if agrees else Verdict.REJECT
            return _of_file(self.decide_withdrawal(command, request_id, verdict))
        return letter_of(self.approvals.decide(command, request_id, agrees), command.now)


def letter_of(request: Request, now: datetime) -> Letter:
    """The request as it is at this moment."""
    return Letter(request, request.state(now), request.expires_at)


def _waits_for(request: Request, actor: Actor, now: datetime) -> bool:
    if AUDITOR in actor.roles:
        return request.state(now) is State.WAITING
    return approval.may_decide(request, actor.person_id, actor.roles, now)


def _row_waits_for(row: Waiting, actor: Actor) -> bool:
    """A row is there also while a withdrawal waits for its payout: that is no approval."""
    role = REVIEW_ROLES.get(WithdrawalState(row.state))
    if role is None or AUDITOR in actor.roles:
        return role is not None
    others = (customer_id_of(row.withdrawal_id), *row.approved_by)
    return role in actor.roles and not approval.is_one_of(actor.person_id, others)


def _of_row(row: Waiting) -> Request:
    return Request(
        request_id=row.withdrawal_id,
        about={"distributor": row.distributor_id, "step": row.state},
        requested_by=customer_id_of(row.withdrawal_id),
        requested_at=row.since,
        amount_fen=row.amount_fen,
        needed=row.approvals_needed,
        decisions=tuple(Decision(person_id, True, row.since) for person_id in row.approved_by),
    )


def _of_file(filed: Filed) -> Letter:
    """What the records of a withdrawal say, in the words of a request."""
    withdrawal, state = filed.withdrawal, state_of(filed.withdrawal.history)
    decisions = tuple(
        Decision(one.actor, one.step in APPROVALS, one.at, one.reason)
        for one in withdrawal.history
        if one.step in (*APPROVALS, Step.REJECT)
    )
    request = Request(
        request_id=withdrawal.withdrawal_id,
        about={"distributor": filed.distributor_id, "step": state.value},
        requested_by=withdrawal.requester_id,
        requested_at=filed.requested_at,
        amount_fen=withdrawal.amount_fen,
        needed=withdrawal.approvals_needed,
        decisions=decisions,
    )
    return Letter(request, _BY_WITHDRAWAL.get(state, State.APPROVED), None)
