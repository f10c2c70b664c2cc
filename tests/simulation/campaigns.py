"""Campaigns: did every purse give out what its orders were granted, and every order take what it was granted?

what a purse was filled with  =  what is left in it  +  what its orders were granted
what an order was granted     =  what its levels earn above the ordinary rules, by a calculation apart
an order that got nothing     could not have been paid from what is left even now
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bench.demo.commission import taken
from chalicelib.domain import plan as plans
from chalicelib.domain.catalog_items import PLANS, plan_of
from chalicelib.domain.order import EARNING
from chalicelib.store.values import from_item
from chalicelib.usecases.grant_campaigns import GRANTED, PURSE
from tests.e2e.invariants import Tables
from tests.simulation.world import World

Plans = Mapping[str, Mapping[str, Any]]
Grants = Mapping[str, Mapping[str, int]]


def plans_of(world: World) -> dict[str, dict[str, Any]]:
    """Every plan that was ever in force, as a document."""
    return {
        item["sk"]["S"]: plans.to_document(plan_of(from_item(item)))
        for item in world.items("catalog")
        if item["pk"]["S"] == PLANS
    }


def grants_of(world: World) -> dict[str, dict[str, int]]:
    """By order: what it got of each purse."""
    rows = (item for item in world.items("work") if item["sk"]["S"] == GRANTED)
    return {item["pk"]["S"].partition("#")[2]: from_item(item)["granted"] for item in rows}


def purses_in(plan: Mapping[str, Any]) -> dict[str, int]:
    """What the plan fills its purses with."""
    filled = ((one["campaign_id"], one.get("budget_fen")) for one in plan.get("campaigns", ()))
    return {campaign_id: fen for campaign_id, fen in filled if fen is not None}


def allowed(order: Mapping[str, Any], known: Plans, granted: Grants) -> dict[str, int]:
    """What this order may take of each purse of its plan."""
    none = dict.fromkeys(purses_in(known[order["plan_id"]]), 0)
    return none | dict(granted.get(order["sk"], {}))


def purses_gave_what_was_granted(world: World, tables: Tables) -> Iterator[str]:
    """(2), (7): nothing is in a purse twice, and nothing has left it that nobody earned."""
    known, granted = plans_of(world), grants_of(world)
    filled = {name: fen for plan in known.values() for name, fen in purses_in(plan).items()}
    left = {
        item["pk"]["S"].partition("#")[2]: int(item["left_fen"]["N"])
        for item in world.items("work")
        if item["sk"]["S"] == PURSE
    }
    gone: Counter[str] = Counter()
    for grant in granted.values():
        gone.update(grant)
    for name, fen in filled.items():
        if left.get(name) != fen - gone[name]:
            yield f"the purse {name} holds {left.get(name)} of {fen} fen, and granted {gone[name]}"
    for order in tables.orders:
        if order.get("plan_id") in known and order.get("paid_at"):
            yield from _wrongly_granted(order, known, granted, left)


def _wrongly_granted(
    order: Mapping[str, Any], known: Plans, granted: Grants, left: Mapping[str, int]
) -> Iterator[str]:
    plan, grant = known[order["plan_id"]], granted.get(order["sk"])
    if not purses_in(plan) or order["state"] not in EARNING:
        return
    purses = {name: left.get(name, 0) for name in purses_in(plan)} if grant is None else dict(grant)
    earned = taken(order, plan, purses)
    if earned != (grant or {}):
        yield f"{order['sk']} was granted {grant}, the model says {earned} of {purses}"
