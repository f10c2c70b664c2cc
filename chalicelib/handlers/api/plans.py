"""Plans and parameters: drafted by one, let into force by another; and what the platform made of them."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, JsonValue

from chalicelib import bootstrap
from chalicelib.domain import plan as plans
from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.document import DocumentMalformed
from chalicelib.domain.parameter_check import ParameterInvalid
from chalicelib.domain.parameters import PARAMETERS, Setting
from chalicelib.domain.plan import (
    EarnsTwice,
    EntryFeeForbidden,
    EventNotAllowed,
    Plan,
    PlanInvalid,
    PlanLevelCap,
    RateOutOfRange,
    RuleInvalid,
    RulesAmbiguous,
    TierNotMonotonic,
)
from chalicelib.domain.platform_books import Margin
from chalicelib.handlers.api.approvals import DECIDING
from chalicelib.handlers.fields import Body, Path, Query, Region, View
from chalicelib.handlers.http import Routes
from chalicelib.usecases.ports import Command
from chalicelib.usecases.publish_plan import PlanExists, PlanNotSimulated, PlanUnknown
from chalicelib.usecases.set_parameter import ParameterExists, Proposal, ProposalUnknown

routes = Routes(__name__)

READERS = ("ops", "finance", "risk", "auditor", "admin")
PlanId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,24}$", examples=["p2026-11"])]
# Ids in every entry's explanation: short ones keep an entry within a kilobyte.
EXAMPLE_PLAN = {
    "plan_id": "p2026-11",
    "version": 1,
    "effective_at": "2026-12-01T00:00:00+08:00",
    "paid_levels": 2,
    "rules": [
        {"rule_id": "r1", "kind": "PERCENT", "value": 80, "level": 1},
        {"rule_id": "r2", "kind": "PERCENT", "value": 30, "level": 2},
    ],
    "margin_share_bps": 5_000,
    "hold_days": {"card_sale": 15, "topup": 7, "consumption": 7, "addon": 7},
}


class DraftPlan(Body):
    """A commission plan as a document: rules, scopes, windows, caps, hold days."""

    plan: Annotated[dict[str, JsonValue], Field(examples=[EXAMPLE_PLAN])]


class AgreeToPlan(Body):
    """What is agreed to: the draft that was read, and none that took its id since."""

    request_id: Annotated[
        str, Field(pattern=r"^pln_[0-7][0-9A-HJKMNP-TV-Z]{25}$", examples=["pln_01JD3Q8Z6N5W4V3T2S1R0QPAMK"])
    ]


class PlanPath(Path):
    plan_id: PlanId


class PlanView(View):
    """A plan and the moment from which it holds."""

    plan_id: str
    version: int
    effective_at: datetime
    plan: dict[str, Any]


class DraftView(PlanView):
    """A plan that waits."""

    request_id: str = Field(description="What is agreed to: `/v1/office/approvals` shows it")


def plan_view(plan: Plan) -> PlanView:
    return PlanView(
        plan_id=plan.plan_id,
        version=plan.version,
        effective_at=plan.effective_at,
        plan=plans.to_document(plan),
    )


FORBIDDEN = (
    PlanLevelCap,
    EventNotAllowed,
    EntryFeeForbidden,
    EarnsTwice,
    RateOutOfRange,
    RuleInvalid,
    PlanInvalid,
    RulesAmbiguous,
    TierNotMonotonic,
)


@routes.post(
    "/v1/office/plans",
    roles=("ops",),
    body=DraftPlan,
    answers=DraftView,
    status=201,
    records=("plan.draft",),
    refusals=(DocumentMalformed, *FORBIDDEN, PlanExists),
    summary="Draft a commission plan",
)
def draft_plan(command: Command, body: DraftPlan) -> DraftView:
    drafted = bootstrap.publish_plan().draft(command, plans.from_document(body.plan))
    return DraftView(**dict(plan_view(drafted.plan)), request_id=drafted.request_id)


@routes.post(
    "/v1/office/plans/{plan_id}/approval",
    roles=("risk", "admin"),
    path=PlanPath,
    body=AgreeToPlan,
    answers=PlanView,
    records=("plan.approve",),
    refusals=(PlanUnknown, PlanExists, PlanNotSimulated, *DECIDING, *FORBIDDEN),
    sensitive=True,
    second_person="who drafted it",
    summary="Let a plan that somebody else drafted come into force",
)
def approve_plan(command: Command, path: PlanPath, body: AgreeToPlan) -> PlanView:
    return plan_view(bootstrap.publish_plan().approve(command, path.plan_id, body.request_id))


class PlansView(View):
    items: list[PlanView]


@routes.get(
    "/v1/office/plans", roles=READERS, answers=PlansView, summary="Every approved plan, by its moment"
)
def approved_plans() -> PlansView:
    return PlansView(items=[plan_view(plan) for plan in bootstrap.catalog().plans()])


# parameters


class ProposeParameter(Body):
    """A value of a parameter, from a moment on, everywhere or in one region."""

    name: Annotated[str, Field(max_length=64, examples=["withdrawal.fee_bps"])]
    region: Region | None = None
    effective_at: AwareDatetime
    value: Annotated[JsonValue, Field(examples=[60])]


class ProposalPath(Path):
    proposal_id: Annotated[
        str, Field(pattern=r"^prm_[0-7][0-9A-HJKMNP-TV-Z]{25}$", examples=["prm_01JD3Q8Z6N5W4V3T2S1R0QPAMK"])
    ]


class ProposalView(View):
    proposal_id: str
    name: str
    region: str
    effective_at: datetime
    value: Any
    approved: bool


def proposal_view(proposal: Proposal) -> ProposalView:
    setting = proposal.setting
    return ProposalView(
        proposal_id=proposal.proposal_id,
        name=setting.name,
        region=setting.scope,
        effective_at=setting.effective_at,
        value=setting.value,
        approved=proposal.approved,
    )


@routes.post(
    "/v1/office/parameters",
    roles=("ops", "risk"),
    body=ProposeParameter,
    answers=ProposalView,
    status=201,
    records=("parameter.propose",),
    refusals=(ParameterInvalid,),
    summary="Propose a value of a parameter",
)
def propose_parameter(command: Command, body: ProposeParameter) -> ProposalView:
    value: Any = body.value
    setting = Setting(body.name, body.region or "", body.effective_at, value)
    return proposal_view(bootstrap.set_parameter().propose(command, setting))


@routes.post(
    "/v1/office/parameters/{proposal_id}/approval",
    roles=("risk", "admin"),
    path=ProposalPath,
    answers=ProposalView,
    records=("parameter.approve",),
    refusals=(ProposalUnknown, ParameterExists, *DECIDING),
    sensitive=True,
    second_person="who proposed it",
    summary="Let a value that somebody else proposed hold",
)
def approve_parameter(command: Command, path: ProposalPath) -> ProposalView:
    return proposal_view(bootstrap.set_parameter().approve(command, path.proposal_id))


class ParameterView(View):
    name: str
    value: Any
    default: Any
    source: str


class ParametersQuery(Query):
    region: Region | None = None


class ParametersView(View):
    items: list[ParameterView]


@routes.get(
    "/v1/office/parameters",
    roles=READERS,
    query=ParametersQuery,
    answers=ParametersView,
    summary="Every parameter with its value in force and where its default comes from",
)
def parameters_in_force(now: datetime, query: ParametersQuery) -> ParametersView:
    catalog = bootstrap.catalog()
    items = [
        ParameterView(
            name=name,
            value=catalog.parameter(name, now, query.region or ""),
            default=parameter.default,
            source=parameter.source,
        )
        for name, parameter in PARAMETERS.items()
    ]
    return ParametersView(items=items)


# what came of it


class DayQuery(Query):
    day: date


class MarginView(View):
    """In fen. margin = spread + fees − promotion − commission − the channels' fees, of no product."""

    sku_id: str
    spread_fen: int
    fee_fen: int
    promotion_fen: int
    commission_fen: int
    channel_fee_fen: int
    margin_fen: int


class MarginsView(View):
    day: date
    items: list[MarginView]


@routes.get(
    "/v1/office/margins",
    roles=("finance", "auditor", "admin"),
    query=DayQuery,
    answers=MarginsView,
    summary="What each product brought on a business date",
)
def margins(query: DayQuery) -> MarginsView:
    found: list[Margin] = bootstrap.query_platform().margins(day_text(query.day))
    return MarginsView(day=query.day, items=[MarginView.model_validate(margin) for margin in found])


class PlatformView(View):
    """Debit positive, in fen; accounts that stand at nothing are left out."""

    day: date
    balances_fen: dict[str, int]


@routes.get(
    "/v1/office/platform-balances",
    roles=("finance", "auditor"),
    query=DayQuery,
    answers=PlatformView,
    summary="The platform's own accounts at the end of a business date",
)
def platform_balances(query: DayQuery, now: datetime) -> PlatformView:
    last = min(query.day, business_date(now))  # nothing stands in the books of a day that has not come
    balances = bootstrap.query_platform().balances_through(day_text(last))
    return PlatformView(day=query.day, balances_fen=balances)
