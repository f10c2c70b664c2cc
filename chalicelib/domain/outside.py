"""The outside: what can a payment channel, an issuer or a payout tell us?

UNKNOWN is an answer of its own: the call may have been done. It is asked about
until it is final, and never sent again as something new.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an outside party said: SUCCEEDED, FAILED, PENDING, or UNKNOWN when the answer was lost."""

    state: str
    external_id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A verified message of a payment channel: `amount_fen` was paid for `order_id` under `payment_id`."""

    channel: str
    order_id: str
    payment_id: str
    amount_fen: int
    state: str
    paid_at: datetime
