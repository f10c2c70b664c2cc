"""Custody: is what customers own covered by what lies in the bank and at the channels?

The law asks an issuer for a part of the prepaid balance (办法 art. 26: 20 %, 30 % or 40 %
of it at the end of the last quarter). Compared here is all of it, as it is now: less than
it was, and any shortfall shows long before the law's. What promotions gave is owed too,
and nobody paid it in, so less than the whole is everyday.
"""

from collections.abc import Mapping
from typing import NamedTuple

OWED = ("L:PREPAID", "L:AUTH_HOLD", "L:REFUND_PAYABLE")
COVER = ("A:BANK_CUSTODY", "A:CHANNEL")  # a channel's money is in the bank a day later
WHOLE_BPS = 10_000


class Custody(NamedTuple):
    """What customers own, and what is there for it, in fen."""

    owed_fen: int
    cover_fen: int

    @property
    def coverage_bps(self) -> int:
        """How much of it is covered, rounded down; the whole where nothing is owed."""
        return self.cover_fen * WHOLE_BPS // self.owed_fen if self.owed_fen > 0 else WHOLE_BPS


def custody_of(totals: Mapping[str, int]) -> Custody:
    """The position that the totals of the ledger's account types make, in fen, debit positive."""
    return Custody(
        owed_fen=-sum(totals.get(kind, 0) for kind in OWED),
        cover_fen=sum(totals.get(kind, 0) for kind in COVER),
    )
