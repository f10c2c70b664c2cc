"""The rules for paid orders: what looks like fraud, how badly, and what is held until somebody has looked?

    VELOCITY_COUNT  five earlier top-ups within ten minutes
    VELOCITY_SUM    top-ups of 10 000 yuan within 24 hours, this one included
    MANY_CARDS      more than five cards bought or topped up by one buyer within 24 hours
    SELF_PURCHASE   the buyer belongs to the tree that the purchase would pay
    STRUCTURING     bearer cards bought in parts within 24 hours, each below what asks for a name,
                    and together as much: the last of them was refused, and nothing is held

A rule measures a whole number and compares it with its threshold. Twice the
threshold is severe. A decision names each rule with its version and what it
measured, and can be made again from its evidence, bit for bit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain.document import from_document, to_document
from chalicelib.domain.real_name import BEARER_FEN_MIN
from chalicelib.risk.facts import Facts, Purchase, Thresholds


class Held(StrEnum):
    """What a hit holds until somebody has looked."""

    GOODS = "GOODS"  # an order that is not delivered yet
    COMMISSION = "COMMISSION"
    CARDS = "CARDS"  # only where it is severe


class Severity(StrEnum):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


# How soon somebody should have looked.
TERMS = {
    Severity.LOW: timedelta(hours=72),
    Severity.MEDIUM: timedelta(hours=24),
    Severity.HIGH: timedelta(hours=4),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `measure` gives a number, from `threshold` on it is a hit."""

    rule_id: str
    version: int
    measure: Callable[[Facts, Thresholds], int]
    threshold: Callable[[Thresholds], int]
    holds: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that struck: what it measured, and from which number on it strikes."""

    rule_id: str
    rule_version: int
    measured: int
    threshold: int
    severity: Severity
    holds: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of one order; no hits: let it pass."""

    hits: tuple[Hit, ...] = ()

    @property
    def holds(self) -> frozenset[Held]:
        return frozenset(held for hit in self.hits for held in hit.holds)

    @property
    def severity(self) -> Severity:
        """The worst of the hits."""
        return max((hit.severity for hit in self.hits), key=list(Severity).index)

    @property
    def rule_ids(self) -> tuple[str, ...]:
        return tuple(hit.rule_id for hit in self.hits)


def decide(facts: Facts, thresholds: Thresholds) -> Decision:
    """Every rule's word on the facts, in the order of the rules."""
    hits = (_hit(rule, facts, thresholds) for rule in RULES)
    return Decision(tuple(hit for hit in hits if hit is not None))


def evidence(facts: Facts, thresholds: Thresholds) -> dict[str, Any]:
    """Everything that the decision was made from, as plain JSON."""
    versions = {rule.rule_id: rule.version for rule in RULES}
    return {
        "facts": to_document(facts),
        "thresholds": to_document(thresholds),
        "rules": versions,
    }


def decided_from(document: dict[str, Any]) -> Decision:
    """The decision made again from its evidence.

    Raises: DocumentMalformed when it is no evidence; RulesChanged when the rules
    have other versions by now: then the release that made it must be asked.
    """
    if document.get("rules") != {rule.rule_id: rule.version for rule in RULES}:
        raise RulesChanged
    facts = from_document(Facts, document["facts"])
    return decide(facts, from_document(Thresholds, document["thresholds"]))


class RulesChanged(Exception):
    """The evidence was made under other versions of the rules."""


def _hit(rule: Rule, facts: Facts, thresholds: Thresholds) -> Hit | None:
    measured, threshold = rule.measure(facts, thresholds), rule.threshold(thresholds)
    if measured < threshold:
        return None
    severity = Severity.HIGH if measured >= 2 * threshold else Severity.MEDIUM
    holds = rule.holds if severity is Severity.HIGH else tuple(h for h in rule.holds if h is not Held.CARDS)
    if rule.rule_id == SELF_PURCHASE:
        severity, holds = _of_self_purchase(facts)
    return Hit(rule.rule_id, rule.version, measured, threshold, severity, holds)


def _of_self_purchase(facts: Facts) -> tuple[Severity, tuple[Held, ...]]:
    """Known at the sale it pays nobody, and is worth knowing; not known, commission is on its way."""
    if facts.earns_nobody:
        return Severity.LOW, ()
    return Severity.MEDIUM, (Held.COMMISSION,)


def _topups(facts: Facts) -> tuple[Purchase, ...]:
    return tuple(purchase for purchase in facts.earlier if purchase.use == "TOPUP")


def _earlier_topups(facts: Facts, thresholds: Thresholds) -> int:
    if facts.purchase.use != "TOPUP":
        return 0
    since = facts.purchase.paid_at - timedelta(minutes=thresholds.topup_minutes)
    return sum(purchase.paid_at > since for purchase in _topups(facts))


def _topup_sum_fen(facts: Facts, thresholds: Thresholds) -> int:
    if facts.purchase.use != "TOPUP":
        return 0
    return facts.purchase.amount_fen + sum(purchase.amount_fen for purchase in _topups(facts))


def _cards(facts: Facts, thresholds: Thresholds) -> int:
    return len({card_id for purchase in (facts.purchase, *facts.earlier) for card_id in purchase.card_ids})


def _split_fen(facts: Facts, thresholds: Thresholds) -> int:
    """What the parts come to, with the one that was refused."""
    parts = (facts.purchase, *facts.earlier)
    return sum(part.amount_fen for part in parts) if facts.refused else 0


def _own_tree(facts: Facts, thresholds: Thresholds) -> int:
    """1 when the buyer is one of those who would be paid, or of their tree."""
    is_paid = facts.buyer_distributor is not None and facts.buyer_distributor in facts.chain
    is_of_tree = facts.buyer_root is not None and facts.buyer_root == facts.chain_root
    return int(facts.earns_nobody or is_paid or is_of_tree)


SELF_PURCHASE = "SELF_PURCHASE"
_EVERYTHING = (Held.GOODS, Held.COMMISSION, Held.CARDS)

RULES = (
    Rule("VELOCITY_COUNT", 1, _earlier_topups, lambda numbers: numbers.topup_count, _EVERYTHING),
    Rule("VELOCITY_SUM", 1, _topup_sum_fen, lambda numbers: numbers.topup_sum_fen, _EVERYTHING),
    Rule("MANY_CARDS", 1, _cards, lambda numbers: numbers.card_count_max + 1, _EVERYTHING),
    Rule(SELF_PURCHASE, 1, _own_tree, lambda numbers: 1, (Held.COMMISSION,)),
    Rule("STRUCTURING", 1, _split_fen, lambda numbers: BEARER_FEN_MIN, ()),
)
