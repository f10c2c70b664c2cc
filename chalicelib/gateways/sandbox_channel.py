"""The sandbox payment channel: how is a customer's money asked for, believed in and given back?

It speaks like the channels that move real money: a hosted pay page, a signed callback
that may come late, twice or never, and queries that tell the truth.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from chalicelib.domain.business_time import day_text, from_ms, to_ms
from chalicelib.domain.channel_bill import Bill
from chalicelib.domain.errors import Unavailable, Unprocessable
from chalicelib.domain.outside import NOT_RECEIVED, Outcome, PaymentNotice
from chalicelib.gateways.counterparty import Counterparty, Reply, outcome, settled
from chalicelib.gateways.key_ring import KeyRing
from chalicelib.gateways.sandbox_bill import read_bill
from chalicelib.gateways.signatures import CallbackRefused, check_callback

CHANNEL = "sandbox"
MERCHANT = "forecourt"
CURRENCY = "CNY"

# What the channel calls a payment's state -> what we call the outcome.
PAYMENT_STATES = {"PENDING": "PENDING", "SUCCEEDED": "SUCCEEDED", "CANCELLED": "FAILED", "EXPIRED": "FAILED"}


class PaymentNotStarted(Unprocessable):
    """The channel will not take this payment, and says why in `reason`."""

    code = "PAYMENT_NOT_STARTED"
    advice = "Pay in another way, or place the order anew."


@dataclass(frozen=True)
class SandboxChannel:
    """PaymentChannel over HTTP. `notify_url`: where callbacks go.

    `return_url`, with the order id behind it: where the pay page sends customers back to.
    """

    party: Counterparty
    keys: Callable[[], KeyRing]
    clock: Callable[[], datetime] = field(repr=False)
    notify_url: str
    return_url: str = ""

    def start(self, order_id: str, amount_fen: int, title: str, expires_at: datetime) -> str:
        """The address of the pay page; asked again for the same order, the same payment's.

        Raises: PaymentNotStarted when the channel declines; Unavailable when its answer was lost.
        """
        asked = {
            "reference": order_id,
            "amount_fen": amount_fen,
            "title": title,
            "notify_url": self.notify_url,
            "return_url": f"{self.return_url}{order_id}" if self.return_url else "",
            "expires_at": to_ms(expires_at),
        }
        reply = self.party.post("/channel/payments", asked)
        pay_url = reply.document.get("pay_url")
        if reply.status == 200 and isinstance(pay_url, str):
            return pay_url
        if reply.status in (409, 422):
            raise PaymentNotStarted(reason=reply.reason)
        raise Unavailable(reason=reply.reason)

    def verify(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        """The notice in a callback; whether its amount is the order's is the caller's question.

        Raises: CallbackRefused when signature, time, merchant or shape is wrong.
        """
        check_callback(self.keys(), headers, body, self.clock())
        try:
            return _notice(json.loads(body))
        except (ValueError, KeyError, TypeError, OverflowError):
            raise CallbackRefused(cause="BODY_INVALID") from None

    def query(self, order_id: str) -> Outcome:
        """SUCCEEDED with payment id, amount and time; PENDING; FAILED when nobody can pay any more.

        An order that the channel never heard of is PENDING with reason NOT_RECEIVED:
        nothing was paid, yet a call to start it may still be on its way.
        """
        reply = self.party.get("/channel/payments", order_id)
        if reply.status == 404 and reply.reason == NOT_RECEIVED:
            return Outcome("PENDING", reason=NOT_RECEIVED)
        state = PAYMENT_STATES.get(reply.state)
        if reply.status != 200 or state is None:
            return Outcome("UNKNOWN", reason=reply.reason or "ANSWER_UNREADABLE")
        return _paid(state, reply)

    def refund(self, order_id: str, refund_id: str, amount_fen: int, payment_id: str) -> Outcome:
        """Give back to the payer; under the same refund id never twice."""
        asked = {
            "reference": order_id,
            "refund_id": refund_id,
            "amount_fen": amount_fen,
            "payment_id": payment_id,
        }
        return outcome(self.party.post("/channel/refunds", asked))

    def query_refund(self, refund_id: str) -> Outcome:
        """What became of a refund; UNKNOWN with reason NOT_RECEIVED when it never arrived."""
        return outcome(self.party.get("/channel/refunds", refund_id))

    def bill(self, day: date) -> bytes | None:
        """The raw file of a finished business day; None while it is not there, or nobody answers."""
        status, content = self.party.get_file("/channel/bills", day.isoformat())
        return content if status == 200 else None

    def read_bill(self, day: date, raw: bytes) -> Bill:
        """What the file of the day says. Raises: BillMalformed."""
        return read_bill(day_text(day), raw)


def _paid(state: str, reply: Reply) -> Outcome:
    told = settled(state, str(reply.document.get("payment_id", "")), reply)
    if state == "SUCCEEDED" and (told.amount_fen is None or told.at is None or not told.external_id):
        return Outcome("UNKNOWN", reason="ANSWER_UNREADABLE")  # money that cannot be booked is not yet known
    if state == "FAILED":
        return Outcome(state, told.external_id, reply.state)
    return told


def _notice(document: Mapping[str, object]) -> PaymentNotice:
    """Raises: CallbackRefused for another merchant; KeyError, TypeError, ValueError for another shape."""
    if document["merchant"] != MERCHANT or document["currency"] != CURRENCY:
        raise CallbackRefused(cause="MERCHANT_DIFFERS")
    order_id, payment_id, amount_fen, at = (
        document[name] for name in ("reference", "payment_id", "amount_fen", "at")
    )
    if not (isinstance(order_id, str) and isinstance(payment_id, str) and order_id and payment_id):
        raise ValueError("an id is missing")
    if type(amount_fen) is not int or amount_fen <= 0 or type(at) is not int:
        raise ValueError("amount and time are whole numbers")
    state = PAYMENT_STATES[str(document["state"])]
    return PaymentNotice(CHANNEL, order_id, payment_id, amount_fen, state, from_ms(at))
