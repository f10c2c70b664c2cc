"""Settlement: which accounts move when a channel pays what it collected on a day to our bank?

    paid to us      Dr bank net, Dr E:CHANNEL_FEE fee         Cr A:CHANNEL gross
    taken from us   Dr A:CHANNEL −gross, Dr E:CHANNEL_FEE     Cr bank    more refunds and fees than payments

Money for goods of our own is in custody for their holders (A:BANK_CUSTODY); money for
goods of others is ours to spend (A:BANK_OPER). The channel settles the whole day, also
what we have not booked: A:CHANNEL then holds exactly what is not reconciled yet.
"""

from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.posting import channel_account
from chalicelib.domain.record import Line

CUSTODY = "A:BANK_CUSTODY"
OPERATING = "A:BANK_OPER"
FEE_ACCOUNT = "E:CHANNEL_FEE"


def settlement_lines(channel: str, bank: str, gross_fen: int, fee_fen: int) -> tuple[str, tuple[Line, ...]]:
    """The template and the lines of a day's settlement at one bank account; `fee_fen` is not negative."""
    account, net_fen = channel_account(channel), gross_fen - fee_fen
    cleared = credit(account, gross_fen) if gross_fen >= 0 else debit(account, -gross_fen)
    moved = debit(bank, net_fen) if net_fen >= 0 else credit(bank, -net_fen)
    action = "CHANNEL_SETTLED" if net_fen >= 0 else "CHANNEL_COLLECTED"
    return action, checked_lines(action, [moved, debit(FEE_ACCOUNT, fee_fen), cleared])
