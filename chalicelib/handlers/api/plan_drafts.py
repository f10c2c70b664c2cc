"""Drafts of plans: what waits, what it changes, and what it would pay; no draft is approved unseen."""

from datetime import datetime
from typing import Any

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain import plan as plans
from chalicelib.domain.approval import Request, State
from chalicelib.domain.plan_diff import How
from chalicelib.handlers.api.plans import PlanPath
from chalicelib.handlers.fields import Listing, Page, PageQuery, View
from chalicelib.handlers.http import Routes
from chalicelib.usecases.ports import Command
from chalicelib.usecases.publish_plan import PlanUnknown, hash_of
from chalicelib.usecases.simulate_plan import Draft, Report, SimulationUnknown

routes = Routes(__name__)

READERS = ("ops", "finance", "risk", "auditor", "admin")


class WaitingDraftView(View):
    """A draft by its request; one that expired keeps its id until it is drafted anew."""

    plan_id: str
    request_id: str
    plan_hash: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    state: State


@routes.get(
    "/v1/office/plans/drafts",
    roles=READERS,
    query=PageQuery,
    answers=Page[WaitingDraftView],
    summary="Drafts of plans that wait for a second person, by plan id",
)
def drafts(now: datetime, query: PageQuery) -> Listing:
    found = bootstrap.simulate_plan().drafts(query.cursor, query.limit)
    views = [_waiting(request, now) for request in found]
    return Listing(views, views[-1].plan_id if len(views) == query.limit else None)


def _waiting(request: Request, now: datetime) -> WaitingDraftView:
    return WaitingDraftView(
        plan_id=str(request.about["plan"]),
        request_id=request.request_id,
        plan_hash=hash_of(request),
        requested_by=request.requested_by,
        requested_at=request.requested_at,
        expires_at=request.expires_at,
        state=request.state(now),
    )


class PlanDifferenceView(View):
    """A rule, a campaign or a term that the draft has otherwise, as documents; absent: it is not there."""

    what: str = Field(description="`rules`, `campaigns`, or the name of a term of the plan")
    name: str = Field(description="The id of the rule or the campaign; empty for a term")
    how: How
    old: Any = None
    new: Any = None


class PlanDraftView(WaitingDraftView):
    """A draft, and what it changes in the plan that is in force when it begins."""

    plan: dict[str, Any]
    follows: str | None = Field(description="The id of that plan; none before the first")
    differences: list[PlanDifferenceView]
    simulated: bool = Field(description="Whether a report lets this very draft be approved now")


@routes.get(
    "/v1/office/plans/{plan_id}/draft",
    roles=READERS,
    path=PlanPath,
    answers=PlanDraftView,
    refusals=(PlanUnknown,),
    summary="One draft, and its difference to the plan that it follows",
)
def plan_draft(now: datetime, path: PlanPath) -> PlanDraftView:
    found: Draft = bootstrap.simulate_plan().draft(path.plan_id, now)
    return PlanDraftView(
        **dict(_waiting(found.request, now)),
        plan=plans.to_document(found.plan),
        follows=found.follows,
        differences=[PlanDifferenceView.model_validate(one) for one in found.differences],
        simulated=found.is_simulated,
    )


class SideView(View):
    """What the orders earn under one plan, in fen by level, nearest first."""

    level_fen: list[int]
    sum_fen: int
    margin_share_bps: int | None = Field(description="Of the margin of these orders; none where it is none")
    capped: int = Field(description="Orders at which a cap takes something away")


class ComparisonView(View):
    """The same orders under the plan before and under the draft."""

    order_count: int
    paid_fen: int
    margin_fen: int
    old: SideView
    new: SideView
    difference_fen: int


class ExampleView(View):
    """One order of the table of worked examples."""

    name: str
    compared: ComparisonView


class RuleUseView(View):
    rule_id: str
    order_count: int = Field(description="At so many orders and examples it decided")
    begins_later: bool
    never: str | None = Field(
        description="Why it can never decide: NO_EVENT_PAYS, LEVEL_NOT_PAID, WINDOW_OVER, PRODUCT_UNKNOWN, "
        "CAMPAIGN_EMPTY, OVERRULED by a rule of the same scope that comes first"
    )


class ExtentView(View):
    """Which of the paid orders of the last days were looked at, from the first to the last business date."""

    first_day: str
    last_day: str
    channel_orders: int = Field(description="Paid through a channel, as far as was counted")
    channel_orders_taken: int
    balance_orders_taken: int = Field(description="Paid from a card, of those that earned commission")
    is_whole: bool = Field(description="Whether all were counted; else there were more")


class SimulationView(View):
    """What a draft would pay, computed by the commission rule as if each order were paid at `moment`."""

    plan_id: str
    plan_hash: str
    follows: str | None
    moment: datetime
    made_at: datetime
    made_by: str
    extent: ExtentView
    sample: ComparisonView
    examples: list[ExampleView]
    rules: list[RuleUseView]


@routes.post(
    "/v1/office/plans/{plan_id}/simulation",
    roles=("ops", "finance", "risk", "admin"),
    path=PlanPath,
    answers=SimulationView,
    status=201,
    records=("plan.simulate",),
    refusals=(PlanUnknown,),
    summary="Compute what the draft would pay, for orders of the last days and worked examples",
)
def simulate_plan(command: Command, path: PlanPath) -> Report:
    return bootstrap.simulate_plan()(command, path.plan_id)


@routes.get(
    "/v1/office/plans/{plan_id}/simulation",
    roles=READERS,
    path=PlanPath,
    answers=SimulationView,
    refusals=(SimulationUnknown,),
    summary="The last report under this plan id",
)
def simulation(path: PlanPath) -> Report:
    return bootstrap.simulate_plan().report(path.plan_id)
