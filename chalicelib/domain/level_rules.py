"""Level rules: what does a plan pay one distributor, at each level, and on which conditions?

Level 1 is a sale to the distributor's own customer, level 2 one to a customer of somebody they brought.
A tier is what the office has agreed to (`TERMS`): no rule promises one for turnover or for recruits.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain.distributor import Distributor
from chalicelib.domain.plan import Plan, Rule


class LevelRule(NamedTuple):
    """One rule at one level. `is_mine`: it may pay this distributor; else it is another tier's."""

    level: int
    rule: Rule
    is_mine: bool


class LevelRules(NamedTuple):
    """A plan as one distributor reads it. `next_tier`: "" when there is none above theirs."""

    plan: Plan
    rules: tuple[LevelRule, ...]
    next_tier: str


def rules_for(plan: Plan, distributor: Distributor, now: datetime) -> LevelRules:
    """What the plan pays, those rules left out that are over or are another distributor's own."""
    mine = (None, distributor.distributor_id)
    shown = [rule for rule in plan.rules if rule.scope.distributor_id in mine and not _is_over(rule, now)]
    found = sorted(_by_level(shown, plan.paid_levels, distributor.tier), key=lambda one: one.level)
    return LevelRules(plan, tuple(found), _next_tier(plan.tiers, distributor.tier))


def announced(plans: Iterable[Plan], now: datetime) -> list[Plan]:
    """Plans that were agreed to and begin later, the next one first."""
    return sorted((plan for plan in plans if plan.effective_at > now), key=lambda plan: plan.effective_at)


def _by_level(rules: Iterable[Rule], paid_levels: int, tier: str) -> Iterator[LevelRule]:
    for rule in rules:
        is_mine = rule.scope.tier in (None, tier)
        for level in range(1, paid_levels + 1):
            if rule.level in (None, level):
                yield LevelRule(level, rule, is_mine)


def _is_over(rule: Rule, now: datetime) -> bool:
    return rule.ends_at is not None and rule.ends_at <= now


def _next_tier(tiers: tuple[str, ...], tier: str) -> str:
    place = tiers.index(tier) + 1 if tier in tiers else 0
    return tiers[place] if place < len(tiers) else ""
