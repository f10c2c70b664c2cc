"""Reverse commission: after a refund, each entry falls to what its own terms give for the rest of the order.

Taken from the entry's own pot while it is frozen, then from what is available,
then from withdrawals that nobody has approved (returned whole, each by its own
record), and what is left becomes a debt that later releases pay. One record a
refund; every balance that decides is a condition of the write.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain.account import Balances, InsufficientAvailable, Pot
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.change import AccountChange, Change, PotChange, Replayed, Stale
from chalicelib.domain.commission import Share
from chalicelib.domain.commission_entry import (
    History,
    entry_id_of,
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
from chalicelib.usecases.read_entry import read_entry

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
            history, pot = read_entry(self.books, self.accounts, share.distributor_id, entry_id)
            rest = remaining_lines(history.explanation, _refunded_by(order, history, refund_id))
            amount_fen = reversal_fen(history.explanation, history.net_fen, rest)
            if refund_id in history.refund_ids or amount_fen == 0:
                return
            try:
                self._write(history, pot, refund_id, amount_fen, now)
            except Replayed:
                return
            except (Stale, InsufficientAvailable):
                continue
            return
        raise Unavailable()

    def _write(self, history: History, pot: Pot, refund_id: str, amount_fen: int, now: datetime) -> None:
        """Raises: Replayed; Stale, also after withdrawals were called back: their money is counted anew."""
        distributor_id = history.entry.partition
        account = self.accounts.balances(distributor_id, with_pots=False)
        frozen_fen = min(pot.frozen_fen, history.net_fen) if history.filling == pot.filling else 0
        pockets = Pockets(frozen_fen, account.available_fen)
        sources = sources_of(amount_fen, pockets)
        if sources.debt_fen and account.held_fen:
            pockets = pockets._replace(pending=tuple(self.pending(distributor_id)))
            sources = sources_of(amount_fen, pockets)
        for withdrawal in sources.returned:
            self.call_back(withdrawal.withdrawal_id, now)
        if sources.returned:
            raise Stale("withdrawals were called back")
        untaken = PotChange(distributor_id, history.pot, taken=pot.taken)
        changes = [untaken, *_account_changes(distributor_id, sources, account, now)]
        self.books.commit(reversal_record(history, refund_id, sources, now), changes)


def _refunded_by(order: Order, history: History, refund_id: str) -> Order:
    """The order as this refund left it: refunds up to it, and any whose reversal came first."""
    refunds = reversing_refunds(order)
    count = next(i for i, refund in enumerate(refunds, start=1) if refund.refund_id == refund_id)
    later = [refund for refund in refunds[count:] if refund.refund_id in history.refund_ids]
    return replace(order, refunds=(*refunds[:count], *later))


def _account_changes(distributor_id: str, sources: Sources, account: Balances, now: datetime) -> list[Change]:
    """What is not frozen comes from the account. Debt only arises while it is exactly as it was read."""
    if not sources.available_fen and not sources.debt_fen:
        return []
    first_debt = sources.debt_fen > 0 and account.owed_fen == 0
    change = AccountChange(
        distributor_id,
        set_values={"debt_since": to_ms(now)} if first_debt else None,
        expected={"version": account.version},
    )
    return [change]
