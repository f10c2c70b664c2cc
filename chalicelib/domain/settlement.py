"""Settlement: which accounts move when a channel pays what it collected on a day to our bank?

    Dr bank net   Dr E:CHANNEL_FEE fee   Cr A:CHANNEL gross        net = gross − fee

Money for goods of our own is in custody for their holders (A:BANK_CUSTODY); money for
goods of others is ours to spend (A:BANK_OPER). On a day with more refunds than payments
the channel collects from a bank account, and the signs turn: CHANNEL_COLLECTED.
The channel settles the whole day, also what we have not booked: A:CHANNEL then holds
exactly what is not reconciled yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.posting import channel_account
from chalicelib.domain.record import Line

CUSTODY = "A:BANK_CUSTODY"
OPERATING = "A:BANK_OPER"
FEE_ACCOUNT = "E:CHANNEL_FEE"


@dataclass(frozen=True, slots=True)
class Share:
    """What a day brought to one bank account, in fen; the fee is never negative."""

    gross_fen: int = 0
    fee_fen: int = 0

    @property
    def net_fen(self) -> int:
        return self.gross_fen - self.fee_fen

    def plus(self, gross_fen: int, fee_fen: int) -> "Share":
        return Share(self.gross_fen + gross_fen, self.fee_fen + fee_fen)


def settlement_lines(channel: str, shares: Mapping[str, Share]) -> tuple[str, tuple[Line, ...]]:
    """The template and the lines of a day's settlement, by bank account."""
    gross_fen = sum(share.gross_fen for share in shares.values())
    fee_fen = sum(share.fee_fen for share in shares.values())
    lines = [_moved(bank, share.net_fen) for bank, share in shares.items()]
    lines += [debit(FEE_ACCOUNT, fee_fen), _moved(channel_account(channel), -gross_fen)]
    is_paid = gross_fen >= 0 and all(share.net_fen >= 0 for share in shares.values())
    action = "CHANNEL_SETTLED" if is_paid else "CHANNEL_COLLECTED"
    return action, checked_lines(action, lines)


def _moved(account: str, amount_fen: int) -> Line:
    return debit(account, amount_fen) if amount_fen >= 0 else credit(account, -amount_fen)
