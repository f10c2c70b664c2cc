"""Check an order: does what was just paid look like fraud, and what is held then?

Called by the reader of the order stream, before the order is submitted to an
issuer. It looks at the moment of the payment, so a check that comes again finds
the same and changes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from chalicelib.domain.business_time import from_ms
from chalicelib.domain.ids import KEY_AGE_MAX, distributor_id_of, ulid_of, ulid_time_ms
from chalicelib.domain.order import UNPAID_TERM, Order
from chalicelib.risk.facts import (
    RECENT_TERM,
    Facts,
    Purchase,
    Thresholds,
    earlier_than,
    purchase_of,
    with_chain,
)
from chalicelib.risk.order_rules import Decision, decide, evidence
from chalicelib.usecases.ports import Catalog, Documents, Orders

PAGE = 50
PAGES_MAX = 8  # four hundred orders of one buyer in a day: whoever has more was held long before
OLDEST_KEY = RECENT_TERM + UNPAID_TERM + KEY_AGE_MAX  # orders lie by their keys, which clients make


@dataclass(frozen=True)
class CheckOrder:
    orders: Orders
    documents: Documents
    catalog: Catalog
    hold_order: Callable[[Order, Decision, Mapping[str, Any], datetime], None]

    def __call__(self, order: Order, now: datetime) -> Decision:
        """What the rules say of a paid order; what they hold is held. An unpaid one passes.

        Raises: Unavailable.
        """
        purchase = purchase_of(order)
        if purchase is None:
            return Decision()
        facts = self._facts(order, purchase)
        thresholds = self._thresholds(purchase.paid_at)
        decision = decide(facts, thresholds)
        if decision.hits:
            self.hold_order(order, decision, evidence(facts, thresholds), now)
        return decision

    def _facts(self, order: Order, purchase: Purchase) -> Facts:
        facts = Facts(purchase, earlier_than(purchase, self._recent(order, purchase)))
        if not order.chain:
            return facts
        facts = with_chain(facts, order)
        return facts if facts.earns_nobody else self._with_roots(facts, order)

    def _recent(self, order: Order, purchase: Purchase) -> tuple[Purchase, ...]:
        """What this buyer paid lately: one page, more only for those who buy all day."""
        found: list[Purchase] = []
        before = ""
        for _ in range(PAGES_MAX):
            page = self.orders.page(order.customer_id, before, PAGE)
            found += [other for other in map(purchase_of, page) if other is not None]
            if len(page) < PAGE or _key_time(page[-1]) < purchase.paid_at - OLDEST_KEY:
                break
            before = page[-1].order_id
        return tuple(found)

    def _with_roots(self, facts: Facts, order: Order) -> Facts:
        """The facts with the trees of buyer and chain, which are read only if the buyer is a distributor."""
        own = distributor_id_of(order.customer_id)
        place = self.documents.get("edges", own, "self")
        if place is None:
            return facts
        first = self.documents.get("edges", facts.chain[0], "self") or {}
        return Facts(
            purchase=facts.purchase,
            earlier=facts.earlier,
            buyer_distributor=own,
            buyer_root=place["root"],
            chain=facts.chain,
            chain_root=first.get("root"),
        )

    def _thresholds(self, paid_at: datetime) -> Thresholds:
        numbers = {
            field.name: self.catalog.parameter(f"risk.{field.name}", paid_at) for field in fields(Thresholds)
        }
        return Thresholds(**numbers)


def _key_time(order: Order) -> datetime:
    return from_ms(ulid_time_ms(ulid_of(order.order_id)))
