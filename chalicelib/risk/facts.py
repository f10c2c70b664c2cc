"""Facts: what does a check know about one paid order?

Everything that the rules look at, and nothing else: the same facts give the same
decision for ever. They are about the moment of the payment, so it does not matter
when, or how often, the order is checked.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.order import Order

RECENT_TERM = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Purchase:
    """One paid order as the rules see it. `amount_fen` is what was paid."""

    order_id: str
    use: str
    paid_at: datetime
    amount_fen: int
    card_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """A paid order, what its buyer had paid in the 24 hours before it, and where the buyer stands.

    `buyer_root` and `chain_root` are the roots of the trees that the buyer belongs
    to as a distributor, and that would be paid; None where there is none.
    `earns_nobody`: the order was sold as a self-purchase, which pays no commission.
    `refused`: nothing was bought; the buyer, who is unknown, is asked for a name first, and
    `earlier` are the bearer cards that were bought without one.
    """

    purchase: Purchase
    earlier: tuple[Purchase, ...] = ()
    buyer_distributor: str | None = None
    buyer_root: str | None = None
    chain: tuple[str, ...] = ()
    chain_root: str | None = None
    earns_nobody: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers of the rules; the office may change them from a date on."""

    topup_count: int = 5  # as many earlier top-ups within the minutes are too many
    topup_minutes: int = 10
    topup_sum_fen: int = 1_000_000  # 10 000 yuan: where a buyer must be identified (办法 art. 15)
    card_count_max: int = 5


def purchase_of(order: Order) -> Purchase | None:
    """The order as the rules see it; None when it is not paid, or its payment was not accepted."""
    was_returned = any(refund.cause == "PAYMENT" for refund in order.refunds)
    if order.paid_at is None or was_returned:
        return None
    return Purchase(order.order_id, order.use, order.paid_at, order.payable_fen, order.card_ids)


def earlier_than(purchase: Purchase, others: tuple[Purchase, ...]) -> tuple[Purchase, ...]:
    """Those of the others that were paid before it and at most 24 hours before, the newest first.

    Of two payments of one moment the one with the lower order id counts as earlier.
    """
    since = purchase.paid_at - RECENT_TERM
    found = [other for other in others if since < other.paid_at and _place(other) < _place(purchase)]
    return tuple(sorted(found, key=_place, reverse=True))


def with_chain(facts: Facts, order: Order) -> Facts:
    """The facts with what the order froze about those who would be paid."""
    chain = tuple(link.distributor_id for link in order.chain)
    return replace(facts, chain=chain, earns_nobody=order.self_purchase)


def _place(purchase: Purchase) -> tuple[datetime, str]:
    return purchase.paid_at, purchase.order_id
