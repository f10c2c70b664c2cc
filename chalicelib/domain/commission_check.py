"""The commission check: which entries should an order have, which does it lack, and which are too many?

Computed from what the order froze, by the rules that wrote the entries; nothing here
asks how, or whether, anybody was told of the order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.domain.commission import Share
from chalicelib.domain.commission_entry import (
    entry_id_of,
    entry_record,
    history_of,
    is_same_entry,
    order_id_of,
    reversing_refunds,
)
from chalicelib.domain.order import EARNING, Order
from chalicelib.domain.plan import MAX_PAID_LEVELS, Plan
from chalicelib.domain.record import Record
from chalicelib.domain.reversal import remaining_lines, reversal_fen

ENTRY = "COMMISSION"
REVERSAL = "COMMISSION_REVERSAL"
PURCHASES = frozenset({"SALE_ISSUER", "SALE_AGENT", "SALE_FROM_CARD", "TOPUP_ISSUER", "TOPUP_AGENT"})

Key = tuple[str, str]  # partition and entry id of a record


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with the commission of one order, by record ids.

    `missing`: entries that are not there, and those whose reversals are not.
    `extra`: entries and reversals that nothing calls for. `differing`: entries
    of another content than the rules give.
    """

    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        return not (self.missing or self.extra or self.differing)


def order_id_behind(record: Record) -> str:
    """The order that a record is about; "" for a record that changes no commission."""
    if record.action in (ENTRY, REVERSAL):
        return order_id_of(record.entry_id)
    order_id = record.about.get("order")
    return order_id if isinstance(order_id, str) else ""


def places_of(order: Order) -> tuple[Key, ...]:
    """The keys under which entries of this order can stand, whether or not they should."""
    paid = order.chain[:MAX_PAID_LEVELS]
    return tuple(
        (link.distributor_id, entry_id_of(order.order_id, level)) for level, link in enumerate(paid, start=1)
    )


def is_earning(order: Order) -> bool:
    """Whether the entries of this order must be there by now."""
    return order.plan_id != "" and order.chain != () and order.state in EARNING and order.paid_at is not None


def expected_entries(order: Order, shares: Iterable[Share], plan: Plan) -> dict[str, Record]:
    """The entries that the order should have, by record id."""
    records = [entry_record(order, share, plan) for share in shares if share.amount_fen > 0]
    return {record.record_id: record for record in records}


def judged(order: Order | None, expected: Mapping[str, Record], found: Iterable[Record]) -> Verdict:
    """The found entries and reversals of one order against those that it should have.

    `found` must hold whatever stands beside the expected entries when the order has refunds.
    """
    known = {record.record_id: record for record in found}
    must_be_there = order is not None and is_earning(order)
    refund_ids = {refund.refund_id for refund in reversing_refunds(order)} if order else set()
    present = {record_id: known[record_id] for record_id in expected if record_id in known}
    missing = [record_id for record_id in expected if record_id not in known]
    if order is not None:
        missing += _not_reversed(order, present, list(known.values()))
    entries = [name for name, record in known.items() if record.action == ENTRY and name not in expected]
    reversals = [name for name, record in known.items() if _is_uncalled(record, expected, refund_ids)]
    differing = [name for name, record in present.items() if not is_same_entry(record.body(), expected[name])]
    return Verdict(tuple(missing) if must_be_there else (), (*entries, *reversals), tuple(differing))


def _is_uncalled(record: Record, expected: Mapping[str, Record], refund_ids: set[str]) -> bool:
    if record.action != REVERSAL:
        return False
    entry, _, refund_id = record.record_id.partition("#r")
    return entry not in expected or refund_id not in refund_ids


def _not_reversed(order: Order, present: Mapping[str, Record], found: Sequence[Record]) -> list[str]:
    """The entries that hold more than their own terms give for what is left of the order."""
    refunds = reversing_refunds(order)
    if not refunds:
        return []
    rest = replace(order, refunds=refunds)
    lacking = []
    for record_id, entry in present.items():
        history = history_of([r for r in found if r.partition == entry.partition], entry.entry_id)
        assert history is not None
        remaining = remaining_lines(history.explanation, rest)
        if reversal_fen(history.explanation, history.net_fen, remaining) > 0:
            lacking.append(f"{record_id}#r")
    return lacking
