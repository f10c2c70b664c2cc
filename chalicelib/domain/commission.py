"""Commission: which rule pays which member of the chain for an order?

For every line and every paid member of the frozen chain the narrowest rule in
force becomes a term; what the terms come to is computed beside the explanation.
A place that earns nothing says why; an entry of zero is explained and not written.
"""

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.explanation import (
    Explanation,
    Line,
    Place,
    Priced,
    Reason,
    Term,
    amounts_of,
    recompute,
    wanted_fen,
)
from chalicelib.domain.order import ChainLink, Order
from chalicelib.domain.plan import (
    MAX_PAID_LEVELS,
    RATE_KINDS,
    Event,
    Plan,
    Rule,
    RuleKind,
    in_window,
    specificity,
)


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What of an order decides its commission; the chain is the one frozen at the sale, nearest first."""

    event: Event
    lines: tuple[Line, ...]
    chain: tuple[ChainLink, ...]
    self_purchase: bool = False
    paid_from_balance: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What one place of the chain earns: an entry if it is above zero, else only its reason."""

    level: int
    distributor_id: str
    amount_fen: int
    reason: Reason | None
    explanation: Explanation


def facts_of(order: Order) -> OrderFacts:
    """The facts of an order as they were when it was paid."""
    line = Line(
        sku_id=order.sku_id,
        quantity=order.quantity,
        paid_fen=order.payable_fen,
        list_fen=order.face_fen,
        margin_fen=order.margin_fen,
        category=order.category or None,
        region=order.region or None,
    )
    return OrderFacts(
        event=Event(order.use),
        lines=(line,),
        chain=order.chain,
        self_purchase=order.self_purchase,
        paid_from_balance=order.payer_card_id != "",
    )


def calculate(
    order: OrderFacts, plan: Plan, paid_at: datetime, budgets: Mapping[str, int] | None = None
) -> tuple[Share, ...]:
    """What every paid place of the chain earns, nearest first; a place that earns nothing says why.

    `budgets`: what is left in a campaign's purse, in fen. A campaign that is not named
    counts with its whole purse; `{campaign: 0}` computes as if it were empty. What
    was taken is told by `budget_demands`: the writer puts it under a condition, and
    calculates again with what is really left when the condition fails.
    """
    members = order.chain[: min(plan.paid_levels, MAX_PAID_LEVELS)]
    refused = _order_refused(order, plan)
    carrier = 0 if any(line.paid_fen > 0 for line in order.lines) else -1
    rules = tuple(rule for rule in plan.rules if in_window(rule, paid_at))
    left = {c.campaign_id: c.budget_fen for c in plan.campaigns if c.budget_fen is not None}
    left.update(budgets or {})
    lines = (
        tuple(Priced(line, tuple(None for _ in members)) for line in order.lines)
        if refused
        else tuple(_priced(line, members, rules, left, i == carrier) for i, line in enumerate(order.lines))
    )
    explanation = Explanation(
        plan_id=plan.plan_id,
        plan_version=plan.version,
        event=order.event,
        paid_at=paid_at,
        level=1,
        places=tuple(_place(member, refused) for member in members),
        lines=lines,
        cap_order=plan.cap_order,
        line_cap_bps=plan.line_cap_bps,
        margin_share_bps=plan.margin_share_bps,
    )
    amounts = amounts_of(explanation)
    return tuple(_share(replace(explanation, level=i + 1), amount) for i, amount in enumerate(amounts))


def budget_demands(shares: Iterable[Share]) -> dict[str, int]:
    """What the order takes from each campaign's purse, in fen; never given back when it is refunded."""
    demands: dict[str, int] = {}
    for share in shares:
        for priced in share.explanation.lines:
            term = priced.terms[share.level - 1]
            if term is not None and term.campaign_id is not None:
                demands[term.campaign_id] = demands.get(term.campaign_id, 0) + (term.extra_fen or 0)
    return demands


def _order_refused(order: OrderFacts, plan: Plan) -> Reason | None:
    if order.self_purchase:
        return Reason.SELF_PURCHASE
    if order.event not in plan.events:
        return Reason.EVENT_PAYS_NOTHING
    # Money on a card was paid in once before: it earns here only where topping up earned nothing.
    spends_balance = order.paid_from_balance or order.event is Event.CONSUMPTION
    if spends_balance and not plan.wallet_purchase_pays:
        return Reason.BALANCE_PAYS_NOTHING
    return None


def _place(member: ChainLink, refused: Reason | None) -> Place:
    suspended = None if member.active else Reason.SUSPENDED
    return Place(member.distributor_id, member.tier or None, refused or suspended)


def _share(explanation: Explanation, amount_fen: int) -> Share:
    place = explanation.places[explanation.level - 1]
    reason = None if amount_fen else place.refused or _reason_of_zero(explanation)
    return Share(explanation.level, place.distributor_id, amount_fen, reason, explanation)


def _reason_of_zero(explanation: Explanation) -> Reason:
    if all(priced.terms[explanation.level - 1] is None for priced in explanation.lines):
        return Reason.NO_RULE
    uncapped = replace(explanation, line_cap_bps=None, margin_share_bps=None)
    return Reason.CAP_USED_UP if recompute(uncapped) else Reason.BELOW_ONE_FEN


def _priced(
    line: Line,
    members: tuple[ChainLink, ...],
    rules: tuple[Rule, ...],
    left: MutableMapping[str, int],
    first: bool,
) -> Priced:
    """The line with its terms; takes from `left` what its campaigns pay above the ordinary rules."""
    terms: list[Term | None] = []
    budget_refused: list[str] = []
    nearer_bps = 0
    for level, member in enumerate(members, start=1):
        candidates = _candidates(rules, line, member, level)
        # A suspended member takes nothing from a purse, so his rate does not hang on it either.
        term = _chosen(candidates, line, first, nearer_bps, left if member.active else {})
        budget_refused += _passed_over(candidates, term)
        # Suspended or not, a member's rate is what the next differential begins above.
        if term is not None and term.kind in RATE_KINDS:
            nearer_bps = max(nearer_bps, term.value)
        terms.append(term if member.active else None)
        if member.active and term is not None and term.campaign_id is not None:
            _take(left, term.campaign_id, term.extra_fen or 0)
    return Priced(line, tuple(terms), tuple(dict.fromkeys(budget_refused)))


def _take(left: MutableMapping[str, int], campaign_id: str, extra_fen: int) -> None:
    if campaign_id in left:
        left[campaign_id] -= extra_fen


def _candidates(rules: tuple[Rule, ...], line: Line, member: ChainLink, level: int) -> tuple[Rule, ...]:
    """The rules that hold here, the winner first: narrower scope, higher priority, lower rule id."""
    holding = (rule for rule in rules if rule.level in (None, level) and _holds(rule, line, member))
    return tuple(sorted(holding, key=lambda r: (-specificity(r.scope), -r.priority, r.rule_id)))


def _holds(rule: Rule, line: Line, member: ChainLink) -> bool:
    scope = rule.scope
    return (
        scope.distributor_id in (None, member.distributor_id)
        and scope.sku_id in (None, line.sku_id)
        and scope.category in (None, line.category)
        and (line.region or "").startswith(scope.region or "")
        and scope.tier in (None, member.tier)
    )


def _chosen(
    candidates: tuple[Rule, ...], line: Line, first: bool, lower_bps: int, left: Mapping[str, int]
) -> Term | None:
    """The term of the first rule whose campaign can pay what it adds; the addition is noted in it."""
    ordinary = next((rule for rule in candidates if rule.scope.campaign_id is None), None)
    ordinary_fen = wanted_fen(_term(ordinary, lower_bps), line, first) if ordinary else 0
    for rule in candidates:
        term = _term(rule, lower_bps)
        campaign_id = rule.scope.campaign_id
        if campaign_id is None:
            return term
        extra_fen = max(0, wanted_fen(term, line, first) - ordinary_fen)
        if extra_fen <= left.get(campaign_id, extra_fen):
            return replace(term, campaign_id=campaign_id, extra_fen=extra_fen)
    return None


def _term(rule: Rule, lower_bps: int) -> Term:
    return Term(
        rule_id=rule.rule_id,
        kind=rule.kind,
        value=rule.value,
        base=rule.base,
        lower_bps=lower_bps if rule.kind is RuleKind.DIFFERENTIAL else None,
        line_fen_max=rule.line_fen_max,
    )


def _passed_over(candidates: tuple[Rule, ...], term: Term | None) -> list[str]:
    """The campaigns that would have come first and could not pay."""
    passed: list[str] = []
    for rule in candidates:
        if term is not None and rule.rule_id == term.rule_id:
            break
        passed.append(rule.scope.campaign_id or "")
    return passed
