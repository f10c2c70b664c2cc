"""Read audit: the auditor asks who of the office saw whose data on a day."""

from datetime import date, datetime
from typing import Self

from pydantic import Field, model_validator

from chalicelib import bootstrap
from chalicelib.handlers.fields import Listing, Page, PageQuery, PersonId, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Shows

routes = Routes(__name__)


class ReadsQuery(PageQuery):
    """The looks of one business day, either of one member of staff or at one person."""

    day: date
    staff: PersonId | None = None
    person: PersonId | None = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.staff is None) == (self.person is None):
            raise ValueError("Give either staff or person")
        return self


class ReadView(View):
    """One look: who, when, by which route, whose data, and what the route is for."""

    reader: str
    at: datetime
    route: str = Field(description="The operation of this API; its answer says which fields were shown")
    whose: str
    purpose: str
    subjects: list[str] = Field(description="Keys of people: what follows cus_ or dst_; others by id")


@routes.get(
    "/v1/office/read-audit",
    roles=("auditor",),
    query=ReadsQuery,
    answers=Page[ReadView],
    shows=Shows("staff", "what the office reads is watched"),
    summary="Who of the office saw whose data",
)
def reads_of_day(query: ReadsQuery) -> Listing:
    reads = bootstrap.list_reads()
    if query.staff:
        found = reads.by(query.staff, query.day, query.cursor, query.limit)
    else:
        found = reads.of(query.person or "", query.day, query.cursor, query.limit)
    return Listing([read for _, read in found], found[-1][0] if len(found) == query.limit else None)
