"""The trace of money: from which accounts does a record take, to which does it give, and whose turn is it?

Claims are followed: what a debit takes from a card or a distributor goes where the credits of the same
record put it, so both sides of every record are equal. Only what the platform moves among its own
assets runs the other way. Where an account holds money of many records, this is whose it is:

    L:PREPAID, L:COMM_AVAIL       what came first goes first
    A:CLAWBACK                    the oldest debt is paid first
    L:COMM_FROZEN                 each entry's own (commission_stay.py); a release takes all that is left
    L:WD_HOLD, L:REFUND_PAYABLE   the very withdrawal, the very refund

All other accounts are ends: there the money comes from outside or leaves, is the platform's own, or stands.
"""

from enum import StrEnum
from typing import NamedTuple

from chalicelib.domain.ledger import account_type
from chalicelib.domain.record import Line, Record


class End(StrEnum):
    """Where a part of a record's money comes from, or goes."""

    RECORD = "RECORD"  # another record, to be followed further
    OUTSIDE = "OUTSIDE"  # a channel, a bank, an oil company, the system before this one
    OWN = "OWN"  # income and expense of the platform
    STANDS = "STANDS"  # it is on this account now, or was taken from what the platform had there
    UNTOLD = "UNTOLD"  # the statement does not say it, or not yet


class Part(NamedTuple):
    """So many fen of a record, by the account that they come through."""

    account: str
    amount_fen: int
    end: End
    record_id: str = ""


class Sides(NamedTuple):
    """From which accounts a record takes, and to which it gives; the amounts are positive, the sums equal."""

    sources: tuple[Line, ...]
    uses: tuple[Line, ...]


# The platform's own assets: money runs from what is credited to what is debited.
AMONG_ASSETS = frozenset(
    "SUPPLIER_PREPAY CHANNEL_SETTLED CHANNEL_COLLECTED CHANNEL_FEE_RAISED CHANNEL_FEE_LOWERED".split()
)
QUEUES = frozenset({"L:PREPAID", "L:COMM_AVAIL", "A:CLAWBACK"})
_OUTSIDE = frozenset("A:CHANNEL A:BANK_CUSTODY A:BANK_OPER A:SUPPLIER_PREPAY Q:OPENING".split())


def sides_of(record: Record) -> Sides:
    """What the record takes and what it gives."""
    debits = tuple(line for line in record.lines if line.amount_fen > 0)
    credits = tuple(Line(line.account, -line.amount_fen) for line in record.lines if line.amount_fen < 0)
    return Sides(credits, debits) if record.action in AMONG_ASSETS else Sides(debits, credits)


def moved_fen(record: Record) -> int:
    """What a record moves: the sum of either side."""
    return sum(line.amount_fen for line in record.lines if line.amount_fen > 0)


def end_of(leg: Line) -> Part:
    """What a leg on an account is that no further record is known for."""
    if account_type(leg.account) in _OUTSIDE:
        return Part(*leg, End.OUTSIDE)
    return Part(*leg, End.OWN if leg.account[0] in "EI" else End.STANDS)


class Queue(NamedTuple):
    """Of the money that comes by, how much belongs to others first, and how much is ours after that."""

    others_fen: int
    ours_fen: int

    def next(self, fen: int) -> tuple[int, "Queue"]:
        """What of so many fen is ours, and the queue behind them."""
        passed_fen = min(self.others_fen, fen)
        got_fen = min(self.ours_fen, fen - passed_fen)
        return got_fen, Queue(self.others_fen - passed_fen, self.ours_fen - got_fen)


def queue_of(delta_fen: int, balance_fen: int) -> Queue:
    """The queue behind a change of an account; `balance_fen` is what stood there after it.

    What came waits for all that was there before it. What went was the oldest: looking back,
    all that stayed came later.
    """
    return Queue(balance_fen - delta_fen if delta_fen > 0 else balance_fen, abs(delta_fen))
