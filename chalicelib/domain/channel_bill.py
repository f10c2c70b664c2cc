"""The channel's bill: what does a payment channel say that it took and gave back on a business day?

    PAYMENT   amount_fen > 0    operation_id: the channel's own id of the payment
    REFUND    amount_fen < 0    operation_id: the name under which we sent the refund

Only a line that SUCCEEDED is money. The control totals at the end of the file count
money alone; a file that does not add up to them is refused whole, for a file that lost
a part on its way would make our own books look wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

SUCCEEDED = "SUCCEEDED"


class Kind(StrEnum):
    PAYMENT = "PAYMENT"
    REFUND = "REFUND"


class Key(NamedTuple):
    """What a line of the bill and a line of our books are matched by."""

    kind: str
    operation_id: str


class BillMalformed(Exception):
    """The file is not one that the channel means: cut off, changed or misread. Nothing of it is believed."""


@dataclass(frozen=True, slots=True)
class BillLine:
    """One payment or refund as the channel tells it; `amount_fen` from our side: in (+), back (−)."""

    kind: Kind
    order_id: str
    operation_id: str
    amount_fen: int
    fee_fen: int
    at: datetime
    state: str = SUCCEEDED

    @property
    def key(self) -> Key:
        return Key(self.kind.value, self.operation_id)

    @property
    def is_money(self) -> bool:
        return self.state == SUCCEEDED

    @property
    def moved_fen(self) -> int:
        """What really moved, in fen."""
        return self.amount_fen if self.is_money else 0


@dataclass(frozen=True, slots=True)
class Total:
    """How many lines, and their sums in fen."""

    count: int
    amount_fen: int
    fee_fen: int


@dataclass(frozen=True, slots=True)
class Bill:
    """The file of one business day (YYYYMMDD, Asia/Shanghai).

    `settled_fen`: what the channel moved to our bank account for the day, less its fees
    (negative: what it took from there); None when the file says nothing of it.
    """

    day: str
    lines: tuple[BillLine, ...]
    payments: Total
    refunds: Total
    settled_fen: int | None = None

    @property
    def count(self) -> int:
        return self.payments.count + self.refunds.count

    @property
    def amount_fen(self) -> int:
        return self.payments.amount_fen + self.refunds.amount_fen

    @property
    def fee_fen(self) -> int:
        return self.payments.fee_fen + self.refunds.fee_fen


def total_of(lines: Iterable[BillLine], kind: Kind) -> Total:
    """Count and sums of the money of one kind."""
    money = [line for line in lines if line.kind is kind and line.is_money]
    return Total(len(money), sum(line.amount_fen for line in money), sum(line.fee_fen for line in money))


def checked(bill: Bill) -> Bill:
    """The bill, if its lines make its control totals. Raises: BillMalformed, saying what does not."""
    for told, kind in ((bill.payments, Kind.PAYMENT), (bill.refunds, Kind.REFUND)):
        found = total_of(bill.lines, kind)
        if found != told:
            raise BillMalformed(f"the lines of {kind} make {found}, the file says {told}")
    if len({line.key for line in bill.lines}) != len(bill.lines):
        raise BillMalformed("an operation is listed twice")
    for line in bill.lines:
        is_right = line.amount_fen > 0 if line.kind is Kind.PAYMENT else line.amount_fen < 0
        if not is_right or line.fee_fen < 0:
            raise BillMalformed(f"{line.kind} {line.operation_id} of {line.amount_fen}, fee {line.fee_fen}")
    if bill.settled_fen not in (None, bill.amount_fen - bill.fee_fen):
        raise BillMalformed(f"{bill.settled_fen} were settled of {bill.amount_fen} less {bill.fee_fen}")
    return bill
