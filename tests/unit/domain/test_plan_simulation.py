"""The simulation of a plan: does it say what the commission rule would pay, and which rules never will?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.commission import OrderFacts, calculate
from chalicelib.domain.explanation import Line
from chalicelib.domain.order import ChainLink
from chalicelib.domain.plan import Campaign, Event, Plan, Rule, RuleKind, Scope
from chalicelib.domain.plan_simulation import (
    Comparison,
    RuleUse,
    Side,
    compute,
    why_never,
    worked_examples,
)

AT = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CHAIN = (ChainLink("dst_AAAAAAAAAAAA", "", True), ChainLink("dst_BBBBBBBBBBBB", "", True))


def percent(rule_id: str, value: int, **fields: object) -> Rule:
    return Rule(rule_id, RuleKind.PERCENT, value, **fields)  # type: ignore[arg-type]


OLD = Plan("p1", 1, AT, (percent("r1", 80, level=1), percent("r2", 30, level=2)), paid_levels=2)
NEW = replace(OLD, plan_id="p2", rules=(percent("r1", 100, level=1), percent("r2", 30, level=2)))


def order(paid_fen: int, margin_fen: int = 300) -> OrderFacts:
    return OrderFacts(Event.CARD_SALE, (Line("sku_a", 1, paid_fen, paid_fen, margin_fen),), CHAIN)


def test_both_plans_are_computed_by_level_with_their_share_of_the_margin() -> None:
    found = compute([order(10_000), order(20_000, 600)], OLD, NEW, AT, ())
    assert found.sample == Comparison(
        order_count=2,
        paid_fen=30_000,
        margin_fen=900,
        old=Side((240, 90), 0, 3_666),
        new=Side((300, 90), 0, 4_333),
        difference_fen=60,
    )
    assert found.rules[0] == RuleUse(
        "r1", 2 + 7, False
    )  # of ten examples, two earn nothing, one a place less


def test_without_a_plan_before_all_of_it_is_more() -> None:
    found = compute([order(10_000)], None, NEW, AT, ()).sample
    assert (found.old, found.difference_fen) == (Side((0, 0), 0), 130)


def test_orders_that_reach_the_cap_are_counted() -> None:
    capped = replace(NEW, margin_share_bps=5_000)
    found = compute([order(10_000, 300), order(10_000, 200), order(10_000, 0)], OLD, capped, AT, ()).sample
    assert (found.old.capped, found.new.capped) == (0, 2)
    assert found.new.level_fen == (100 + 100, 30 + 0)


def test_a_purse_is_emptied_by_the_orders_in_turn() -> None:
    """The campaign pays 50 fen above the ordinary rule, and has 120: enough for two orders."""
    rules = (percent("base", 100), percent("extra", 150, scope=Scope(campaign_id="dec")))
    plan = replace(NEW, paid_levels=1, rules=rules, campaigns=(Campaign("dec", 120),))
    found = compute([order(10_000)] * 4, None, plan, AT, ())
    assert found.sample.new.level_fen == (150 + 150 + 100 + 100, 0)


@given(paid=st.lists(st.integers(1, 1_000_000), max_size=5), rate_bps=st.integers(0, 10_000))
def test_the_sum_is_what_the_commission_rule_pays_order_by_order(paid: list[int], rate_bps: int) -> None:
    plan = replace(NEW, rules=(percent("r", rate_bps),), line_cap_bps=500)
    orders = [order(paid_fen) for paid_fen in paid]
    expected = sum(share.amount_fen for one in orders for share in calculate(one, plan, AT))
    assert compute(orders, OLD, plan, AT, ()).sample.new.sum_fen == expected


def test_the_table_tries_what_nobody_may_have_bought() -> None:
    found = {one.name: one.compared.new for one in compute([], OLD, NEW, AT, ()).examples}
    assert found["card_of_100"] == Side((100, 30), 0, 4_333)
    assert found["card_of_1000_for_985"].level_fen == (985, 295)
    assert found["card_of_100_without_a_parent"].level_fen == (100, 0)
    assert found["card_of_100_seller_suspended"].level_fen == (0, 30)
    assert found["card_of_100_for_oneself"].level_fen == (0, 0)
    assert found["card_of_100_from_balance"].level_fen == (0, 0)
    assert found["top_up_of_5"].level_fen == (5, 1)
    assert found["card_at_a_loss"].margin_share_bps is None


def test_sellers_of_the_table_have_the_lowest_tier_and_their_parents_the_highest() -> None:
    chain = worked_examples(("basic", "silver", "gold"))["card_of_100"].chain
    assert [link.tier for link in chain] == ["basic", "gold"]


@pytest.mark.parametrize(
    ("rule", "others", "terms", "never"),
    [
        (percent("r", 1), (), {}, None),
        (percent("r", 1, level=2), (), {"paid_levels": 1}, "LEVEL_NOT_PAID"),
        (percent("r", 1), (), {"events": ()}, "NO_EVENT_PAYS"),
        (percent("r", 1, ends_at=AT), (), {}, "WINDOW_OVER"),
        (percent("r", 1, ends_at=AT + DAY), (), {}, None),
        (percent("r", 1, scope=Scope(sku_id="sku_gone")), (), {}, "PRODUCT_UNKNOWN"),
        (percent("r", 1, scope=Scope(sku_id="sku_a")), (), {}, None),
        (
            percent("r", 1, scope=Scope(campaign_id="c")),
            (),
            {"campaigns": (Campaign("c", 0),)},
            "CAMPAIGN_EMPTY",
        ),
        (percent("r", 1, scope=Scope(campaign_id="c")), (), {"campaigns": (Campaign("c"),)}, None),
        (percent("r", 1), (percent("q", 2, priority=1),), {}, "OVERRULED"),
        (percent("r", 1), (percent("q", 2),), {}, "OVERRULED"),
        (percent("r", 1), (percent("s", 2),), {}, None),
        (percent("r", 1), (percent("q", 2, level=1),), {}, None),
        (percent("r", 1), (percent("q", 2, level=1), percent("p", 2, level=2)), {}, "OVERRULED"),
        (percent("r", 1), (percent("q", 2, scope=Scope(region="53")),), {}, None),
        (percent("r", 1), (percent("q", 2, starts_at=AT + DAY),), {}, None),
        (percent("r", 1, starts_at=AT + DAY), (percent("q", 2, starts_at=AT),), {}, "OVERRULED"),
        (percent("r", 1), (percent("q", 2, ends_at=AT + DAY),), {}, None),
    ],
)
def test_a_rule_that_can_never_decide_says_why(
    rule: Rule, others: tuple[Rule, ...], terms: dict[str, object], never: str | None
) -> None:
    plan = replace(NEW, rules=(rule, *others), **terms)  # type: ignore[arg-type]
    assert why_never(rule, plan, AT, {"sku_a"}) == never
    if never in ("OVERRULED", "LEVEL_NOT_PAID", "WINDOW_OVER"):
        found = compute([order(10_000)] * 3, OLD, plan, AT, {"sku_a"})
        assert found.rules[0].order_count == 0
