"""Commission, calculated apart: what should each level of an order have earned, and still have?

Written from the rules as they are told to promoters, not from the product's code.
Whole fen; every division is rounded down.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.demo.reading import Item

BPS = 10_000
UNDECIDED_OR_REFUSED = ("REQUESTED", "REJECTED")
SURPLUS = "SURPLUS"


class RuleUnknown(Exception):
    """A plan with a rule that this calculation was not written for."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of an order: paid, list price and margin in fen, and units."""

    paid_fen: int
    list_fen: int
    margin_fen: int
    units: int


@dataclass(frozen=True, slots=True)
class Earned:
    """One level of an order: what it was given first, and what it may keep after all refunds."""

    distributor_id: str
    level: int
    first_fen: int
    kept_fen: int


def earned(order: Item, plan: Mapping[str, Any], granted: Mapping[str, int] | None = None) -> list[Earned]:
    """Every level of the order's chain that the plan pays. Raises: RuleUnknown.

    `granted`: by campaign, what the order may take above the ordinary rules.
    """
    chain = json.loads(order.get("chain", "[]"))[: plan.get("paid_levels", 1)]
    if _pays_nothing(order, plan):
        return []
    rules, _ = _rules_of(order, plan, chain, granted)
    whole = _rests(order)
    amounts = [_amounts(rules, plan, rest) for rest in whole]
    found = []
    for index, link in enumerate(chain):
        first_fen = amounts[0][index]
        kept_fen = min(each[index] for each in amounts)
        found.append(Earned(link[0], index + 1, first_fen, kept_fen))
    return [each for each in found if each.first_fen]


def taken(order: Item, plan: Mapping[str, Any], left: Mapping[str, int]) -> dict[str, int]:
    """What the order takes from each purse in which so much is left. Raises: RuleUnknown."""
    chain = json.loads(order.get("chain", "[]"))[: plan.get("paid_levels", 1)]
    if _pays_nothing(order, plan):
        return {}
    _, rest = _rules_of(order, plan, chain, left)
    return {name: left[name] - fen for name, fen in rest.items() if left[name] > fen}


def _pays_nothing(order: Item, plan: Mapping[str, Any]) -> bool:
    """A self-purchase, an event that does not earn, or money that has earned when it was put on the card."""
    events = plan.get("events", ["CARD_SALE", "TOPUP"])
    from_card = order["payer"].startswith("card:")
    if order.get("self_purchase") or order["use"] not in events:
        return True
    return bool(from_card and not plan.get("wallet_purchase_pays", False))


def _rules_of(
    order: Item, plan: Mapping[str, Any], chain: list[list[Any]], granted: Mapping[str, int] | None
) -> tuple[list[Mapping[str, Any] | None], dict[str, int]]:
    """The rule of each place, nearest first, and what is left of each purse after them."""
    if plan.get("campaigns") and granted is None:
        raise RuleUnknown("it takes from a purse, and nobody says how much")
    left = dict(granted or {})
    whole = _rests(order)[0]
    rules: list[Mapping[str, Any] | None] = []
    for level, (distributor_id, tier, active) in enumerate(chain, start=1):
        if tier:
            raise RuleUnknown("tiers are not calculated here")
        holding = [
            rule
            for rule in plan["rules"]
            if rule.get("level") in (None, level) and _holds(rule, order, distributor_id)
        ]
        rules.append(_rule_of(holding, whole, left) if active else None)
    return rules, left


def _rule_of(holding: list[Mapping[str, Any]], whole: Rest, left: dict[str, int]) -> Mapping[str, Any] | None:
    """The narrowest rule whose purse can pay what it adds to the ordinary one, and takes it from there."""
    by_weight = sorted(holding, key=lambda r: (-_weight(r), -r.get("priority", 0), r["rule_id"]))
    ordinary = next((rule for rule in by_weight if not _campaign_of(rule)), None)
    for rule in by_weight:
        campaign = _campaign_of(rule)
        extra_fen = max(0, _wanted(rule, whole) - _wanted(ordinary, whole)) if campaign else 0
        if campaign in left and extra_fen > left[campaign]:
            continue
        if campaign in left:
            left[campaign] -= extra_fen
        return rule
    return None


def _campaign_of(rule: Mapping[str, Any]) -> str:
    return str((rule.get("scope") or {}).get("campaign_id") or "")


def _holds(rule: Mapping[str, Any], order: Item, distributor_id: str) -> bool:
    if rule.get("starts_at") or rule.get("ends_at"):
        raise RuleUnknown("windows are not calculated here")
    scope = rule.get("scope") or {}
    wanted = (
        ("distributor_id", distributor_id),
        ("sku_id", order["sku_id"]),
        ("category", order.get("category", "")),
    )
    if any(scope.get(name) not in (None, found) for name, found in wanted):
        return False
    return str(order.get("region", "")).startswith(scope.get("region") or "")


def _weight(rule: Mapping[str, Any]) -> int:
    scope = rule.get("scope") or {}
    weights = {"campaign_id": 64, "distributor_id": 32, "sku_id": 16, "category": 8}
    return sum(weight for name, weight in weights.items() if scope.get(name)) + len(scope.get("region") or "")


def _rests(order: Item) -> list[Rest]:
    """The order as it was, and after each of its refunds."""
    paid_fen, units = order["payable_fen"], order["quantity"]
    margin_fen, list_fen = paid_fen - order.get("cost_fen", 0), order["face_fen"]
    rests = [Rest(paid_fen, list_fen, margin_fen, units)]
    left_fen, left_units = paid_fen, units
    refunds = json.loads(order.get("refunds", "[]"))
    for refund in sorted(refunds, key=lambda fields: (fields[6], fields[0])):
        _, state, cause, amount_fen, _, refunded_units, *_ = refund
        if state in UNDECIDED_OR_REFUSED or cause == SURPLUS:
            continue
        left_fen, left_units = left_fen - amount_fen, left_units - refunded_units
        share = (left_fen, paid_fen)
        rests.append(Rest(left_fen, _part(list_fen, *share), _part(margin_fen, *share), left_units))
    return rests


def _part(whole_fen: int, left_fen: int, paid_fen: int) -> int:
    return whole_fen * left_fen // max(1, paid_fen)


def _amounts(rules: list[Mapping[str, Any] | None], plan: Mapping[str, Any], rest: Rest) -> list[int]:
    """What each level earns of the rest, the nearest first until the cap is used up."""
    if plan.get("cap_order", "NEAREST_FIRST") != "NEAREST_FIRST":
        raise RuleUnknown("only the nearest-first cap is calculated here")
    caps = []
    if plan.get("line_cap_bps") is not None:
        caps.append(rest.paid_fen * plan["line_cap_bps"] // BPS)
    if plan.get("margin_share_bps") is not None:
        caps.append(max(0, rest.margin_fen) * plan["margin_share_bps"] // BPS)
    left_fen = min(caps) if caps else None
    amounts = []
    for rule in rules:
        amount_fen = _wanted(rule, rest)
        if left_fen is not None:
            amount_fen = min(amount_fen, left_fen)
            left_fen -= amount_fen
        amounts.append(amount_fen)
    return amounts


def _wanted(rule: Mapping[str, Any] | None, rest: Rest) -> int:
    if rule is None or rest.paid_fen <= 0:
        return 0
    kind, value = rule["kind"], rule["value"]
    if kind == "PERCENT":
        bases = {"PAID": rest.paid_fen, "LIST": rest.list_fen, "MARGIN": max(0, rest.margin_fen)}
        amount_fen = bases[rule.get("base", "PAID")] * int(value) // BPS
    elif kind == "FIXED_PER_UNIT":
        amount_fen = int(value) * rest.units
    elif kind == "FIXED_PER_ORDER":
        amount_fen = int(value)
    else:
        raise RuleUnknown(f"a rule of the kind {kind} is not calculated here")
    most_fen = rule.get("line_fen_max")
    return amount_fen if most_fen is None else min(amount_fen, int(most_fen))
