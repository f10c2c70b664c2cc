"""The outside: what can a payment channel, an issuer or a payout tell us?

UNKNOWN is an answer of its own: the call may have been done. It is asked about
until it is final, and never sent again as something new.
"""

from dataclasses import dataclass
from datetime import datetime

NOT_RECEIVED = "NOT_RECEIVED"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an outside party said: SUCCEEDED, FAILED, PENDING, or UNKNOWN when the answer was lost.

    An issuer may also say SUCCEEDED_PENDING_LOAD, a payout later RETURNED. An UNKNOWN
    whose reason is NOT_RECEIVED: the party does not know the id, so the same call may be
    made again under the same id. `amount_fen` and `at`: what was moved and when, if told.
    """

    state: str
    external_id: str = ""
    reason: str = ""
    amount_fen: int | None = None
    at: datetime | None = None

    @property
    def never_arrived(self) -> bool:
        """Whether the party does not know the call's id: sending it again under that id is harmless."""
        return self.reason == NOT_RECEIVED


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A verified message of a payment channel: `amount_fen` was paid for `order_id` under `payment_id`.

    `trace`: the id of the request that brought it, "" where we asked.
    """

    channel: str
    order_id: str
    payment_id: str
    amount_fen: int
    state: str
    paid_at: datetime
    trace: str = ""
