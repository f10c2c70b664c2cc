"""The plan: which rules pay commission, for how long is it held, and which plans may never be published?

A plan is a version of parameters with a date; orders freeze the version they were
sold under. What the law forbids is not a parameter: a third paid level, pay for
recruiting, a fee to join. `check` is the gate that every plan passes before it is
stored; nothing here knows an order.

    rule kind        value is       paid on
    FIXED_PER_ORDER  fen            the order, once, on its first line
    FIXED_PER_UNIT   fen            each unit of a line
    PERCENT          bps            PAID, MARGIN or LIST of a line
    DIFFERENTIAL     bps            the same, less the highest rate nearer the buyer
    LITRES           fen per litre  VOLUME of a line
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import Any

from chalicelib.domain import document as documents
from chalicelib.domain.errors import Unprocessable
from chalicelib.domain.money import AMOUNT_FEN_MAX

# 禁止传销条例 art. 7(3) forbids pay by the sales of lower ranks, 刑法 art. 224-1 begins at
# three levels: with two paid levels a third cannot be reached by any configuration.
MAX_PAID_LEVELS = 2
RATE_BPS_MAX = 10_000
HOLD_DAYS_MAX = 365
# Every entry's explanation repeats them: longer ones would make an entry larger than one write unit.
NAME_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,24}")
REGION_LENGTHS = (2, 4, 6)  # province, city, district of GB/T 2260, without trailing zeros


class Event(StrEnum):
    """What may earn. Joining, recruiting and training are absent (禁止传销条例 art. 7(1), (2))."""

    CARD_SALE = "CARD_SALE"
    TOPUP = "TOPUP"
    CONSUMPTION = "CONSUMPTION"
    ADDON = "ADDON"


class RuleKind(StrEnum):
    FIXED_PER_ORDER = "FIXED_PER_ORDER"
    FIXED_PER_UNIT = "FIXED_PER_UNIT"
    PERCENT = "PERCENT"
    LITRES = "LITRES"
    DIFFERENTIAL = "DIFFERENTIAL"


class Base(StrEnum):
    PAID = "PAID"
    MARGIN = "MARGIN"
    LIST = "LIST"
    VOLUME = "VOLUME"


class CapOrder(StrEnum):
    NEAREST_FIRST = "NEAREST_FIRST"
    PRO_RATA = "PRO_RATA"


RATE_KINDS = frozenset({RuleKind.PERCENT, RuleKind.DIFFERENTIAL})
BASES: dict[RuleKind, frozenset[Base]] = {
    RuleKind.FIXED_PER_ORDER: frozenset({Base.PAID}),
    RuleKind.FIXED_PER_UNIT: frozenset({Base.PAID}),
    RuleKind.PERCENT: frozenset({Base.PAID, Base.MARGIN, Base.LIST}),
    RuleKind.DIFFERENTIAL: frozenset({Base.PAID, Base.MARGIN, Base.LIST}),
    RuleKind.LITRES: frozenset({Base.VOLUME}),
}
# Two rules of unlike families on one scope answer "how much?" with two different ideas.
FAMILY: dict[RuleKind, str] = {
    RuleKind.FIXED_PER_ORDER: "fixed",
    RuleKind.FIXED_PER_UNIT: "fixed",
    RuleKind.PERCENT: "rate",
    RuleKind.DIFFERENTIAL: "rate",
    RuleKind.LITRES: "volume",
}


class PlanLevelCap(Unprocessable):
    code = "PLAN_LEVEL_CAP"
    advice = f"Pay at most {MAX_PAID_LEVELS} levels; a deeper tree may be managed, never paid."


class EventNotAllowed(Unprocessable):
    code = "EVENT_NOT_ALLOWED"
    advice = "Pay for sales to end customers only, never for joining, recruiting or training."


class EntryFeeForbidden(Unprocessable):
    code = "ENTRY_FEE_FORBIDDEN"
    advice = "Let people join free of fee, purchase and deposit."


class TierNotMonotonic(Unprocessable):
    code = "TIER_NOT_MONOTONIC"
    advice = "Give a higher tier a rate that is at least the rate of the tier below it."


class RulesAmbiguous(Unprocessable):
    code = "RULES_AMBIGUOUS"
    advice = "Keep one kind of pay (fixed, rate or per litre) for one scope, level and time."


class RateOutOfRange(Unprocessable):
    code = "RATE_OUT_OF_RANGE"
    advice = "Give rates from 0 to 10 000 bps and amounts that are not negative."


class EarnsTwice(Unprocessable):
    code = "EARNS_TWICE"
    advice = "Pay either for topping up or for buying from the balance, so that money earns once."


class RuleInvalid(Unprocessable):
    code = "RULE_INVALID"
    advice = "Correct what `reason` names in the rule."


class PlanInvalid(Unprocessable):
    code = "PLAN_INVALID"
    advice = "Correct what `reason` names in the plan."


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule holds: None is everywhere. The region is a prefix: 53 holds in 5301 and in 530102."""

    campaign_id: str | None = None
    distributor_id: str | None = None
    sku_id: str | None = None
    category: str | None = None
    region: str | None = None
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; no level means every paid level. The window is [starts_at, ends_at)."""

    rule_id: str
    kind: RuleKind
    value: int
    level: int | None = None
    base: Base = Base.PAID
    scope: Scope = Scope()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    priority: int = 0
    line_fen_max: int | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign's purse for what its rules pay above the ordinary rules; None has no bottom."""

    campaign_id: str
    budget_fen: int | None = None


@dataclass(frozen=True, slots=True)
class EntryTerms:
    """What joining costs. Every field exists so that asking for it is refused by name."""

    fee_fen: int = 0
    purchase_fen_min: int = 0
    deposit_fen: int = 0
    role_sku_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HoldDays:
    """Days between payment and release, by event. Cards wait longer: they travel before they are used."""

    card_sale: int = 15
    topup: int = 7
    consumption: int = 7
    addon: int = 7


@dataclass(frozen=True, slots=True)
class Plan:
    """A version of the commission rules. `tiers` go from the lowest to the highest."""

    plan_id: str
    version: int
    effective_at: datetime
    rules: tuple[Rule, ...]
    paid_levels: int = 1
    events: tuple[Event, ...] = (Event.CARD_SALE, Event.TOPUP)
    wallet_purchase_pays: bool = False
    hold_days: HoldDays = HoldDays()
    cap_order: CapOrder = CapOrder.NEAREST_FIRST
    line_cap_bps: int | None = None
    margin_share_bps: int | None = None
    tiers: tuple[str, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    entry: EntryTerms = EntryTerms()


def hold_days_of(plan: Plan, event: Event) -> int:
    """The days that commission for this event stays frozen."""
    days: int = getattr(plan.hold_days, event.value.lower())
    return days


def specificity(scope: Scope) -> int:
    """How narrow a scope is: the narrower rule wins. Each weight exceeds all smaller ones together."""
    return (
        64 * (scope.campaign_id is not None)
        + 32 * (scope.distributor_id is not None)
        + 16 * (scope.sku_id is not None)
        + 8 * (scope.category is not None)
        + len(scope.region or "")  # district 6, city 4, province 2: the digits of the code
        + (scope.tier is not None)
    )


def in_window(rule: Rule, moment: datetime) -> bool:
    """Whether the rule is in force: from its start, up to but not at its end."""
    return (rule.starts_at is None or rule.starts_at <= moment) and (
        rule.ends_at is None or moment < rule.ends_at
    )


def to_document(plan: Plan) -> dict[str, Any]:
    """The plan as plain JSON types, for the store and the API."""
    return documents.to_document(plan)


def from_document(document: object) -> Plan:
    """The plan that a document describes, whether or not it may be published.

    Raises: EventNotAllowed for an event outside the list that the law leaves open;
    DocumentMalformed for every other mistake of shape.
    """
    events = document.get("events") if isinstance(document, dict) else None
    for event in events if isinstance(events, list) else ():
        if isinstance(event, str) and event not in tuple(Event):
            raise EventNotAllowed(event=event[:64])
    return documents.from_document(Plan, document)


def check(plan: Plan) -> None:
    """Let a plan pass that may be published, and refuse every other.

    Raises: PlanLevelCap, EntryFeeForbidden, EarnsTwice, RateOutOfRange, RuleInvalid,
    PlanInvalid, RulesAmbiguous, TierNotMonotonic, whichever comes first in this order.
    """
    _check_levels(plan)
    _check_entry(plan.entry)
    if plan.wallet_purchase_pays and Event.TOPUP in plan.events:
        raise EarnsTwice(plan_id=plan.plan_id)
    _check_amounts(plan)
    for rule in plan.rules:
        _check_rule(rule, plan)
    _check_names(plan)
    for first, second in _rivals(plan.rules):
        if first.scope == second.scope and FAMILY[first.kind] != FAMILY[second.kind]:
            raise RulesAmbiguous(rule_ids=(first.rule_id, second.rule_id))
    _check_tiers(plan)


def _check_levels(plan: Plan) -> None:
    levels = [plan.paid_levels, *(rule.level for rule in plan.rules if rule.level is not None)]
    if max(levels) > MAX_PAID_LEVELS:
        raise PlanLevelCap(level=max(levels), level_max=MAX_PAID_LEVELS)
    if min(levels) < 1:
        raise PlanInvalid(reason="levels begin at 1")


def _check_entry(entry: EntryTerms) -> None:
    if entry != EntryTerms():
        raise EntryFeeForbidden(
            fee_fen=entry.fee_fen,
            purchase_fen_min=entry.purchase_fen_min,
            deposit_fen=entry.deposit_fen,
            role_sku_ids=entry.role_sku_ids,
        )


def _check_amounts(plan: Plan) -> None:
    for rule in plan.rules:
        value_max = RATE_BPS_MAX if rule.kind in RATE_KINDS else AMOUNT_FEN_MAX
        _check_range(rule.rule_id, rule.value, value_max)
        _check_range(rule.rule_id, rule.line_fen_max, AMOUNT_FEN_MAX)
    for campaign in plan.campaigns:
        _check_range(campaign.campaign_id, campaign.budget_fen, AMOUNT_FEN_MAX)
    _check_range("line_cap_bps", plan.line_cap_bps, RATE_BPS_MAX)
    _check_range("margin_share_bps", plan.margin_share_bps, RATE_BPS_MAX)
    hold = plan.hold_days
    for days in (hold.card_sale, hold.topup, hold.consumption, hold.addon):
        _check_range("hold_days", days, HOLD_DAYS_MAX)


def _check_range(name: str, value: int | None, value_max: int) -> None:
    if value is not None and not 0 <= value <= value_max:
        raise RateOutOfRange(name=name, value=value, value_max=value_max)


def _check_rule(rule: Rule, plan: Plan) -> None:
    scope = rule.scope
    complaints = {
        "this kind is not paid on this base": rule.base not in BASES[rule.kind],
        "the window is empty": bool(rule.starts_at and rule.ends_at and rule.starts_at >= rule.ends_at),
        "the region is not a province, city or district": not _is_region(scope.region),
        "the tier is not in the plan's list": scope.tier is not None and scope.tier not in plan.tiers,
        "the campaign is not in the plan's list": scope.campaign_id is not None
        and scope.campaign_id not in {campaign.campaign_id for campaign in plan.campaigns},
    }
    for reason, is_so in complaints.items():
        if is_so:
            raise RuleInvalid(rule_id=rule.rule_id, reason=reason)


def _is_region(region: str | None) -> bool:
    # A code padded with zeros (530000) would look narrow and match nothing: only the bare prefix is taken.
    if region is None:
        return True
    return region.isascii() and region.isdigit() and len(region) in REGION_LENGTHS and region[-2:] != "00"


def _check_names(plan: Plan) -> None:
    rule_ids = [rule.rule_id for rule in plan.rules]
    campaign_ids = [campaign.campaign_id for campaign in plan.campaigns]
    lists: dict[str, list[str]] = {
        "a rule id is used twice": rule_ids,
        "a campaign is listed twice": campaign_ids,
        "a tier is listed twice": list(plan.tiers),
        "an event is listed twice": [event.value for event in plan.events],
    }
    for reason, names in lists.items():
        if any(count > 1 for count in Counter(names).values()):
            raise PlanInvalid(reason=reason)
    if not all(map(NAME_PATTERN.fullmatch, (plan.plan_id, *rule_ids, *campaign_ids, *plan.tiers))):
        raise PlanInvalid(reason="ids and tiers are 1 to 24 letters, digits, _ or -")
    if plan.version < 1:
        raise PlanInvalid(reason="versions begin at 1")


def _rivals(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, Rule]]:
    """Every two rules that may be asked at one moment for one level."""
    for first, second in combinations(rules, 2):
        if _levels_meet(first, second) and _windows_meet(first, second):
            yield first, second


def _levels_meet(first: Rule, second: Rule) -> bool:
    return first.level is None or second.level is None or first.level == second.level


def _windows_meet(first: Rule, second: Rule) -> bool:
    return not _ends_before(first, second) and not _ends_before(second, first)


def _ends_before(first: Rule, second: Rule) -> bool:
    return first.ends_at is not None and second.starts_at is not None and first.ends_at <= second.starts_at


def _check_tiers(plan: Plan) -> None:
    rank = {tier: index for index, tier in enumerate(plan.tiers)}
    tiered = tuple(r for r in plan.rules if r.kind is RuleKind.DIFFERENTIAL and r.scope.tier is not None)
    for first, second in _rivals(tiered):
        if replace(first.scope, tier=None) != replace(second.scope, tier=None):
            continue
        low, high = sorted((first, second), key=lambda rule: rank[rule.scope.tier or ""])
        if low.scope.tier != high.scope.tier and low.value > high.value:
            raise TierNotMonotonic(lower_tier=low.scope.tier, higher_tier=high.scope.tier)
