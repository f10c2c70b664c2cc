"""Reverse commission: after a refund, each entry falls to what its own terms give for the rest of the order.

Taken from the entry's own pot while it is frozen, then from what is available,
then from withdrawals that nobody has approved (returned whole, each by its own
record), and what is left becomes a debt that later releases pay. One record a
refund; every balance that decides is a condition of the write.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.account import Balances, InsufficientAvailable
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import AccountChange, Change, PotChange, Replayed, Stale
from chalicelib.domain.commission import Share
from chalicelib.domain.commission_entry import (
    History,
    entry_id_of,
    history_of,
    reversal_record,
    reversing_refunds,
)
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import Order
from chalicelib.domain.reversal import (
    PendingWithdrawal,
    Pockets,
    Sources,
    remaining_lines,
    reversal_fen,
    sources_of,
)
from chalicelib.usecases.ports import Accounts, Books

TRIES_MAX = 12


@dataclass(frozen=True)
class ReverseCommission:
    """`pending`: a distributor's unapproved withdrawals, newest first. `call_back`: return one of them."""

    books: Books
    accounts: Accounts
    pending: Callable[[str], Sequence[PendingWithdrawal]]
    call_back: Callable[[str, datetime], None]

    def __call__(self, order: Order, share: Share, now: datetime) -> None:
        """Every refund of the order has its reversal on this share's entry. Raises: Unavailable."""
        for refund in reversing_refunds(order):
            self._reverse(order, share, now, refund.refund_id)

    def _reverse(self, order: Order, share: Share, now: datetime, refund_id: str) -> None:
        entry_id = entry_id_of(order.order_id, share.level)
        for _ in range(TRIES_MAX):
            history = history_of(self.books.records(share.distributor_id, entry_id), entry_id)
            assert history is not None, "the entry is written before its reversals"
            rest = remaining_lines(history.explanation, _refunded_by(order, history, refund_id))
            amount_fen = reversal_fen(history.explanation, history.net_fen, rest)
            if refund_id in history.refund_ids or amount_fen == 0:
                return
            try:
                if self._written(history, refund_id, amount_fen, now):
                    return
            except Replayed:
                return
            except (Stale, InsufficientAvailable):
                continue
        raise Unavailable()

    def _written(self, history: History, refund_id: str, amount_fen: int, now: datetime) -> bool:
        """Whether it is done; False after withdrawals were called back: their money is counted anew."""
        distributor_id = history.entry.partition
        account = self.accounts.balances(distributor_id, with_pots=False)
        pot = self.accounts.pot(distributor_id, history.pot)
        pockets = Pockets(min(pot.frozen_fen, history.net_fen), account.available_fen)
        sources = sources_of(amount_fen, pockets)
        if sources.debt_fen and account.held_fen:
            pockets = replace(pockets, pending=tuple(self.pending(distributor_id)))
            sources = sources_of(amount_fen, pockets)
        for withdrawal in sources.returned:
            self.call_back(withdrawal.withdrawal_id, now)
        if sources.returned:
            return False
        changes = _changes(distributor_id, history, sources, account, now)
        self.books.commit(reversal_record(history, refund_id, sources, now), changes)
        return True


def _refunded_by(order: Order, history: History, refund_id: str) -> Order:
    """The order as this refund left it: refunds up to it, and any whose reversal came first."""
    refunds = reversing_refunds(order)
    count = next(i for i, refund in enumerate(refunds, start=1) if refund.refund_id == refund_id)
    later = [refund for refund in refunds[count:] if refund.refund_id in history.refund_ids]
    return replace(order, refunds=(*refunds[:count], *later))


def _changes(
    distributor_id: str, history: History, sources: Sources, account: Balances, now: datetime
) -> list[Change]:
    """The touched items. Debt only arises while the account is exactly as it was read."""
    changes: list[Change] = []
    if sources.frozen_fen:
        changes.append(PotChange(distributor_id, history.pot))
    if sources.available_fen or sources.debt_fen:
        first_debt = sources.debt_fen > 0 and account.owed_fen == 0
        change = AccountChange(
            distributor_id,
            set_values={"debt_since": to_ms(now)} if first_debt else None,
            expected={"version": account.version},
        )
        changes.append(change)
    return changes
