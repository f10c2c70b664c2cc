"""Level rules: what of a plan concerns one distributor?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.distributor import Distributor, DistributorState
from chalicelib.domain.level_rules import announced, rules_for
from chalicelib.domain.plan import Plan, Rule, RuleKind, Scope

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
ME = Distributor("dst_AAAAAAAAAAAA", "dst_AAAAAAAAAAAA", DistributorState.ACTIVE, tier="silver")


def rule(rule_id: str, level: int | None = None, **fields: object) -> Rule:
    return replace(Rule(rule_id, RuleKind.PERCENT, 80, level), **fields)  # type: ignore[arg-type]


PLAN = Plan(
    "p1",
    1,
    NOW - timedelta(days=1),
    (
        rule("every"),
        rule("second", 2),
        rule("silver", 1, scope=Scope(tier="silver")),
        rule("gold", 1, scope=Scope(tier="gold")),
        rule("own", 1, scope=Scope(distributor_id=ME.distributor_id)),
        rule("foreign", 1, scope=Scope(distributor_id="dst_BBBBBBBBBBBB")),
        rule("over", 1, ends_at=NOW),
        rule("to_come", 1, starts_at=NOW + timedelta(days=1)),
    ),
    paid_levels=2,
    tiers=("bronze", "silver", "gold"),
)


def test_every_rule_of_each_paid_level_is_told_but_those_of_others_and_of_the_past() -> None:
    found = rules_for(PLAN, ME, NOW)
    assert [(one.level, one.rule.rule_id, one.is_mine) for one in found.rules] == [
        (1, "every", True),
        (1, "silver", True),
        (1, "gold", False),
        (1, "own", True),
        (1, "to_come", True),
        (2, "every", True),
        (2, "second", True),
    ]


def test_a_level_that_is_not_paid_is_not_told() -> None:
    assert {one.level for one in rules_for(replace(PLAN, paid_levels=1), ME, NOW).rules} == {1}


@pytest.mark.parametrize(
    ("tier", "next_tier"), [("", "bronze"), ("bronze", "silver"), ("silver", "gold"), ("gold", "")]
)
def test_the_next_tier_is_the_one_above(tier: str, next_tier: str) -> None:
    assert rules_for(PLAN, replace(ME, tier=tier), NOW).next_tier == next_tier
    assert rules_for(replace(PLAN, tiers=()), replace(ME, tier=tier), NOW).next_tier == ""


def test_plans_that_begin_later_are_announced_by_their_moment() -> None:
    later, soon = replace(PLAN, effective_at=NOW + timedelta(days=9)), replace(PLAN, plan_id="p2")
    soon = replace(soon, effective_at=NOW + timedelta(days=1))
    assert announced([PLAN, later, soon], NOW) == [soon, later]
