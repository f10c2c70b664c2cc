"""The difference of two plans: is everything told that the next one has otherwise, and nothing else?"""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.plan import Campaign, Plan, Rule, RuleKind, to_document
from chalicelib.domain.plan_diff import How, differences

AT = datetime(2026, 12, 1, tzinfo=UTC)


def rule(rule_id: str, value: int) -> Rule:
    return Rule(rule_id, RuleKind.PERCENT, value)


OLD = Plan("p1", 1, AT, (rule("a", 80), rule("b", 30)), campaigns=(Campaign("oct", 500),))


def test_a_plan_under_another_name_and_date_changes_nothing() -> None:
    assert differences(OLD, replace(OLD, plan_id="p2", version=2, effective_at=AT.replace(year=2027))) == ()


def test_rules_campaigns_and_terms_are_told_one_by_one() -> None:
    new = replace(OLD, rules=(rule("b", 20), rule("c", 5)), campaigns=(), line_cap_bps=100, paid_levels=2)
    told = differences(OLD, new)
    assert [(one.what, one.name, one.how) for one in told] == [
        ("line_cap_bps", "", How.ADDED),
        ("paid_levels", "", How.CHANGED),
        ("rules", "a", How.REMOVED),
        ("rules", "b", How.CHANGED),
        ("rules", "c", How.ADDED),
        ("campaigns", "oct", How.REMOVED),
    ]
    assert (told[1].old, told[1].new) == (1, 2)
    assert (told[3].old["value"], told[3].new["value"]) == (30, 20)
    assert (told[2].new, told[4].old) == (None, None)


def test_the_first_plan_adds_all_that_it_has() -> None:
    told = differences(None, OLD)
    assert {one.how for one in told} == {How.ADDED}
    assert {one.what for one in told} == to_document(OLD).keys() - {
        "plan_id",
        "version",
        "effective_at",
    }


def some_plan(values: dict[str, int], cap_bps: int | None) -> Plan:
    return replace(OLD, rules=tuple(rule(*pair) for pair in values.items()), line_cap_bps=cap_bps)


PLANS = st.builds(
    some_plan, st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3)), st.none() | st.integers(0, 2)
)


@given(old=PLANS, new=PLANS)
def test_what_is_told_makes_the_old_plan_the_new_one(old: Plan, new: Plan) -> None:
    rules = {one["rule_id"]: one for one in to_document(old).get("rules", ())}
    terms = {name: value for name, value in to_document(old).items() if name != "rules"}
    for one in differences(old, new):
        into, name = (rules, one.name) if one.what == "rules" else (terms, one.what)
        assert into.pop(name, None) == one.old
        if one.new is not None:
            into[name] = one.new
    document = to_document(new)
    assert sorted(rules.values(), key=lambda each: str(each["rule_id"])) == sorted(
        document.pop("rules", ()), key=lambda each: str(each["rule_id"])
    )
    assert terms == document
