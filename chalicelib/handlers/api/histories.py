"""Histories: what was changed about a person, by whom, from when on, and why?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.person_history import Changed
from chalicelib.handlers.fields import Listing, Page, PageQuery, Path, PersonId, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import EVERY_ROLE, Shows
from chalicelib.usecases.ports import Actor

routes = Routes(__name__)

READERS = ("admin", "auditor")


class ChangedView(View):
    """One change: the fields that are not what they were, and from when on."""

    person_id: str
    action: str
    actor: str
    at: datetime
    effective_at: datetime
    before: dict[str, Any]
    after: dict[str, Any]
    subject: str = Field(description="The grant that it is about, or empty")
    reason: str
    record_id: str = Field(description="Its record in the journal and in the archive")


class MonthQuery(PageQuery):
    month: Annotated[
        str,
        Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", description="By business date", examples=["2026-11"]),
    ]


@routes.get(
    "/v1/office/staff/changes",
    roles=READERS,
    query=MonthQuery,
    answers=Page[ChangedView],
    shows=Shows("staff", "who was given power is audited"),
    summary="All grants, locks and invitations of a month, the newest first",
)
def office_changes(query: MonthQuery) -> Listing:
    found = bootstrap.list_staff().log(query.month, query.cursor, query.limit)
    return _changes(found, query.limit)


class PersonPath(Path):
    person_id: PersonId


@routes.get(
    "/v1/office/people/{person_id}/history",
    roles=READERS,
    path=PersonPath,
    query=PageQuery,
    answers=Page[ChangedView],
    shows=Shows("person", "what was changed is explained or audited"),
    summary="What was changed about a person, the newest first",
)
def history_of_person(path: PersonPath, query: PageQuery) -> Listing:
    found = bootstrap.list_staff().history(path.person_id, query.cursor, query.limit)
    return _changes(found, query.limit)


@routes.get(
    "/v1/me/history",
    roles=EVERY_ROLE,
    query=PageQuery,
    answers=Page[ChangedView],
    summary="What was changed about me, the newest first",
)
def my_history(actor: Actor, query: PageQuery) -> Listing:
    return _changes(bootstrap.list_staff().history(actor.person_id, query.cursor, query.limit), query.limit)


def _changes(found: Sequence[Changed], limit: int) -> Listing:
    return Listing(found, found[-1].position if len(found) == limit else None)
