"""Applications: who wants to become a distributor below whom, and what did the office say?

    (none), REFUSED, WITHDRAWN, LAPSED --SUBMIT--> SUBMITTED
    SUBMITTED --APPROVE--> APPROVED     the place is made in the same transaction
    SUBMITTED --REFUSE---> REFUSED      with a reason that the applicant reads
    SUBMITTED --WITHDRAW-> WITHDRAWN    by the applicant
    SUBMITTED ............ LAPSED       by the clock alone: nobody decided in time (approval.py)

    edges   pk <distributor>   sk application   state, request, parent_id, agreement, since, decided_at,
                                                reason; version: one more with each step

Where joining needs no review (the parameter `distribution.review`, by region) there are no applications.
An applicant has one at a time; what the office decides on is its request in the one inbox.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.approval import EXPIRES_AFTER
from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import IllegalState, NotFound, Unprocessable
from chalicelib.domain.tree_items import TABLE

SORT_KEY = "application"
REVIEW = "distribution.review"


class ApplicationState(StrEnum):
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"


class Step(StrEnum):
    """What can happen to an application."""

    SUBMIT = "SUBMIT"
    APPROVE = "APPROVE"
    REFUSE = "REFUSE"
    WITHDRAW = "WITHDRAW"


_S = ApplicationState
TRANSITIONS: dict[tuple[ApplicationState | None, Step], ApplicationState] = {
    **{(state, Step.SUBMIT): _S.SUBMITTED for state in (None, _S.REFUSED, _S.WITHDRAWN, _S.LAPSED)},
    (_S.SUBMITTED, Step.APPROVE): _S.APPROVED,
    (_S.SUBMITTED, Step.REFUSE): _S.REFUSED,
    (_S.SUBMITTED, Step.WITHDRAW): _S.WITHDRAWN,
}


class ReviewNeeded(Unprocessable):
    """Who joins below this distributor is looked at by the office first."""

    code = "REVIEW_NEEDED"
    advice = "Apply for a place by POST /v1/distributors/application; it costs nothing."


class NoReviewNeeded(Unprocessable):
    code = "NO_REVIEW_NEEDED"
    advice = "Join at once by POST /v1/distributors."


class ApplicationUnknown(NotFound):
    code = "APPLICATION_UNKNOWN"
    advice = "Apply for a place first."


@dataclass(frozen=True, slots=True)
class Application:
    """What stands of it. `version`: 0 before it is first written."""

    distributor_id: str
    request_id: str
    parent_id: str
    agreement: str
    submitted_at: datetime
    kept: ApplicationState | None = None
    decided_at: datetime | None = None
    reason: str = ""
    version: int = 0

    @property
    def lapses_at(self) -> datetime:
        return self.submitted_at + EXPIRES_AFTER

    def state(self, now: datetime) -> ApplicationState | None:
        is_late = self.kept is _S.SUBMITTED and now >= self.lapses_at
        return _S.LAPSED if is_late else self.kept


def next_state(state: ApplicationState | None, step: Step) -> ApplicationState:
    """Where a step leads. Raises: IllegalState."""
    reached = TRANSITIONS.get((state, step))
    if reached is None:
        raise IllegalState(entity="application", state=state or "", wanted=step)
    return reached


def submitted(
    before: Application | None,
    distributor_id: str,
    request_id: str,
    parent_id: str,
    agreement: str,
    now: datetime,
) -> Application:
    """A new application, in the place of one that is over. Raises: IllegalState."""
    state = next_state(before.state(now) if before else None, Step.SUBMIT)
    version = before.version if before else 0
    return Application(distributor_id, request_id, parent_id, agreement, now, state, version=version)


def decided(application: Application, step: Step, now: datetime, reason: str = "") -> Application:
    """The application after one step more. Raises: IllegalState."""
    state = next_state(application.state(now), step)
    return replace(application, kept=state, decided_at=now, reason=reason)


def change_of(application: Application) -> DocumentChange:
    """It, if nothing has happened to it since it was read."""
    values = {
        "state": application.kept,
        "request": application.request_id,
        "parent_id": application.parent_id,
        "agreement": application.agreement,
        "since": to_ms(application.submitted_at),
        "decided_at": to_ms(application.decided_at) if application.decided_at else 0,
        "reason": application.reason,
    }
    expected = {"version": application.version or None}
    return DocumentChange(TABLE, application.distributor_id, SORT_KEY, values, expected, {"version": 1})


def from_item(item: Mapping[str, Any]) -> Application:
    return Application(
        distributor_id=item["pk"],
        request_id=item["request"],
        parent_id=item["parent_id"],
        agreement=item["agreement"],
        submitted_at=from_ms(item["since"]),
        kept=ApplicationState(item["state"]),
        decided_at=from_ms(item["decided_at"]) if item["decided_at"] else None,
        reason=item["reason"],
        version=item["version"],
    )
