"""Explanations: laws that ten thousand random orders obey, against an independent calculation."""

import json
import random
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from math import floor

import pytest

from chalicelib.domain import explanation as explanations
from chalicelib.domain.commission import OrderFacts, Share, budget_demands, calculate
from chalicelib.domain.document import DocumentMalformed
from chalicelib.domain.explanation import Line, Reason, Term, recompute, wanted_fen
from chalicelib.domain.order import ChainLink
from chalicelib.domain.plan import Base, Plan, Rule, RuleKind
from tests.unit.domain.samples import PAID_AT, PLAIN, order_of, random_order, random_plan

ORDERS = 10_000


@pytest.fixture(scope="module")
def sold() -> list[tuple[OrderFacts, Plan, tuple[Share, ...]]]:
    chance = random.Random(20261122)
    cases = ((random_order(chance), random_plan(chance)) for _ in range(ORDERS))
    return [(order, plan, calculate(order, plan, PAID_AT)) for order, plan in cases]


Sold = list[tuple[OrderFacts, Plan, tuple[Share, ...]]]


@pytest.mark.capability("S-049")
def test_every_amount_is_recomputed_from_its_stored_explanation_alone(sold: Sold) -> None:
    shares = [share for _, _, given in sold for share in given]
    assert len(sold) == ORDERS
    assert sum(share.amount_fen > 0 for share in shares) > ORDERS // 4, "too few orders earn"
    for share in shares:
        stored = json.dumps(explanations.to_document(share.explanation))
        read = explanations.from_document(json.loads(stored))
        assert read == share.explanation
        assert recompute(read) == share.amount_fen


def test_an_independent_calculation_comes_to_the_same_fen(sold: Sold) -> None:
    for order, plan, shares in sold:
        assert [share.amount_fen for share in shares] == by_the_book(order, plan, PAID_AT), (order, plan)


def test_the_same_order_is_worth_the_same_again(sold: Sold) -> None:
    for order, plan, shares in sold[:1_000]:
        assert calculate(order, plan, PAID_AT) == shares


def test_shares_are_never_negative_and_never_exceed_the_caps(sold: Sold) -> None:
    for order, plan, shares in sold:
        total_fen = sum(share.amount_fen for share in shares)
        assert min((share.amount_fen for share in shares), default=0) >= 0
        assert len(shares) <= plan.paid_levels <= 2
        caps = [cap for cap in (caps_of(plan, line) for line in order.lines) if cap is not None]
        if len(caps) == len(order.lines):
            assert total_fen <= sum(caps)


def test_what_a_purse_pays_is_within_the_purse_and_the_same_when_asked_again(sold: Sold) -> None:
    for order, plan, shares in sold:
        demands = budget_demands(shares)
        for campaign in plan.campaigns:
            taken_fen = demands.get(campaign.campaign_id, 0)
            assert campaign.budget_fen is None or taken_fen <= campaign.budget_fen
        # A purse that holds just what was demanded still pays the same.
        again = calculate(order, plan, PAID_AT, demands)
        assert [share.amount_fen for share in again] == [share.amount_fen for share in shares]


def test_a_zero_always_says_why_and_an_amount_never_does(sold: Sold) -> None:
    reasons = set()
    for _, _, shares in sold:
        for share in shares:
            assert (share.reason is None) == (share.amount_fen > 0)
            reasons.add(share.reason)
    assert reasons == {None, *Reason}


def test_an_explanation_of_one_line_is_small_enough_to_stand_in_its_entry() -> None:
    first, second = (ChainLink(f"dst_{letter * 12}", "province", True) for letter in "AB")
    order = order_of(98_500, chain=(first, second), region="530102")
    for share in calculate(order, replace(PLAIN, margin_share_bps=5_000), PAID_AT):
        assert len(json.dumps(explanations.to_document(share.explanation), separators=(",", ":"))) < 800


def test_an_explanation_that_was_tampered_with_in_shape_is_not_read() -> None:
    (share, _) = calculate(order_of(100_000), PLAIN, PAID_AT)
    stored = explanations.to_document(share.explanation)
    stored["lines"][0]["terms"][0]["value"] = 80.0
    with pytest.raises(DocumentMalformed) as refusal:
        explanations.from_document(stored)
    assert refusal.value.facts["path"] == "lines.0.terms.0.value"


NOTHING_PAID = Line("sku_card", quantity=3, paid_fen=0, list_fen=5_000, margin_fen=-5)
ONE_FEN_PAID = replace(NOTHING_PAID, paid_fen=1)


@pytest.mark.parametrize(
    "line, kind, value, base, fen",
    [
        (NOTHING_PAID, RuleKind.FIXED_PER_UNIT, 500, Base.PAID, 0),
        (ONE_FEN_PAID, RuleKind.FIXED_PER_UNIT, 500, Base.PAID, 1_500),
        (NOTHING_PAID, RuleKind.PERCENT, 10_000, Base.LIST, 0),
        (ONE_FEN_PAID, RuleKind.PERCENT, 10_000, Base.LIST, 5_000),
        (ONE_FEN_PAID, RuleKind.PERCENT, 10_000, Base.MARGIN, 0),  # below nothing there is nothing to share
    ],
)
def test_a_line_earns_when_anything_was_paid_for_it(
    line: Line, kind: RuleKind, value: int, base: Base, fen: int
) -> None:
    assert wanted_fen(Term("rule", kind, value, base), line, carries_order=False) == fen


def test_a_place_without_a_term_of_its_own_is_a_bug_of_ours() -> None:
    (share, _) = calculate(order_of(100_000), PLAIN, PAID_AT)
    (priced,) = share.explanation.lines
    torn = replace(share.explanation, lines=(replace(priced, terms=priced.terms[:1]),))
    with pytest.raises(ValueError, match="shorter"):
        recompute(torn)


# An independent calculation: written from the rules' text with fractions, in no way as the product does it.


def caps_of(plan: Plan, line: Line) -> int | None:
    caps = []
    if plan.line_cap_bps is not None:
        caps.append(floor(Fraction(line.paid_fen * plan.line_cap_bps, 10_000)))
    if plan.margin_share_bps is not None:
        caps.append(floor(Fraction(max(0, line.margin_fen) * plan.margin_share_bps, 10_000)))
    return min(caps) if caps else None


def matches(rule: Rule, line: Line, link: ChainLink, level: int, paid_at: datetime) -> bool:
    scope, started, ended = rule.scope, rule.starts_at, rule.ends_at
    if (started and paid_at < started) or (ended and paid_at >= ended):
        return False
    wanted = [
        (rule.level, level),
        (scope.distributor_id, link.distributor_id),
        (scope.sku_id, line.sku_id),
        (scope.category, line.category),
        (scope.tier, link.tier),
    ]
    if any(value is not None and value != actual for value, actual in wanted):
        return False
    return scope.region is None or (line.region is not None and line.region.startswith(scope.region))


def rank(rule: Rule) -> tuple[int, int, str]:
    scope = rule.scope
    score = len(scope.region) if scope.region else 0
    for weight, name in (
        (64, "campaign_id"),
        (32, "distributor_id"),
        (16, "sku_id"),
        (8, "category"),
        (1, "tier"),
    ):
        if getattr(scope, name) is not None:
            score += weight
    return (-score, -rule.priority, rule.rule_id)


def worth(rule: Rule | None, line: Line, lower_bps: int, order_is_paid: bool, first: bool) -> int:
    if rule is None:
        return 0
    if rule.kind == "FIXED_PER_ORDER":
        fen = rule.value if first and order_is_paid else 0
    elif line.paid_fen == 0:
        fen = 0
    elif rule.kind == "FIXED_PER_UNIT":
        fen = sum(rule.value for _ in range(line.quantity))
    elif rule.kind == "LITRES":
        fen = floor(Fraction(line.volume_ml, 1_000) * rule.value)
    else:
        base = {"PAID": line.paid_fen, "MARGIN": max(line.margin_fen, 0), "LIST": line.list_fen}[rule.base]
        lower = floor(Fraction(base * lower_bps, 10_000)) if rule.kind == "DIFFERENTIAL" else 0
        fen = max(0, floor(Fraction(base * rule.value, 10_000)) - lower)
    return fen if rule.line_fen_max is None else min(fen, rule.line_fen_max)


def by_the_book(order: OrderFacts, plan: Plan, paid_at: datetime) -> list[int]:
    links = order.chain[: plan.paid_levels]
    totals = [0] * len(links)
    balance_stays_out = order.paid_from_balance and not plan.wallet_purchase_pays
    if order.self_purchase or order.event not in plan.events or balance_stays_out:
        return totals
    is_paid = sum(line.paid_fen for line in order.lines) > 0
    purses = {campaign.campaign_id: campaign.budget_fen for campaign in plan.campaigns}
    for number, line in enumerate(order.lines):
        wishes = wishes_of(links, line, plan, paid_at, purses, is_paid, number == 0)
        for place, fen in enumerate(under_the_cap(wishes, caps_of(plan, line), plan.cap_order)):
            totals[place] += fen
    return totals


def wishes_of(
    links: tuple[ChainLink, ...],
    line: Line,
    plan: Plan,
    paid_at: datetime,
    purses: dict[str, int | None],
    is_paid: bool,
    first: bool,
) -> list[int]:
    wishes, lower_bps = [], 0
    for level, link in enumerate(links, start=1):
        queue = sorted((r for r in plan.rules if matches(r, line, link, level, paid_at)), key=rank)
        ordinary = next((r for r in queue if r.scope.campaign_id is None), None)
        chosen, extra = None, 0
        while queue and chosen is None:
            rule = queue.pop(0)
            purse = purses.get(rule.scope.campaign_id or "") if link.active else None
            extra = worth(rule, line, lower_bps, is_paid, first) - worth(
                ordinary, line, lower_bps, is_paid, first
            )
            chosen = rule if purse is None or max(0, extra) <= purse else None
        wish = worth(chosen, line, lower_bps, is_paid, first)
        if chosen is not None and chosen.kind in ("PERCENT", "DIFFERENTIAL"):
            lower_bps = max(lower_bps, chosen.value)
        wishes.append(wish if link.active else 0)
        if link.active and chosen is not None and purses.get(chosen.scope.campaign_id or "") is not None:
            purses[chosen.scope.campaign_id] -= max(0, extra)  # type: ignore[index,operator]
    return wishes


def under_the_cap(wishes: list[int], cap: int | None, cap_order: str) -> list[int]:
    total = sum(wishes)
    if cap is None or total <= cap:
        return wishes
    if cap_order == "NEAREST_FIRST":
        return [max(0, min(wish, cap - sum(wishes[:place]))) for place, wish in enumerate(wishes)]
    exact = [Fraction(cap * wish, total) for wish in wishes]
    parts = [floor(part) for part in exact]
    while sum(parts) < cap:
        gaps = [part - given for part, given in zip(exact, parts, strict=True)]
        parts[gaps.index(max(gaps))] += 1
    return parts
