"""The simulation of a plan: what would it pay for orders, beside the plan that it follows?

Computed by the commission rule itself, as if each order were paid in the moment from which the plan holds.
The orders are real ones and a fixed table of worked examples, so that a plan is tried also on
what nobody has bought yet. Campaigns begin with full purses and empty them in the order of the orders.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain.commission import OrderFacts, budget_demands, calculate
from chalicelib.domain.explanation import Line, amounts_of
from chalicelib.domain.order import ChainLink
from chalicelib.domain.plan import MAX_PAID_LEVELS, Event, Plan, Rule

NOTHING = tuple(0 for _ in range(MAX_PAID_LEVELS))


@dataclass(frozen=True, slots=True)
class Side:
    """What orders earn under one plan, in fen by level, nearest first.

    `margin_share_bps`: of the margin of these orders, rounded down; none where they have none.
    `capped`: at how many orders a cap takes something away.
    """

    level_fen: tuple[int, ...]
    capped: int
    margin_share_bps: int | None = None

    @property
    def sum_fen(self) -> int:
        return sum(self.level_fen)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same orders under the plan before (all of it nothing, if there is none) and under the new one."""

    order_count: int
    paid_fen: int
    margin_fen: int
    old: Side
    new: Side
    difference_fen: int


@dataclass(frozen=True, slots=True)
class WorkedExample:
    """One order of the table."""

    name: str
    compared: Comparison


@dataclass(frozen=True, slots=True)
class RuleUse:
    """At how many of all orders a rule decided, whether it begins later, and why it can never, if so."""

    rule_id: str
    order_count: int
    begins_later: bool
    never: str | None = None


class Computed(NamedTuple):
    """What both plans make of the orders."""

    sample: Comparison
    examples: tuple[WorkedExample, ...]
    rules: tuple[RuleUse, ...]


def compute(
    orders: Sequence[OrderFacts],
    before: Plan | None,
    after: Plan,
    moment: datetime,
    sku_ids: Collection[str],
) -> Computed:
    """The orders and the table under both plans. `sku_ids`: the products there are."""
    uses: dict[str, int] = {}
    sample = _compared(orders, before, after, moment, uses)
    examples = tuple(
        WorkedExample(name, _compared([facts], before, after, moment, uses))
        for name, facts in worked_examples(after.tiers).items()
    )
    rules = tuple(
        RuleUse(
            rule.rule_id,
            uses.get(rule.rule_id, 0),
            rule.starts_at is not None and rule.starts_at > moment,
            why_never(rule, after, moment, sku_ids),
        )
        for rule in after.rules
    )
    return Computed(sample, examples, rules)


def _compared(
    orders: Sequence[OrderFacts], before: Plan | None, after: Plan, moment: datetime, uses: dict[str, int]
) -> Comparison:
    margin_fen = sum(max(0, line.margin_fen) for facts in orders for line in facts.lines)
    old = _side(orders, before, moment, margin_fen, {}) if before else Side(NOTHING, 0)
    new = _side(orders, after, moment, margin_fen, uses)
    return Comparison(
        order_count=len(orders),
        paid_fen=sum(line.paid_fen for facts in orders for line in facts.lines),
        margin_fen=margin_fen,
        old=old,
        new=new,
        difference_fen=new.sum_fen - old.sum_fen,
    )


def _side(
    orders: Iterable[OrderFacts], plan: Plan, moment: datetime, margin_fen: int, uses: dict[str, int]
) -> Side:
    left = {c.campaign_id: c.budget_fen for c in plan.campaigns if c.budget_fen is not None}
    sums, capped = list(NOTHING), 0
    for facts in orders:
        shares = calculate(facts, plan, moment, left)
        for campaign_id, fen in budget_demands(shares).items():
            if campaign_id in left:
                left[campaign_id] -= fen
        for share in shares:
            sums[share.level - 1] += share.amount_fen
        if not shares:
            continue
        explained = shares[0].explanation
        uncapped = amounts_of(replace(explained, line_cap_bps=None, margin_share_bps=None))
        capped += sum(uncapped) > sum(share.amount_fen for share in shares)
        terms = {term.rule_id for priced in explained.lines for term in priced.terms if term}
        for rule_id in terms:
            uses[rule_id] = uses.get(rule_id, 0) + 1
    return Side(tuple(sums), capped, sum(sums) * 10_000 // margin_fen if margin_fen else None)


# why a rule never decides


def why_never(rule: Rule, plan: Plan, moment: datetime, sku_ids: Collection[str]) -> str | None:
    """Why no order can ever be paid by this rule, or None: it may apply to one some day."""
    levels = [level for level in range(1, plan.paid_levels + 1) if rule.level in (None, level)]
    purses = {campaign.campaign_id: campaign.budget_fen for campaign in plan.campaigns}
    reasons: Mapping[str, bool] = {
        "NO_EVENT_PAYS": not plan.events,
        "LEVEL_NOT_PAID": not levels,
        "WINDOW_OVER": rule.ends_at is not None and rule.ends_at <= moment,
        "PRODUCT_UNKNOWN": rule.scope.sku_id is not None and rule.scope.sku_id not in sku_ids,
        "CAMPAIGN_EMPTY": purses.get(rule.scope.campaign_id or "") == 0,
        "OVERRULED": bool(levels)
        and all(any(_overrules(other, rule, level) for other in plan.rules) for level in levels),
    }
    return next((reason for reason, is_so in reasons.items() if is_so), None)


def _overrules(other: Rule, rule: Rule, level: int) -> bool:
    """Whether the other rule decides wherever this one would, at this level: same scope, first in line."""
    if other.scope != rule.scope or other.scope.campaign_id or other.level not in (None, level):
        return False
    starts_in_time = other.starts_at is None or (
        rule.starts_at is not None and other.starts_at <= rule.starts_at
    )
    lasts = other.ends_at is None or (rule.ends_at is not None and rule.ends_at <= other.ends_at)
    return starts_in_time and lasts and (-other.priority, other.rule_id) < (-rule.priority, rule.rule_id)


# the table


def worked_examples(tiers: tuple[str, ...]) -> dict[str, OrderFacts]:
    """Orders by name, the same ones for every plan; a seller of the lowest tier under one of the highest."""
    seller = ChainLink("dst_SELLERSELLER", tiers[0] if tiers else "", True)
    parent = ChainLink("dst_PARENTPARENT", tiers[-1] if tiers else "", True)
    idle = seller._replace(active=False)
    sale, top_up = Event.CARD_SALE, Event.TOPUP
    return {
        "card_of_100": _order(sale, (seller, parent), 10_000, 10_000, 300),
        "card_of_1000_for_985": _order(sale, (seller, parent), 98_500, 100_000, 1_500),
        "ten_cards_of_500": _order(sale, (seller, parent), 500_000, 500_000, 15_000, quantity=10),
        "card_at_a_loss": _order(sale, (seller, parent), 95_000, 100_000, -2_000),
        "card_of_100_without_a_parent": _order(sale, (seller,), 10_000, 10_000, 300),
        "card_of_100_seller_suspended": _order(sale, (idle, parent), 10_000, 10_000, 300),
        "card_of_100_for_oneself": replace(
            _order(sale, (seller, parent), 10_000, 10_000, 300), self_purchase=True
        ),
        "top_up_of_500": _order(top_up, (seller, parent), 50_000, 50_000, 750),
        "top_up_of_5": _order(top_up, (seller, parent), 500, 500, 7),
        "card_of_100_from_balance": replace(
            _order(sale, (seller, parent), 10_000, 10_000, 300), paid_from_balance=True
        ),
    }


def _order(
    event: Event,
    chain: tuple[ChainLink, ...],
    paid_fen: int,
    list_fen: int,
    margin_fen: int,
    quantity: int = 1,
) -> OrderFacts:
    line = Line("example", quantity, paid_fen, list_fen, margin_fen)
    return OrderFacts(event, (line,), chain)
