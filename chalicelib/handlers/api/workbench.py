"""The workbench of a distributor: my customers, masked, and the rules by which I am paid."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from chalicelib import bootstrap
from chalicelib.domain.brought import Lately
from chalicelib.domain.business_time import business_date
from chalicelib.domain.level_rules import LevelRule, announced, rules_for
from chalicelib.domain.plan import CapOrder, Event, Plan, RuleKind
from chalicelib.domain.tree_items import Place
from chalicelib.handlers.fields import Listing, Page, PageQuery, View
from chalicelib.handlers.http import Routes
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.query_customers import PAGE_MAX
from chalicelib.usecases.query_tree import NotADistributor

routes = Routes(__name__)


class BroughtView(View):
    """A customer whom my code brought: neither who it is, nor what or when exactly they bought."""

    customer: str = Field(description="The end of an id, to tell rows apart")
    customer_since: date
    last_purchase: Lately = Field(description="Of their ten newest orders, the last one that was paid")


@routes.get(
    "/v1/distributors/me/customers",
    roles=("customer",),
    query=PageQuery,
    answers=Page[BroughtView],
    refusals=(NotADistributor,),
    summary="The customers whom my code brought, the newest first; at most twenty a page",
)
def my_customers(actor: Actor, query: PageQuery, now: datetime) -> Listing:
    place = bootstrap.query_tree().own_place(actor)
    me = place.distributor.distributor_id
    size = min(query.limit, PAGE_MAX)
    found = bootstrap.query_customers().page(me, query.cursor, size, now)
    rows = [
        BroughtView(
            customer=one.brought.shown,
            customer_since=business_date(one.brought.since),
            last_purchase=one.last_purchase,
        )
        for one in found
    ]
    return Listing(rows, found[-1].brought.place if len(found) == size else None)


class LevelRuleView(View):
    """What a rule pays at one level: `value` is bps, fen, or fen a litre, as its kind says."""

    level: int = Field(description="1: my own customers; 2: customers of those whom I brought")
    kind: RuleKind
    value: int
    base: str
    line_fen_max: int | None = None
    rule_tier: str | None = Field(default=None, description="The tier that it is for; absent: every one")
    is_mine: bool = Field(description="It may pay me; else it is of another tier")
    sku_id: str | None = None
    category: str | None = None
    region: str | None = None
    campaign: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class LevelPlanView(View):
    """A plan, from its moment on. Of several rules that fit a sale the narrowest pays."""

    plan_id: str
    version: int
    effective_at: datetime
    paid_levels: int
    events: list[Event]
    hold_days: dict[str, int]
    line_cap_bps: int | None = None
    margin_share_bps: int | None = None
    cap_order: CapOrder
    tiers: list[str]
    next_tier: str
    rules: list[LevelRuleView]


class LevelRulesView(View):
    """By which rules I am paid today, and by which from when on."""

    my_tier: str
    in_force: LevelPlanView | None = None
    announced: list[LevelPlanView]


@routes.get(
    "/v1/distributors/me/rules",
    roles=("customer",),
    answers=LevelRulesView,
    refusals=(NotADistributor,),
    summary="What I am paid at each level, and what changes when",
)
def my_rules(actor: Actor, now: datetime) -> LevelRulesView:
    place = bootstrap.query_tree().own_place(actor)
    catalog = bootstrap.catalog()
    in_force = catalog.plan_at(now)
    return LevelRulesView(
        my_tier=place.distributor.tier,
        in_force=_plan_view(in_force, place, now) if in_force else None,
        announced=[_plan_view(plan, place, plan.effective_at) for plan in announced(catalog.plans(), now)],
    )


def _plan_view(plan: Plan, place: Place, moment: datetime) -> LevelPlanView:
    found = rules_for(plan, place.distributor, moment)
    hold = plan.hold_days
    return LevelPlanView(
        plan_id=plan.plan_id,
        version=plan.version,
        effective_at=plan.effective_at,
        paid_levels=plan.paid_levels,
        events=list(plan.events),
        hold_days={event.value: getattr(hold, event.value.lower()) for event in plan.events},
        line_cap_bps=plan.line_cap_bps,
        margin_share_bps=plan.margin_share_bps,
        cap_order=plan.cap_order,
        tiers=list(plan.tiers),
        next_tier=found.next_tier,
        rules=[LevelRuleView(**_rule(one)) for one in found.rules],
    )


def _rule(one: LevelRule) -> dict[str, Any]:
    rule = one.rule
    told = {name: getattr(rule, name) for name in ("kind", "value", "line_fen_max", "starts_at", "ends_at")}
    where = {name: getattr(rule.scope, name) for name in ("sku_id", "category", "region")}
    more = {"base": rule.base, "rule_tier": rule.scope.tier, "campaign": rule.scope.campaign_id}
    return told | where | more | {"level": one.level, "is_mine": one.is_mine}
