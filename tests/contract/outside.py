"""The outside world twice, in memory and as a process, driven alike by the contract tests."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import urllib3

from chalicelib.gateways.counterparty import Counterparty
from chalicelib.gateways.key_ring import key_ring
from chalicelib.gateways.sandbox_channel import SandboxChannel
from chalicelib.gateways.sandbox_issuer import SandboxIssuer
from chalicelib.gateways.sandbox_payout import SandboxPayout
from local.counterparties.process import CounterpartiesProcess
from tests.fakes.issuer import FakeIssuer
from tests.fakes.operations import Script
from tests.fakes.payment import Callback, FakePaymentChannel
from tests.fakes.payout import FakePayout

KEY = "k" * 32
RETRY_SECONDS = "0.1,0.1,0.1"
SETTLE_SECONDS = 0.3

Wait = Callable[[], bool]


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(10)}"


def wait_until(ready: Wait, seconds: float = 5) -> None:
    """Raises: AssertionError when it does not become true in time."""
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@dataclass
class Clock:
    """Our side's clock: the real one, shifted."""

    shift: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift


@dataclass
class Listener:
    """Where callbacks arrive: keeps them all, and answers with the statuses it is told, then 200."""

    callbacks: list[Callback] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    url: str = ""

    @contextmanager
    def listening(self) -> Iterator["Listener"]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.callbacks.append((dict(self.headers.items()), body))
                self.send_response(listener.statuses.pop(0) if listener.statuses else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, args=(0.05,)).start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}/callbacks"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    def about(self, order_id: str) -> list[Callback]:
        return [(headers, body) for headers, body in self.callbacks if order_id.encode() in body]


CALLBACK_COUNTS = {"normal": 1, "lost": 0, "twice": 2, "parallel": 4, "wrong_amount": 1}


@dataclass
class FakeOutside:
    """The fakes, driven as the sandbox is."""

    clock: Clock

    def __post_init__(self) -> None:
        self.channel = FakePaymentChannel(self.clock)
        self.issuer = FakeIssuer()
        self.payout = FakePayout()

    def pay(self, order_id: str, callback: str = "normal") -> list[Callback]:
        told = self.channel.pay(order_id, wrong_fen=1 if callback == "wrong_amount" else 0)
        return [told] * CALLBACK_COUNTS[callback]

    def cancel(self, order_id: str) -> list[Callback]:
        return [self.channel.cancel(order_id)]

    def script(self, party: str, script: Script) -> None:
        {
            "refund": self.channel.script_refund,
            "issuer": self.issuer.script_topup,
            "closure": self.issuer.script_closure,
            "payout": self.payout.script,
        }[party](script)

    def lose_start(self, order_id: str) -> None:
        self.channel.starts_lost += 1

    def use_card(self, card_number: str) -> None:
        self.issuer.used_cards.add(card_number)

    def end_day(self, day: date) -> None:
        self.clock.shift += timedelta(days=1)


@dataclass
class SandboxOutside:
    """The real gateways against the counterparties' process."""

    process: CounterpartiesProcess
    listener: Listener
    clock: Clock
    read_seconds: float = 3.0
    pay_urls: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = urllib3.PoolManager(retries=False)
        ring = key_ring(KEY)
        party = Counterparty(self.process.url, lambda: ring, Clock(), self.read_seconds)
        self.channel = SandboxChannel(party, lambda: ring, self.clock, self.listener.url)
        self.issuer = SandboxIssuer(party)
        self.payout = SandboxPayout(party)

    def ask(self, method: str, path: str, document: Any = None) -> Any:
        """What a customer or an operator of the sandbox does. Raises: AssertionError unless answered 200."""
        answer = self.http.request(method, self.process.url + path, json=document or {})
        assert answer.status == 200, (answer.status, answer.data)
        return answer.json()

    def wish(self, order_id: str, **wish: Any) -> Any:
        """Press a button of the pay page as a program does."""
        payment_id = self.channel.party.get("/channel/payments", order_id).document["payment_id"]
        return self.ask("POST", f"/pay/{payment_id}", wish)

    def pay(self, order_id: str, callback: str = "normal") -> list[Callback]:
        self.wish(order_id, action="pay", callback=callback)
        return self.told(order_id, CALLBACK_COUNTS[callback])

    def cancel(self, order_id: str) -> list[Callback]:
        self.wish(order_id, action="cancel")
        return self.told(order_id, 1)

    def told(self, order_id: str, count: int) -> list[Callback]:
        """The callbacks about an order, once there are so many, or after a while when there are none."""
        if count == 0:
            time.sleep(SETTLE_SECONDS)
        wait_until(lambda: len(self.listener.about(order_id)) >= count)
        found = self.listener.about(order_id)
        assert len(found) == count
        return found

    def script(self, party: str, script: Script) -> None:
        told = {
            "party": party,
            "reference": script.operation_id,
            "state": script.state,
            "reason": script.reason,
            "answer": script.answer,
            "later": script.later,
            "delay_seconds": SETTLE_SECONDS if script.later else 0,
        }
        self.ask("POST", "/control/scripts", told)

    def lose_start(self, order_id: str) -> None:
        self.ask("POST", "/control/scripts", {"party": "payment", "reference": order_id, "answer": "lost"})

    def use_card(self, card_number: str) -> None:
        self.ask("POST", "/control/used-cards", {"card_number": card_number})

    def end_day(self, day: date) -> None:
        """Its bill is written now."""
        self.bill_fault(day, "early")

    def bill_fault(self, day: date, fault: str, reference: str = "", **how: Any) -> None:
        told = {"day": day.isoformat(), "fault": fault, "reference": reference}
        self.ask("POST", "/control/bills", told | how)


Outside = FakeOutside | SandboxOutside


def start_process(data_directory: Path, port: int = 0) -> CounterpartiesProcess:
    return CounterpartiesProcess.start(port, data_directory, KEY, RETRY_SECONDS)
