"""A fake payment channel: the port of payments in memory, with customers who pay when told to."""

import csv
import hashlib
import hmac
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from chalicelib.domain.business_time import SHANGHAI, business_date, day_text, from_ms, to_ms
from chalicelib.domain.channel_bill import Bill, BillLine, Kind, total_of
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.outside import Outcome, PaymentNotice
from chalicelib.gateways.sandbox_bill import COLUMNS, read_bill
from chalicelib.gateways.sandbox_channel import PaymentNotStarted
from chalicelib.gateways.signatures import CallbackRefused
from tests.fakes.operations import Operations, Script

KEY = b"the fake channel's own key"
Callback = tuple[dict[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Payment:
    order_id: str
    payment_id: str
    amount_fen: int
    expires_at: datetime
    state: str = "PENDING"
    at: datetime | None = None


@dataclass
class FakePaymentChannel:
    """PaymentChannel. `pay` and `cancel` are the customer's; both give the callback that is sent."""

    clock: Callable[[], datetime]
    payments: dict[str, Payment] = field(default_factory=dict)
    asked_fen: dict[str, int] = field(default_factory=dict)  # for an order; its payer may send another amount
    refunds: Operations = field(default_factory=Operations)
    refunded_fen: dict[str, int] = field(default_factory=dict)
    starts_lost: int = 0
    refunded_at: dict[str, datetime] = field(default_factory=dict)
    alter_bill: Callable[[date, list[BillLine]], list[BillLine]] = lambda day, lines: lines
    bills_late: bool = False

    def start(self, order_id: str, amount_fen: int, title: str, expires_at: datetime) -> str:
        new = Payment(order_id, f"PY-{order_id}", amount_fen, expires_at)
        payment = self.payments.setdefault(order_id, new)
        if self.asked_fen.setdefault(order_id, amount_fen) != amount_fen:
            raise PaymentNotStarted(reason="REFERENCE_USED")
        if self.starts_lost:
            self.starts_lost -= 1
            raise Unavailable(reason="NO_ANSWER")
        return f"http://localhost/pay/{payment.payment_id}"

    def verify(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        given = {name.lower(): value for name, value in headers.items()}
        time, signature = given.get("fake-time", ""), given.get("fake-signature", "")
        if not time or not signature:
            raise CallbackRefused(cause="HEADER_MISSING")
        if abs(self.clock() - from_ms(int(time))) > timedelta(seconds=300):
            raise CallbackRefused(cause="TIMESTAMP_INVALID")
        if not hmac.compare_digest(_signature(time, body), signature):
            raise CallbackRefused(cause="SIGNATURE_INVALID")
        told = json.loads(body)
        return PaymentNotice(
            "sandbox", told["order"], told["payment"], told["amount_fen"], told["state"], from_ms(told["at"])
        )

    def query(self, order_id: str) -> Outcome:
        payment = self.payments.get(order_id)
        if payment is None:
            return Outcome("PENDING", reason="NOT_RECEIVED")
        if payment.state == "PENDING" and self.clock() >= payment.expires_at:
            return Outcome("FAILED", payment.payment_id, "EXPIRED")
        if payment.state == "FAILED":
            return Outcome("FAILED", payment.payment_id, "CANCELLED")
        return Outcome(payment.state, payment.payment_id, amount_fen=payment.amount_fen, at=payment.at)

    def refund(self, order_id: str, refund_id: str, amount_fen: int, payment_id: str) -> Outcome:
        payment = self.payments.get(order_id)
        if payment is None or payment.state != "SUCCEEDED" or payment.payment_id != payment_id:
            return Outcome("FAILED", reason="NOT_PAID")
        is_new = refund_id not in self.refunds.done
        refunded_fen = self.refunded_fen.get(order_id, 0) + amount_fen
        if is_new and refunded_fen > payment.amount_fen:
            return Outcome("FAILED", reason="REFUND_EXCEEDS_PAYMENT")
        told = self.refunds.perform(refund_id, (order_id, amount_fen))
        if is_new and self.refunds.query(refund_id).state in ("SUCCEEDED", "PENDING"):
            self.refunded_fen[order_id] = refunded_fen
            self.refunded_at[refund_id] = self.clock()
        return replace(told, amount_fen=amount_fen) if told.state == "SUCCEEDED" else told

    def query_refund(self, refund_id: str) -> Outcome:
        return self.refunds.query(refund_id)

    def bill(self, day: date) -> bytes | None:
        """The file of a day that is over, altered by `alter_bill`; none while `bills_late`."""
        if self.bills_late or business_date(self.clock()) <= day:
            return None
        return written(self.alter_bill(day, self.lines(day)))

    def read_bill(self, day: date, raw: bytes) -> Bill:
        return read_bill(day_text(day), raw)

    def lines(self, day: date) -> list[BillLine]:
        """What really happened on a day."""
        lines = [
            BillLine(
                Kind.PAYMENT,
                paid.order_id,
                paid.payment_id,
                paid.amount_fen,
                fee_of(paid.amount_fen),
                paid.at,
            )
            for paid in self.payments.values()
            if paid.state == "SUCCEEDED" and paid.at is not None
        ]
        for refund_id, ((order_id, amount_fen), _) in self.refunds.done.items():
            if self.refunds.query(refund_id).state == "SUCCEEDED":
                at = self.refunded_at[refund_id]
                assert isinstance(order_id, str)
                assert isinstance(amount_fen, int)
                lines.append(BillLine(Kind.REFUND, order_id, refund_id, -amount_fen, 0, at))
        return sorted((line for line in lines if business_date(line.at) == day), key=lambda line: line.at)

    def pay(self, order_id: str, wrong_fen: int = 0) -> Callback:
        """The customer pays; the callback tells an amount that is wrong by so much."""
        return self._settle(order_id, "SUCCEEDED", wrong_fen)

    def cancel(self, order_id: str) -> Callback:
        return self._settle(order_id, "FAILED", 0)

    def script_refund(self, script: Script) -> None:
        """How the next refund goes."""
        self.refunds.scripts.append(script)

    def _settle(self, order_id: str, state: str, wrong_fen: int) -> Callback:
        payment = self.payments[order_id]
        assert payment.state == "PENDING", f"the payment is {payment.state}"
        assert self.clock() < payment.expires_at, "the time to pay is over"
        self.payments[order_id] = replace(payment, state=state, at=self.clock())
        told = {
            "order": order_id,
            "payment": payment.payment_id,
            "amount_fen": payment.amount_fen + wrong_fen,
            "state": state,
            "at": to_ms(self.clock()),
        }
        body, time = json.dumps(told).encode(), str(to_ms(self.clock()))
        return {"Fake-Time": time, "Fake-Signature": _signature(time, body)}, body


def fee_of(amount_fen: int) -> int:
    """60 basis points, rounded half up."""
    return (amount_fen * 60 + 5_000) // 10_000


def written(lines: list[BillLine]) -> bytes:
    """The file that lists these lines, as the sandbox writes it."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for line in lines:
        local = line.at.astimezone(SHANGHAI).replace(tzinfo=None).isoformat(" ", timespec="milliseconds")
        told = (line.kind, line.order_id, line.operation_id, line.amount_fen, line.fee_fen, line.state)
        table.writerow((local, *told))
    settled_fen = 0
    for kind in Kind:
        total = total_of(lines, kind)
        settled_fen += total.amount_fen - total.fee_fen
        table.writerow(("", f"TOTAL_{kind}", "", total.count, total.amount_fen, total.fee_fen, ""))
    table.writerow(("", "SETTLED", "", "", settled_fen, "", ""))
    return text.getvalue().encode()


def _signature(time: str, body: bytes) -> str:
    return hmac.new(KEY, f"{time}\n".encode() + body, hashlib.sha256).hexdigest()
