"""Trace a bill's line: where did we book what the channel lists, and if nowhere, what does asking bring?

The lines of our books are a view that the stream writes; the journal is the truth. So a
line that the view does not have is looked for in the journal by its own key. If it is
not there either, its word was lost: the channel is asked, and what it says is booked as
its callback would have been.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.business_time import business_date, day_text
from chalicelib.domain.channel_bill import BillLine, Kind
from chalicelib.domain.errors import Refusal
from chalicelib.domain.order import Order, Refund, awaits_channel, refund_reference
from chalicelib.domain.posting import channel_account
from chalicelib.domain.reconciliation import BookLine
from chalicelib.domain.record import Record
from chalicelib.usecases.check_payment import CheckPayment
from chalicelib.usecases.ports import Books, Orders
from chalicelib.usecases.send_refund import SendRefund
from chalicelib.usecases.settle_payment import ENTRY, receipt_partition


@dataclass(frozen=True)
class TraceBillLine:
    books: Books
    orders: Orders
    check_payment: CheckPayment
    send_refund: SendRefund

    def __call__(self, channel: str, line: BillLine, now: datetime) -> tuple[BookLine | None, str]:
        """Our booking of the line, made before or just now; or None and why there is none."""
        found = self.booked(channel, line)
        if found is not None:
            return found, ""
        cause = self._asked(channel, line, now)
        found = self.booked(channel, line)
        return found, "" if found else cause

    def booked(self, channel: str, line: BillLine) -> BookLine | None:
        """What the journal says of the line, however long ago it was booked."""
        record = self._record(channel, line)
        if record is None:
            return None
        account = channel_account(channel)
        amount_fen = sum(leg.amount_fen for leg in record.lines if leg.account == account)
        day = day_text(business_date(record.at))
        return BookLine(line.key, line.order_id, amount_fen, day, record.action)

    def _record(self, channel: str, line: BillLine) -> Record | None:
        if line.kind is Kind.PAYMENT:
            return self.books.record(receipt_partition(channel, line.operation_id), ENTRY)
        order, refund = self._refund(line)
        if order is None or refund is None:
            return None
        return self.books.record(order.customer_id, f"{order.order_id}#r{refund.refund_id}#paid")

    def _refund(self, line: BillLine) -> tuple[Order | None, Refund | None]:
        order = self.orders.get(line.order_id)
        refunds = order.refunds if order else ()
        named = (
            refund
            for refund in refunds
            if refund_reference(line.order_id, refund.refund_id) == line.operation_id
        )
        return order, next(named, None)

    def _asked(self, channel: str, line: BillLine, now: datetime) -> str:
        try:
            return self._payment(channel, line, now) if line.kind is Kind.PAYMENT else self._back(line, now)
        except Refusal as refusal:
            return refusal.code

    def _payment(self, channel: str, line: BillLine, now: datetime) -> str:
        order = self.orders.get(line.order_id)
        if order is None:
            return "ORDER_UNKNOWN"
        if not awaits_channel(order, channel):
            return "PAID_BY_ANOTHER_PAYMENT"
        self.check_payment.is_settled(order, channel, now)
        return "CHANNEL_SAYS_OTHERWISE"

    def _back(self, line: BillLine, now: datetime) -> str:
        order, refund = self._refund(line)
        if order is None or refund is None:
            return "ORDER_UNKNOWN" if order is None else "REFUND_UNKNOWN"
        self.send_refund.ask_again(order.order_id, refund.refund_id, now)
        return "REFUND_NOT_DONE"
