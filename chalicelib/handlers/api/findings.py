"""Findings: what did the system find wrong with its own books, and what does the office say to it?"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.finding import (
    DETAIL_LENGTH_MAX,
    Finding,
    FindingClosed,
    FindingMoved,
    FindingResolution,
    FindingState,
    FindingUnknown,
    Kind,
)
from chalicelib.handlers.fields import Body, Listing, Page, PageQuery, Path, Reason, View
from chalicelib.handlers.http import Routes
from chalicelib.handlers.route import Shows
from chalicelib.usecases.ports import Actor, Command

routes = Routes(__name__)

FindingId = Annotated[
    str, Field(pattern=r"^fnd_[A-Za-z0-9_-]{1,400}$", examples=["fnd_TEVER0VSX0RJRkZFUkVOQ0UvY2FyZHxjcmRfQQ"])
]


class FindingPath(Path):
    finding_id: FindingId


class FindingsQuery(PageQuery):
    """The findings of one kind, by what they are about; in any state where none is named."""

    kind: Literal[
        "COMMISSION_EXTRA",
        "COMMISSION_DIFFERS",
        "COMMISSION_STUCK",
        "LEDGER_DIFFERENCE",
        "STATEMENT_REBUILT",
        "STATEMENT_UNEXPLAINED",
    ]
    state: Literal["OPEN", "RESOLVED"] | None = None


class FindingView(View):
    """One thing that was not as it should be when it was found last.

    An OPEN one with a `resolution` was closed before, and found again.
    """

    finding_id: str
    kind: str
    about: str = Field(description="a record, an order, a balance or a statement")
    detail: str
    first_at: datetime
    last_at: datetime
    times: int
    state: Literal["OPEN", "RESOLVED"]
    resolution: Literal["", "EXPLAINED", "CORRECTED"]
    decided_by: str
    decided_at: datetime | None
    reason: str


class ResolveFindingBody(Body):
    """EXPLAINED: it stays so, and why. CORRECTED: it is put right; found again, it is open again."""

    resolution: Literal["EXPLAINED", "CORRECTED"]
    detail: str = Field(
        min_length=1,
        max_length=DETAIL_LENGTH_MAX,
        description="as it was read; a finding that says something else by now stays open",
        examples=["card|crd_0123456789ABCDEFGHJKMNPQRS|available_fen is +5 fen away from its journal"],
    )
    reason: Reason


@routes.get(
    "/v1/office/findings",
    roles=("finance", "risk", "auditor"),
    query=FindingsQuery,
    answers=Page[FindingView],
    shows=Shows("customer", "what is wrong in the books is cleared up"),
    summary="What reconciler and nightly fold found wrong",
)
def findings_of_kind(actor: Actor, query: FindingsQuery) -> Listing:
    state = FindingState(query.state) if query.state else None
    found = bootstrap.list_findings()(Kind(query.kind), state, query.cursor, query.limit)
    return Listing(found, found[-1].about if len(found) == query.limit else None)


@routes.get(
    "/v1/office/findings/{finding_id}",
    roles=("finance", "risk", "auditor"),
    path=FindingPath,
    answers=FindingView,
    shows=Shows("customer", "what is wrong in the books is cleared up"),
    refusals=(FindingUnknown,),
    summary="One finding, and what was said to it",
)
def one_finding(actor: Actor, path: FindingPath) -> Finding:
    return bootstrap.resolve_finding().read(path.finding_id)


@routes.post(
    "/v1/office/findings/{finding_id}/resolution",
    roles=("finance",),
    path=FindingPath,
    body=ResolveFindingBody,
    answers=FindingView,
    records=("FINDING_RESOLVED",),
    refusals=(FindingUnknown, FindingClosed, FindingMoved),
    summary="Close a finding with a reason; nothing is posted by it",
)
def resolve_finding(command: Command, path: FindingPath, body: ResolveFindingBody) -> Finding:
    how = FindingResolution(body.resolution)
    return bootstrap.resolve_finding()(command, path.finding_id, how, body.detail)
