"""Pay commission: a paid order becomes one frozen entry a level, and a refunded one its reversals.

The stream is a hint, the journal is the truth: every effect has a key made of the
order and the level, and each key is written once. The chain and the plan are
frozen in the order, so on the ordinary way nothing is read at all; a replay in
five years writes the same fen, or finds that it was done.

A refund that overtakes its commission wins: the image of the order carries both,
the entry is written first if it is not there, then the reversal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.business_time import business_date
from chalicelib.domain.change import Change, PotChange, Replayed, Stale
from chalicelib.domain.commission import Share, calculate, facts_of
from chalicelib.domain.commission_entry import entry_record, in_filling, is_same_entry, reversing_refunds
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.open_pots import is_late, reopened
from chalicelib.domain.order import Order
from chalicelib.domain.plan import Plan
from chalicelib.usecases.grant_campaigns import GrantCampaigns
from chalicelib.usecases.ports import Accounts, Books, Catalog

TRIES_MAX = 8


class PlanMissing(RuntimeError):
    """The order was paid under a plan that the catalogue does not hold: nobody may guess its rates."""


class EntryDiffers(RuntimeError):
    """The journal holds this entry with other content: the rules or the order were altered since."""


@dataclass(frozen=True)
class PayCommission:
    books: Books
    accounts: Accounts
    catalog: Catalog
    grants: GrantCampaigns
    reverse: Callable[[Order, Share, datetime], None]

    def __call__(self, order: Order, now: datetime) -> tuple[Share, ...]:
        """The shares of the order, written now or before; those of zero fen say why and are not written.

        Raises: PlanMissing, EntryDiffers, Unavailable.
        """
        if not order.plan_id or not order.chain or order.paid_at is None:
            return ()
        plan = self.plan_of(order)
        shares = self.shares(order, plan)
        earning = [share for share in shares if share.amount_fen > 0]
        for share in earning:
            self.enter(order, share, plan, now)
        if reversing_refunds(order):
            for share in earning:
                self.reverse(order, share, now)
        return shares

    def plan_of(self, order: Order) -> Plan:
        """The plan that was frozen into the order. Raises: PlanMissing."""
        plan: Plan | None = self.catalog.plan(order.plan_id)
        if plan is None:
            raise PlanMissing(order.order_id)
        return plan

    def shares(self, order: Order, plan: Plan) -> tuple[Share, ...]:
        """What each paid place of the chain earns, nearest first, campaigns as they were granted."""
        assert order.paid_at is not None
        return calculate(facts_of(order), plan, order.paid_at, self.grants(order, plan))

    def enter(self, order: Order, share: Share, plan: Plan, now: datetime) -> None:
        """Write the entry of a share, once. Raises: EntryDiffers, Unavailable.

        That its pot was never released is supposed, and looked up only where it proves wrong.
        Where its day is long over, the account is told that there is money in it again.
        """
        record = entry_record(order, share, plan)
        pot, filling = str(record.about["release"]), 0
        for _ in range(TRIES_MAX):
            changes: list[Change] = [PotChange(share.distributor_id, pot, filling=filling)]
            if is_late(pot, business_date(now)):
                known = self.accounts.balances(share.distributor_id, with_pots=False).open_since
                changes.append(reopened(share.distributor_id, pot, known))
            try:
                self.books.commit(in_filling(record, filling), changes)
            except Replayed as replayed:
                if not is_same_entry(replayed.body, record):
                    raise EntryDiffers(record.record_id) from None
            except Stale:
                filling = self.accounts.pot(share.distributor_id, pot).filling
                continue
            return
        raise Unavailable()
