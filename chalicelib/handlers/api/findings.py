"""Findings: what did the system find wrong with its own books, for the office to look into?"""

from datetime import datetime
from typing import Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.finding import TABLE, Kind, finding_of, partition_of
from chalicelib.handlers.fields import Listing, Page, PageQuery, View
from chalicelib.handlers.http import Routes
from chalicelib.usecases.ports import Actor

routes = Routes(__name__)


class FindingsQuery(PageQuery):
    """The findings of one kind, by what they are about."""

    kind: Literal[
        "COMMISSION_EXTRA",
        "COMMISSION_DIFFERS",
        "COMMISSION_STUCK",
        "LEDGER_DIFFERENCE",
        "STATEMENT_REBUILT",
        "STATEMENT_UNEXPLAINED",
    ]


class FindingView(View):
    """One thing that was not as it should be when it was found last."""

    kind: str
    about: str = Field(description="a record, an order, a balance or a statement")
    detail: str
    first_at: datetime
    last_at: datetime
    times: int


@routes.get(
    "/v1/office/findings",
    roles=("finance", "risk", "auditor"),
    query=FindingsQuery,
    answers=Page[FindingView],
    summary="What reconciler and nightly fold found wrong",
)
def findings_of_kind(actor: Actor, query: FindingsQuery) -> Listing:
    partition = partition_of(Kind(query.kind))
    items = bootstrap.documents().query(TABLE, partition, after=query.cursor, limit=query.limit)
    found = [finding_of(item) for item in items]
    return Listing(found, items[-1]["sk"] if len(items) == query.limit else None)
