"""Staff: who is of the office, what may they do, and who agreed to it?"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from chalicelib import bootstrap
from chalicelib.domain.approval import FourEyes, RequestDecided, RequestExpired, RoleRequired
from chalicelib.domain.enrolment import NobodyToEnrol
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.grant import (
    GrantRegionInvalid,
    GrantTermInvalid,
    GrantUnknown,
    NotOneself,
    TooManyGrants,
)
from chalicelib.domain.ids import KEY_ALPHABET, KEY_LENGTH
from chalicelib.domain.person import PhoneInvalid, PhoneTaken, RolesNotTogether
from chalicelib.domain.unmasking import PersonUnknown
from chalicelib.handlers.fields import (
    Body,
    Listing,
    Page,
    PageQuery,
    Path,
    Phone,
    Reason,
    Region,
    View,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.requests import RequestView, view_of
from chalicelib.handlers.route import Shows
from chalicelib.usecases.grant_roles import Wish
from chalicelib.usecases.inbox import letter_of
from chalicelib.usecases.invite_staff import Invited
from chalicelib.usecases.list_staff import Given
from chalicelib.usecases.ports import Command
from chalicelib.usecases.staff_file import Member, StaffUnknown

routes = Routes(__name__)

ADMIN = ("admin",)
READERS = ("admin", "auditor")

StaffId = Annotated[
    str, Field(pattern=f"^stf_[{KEY_ALPHABET}]{{{KEY_LENGTH}}}$", examples=["stf_7K3M9PQRS2TV"])
]
GrantId = Annotated[
    str,
    Field(pattern=r"^grn_[A-Za-z0-9_]{4,60}$", examples=["grn_01JD3Q8Z6N5W4V3T2S1R0QPAMK_finance"]),
]
OfficeRole = Literal["ops", "finance", "auditor", "support", "risk", "admin"]

EXAMPLE: dict[str, Any] = {
    "roles": ["finance"],
    "ends_at": "2027-11-01T00:00:00Z",
    "reason": "pays out from December on",
}


class StaffPath(Path):
    person_id: StaffId


class GrantPath(StaffPath):
    grant_id: GrantId


class AskRoles(Body):
    """Roles that somebody shall have, of one term. A second admin must agree within a week."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    roles: Annotated[list[OfficeRole], Field(min_length=1, max_length=5)]
    begins_at: AwareDatetime | None = Field(default=None, strict=False, description="From now on, if absent")
    ends_at: AwareDatetime = Field(strict=False, description="The first moment at which it gives nothing")
    region: Region | None = Field(default=None, description="Where alone it holds; everywhere, if absent")
    senior: bool = Field(default=False, description="Also for what is sensitive; an admin always is")
    reason: Reason

    def wish(self) -> Wish:
        roles = tuple(dict.fromkeys(self.roles))
        return Wish(roles, self.ends_at, self.begins_at, self.region, self.senior)


class InviteStaffBody(AskRoles):
    """Somebody new of the office, and the roles that are asked for them."""

    model_config = ConfigDict(
        title="InviteStaff", json_schema_extra={"examples": [{"phone": "13800138000", **EXAMPLE}]}
    )

    phone: Phone


class Because(Body):
    """Why; it stands in the record."""

    reason: Reason


class GrantView(View):
    """A role of somebody, asked for or given."""

    grant_id: str
    role: str
    region: str | None
    senior: bool
    state: Literal["REQUESTED", "APPROVED"]
    begins_at: datetime
    ends_at: datetime | None = Field(description="Absent: enrolled by the operator, without an end")
    reason: str | None
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    alone: bool = Field(description="Agreed to by who asked, while there was no other admin")
    reviewed_by: str | None
    reviewed_at: datetime | None


class StaffView(View):
    """Somebody of the office. `roles` are those of this moment."""

    person_id: str
    phone_masked: str
    roles: list[str]
    locked: bool
    since: datetime
    grants: list[GrantView]


class InvitedView(View):
    """The code is told once: hand it over by another way than the number that it is for."""

    staff: StaffView
    code: str | None = Field(description="For `POST /v1/enrolments`; absent where the request is repeated")
    expires_at: datetime


class GivenView(View):
    """A line of the review: who has what, since when, by whose consent, and who looked at it last."""

    person_id: str
    phone_masked: str
    locked: bool
    review_due: bool
    grant: GrantView


ASKING = (NotOneself, GrantTermInvalid, GrantRegionInvalid, RolesNotTogether, TooManyGrants)
CHANGING = (StaffUnknown, RoleRequired, GrantUnknown, NotOneself, IllegalState)
DECIDING = (StaffUnknown, RoleRequired, GrantUnknown, IllegalState, RequestDecided, RequestExpired, FourEyes)


@routes.post(
    "/v1/office/staff",
    roles=ADMIN,
    body=InviteStaffBody,
    answers=InvitedView,
    status=201,
    records=("staff.invite",),
    refusals=(PhoneInvalid, PhoneTaken, *ASKING),
    summary="Invite somebody into the office",
)
def invite_staff(command: Command, body: InviteStaffBody) -> InvitedView:
    return _invited(bootstrap.invite_staff()(command, body.phone, body.wish()))


@routes.post(
    "/v1/office/staff/{person_id}/code",
    roles=ADMIN,
    path=StaffPath,
    body=Because,
    answers=InvitedView,
    status=201,
    records=("staff.code",),
    refusals=(StaffUnknown, RoleRequired, NobodyToEnrol),
    summary="Another code for somebody who has no password yet, or forgot it and has no second factor on",
)
def another_code(command: Command, path: StaffPath) -> InvitedView:
    return _invited(bootstrap.invite_staff().again(command, path.person_id))


@routes.get(
    "/v1/office/staff",
    roles=READERS,
    query=PageQuery,
    answers=Page[StaffView],
    shows=Shows("staff", "who is of the office is looked over"),
    summary="Who is of the office",
)
def staff(query: PageQuery, now: datetime) -> Listing:
    members = bootstrap.list_staff().page(query.cursor, query.limit, now)
    after = members[-1].person_id if len(members) == query.limit else None
    return Listing([_staff(one) for one in members], after)


class GrantsQuery(PageQuery):
    """A page is of so many people, each with all they have. `due`: what nobody reviewed for a quarter."""

    due: Literal["true", "false"] = "false"


@routes.get(
    "/v1/office/staff/grants",
    roles=READERS,
    query=GrantsQuery,
    answers=Page[GivenView],
    shows=Shows("staff", "roles are reviewed"),
    summary="Who has which role by whose consent, for the review of each quarter",
)
def grants_to_review(query: GrantsQuery, now: datetime) -> Listing:
    lists = bootstrap.list_staff()
    members = lists.page(query.cursor, query.limit, now)
    given = lists.grants(members, query.due == "true", now)
    after = members[-1].person_id if len(members) == query.limit else None
    return Listing([_given(one) for one in given], after)


@routes.get(
    "/v1/office/staff/{person_id}",
    roles=READERS,
    path=StaffPath,
    answers=StaffView,
    shows=Shows("staff", "roles are given, taken or reviewed"),
    refusals=(StaffUnknown,),
    summary="One person of the office",
)
def one_of_staff(path: StaffPath, now: datetime) -> StaffView:
    return _staff(bootstrap.staff_file().member(path.person_id, now))


@routes.post(
    "/v1/office/staff/{person_id}/lock",
    roles=ADMIN,
    path=StaffPath,
    body=Because,
    answers=StaffView,
    records=("staff.lock",),
    refusals=(StaffUnknown, RoleRequired, NotOneself, IllegalState),
    summary="Shut somebody of the office out; every session ends",
)
def lock_staff(command: Command, path: StaffPath) -> StaffView:
    return _staff(bootstrap.lock_staff()(command, path.person_id))


@routes.post(
    "/v1/office/staff/{person_id}/unlock",
    roles=ADMIN,
    path=StaffPath,
    body=Because,
    answers=RequestView,
    status=201,
    records=("unlock.ask",),
    refusals=(StaffUnknown, NotOneself, IllegalState),
    summary="Ask that somebody of the office is let in again; another admin agrees",
)
def unlock_staff(command: Command, path: StaffPath) -> RequestView:
    return view_of(letter_of(bootstrap.unlock_staff().ask(command, path.person_id), command.now))


@routes.post(
    "/v1/office/staff/{person_id}/lost-factor",
    roles=ADMIN,
    path=StaffPath,
    body=Because,
    answers=RequestView,
    status=201,
    records=("factor.ask",),
    refusals=(PersonUnknown, NotOneself, IllegalState),
    summary="Ask that a second factor that somebody of the office has lost is off; another admin agrees",
)
def staff_lost_factor(command: Command, path: StaffPath) -> RequestView:
    return view_of(letter_of(bootstrap.lost_factor().ask(command, path.person_id), command.now))


@routes.post(
    "/v1/office/staff/{person_id}/grants",
    roles=ADMIN,
    path=StaffPath,
    body=AskRoles,
    answers=StaffView,
    status=201,
    records=("grant.request",),
    refusals=(StaffUnknown, RoleRequired, *ASKING),
    summary="Ask for roles of somebody of the office",
)
def request_grants(command: Command, path: StaffPath, body: AskRoles) -> StaffView:
    return _staff(bootstrap.grant_roles().request(command, path.person_id, body.wish()))


@routes.post(
    "/v1/office/staff/{person_id}/grants/{grant_id}/approval",
    roles=ADMIN,
    path=GrantPath,
    body=Because,
    answers=StaffView,
    records=("grant.approve",),
    refusals=DECIDING,
    sensitive=True,
    second_person="who asked for it; never whom it is for",
    summary="Agree to a role that another admin asked for",
)
def approve_grant(command: Command, path: GrantPath) -> StaffView:
    return _staff(bootstrap.grant_roles().approve(command, path.person_id, path.grant_id))


@routes.post(
    "/v1/office/staff/{person_id}/grants/{grant_id}/refusal",
    roles=ADMIN,
    path=GrantPath,
    body=Because,
    answers=StaffView,
    records=("grant.refuse",),
    refusals=DECIDING,
    summary="Refuse a role that another admin asked for",
)
def refuse_grant(command: Command, path: GrantPath) -> StaffView:
    return _staff(bootstrap.grant_roles().refuse(command, path.person_id, path.grant_id))


@routes.post(
    "/v1/office/staff/{person_id}/grants/{grant_id}/revocation",
    roles=ADMIN,
    path=GrantPath,
    body=Because,
    answers=StaffView,
    records=("grant.revoke",),
    refusals=CHANGING,
    summary="Take a role",
)
def revoke_grant(command: Command, path: GrantPath) -> StaffView:
    return _staff(bootstrap.grant_roles().revoke(command, path.person_id, path.grant_id))


@routes.post(
    "/v1/office/staff/{person_id}/grants/{grant_id}/review",
    roles=ADMIN,
    path=GrantPath,
    body=Because,
    answers=StaffView,
    records=("grant.review",),
    refusals=CHANGING,
    summary="Note that a role was looked at and stays",
)
def review_grant(command: Command, path: GrantPath) -> StaffView:
    return _staff(bootstrap.grant_roles().review(command, path.person_id, path.grant_id))


def _staff(member: Member) -> StaffView:
    person = member.person
    return StaffView(
        person_id=person.person_id,
        phone_masked=person.phone_masked,
        roles=list(person.roles),
        locked=person.locked,
        since=person.created_at,
        grants=[GrantView.model_validate(one) for one in member.grants],
    )


def _invited(invited: Invited) -> InvitedView:
    return InvitedView(staff=_staff(invited.staff), code=invited.code, expires_at=invited.expires_at)


def _given(given: Given) -> GivenView:
    return GivenView(**given._asdict() | {"grant": GrantView.model_validate(given.grant)})
