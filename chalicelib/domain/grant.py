"""Grants: which role does somebody of the office hold, since when, until when, and who agreed to it?

    REQUESTED ──► APPROVED ──► REVOKED
        └───────► REFUSED

One admin asks and another one agrees; neither is the person it is for (approval.py). An approved
grant gives its role from `begins_at` on and nothing any more from `ends_at` on, whatever any job does.
All grants of a person that are not over stand in the profile: what somebody may do now is one read.

The first admin has nobody who could agree. Alone, and never again once there was another one, that
admin may agree to a grant of the role admin that the same person asked for: it is marked `alone`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.approval import EXPIRES_AFTER, Request
from chalicelib.domain.errors import Forbidden, IllegalState, KeyReused, NotFound, Unprocessable
from chalicelib.domain.person import STAFF_ROLES, Held, Role, RolesNotTogether, checked_enrolled_roles
from chalicelib.domain.record import Plain

OPERATOR = "operator"  # who agreed to what was enrolled by the rights of AWS

GRANT_TERM_MAX = timedelta(days=366)  # what nobody asks for again, ends
REQUEST_TERM = EXPIRES_AFTER  # what nobody agreed to by then is forgotten
REVIEW_TERM = timedelta(days=92)  # a quarter
EVERYWHERE = frozenset({Role.ADMIN, Role.AUDITOR})  # who gives rights, and who checks, knows no border
GRANTS_MAX = 20  # of one person, those that are over left out: they stand in the profile


class GrantState(StrEnum):
    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    REVOKED = "REVOKED"


TRANSITIONS: Mapping[GrantState, frozenset[GrantState]] = {
    GrantState.REQUESTED: frozenset({GrantState.APPROVED, GrantState.REFUSED}),
    GrantState.APPROVED: frozenset({GrantState.REVOKED}),
    GrantState.REFUSED: frozenset(),
    GrantState.REVOKED: frozenset(),
}


class GrantUnknown(NotFound):
    code = "GRANT_UNKNOWN"
    advice = "Check the id; a grant that is over stands in the history alone."


class NotOneself(Forbidden):
    code = "NOT_ONESELF"
    advice = "Ask another admin: nobody gives, takes, locks or reviews what is their own."


class GrantTermInvalid(Unprocessable):
    code = "GRANT_TERM_INVALID"
    advice = "Let it end after it begins, in the future, and within `days_max` days."


class GrantRegionInvalid(Unprocessable):
    code = "GRANT_REGION_INVALID"
    advice = "Name no region: admins and auditors are so everywhere."


class TooManyGrants(Unprocessable):
    code = "TOO_MANY_GRANTS"
    advice = "Revoke or refuse what is not needed first."


@dataclass(frozen=True, slots=True)
class Grant:
    """One role of one person. `region`: where it holds, None is everywhere. `senior`: also for what is
    SENSITIVE. `decided_by`: who agreed, refused or took it, last."""

    grant_id: str
    role: str
    senior: bool
    begins_at: datetime
    requested_by: str
    requested_at: datetime
    ends_at: datetime | None = None
    region: str | None = None
    reason: str | None = None
    state: GrantState = GrantState.REQUESTED
    approved_by: str | None = None
    approved_at: datetime | None = None
    alone: bool = False
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it gives its role at this moment: from its first second on, not in its last."""
        if self.state is not GrantState.APPROVED or now < self.begins_at:
            return False
        return self.ends_at is None or now < self.ends_at

    def held(self) -> Held:
        return Held(self.role, self.region or "", self.senior)

    def is_over(self, now: datetime) -> bool:
        """Whether it gives nothing any more, ever."""
        if self.state is GrantState.REQUESTED and now >= self.requested_at + REQUEST_TERM:
            return True
        if self.ends_at is not None and now >= self.ends_at:
            return True
        return self.state in (GrantState.REFUSED, GrantState.REVOKED)

    def needs_review(self, now: datetime) -> bool:
        """Whether nobody looked at it for a quarter, since it was agreed to."""
        seen_at = self.reviewed_at or self.approved_at
        return self.state is GrantState.APPROVED and seen_at is not None and now >= seen_at + REVIEW_TERM


Grants = Mapping[str, Grant]


def enrolled_grants(roles: Iterable[str], at: datetime) -> dict[str, Grant]:
    """The roles of somebody whom the operator enrols by hand: without an end, and senior."""
    return {
        f"grn_{OPERATOR}_{role}": Grant(
            grant_id=f"grn_{OPERATOR}_{role}",
            role=role,
            senior=True,
            begins_at=at,
            requested_by=OPERATOR,
            requested_at=at,
            state=GrantState.APPROVED,
            approved_by=OPERATOR,
            approved_at=at,
        )
        for role in roles
    }


def with_request(grants: Grants, grant: Grant, person_id: str, now: datetime) -> dict[str, Grant]:
    """The grants of a person, and what was asked for, which takes the place of none.

    Raises: NotOneself, KeyReused, GrantRegionInvalid, GrantTermInvalid, RolesNotTogether, TooManyGrants.
    """
    if grant.requested_by == person_id:
        raise NotOneself()
    if grant.grant_id in grants:  # its id is made of a key that every admin may read
        raise KeyReused()
    if grant.region is not None and grant.role in EVERYWHERE:
        raise GrantRegionInvalid()
    ends_at = grant.ends_at
    if ends_at is None or not max(now, grant.begins_at) < ends_at <= grant.begins_at + GRANT_TERM_MAX:
        raise GrantTermInvalid(days_max=GRANT_TERM_MAX.days)
    living = still_standing(grants, now)
    check_together({grant.role, *(one.role for one in living.values())})
    if len(living) >= GRANTS_MAX:
        raise TooManyGrants(grants_max=GRANTS_MAX)
    return {**living, grant.grant_id: grant}


def check_together(roles: Iterable[str]) -> None:
    """Raises: RolesNotTogether unless all are of the office and may stand together."""
    if not set(roles) <= STAFF_ROLES:
        raise RolesNotTogether(roles=tuple(sorted(roles)))
    checked_enrolled_roles(roles)


def request_for(person_id: str, grant: Grant) -> Request:
    """The grant as it waits for another admin: its id is the request's."""
    about: dict[str, Plain] = {
        "person": person_id,
        "role": grant.role,
        "senior": grant.senior,
        "begins_at": grant.begins_at.isoformat(),
        "ends_at": grant.ends_at.isoformat() if grant.ends_at else "",
    }
    if grant.region is not None:
        about["region"] = grant.region
    asked_by, asked_at = grant.requested_by, grant.requested_at
    return Request(grant.grant_id, about, asked_by, asked_at, reason=grant.reason or "")


def may_agree_alone(request: Request, admin_id: str, admins: frozenset[str]) -> bool:
    """Whether whoever asked may agree: for another admin, where there never was one."""
    is_own = request.requested_by == admin_id != request.about["person"]
    return is_own and request.about["role"] == Role.ADMIN and admins == {admin_id}


def approved(grant: Grant, admin_id: str, now: datetime) -> Grant:
    """The grant that this admin agrees to, as the approval allows. Raises: IllegalState."""
    _check_step(grant, GrantState.APPROVED)
    alone = admin_id == grant.requested_by
    return replace(grant, state=GrantState.APPROVED, approved_by=admin_id, approved_at=now, alone=alone)


def refused(grant: Grant) -> Grant:
    """The request that another admin refuses. Raises: IllegalState."""
    _check_step(grant, GrantState.REFUSED)
    return replace(grant, state=GrantState.REFUSED)


def revoked(grant: Grant, person_id: str, admin_id: str) -> Grant:
    """The grant that this admin takes: one is enough to take. Raises: IllegalState, NotOneself."""
    _check_step(grant, GrantState.REVOKED)
    if admin_id == person_id:
        raise NotOneself()
    return replace(grant, state=GrantState.REVOKED)


def reviewed(grant: Grant, person_id: str, admin_id: str, now: datetime) -> Grant:
    """The grant that this admin looked at and left. Raises: IllegalState, NotOneself."""
    if grant.state is not GrantState.APPROVED:
        raise IllegalState(entity=grant.grant_id, state=grant.state.value)
    if admin_id == person_id:
        raise NotOneself()
    return replace(grant, reviewed_by=admin_id, reviewed_at=now)


def still_standing(grants: Grants, now: datetime) -> dict[str, Grant]:
    """Those that are not over: only these stay in the profile."""
    return {grant_id: grant for grant_id, grant in grants.items() if not grant.is_over(now)}


def held_roles(grants: Iterable[Grant], now: datetime) -> frozenset[str]:
    """The roles that these grants give at this moment."""
    return frozenset(grant.role for grant in grants if grant.holds(now))


def _check_step(grant: Grant, to: GrantState) -> None:
    if to not in TRANSITIONS[grant.state]:
        raise IllegalState(entity=grant.grant_id, state=grant.state.value, wanted=to.value)
