"""The parties outside: a channel, an oil company and a bank whose answers come late, get lost, or are no.

They are the fakes that every test uses, asked through a point each. What a party
does with an operation is drawn from the operation's own id: whoever asks, and when.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NoReturn

from chalicelib.domain.channel_bill import Bill
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.outside import Outcome, PaymentNotice
from tests.fakes.issuer import FakeIssuer
from tests.fakes.objects import FakeObjects
from tests.fakes.operations import Operations, Script
from tests.fakes.payment import FakePaymentChannel
from tests.fakes.payout import FakePayout
from tests.simulation.points import Points
from tests.simulation.scheduler import base_of, draw

NO_ANSWER = Outcome("UNKNOWN", reason="NO_ANSWER")


@dataclass
class SeededOperations(Operations):
    """Of a hundred operations so many are refused, and so many take a while; `later` by the clock."""

    seed: int = 0
    now_ms: Callable[[], int] = field(default=lambda: 0)
    refused: int = 0
    pending: int = 0
    sent_back: int = 0
    healed: bool = False
    ripe_ms: dict[str, int] = field(default_factory=dict)

    def _script(self, operation_id: str) -> Script:
        bits = draw(base_of(self.seed, operation_id), 1)
        roll, wait_ms = bits % 100, (bits >> 8) % 3_600_000
        if roll < self.refused:
            return Script("FAILED", reason="DECLINED")
        if roll < self.refused + self.pending:
            self.ripe_ms[operation_id] = self.now_ms() + wait_ms
            last = "FAILED" if (bits >> 40) % 100 < self.refused else "SUCCEEDED"
            return Script("PENDING", later=last)
        if roll < self.refused + self.pending + self.sent_back:
            self.ripe_ms[operation_id] = self.now_ms() + wait_ms
            return Script("SUCCEEDED", later="RETURNED")
        return Script()

    def query(self, operation_id: str) -> Outcome:
        ripe_ms = self.ripe_ms.get(operation_id, 0)
        if operation_id in self.done and self.now_ms() < ripe_ms:
            return self.done[operation_id][1]
        return super().query(operation_id)


def _silent() -> NoReturn:
    raise Unavailable(reason="NO_ANSWER")


@dataclass(frozen=True)
class PointChannel:
    """PaymentChannel."""

    points: Points
    party: FakePaymentChannel

    def start(self, order_id: str, amount_fen: int, title: str, expires_at: datetime) -> str:
        return self.points.ask(
            "channel.start", lambda: self.party.start(order_id, amount_fen, title, expires_at), _silent
        )

    def verify(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        return self.party.verify(headers, body)

    def query(self, order_id: str) -> Outcome:
        return self.points.ask("channel.query", lambda: self.party.query(order_id), lambda: NO_ANSWER)

    def bill(self, day: date) -> bytes | None:
        return self.points.ask("channel.bill", lambda: self.party.bill(day), _silent)

    def read_bill(self, day: date, raw: bytes) -> Bill:
        return self.party.read_bill(day, raw)

    def refund(self, order_id: str, refund_id: str, amount_fen: int, payment_id: str) -> Outcome:
        return self.points.ask(
            "channel.refund",
            lambda: self.party.refund(order_id, refund_id, amount_fen, payment_id),
            lambda: NO_ANSWER,
        )

    def query_refund(self, refund_id: str) -> Outcome:
        return self.points.ask(
            "channel.query_refund", lambda: self.party.query_refund(refund_id), lambda: NO_ANSWER
        )


@dataclass(frozen=True)
class PointIssuer:
    """Issuer."""

    points: Points
    party: FakeIssuer

    def submit(self, operation_id: str, card_number: str, amount_fen: int) -> Outcome:
        return self.points.ask(
            "issuer.submit",
            lambda: self.party.submit(operation_id, card_number, amount_fen),
            lambda: NO_ANSWER,
        )

    def query(self, operation_id: str) -> Outcome:
        return self.points.ask("issuer.query", lambda: self.party.query(operation_id), lambda: NO_ANSWER)

    def close_unused(self, operation_id: str, card_number: str) -> Outcome:
        return self.points.ask(
            "issuer.close_unused",
            lambda: self.party.close_unused(operation_id, card_number),
            lambda: NO_ANSWER,
        )


@dataclass(frozen=True)
class PointPayout:
    """Payout."""

    points: Points
    party: FakePayout

    def pay(self, payout_id: str, payee: Mapping[str, str], net_fen: int) -> Outcome:
        return self.points.ask(
            "payout.pay", lambda: self.party.pay(payout_id, payee, net_fen), lambda: NO_ANSWER
        )

    def query(self, payout_id: str) -> Outcome:
        return self.points.ask("payout.query", lambda: self.party.query(payout_id), lambda: NO_ANSWER)


@dataclass(frozen=True)
class PointObjects:
    """Objects."""

    points: Points
    party: FakeObjects

    def put_new(self, key: str, body: bytes, content_type: str = "application/octet-stream") -> bool:
        return self.points.ask(
            "objects.put_new", lambda: self.party.put_new(key, body, content_type), _silent
        )

    def get(self, key: str) -> bytes | None:
        return self.points.ask("objects.get", lambda: self.party.get(key), _silent)

    def list(self, prefix: str) -> list[str]:
        return self.points.ask("objects.list", lambda: self.party.list(prefix), _silent)

    def versions(self, prefix: str) -> Iterator[tuple[str, bool, str]]:
        return self.points.ask("objects.versions", lambda: self.party.versions(prefix), _silent)

    def upload_url(self, key: str, seconds: int, bytes_max: int) -> dict[str, Any]:
        return self.party.upload_url(key, seconds, bytes_max)
