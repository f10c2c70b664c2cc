"""Distributors for the office: found a tree, move somebody in it, change a state or terms, look it up."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from chalicelib import bootstrap
from chalicelib.domain.distributor import Cycle, DistributorState, ParentNotActive, RootChangeForbidden
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.raised_limit import LimitInvalid, Raised
from chalicelib.domain.tax import TaxMethod
from chalicelib.handlers.api.distributors import (
    EntryId,
    ExplainedView,
    LineView,
    PlaceView,
    explained_view,
    place_view,
    statement_page,
)
from chalicelib.handlers.fields import (
    AmountFen,
    Body,
    CustomerId,
    DistributorId,
    Listing,
    Name,
    Page,
    PageQuery,
    Path,
    Reason,
)
from chalicelib.handlers.http import Routes
from chalicelib.handlers.requests import RequestView, view_of
from chalicelib.handlers.route import Shows
from chalicelib.usecases.inbox import letter_of
from chalicelib.usecases.join_distribution import DistributorAlready
from chalicelib.usecases.move_distributor import RootStays, TreeMoved
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.query_commission import CommissionUnknown
from chalicelib.usecases.query_tree import DistributorUnknown

routes = Routes(__name__)

READERS = ("ops", "finance", "risk", "auditor", "support", "admin")


class FoundTree(Body):
    """The first distributor of a new tree, who has accepted the agreement on paper."""

    customer_id: CustomerId
    agreement: Name


class DistributorPath(Path):
    distributor_id: DistributorId


@routes.post(
    "/v1/office/distributors",
    roles=("ops",),
    body=FoundTree,
    answers=PlaceView,
    status=201,
    records=("distributor.found",),
    refusals=(DistributorAlready,),
    summary="Begin a tree",
)
def found_tree(command: Command, body: FoundTree) -> PlaceView:
    return place_view(bootstrap.found_tree()(command, body.customer_id, body.agreement))


@routes.get(
    "/v1/office/distributors/{distributor_id}",
    roles=READERS,
    path=DistributorPath,
    answers=PlaceView,
    shows=Shows("distributor", "a distributor is helped, or looked into"),
    refusals=(DistributorUnknown,),
    by_region=True,
    summary="One distributor",
)
def one_distributor(actor: Actor, path: DistributorPath) -> PlaceView:
    check_region(actor, path.distributor_id)
    return place_view(bootstrap.query_tree().place(path.distributor_id))


def check_region(actor: Actor, distributor_id: str) -> None:
    """Raises: DistributorUnknown for a distributor of elsewhere, or of nowhere in particular."""
    if actor.regions is None:
        return
    if not actor.reaches(bootstrap.query_tree().place(distributor_id).distributor.region):
        raise DistributorUnknown(distributor_id=distributor_id)


class Move(Body):
    parent_id: DistributorId
    reason: Reason


@routes.post(
    "/v1/office/distributors/{distributor_id}/parent",
    roles=("ops",),
    path=DistributorPath,
    body=Move,
    answers=PlaceView,
    records=("distributor.move",),
    refusals=(DistributorUnknown, RootStays, RootChangeForbidden, Cycle, ParentNotActive, TreeMoved),
    summary="Move a distributor, with all below, to another parent of the same tree",
)
def move_distributor(command: Command, path: DistributorPath, body: Move) -> PlaceView:
    return place_view(bootstrap.move_distributor()(command, path.distributor_id, body.parent_id))


class ChangeState(Body):
    state: Literal["ACTIVE", "SUSPENDED", "TERMINATED"]
    reason: Reason


@routes.post(
    "/v1/office/distributors/{distributor_id}/state",
    roles=("ops", "risk"),
    path=DistributorPath,
    body=ChangeState,
    answers=PlaceView,
    records=("distributor.state",),
    refusals=(DistributorUnknown, IllegalState),
    by_region=True,
    summary="Suspend a distributor, bring one back, or end it; what was earned stays earned",
)
def change_state(command: Command, path: DistributorPath, body: ChangeState) -> PlaceView:
    check_region(command.actor, path.distributor_id)
    state = DistributorState(body.state)
    return place_view(bootstrap.suspend_distributor()(command, path.distributor_id, state))


class ChangeTerms(Body):
    """Both hold for orders and withdrawals from the approval on."""

    tier: Annotated[Name, Field(max_length=16)]
    tax_method: Literal["NONE", "PER_PAYMENT", "CUMULATIVE"]
    reason: Reason


@routes.post(
    "/v1/office/distributors/{distributor_id}/terms",
    roles=("ops",),
    path=DistributorPath,
    body=ChangeTerms,
    answers=RequestView,
    status=201,
    records=("terms.ask",),
    refusals=(DistributorUnknown,),
    by_region=True,
    summary="Ask for another tier or tax method of a distributor; another person agrees",
)
def change_terms(command: Command, path: DistributorPath, body: ChangeTerms) -> RequestView:
    check_region(command.actor, path.distributor_id)
    ask = bootstrap.change_terms().ask
    asked = ask(command, path.distributor_id, body.tier, TaxMethod(body.tax_method))
    return view_of(letter_of(asked, command.now))


class RaiseLimits(Body):
    """Limits of withdrawals above those of everybody, until a moment within 92 days."""

    until: AwareDatetime = Field(strict=False, examples=["2026-12-31T00:00:00Z"])
    amount_fen_max: AmountFen | None = None
    daily_count_max: Annotated[int, Field(ge=1, le=100)] | None = None
    monthly_count_max: Annotated[int, Field(ge=1, le=1000)] | None = None
    reason: Reason

    def raised(self) -> Raised:
        limits = self.amount_fen_max, self.daily_count_max, self.monthly_count_max
        return Raised(self.until, *(limit or 0 for limit in limits))


@routes.post(
    "/v1/office/distributors/{distributor_id}/limits",
    roles=("ops",),
    path=DistributorPath,
    body=RaiseLimits,
    answers=RequestView,
    status=201,
    records=("limit.ask",),
    refusals=(DistributorUnknown, LimitInvalid),
    by_region=True,
    summary="Ask that a distributor may withdraw more for a while; others agree",
)
def raise_limits(command: Command, path: DistributorPath, body: RaiseLimits) -> RequestView:
    check_region(command.actor, path.distributor_id)
    asked = bootstrap.raise_limit().ask(command, path.distributor_id, body.raised())
    return view_of(letter_of(asked, command.now))


@routes.get(
    "/v1/office/distributors/{distributor_id}/statement",
    roles=("finance", "risk", "auditor"),
    path=DistributorPath,
    query=PageQuery,
    answers=Page[LineView],
    shows=Shows("distributor", "a balance is explained or audited"),
    refusals=(DistributorUnknown,),
    by_region=True,
    summary="Every change of a distributor's account, the newest first",
)
def distributor_statement(actor: Actor, path: DistributorPath, query: PageQuery) -> Listing:
    check_region(actor, path.distributor_id)
    return statement_page(path.distributor_id, query)


class EntryPath(DistributorPath):
    entry_id: EntryId


@routes.get(
    "/v1/office/distributors/{distributor_id}/commissions/{entry_id}/explanation",
    roles=("finance", "risk", "auditor", "support"),
    path=EntryPath,
    answers=ExplainedView,
    shows=Shows("distributor", "an entry is explained"),
    refusals=(DistributorUnknown, CommissionUnknown),
    by_region=True,
    summary="Why a distributor's entry is what it is",
)
def explain_entry(actor: Actor, path: EntryPath) -> ExplainedView:
    check_region(actor, path.distributor_id)
    return explained_view(path.distributor_id, path.entry_id)
