"""Settle a channel: what it paid to our bank for a day leaves its account, once, less what it kept.

One record a day, whatever is still unexplained in it: the bank has the money of the
whole bill. What was not booked, or booked otherwise, is what then remains on A:CHANNEL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.catalog import Mode
from chalicelib.domain.change import Replayed
from chalicelib.domain.channel_bill import Bill, BillLine, Key
from chalicelib.domain.reconciliation import BookLine
from chalicelib.domain.record import Plain, Record
from chalicelib.domain.settlement import CUSTODY, OPERATING, Share, settlement_lines
from chalicelib.usecases.ports import Books, Orders

# Where the money of a booking belongs; of any other booking the order says it.
BANKS = {
    "SALE_ISSUER": CUSTODY,
    "TOPUP_ISSUER": CUSTODY,
    "SALE_AGENT": OPERATING,
    "TOPUP_AGENT": OPERATING,
}


def settlement_key(channel: str, day: str) -> tuple[str, str]:
    """Partition and entry of a day's record."""
    return f"settlement_{channel}", day


@dataclass(frozen=True)
class SettleChannel:
    books: Books
    orders: Orders

    def __call__(self, channel: str, bill: Bill, books: Mapping[Key, BookLine], now: datetime) -> None:
        """Post what the bill says was settled; doing it again changes nothing."""
        key = settlement_key(channel, bill.day)
        if bill.settled_fen is None or self.books.record(*key) is not None:
            return
        action, lines = settlement_lines(channel, self._shares(bill, books))
        if not lines:
            return
        about: dict[str, Plain] = {"channel": channel, "day": bill.day, "settled_fen": bill.settled_fen}
        record = Record(*key, action, now, f"channel:{channel}", about=about, lines=lines)
        try:
            self.books.commit(record, [])
        except Replayed:
            return

    def _shares(self, bill: Bill, books: Mapping[Key, BookLine]) -> dict[str, Share]:
        shares = {CUSTODY: Share(), OPERATING: Share()}
        for line in bill.lines:
            if line.is_money:
                bank = self._bank(line, books.get(line.key))
                shares[bank] = shares[bank].plus(line.amount_fen, line.fee_fen)
        return shares

    def _bank(self, line: BillLine, ours: BookLine | None) -> str:
        """Money of nobody that we know is kept where holders' money is."""
        known = BANKS.get(ours.action) if ours else None
        if known is not None:
            return known
        order = self.orders.get(line.order_id)
        return OPERATING if order is not None and order.mode == Mode.AGENT else CUSTODY
