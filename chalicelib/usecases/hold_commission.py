"""Hold commission: while a fraud check looks at an order, what it earned waits in the risk pot.

The entries of the order are written first if the commission reader has not come to
them yet: both write the same record. What was released already can be held no
more; a refund takes it back from what is available.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.business_time import business_date
from chalicelib.domain.change import PotChange, Replayed, Stale
from chalicelib.domain.commission_entry import History, entry_id_of, hold_record, pot_after_hold
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.ledger import RISK_POT
from chalicelib.domain.order import Order
from chalicelib.usecases.pay_commission import PayCommission
from chalicelib.usecases.ports import Accounts, Books
from chalicelib.usecases.read_entry import read_entry

TRIES_MAX = 8
# The pot to move an entry to, or "" to leave it where it is.
Chooses = Callable[[History], str]


@dataclass(frozen=True)
class HoldCommission:
    books: Books
    accounts: Accounts
    pay: PayCommission

    def hold(self, order: Order, reason: str, now: datetime) -> int:
        """How many fen of the order's commission are held now; running it twice changes nothing.

        Raises: PlanMissing, EntryDiffers, Unavailable.
        """

        def choose(history: History) -> str:
            return "" if history.is_held else RISK_POT

        return self._each(order, choose, reason, now)

    def free(self, order: Order, reason: str, now: datetime) -> int:
        """How many fen are still held; the rest waits for its release day again, or for the next release.

        Raises: PlanMissing, EntryDiffers, Unavailable.
        """

        def choose(history: History) -> str:
            return pot_after_hold(history, business_date(now)) if history.is_held else ""

        return self._each(order, choose, reason, now)

    def _each(self, order: Order, choose: Chooses, reason: str, now: datetime) -> int:
        shares = [share for share in self.pay(order, now) if share.amount_fen > 0]
        return sum(
            self._move(share.distributor_id, entry_id_of(order.order_id, share.level), choose, reason, now)
            for share in shares
        )

    def _move(self, distributor_id: str, entry_id: str, choose: Chooses, reason: str, now: datetime) -> int:
        """The fen of one entry that lie in the risk pot afterwards."""
        for _ in range(TRIES_MAX):
            history, pot = read_entry(self.books, self.accounts, distributor_id, entry_id)
            wanted = choose(history)
            if not wanted or not 0 < history.net_fen <= pot.frozen_fen or history.filling != pot.filling:
                return history.net_fen if history.is_held else 0
            filling = self._filling(distributor_id, wanted)
            pots = [
                PotChange(distributor_id, history.pot, taken=pot.taken),
                PotChange(distributor_id, wanted, filling=filling),
            ]
            try:
                self.books.commit(hold_record(history, wanted, now, reason, filling), pots)
            except (Replayed, Stale):
                continue
            return history.net_fen if wanted == RISK_POT else 0
        raise Unavailable()

    def _filling(self, distributor_id: str, pot_day: str) -> int:
        """The present filling of a pot; the risk pot is never released, and has one."""
        return 0 if pot_day == RISK_POT else self.accounts.pot(distributor_id, pot_day).filling
