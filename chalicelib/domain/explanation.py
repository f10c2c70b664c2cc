"""The explanation: by which terms was an amount computed, and does anybody get the same fen again?

An explanation holds the amounts of an order's lines and, for each line and each
place of the frozen chain, the term that applied. Applying terms to amounts is all
that happens here, so one function serves three questions: what is earned, is it
right (`recompute`), and what is still earned after a refund (other amounts, the
same terms).

Rounding: down to the fen for each line and place; the rest stays with the
platform. Nothing is ever negative.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain import document
from chalicelib.domain.money import bps_floor, share_floor, split_largest_remainder
from chalicelib.domain.plan import Base, CapOrder, Event, RuleKind


class Reason(StrEnum):
    """Why a place in the chain earns nothing."""

    SELF_PURCHASE = "SELF_PURCHASE"
    EVENT_PAYS_NOTHING = "EVENT_PAYS_NOTHING"
    BALANCE_PAYS_NOTHING = "BALANCE_PAYS_NOTHING"
    SUSPENDED = "SUSPENDED"
    NO_RULE = "NO_RULE"
    BELOW_ONE_FEN = "BELOW_ONE_FEN"
    CAP_USED_UP = "CAP_USED_UP"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order; `paid_fen` is its part of the payment, the lines' parts sum to it."""

    sku_id: str
    quantity: int
    paid_fen: int
    list_fen: int
    margin_fen: int
    volume_ml: int = 0
    category: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A rule as it applies to one line and one place in the chain."""

    rule_id: str
    kind: RuleKind
    value: int
    base: Base
    lower_bps: int | None = None
    line_fen_max: int | None = None
    campaign_id: str | None = None
    extra_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A member of the chain; `refused` says why the whole place earns nothing."""

    distributor_id: str
    tier: str | None = None
    refused: Reason | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """A line and, for each place of the chain, the term it earns by."""

    line: Line
    terms: tuple[Term | None, ...] = ()
    budget_refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything needed to compute one entry again."""

    plan_id: str
    plan_version: int
    event: Event
    paid_at: datetime
    level: int
    places: tuple[Place, ...]
    lines: tuple[Priced, ...]
    cap_order: CapOrder
    line_cap_bps: int | None = None
    margin_share_bps: int | None = None


def amounts_of(explanation: Explanation, lines: tuple[Line, ...] | None = None) -> tuple[int, ...]:
    """The fen of every place, by the frozen terms, for the explained lines or for what is left of them.

    A line that nothing was paid for earns nothing; pay per order stays while anything is paid.
    """
    lines = tuple(priced.line for priced in explanation.lines) if lines is None else lines
    assert len(lines) == len(explanation.lines), "what is left of an order has the order's lines"
    order_is_paid = any(line.paid_fen > 0 for line in lines)
    totals = [0] * len(explanation.places)
    for index, (priced, line) in enumerate(zip(explanation.lines, lines, strict=True)):
        wanted = tuple(wanted_fen(term, line, index == 0 and order_is_paid) for term in priced.terms)
        granted = _granted(wanted, _cap_fen(explanation, line), explanation.cap_order)
        totals = [total + fen for total, fen in zip(totals, granted, strict=True)]
    return tuple(totals)


def recompute(explanation: Explanation) -> int:
    """The entry's amount in fen, from its explanation alone."""
    return amounts_of(explanation)[explanation.level - 1]


def to_document(explanation: Explanation) -> dict[str, Any]:
    """The explanation as plain JSON types, to be stored with its entry."""
    return document.to_document(explanation)


def from_document(stored: object) -> Explanation:
    """The explanation that was stored. Raises: DocumentMalformed."""
    return document.from_document(Explanation, stored)


def wanted_fen(term: Term | None, line: Line, carries_order: bool) -> int:
    """What a term pays before the cap; `carries_order`: the first line of an order that is paid."""
    if term is None:
        return 0
    if term.kind is RuleKind.FIXED_PER_ORDER:
        amount_fen = term.value if carries_order else 0
    else:
        amount_fen = _WANTED[term.kind](term, line) if line.paid_fen > 0 else 0
    return amount_fen if term.line_fen_max is None else min(amount_fen, term.line_fen_max)


def _base_fen(term: Term, line: Line) -> int:
    return {Base.PAID: line.paid_fen, Base.MARGIN: max(0, line.margin_fen), Base.LIST: line.list_fen}[
        term.base
    ]


def _differential_fen(term: Term, line: Line) -> int:
    base_fen = _base_fen(term, line)
    return max(0, bps_floor(base_fen, term.value) - bps_floor(base_fen, term.lower_bps or 0))


_WANTED: dict[RuleKind, Callable[[Term, Line], int]] = {
    RuleKind.FIXED_PER_UNIT: lambda term, line: term.value * line.quantity,
    RuleKind.PERCENT: lambda term, line: bps_floor(_base_fen(term, line), term.value),
    RuleKind.LITRES: lambda term, line: share_floor(line.volume_ml, term.value, 1_000),
    RuleKind.DIFFERENTIAL: _differential_fen,
}


def _cap_fen(explanation: Explanation, line: Line) -> int | None:
    """The most that all places together may earn on a line; None is no cap."""
    caps = []
    if explanation.line_cap_bps is not None:
        caps.append(bps_floor(line.paid_fen, explanation.line_cap_bps))
    if explanation.margin_share_bps is not None:
        caps.append(bps_floor(max(0, line.margin_fen), explanation.margin_share_bps))
    return min(caps, default=None)


def _granted(wanted: tuple[int, ...], cap_fen: int | None, cap_order: CapOrder) -> tuple[int, ...]:
    """What is left of the wishes under the cap."""
    if cap_fen is None or sum(wanted) <= cap_fen:
        return wanted
    if cap_order is CapOrder.PRO_RATA:
        return split_largest_remainder(cap_fen, wanted)
    granted = []
    for wanted_fen in wanted:
        granted.append(min(wanted_fen, cap_fen))
        cap_fen -= granted[-1]
    return tuple(granted)
