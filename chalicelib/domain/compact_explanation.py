"""The compact explanation: how does an explanation fit beside its entry into one kilobyte?

Lists instead of names, empty ends left off; nothing is left out. Read back, it is
the very same explanation. A list never changes its order: entries are kept for ever.
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.explanation import Explanation, Line, Place, Priced, Reason, Term
from chalicelib.domain.plan import Base, CapOrder, Event, RuleKind
from chalicelib.domain.record import Plain

_LINE_LENGTH = 8
_TERM_LENGTH = 8


def compact(explanation: Explanation) -> list[Plain]:
    """The explanation as a list of plain values."""
    return _trimmed(
        [
            explanation.plan_id,
            explanation.plan_version,
            explanation.event.value,
            to_ms(explanation.paid_at),
            explanation.level,
            [_trimmed([p.distributor_id, p.tier, p.refused]) for p in explanation.places],
            [_priced(priced) for priced in explanation.lines],
            explanation.cap_order.value,
            explanation.line_cap_bps,
            explanation.margin_share_bps,
        ]
    )


def expanded(values: Sequence[Any]) -> Explanation:
    """The explanation that a list holds."""
    plan_id, version, event, paid_ms, level, places, lines, cap_order, line_cap, margin = _filled(values, 10)
    return Explanation(
        plan_id=plan_id,
        plan_version=version,
        event=Event(event),
        paid_at=from_ms(paid_ms),
        level=level,
        places=tuple(_place_of(place) for place in places),
        lines=tuple(_priced_of(line) for line in lines),
        cap_order=CapOrder(cap_order),
        line_cap_bps=line_cap,
        margin_share_bps=margin,
    )


def _priced(priced: Priced) -> list[Plain]:
    line = priced.line
    amounts = [line.quantity, line.paid_fen, line.list_fen, line.margin_fen, line.volume_ml]
    facts = [line.sku_id, *amounts, line.category, line.region]
    terms: list[Plain] = [_term(term) if term else None for term in priced.terms]
    refused: list[Plain] = list(priced.budget_refused)
    return [_trimmed(facts), terms, refused] if refused else [_trimmed(facts), terms]


def _priced_of(values: Sequence[Any]) -> Priced:
    facts, terms, refused = _filled(values, 3)
    sku_id, quantity, paid_fen, list_fen, margin_fen, volume_ml, category, region = _filled(
        facts, _LINE_LENGTH
    )
    line = Line(sku_id, quantity, paid_fen, list_fen, margin_fen, volume_ml or 0, category, region)
    return Priced(line, tuple(_term_of(term) if term else None for term in terms), tuple(refused or ()))


def _term(term: Term) -> list[Plain]:
    limits = [term.lower_bps, term.line_fen_max, term.campaign_id, term.extra_fen]
    return _trimmed([term.rule_id, term.kind.value, term.value, term.base.value, *limits])


def _term_of(values: Sequence[Any]) -> Term:
    rule_id, kind, value, base, *limits = _filled(values, _TERM_LENGTH)
    return Term(rule_id, RuleKind(kind), value, Base(base), *limits)


def _place_of(values: Sequence[Any]) -> Place:
    distributor_id, tier, refused = _filled(values, 3)
    return Place(distributor_id, tier, Reason(refused) if refused else None)


def _trimmed(values: list[Any]) -> list[Any]:
    """Without the empty values at the end; texts of an enum become plain texts."""
    while values and values[-1] is None:
        values = values[:-1]
    return [str(value) if isinstance(value, Reason) else value for value in values]


def _filled(values: Sequence[Any], length: int) -> list[Any]:
    """With the empty values at the end again."""
    assert len(values) <= length, "an explanation of a later time than this code"
    return [*values, *([None] * (length - len(values)))]
