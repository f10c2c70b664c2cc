"""Real names: from which amount on must the buyer of bearer cards be known?

A named card is sold and topped up only to somebody known by name, whatever its amount.
Bearer cards are sold to anybody, up to an amount: bought at once, or together within 24
hours. What somebody unknown bought lately stands in one item of the table `work`, which
forgets by itself; whoever is known by name has none.

    pk bearer#<customer>   sk recent   purchases: [[at, fen, order], …], version, expires_at
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.order import Order

# 单用途商业预付卡管理办法 art. 15: who buys bearer cards of 10 000 yuan and more at once is identified;
# what one payer buys within 24 hours counts as bought at once, so that nobody splits a purchase.
BEARER_FEN_MIN = 1_000_000
BEARER_TERM = timedelta(hours=24)

TABLE = "work"
RECENT = "recent"
PURCHASES_MAX = 100  # that an item tells apart; of more, the oldest two count as one


class BearerPurchase(NamedTuple):
    """What somebody unknown bought. `order_id` is "" where several count as one."""

    at: datetime
    amount_fen: int
    order_id: str


def bearer_purchase_of(order: Order) -> BearerPurchase:
    """The order as it counts: by what is paid, or by what is on the cards, whichever is more."""
    return BearerPurchase(order.created_at, max(order.face_fen, order.payable_fen), order.order_id)


def bearer_key(customer_id: str) -> tuple[str, str]:
    return f"bearer#{customer_id}", RECENT


def recent_purchases(item: Mapping[str, Any] | None, now: datetime) -> tuple[BearerPurchase, ...]:
    """Those of the last 24 hours that an item shows, the oldest first."""
    rows = json.loads(item["purchases"]) if item else []
    found = (BearerPurchase(from_ms(at), fen, order_id) for at, fen, order_id in rows)
    return tuple(sorted(one for one in found if one.at > now - BEARER_TERM))


def reaches(purchases: Iterable[BearerPurchase]) -> bool:
    """Whether these together are as much as asks for a name."""
    return sum(purchase.amount_fen for purchase in purchases) >= BEARER_FEN_MIN


def bearer_change(
    customer_id: str, item: Mapping[str, Any] | None, purchases: Iterable[BearerPurchase], now: datetime
) -> DocumentChange:
    """These are the purchases now, if nobody bought since the item was read."""
    kept = sorted(purchases)
    while len(kept) > PURCHASES_MAX:
        oldest, next_one = kept[:2]
        kept[:2] = [BearerPurchase(next_one.at, oldest.amount_fen + next_one.amount_fen, "")]
    rows = [[to_ms(one.at), one.amount_fen, one.order_id] for one in kept]
    values = {
        "purchases": json.dumps(rows, separators=(",", ":")),
        "expires_at": to_ms(now + 2 * BEARER_TERM) // 1000,
    }
    version = {"version": item["version"] if item else None}
    return DocumentChange(TABLE, *bearer_key(customer_id), values, version, {"version": 1})
