"""Grant campaigns: how much of each campaign's purse does one order get, decided once?

The purse is one item under a condition: it can never be overdrawn. What an order
got is written beside it in the same transaction, so that every level, every replay
and every later reader computes with the same answer. Orders whose plan has no
campaign with a purse come through here without a single call.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.change import Change, DocumentChange, NewDocument, Stale
from chalicelib.domain.commission import budget_demands, calculate, facts_of
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import Order
from chalicelib.domain.plan import Plan
from chalicelib.usecases.ports import Books, Documents

TABLE = "work"
PURSE = "purse"
GRANTED = "campaigns"
TRIES_MAX = 6


def purse_key(campaign_id: str) -> tuple[str, str]:
    """Where a campaign's purse stands: it outlives the plan that named it first."""
    return f"campaign#{campaign_id}", PURSE


def purses_of(plan: Plan) -> dict[str, int]:
    """What each campaign with a bottom may spend in all, in fen."""
    return {c.campaign_id: c.budget_fen for c in plan.campaigns if c.budget_fen is not None}


@dataclass(frozen=True)
class GrantCampaigns:
    books: Books
    documents: Documents

    def __call__(self, order: Order, plan: Plan) -> Mapping[str, int]:
        """By campaign: what this order may take above the ordinary rules. Raises: Unavailable."""
        purses = purses_of(plan)
        if not purses:
            return {}
        demands = self._demands(order, plan, purses)
        if not demands:
            return dict.fromkeys(purses, 0)
        for _ in range(TRIES_MAX):
            try:
                self.books.commit(None, _taking(order, demands))
                return dict.fromkeys(purses, 0) | demands
            except Stale:
                granted = self._granted_before(order)
                if granted is not None:
                    return dict.fromkeys(purses, 0) | granted
                demands = self._demands(order, plan, self._left(purses))
        raise Unavailable()

    def again(self, order: Order, plan: Plan) -> Mapping[str, int]:
        """The same for an order that was most likely decided before: that is read first, at no write."""
        purses = purses_of(plan)
        granted = self._granted_before(order) if purses else None
        return self(order, plan) if granted is None else dict.fromkeys(purses, 0) | granted

    def _demands(self, order: Order, plan: Plan, left: Mapping[str, int]) -> dict[str, int]:
        assert order.paid_at is not None
        demands = budget_demands(calculate(facts_of(order), plan, order.paid_at, left))
        return {campaign: fen for campaign, fen in demands.items() if campaign in left and fen > 0}

    def _granted_before(self, order: Order) -> dict[str, int] | None:
        item = self.documents.get(TABLE, f"grant#{order.order_id}", GRANTED, consistent=True)
        return dict(item["granted"]) if item else None

    def _left(self, purses: Mapping[str, int]) -> dict[str, int]:
        left = {}
        for campaign_id in purses:
            item = self.documents.get(TABLE, *purse_key(campaign_id), consistent=True)
            left[campaign_id] = item["left_fen"] if item else 0
        return left


def _taking(order: Order, demands: Mapping[str, int]) -> list[Change]:
    changes: list[Change] = [
        NewDocument(TABLE, f"grant#{order.order_id}", GRANTED, {"granted": dict(demands)})
    ]
    for campaign_id, fen in demands.items():
        take = DocumentChange(
            TABLE, *purse_key(campaign_id), {}, {}, add={"left_fen": -fen}, at_least={"left_fen": fen}
        )
        changes.append(take)
    return changes
