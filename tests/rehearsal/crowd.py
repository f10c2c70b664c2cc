"""The crowd: do customers who never stop lose an order while a new version comes?

Each buyer orders and pays, again and again, like a careful client: with a key for each order,
and sending again, under the same key, only what may be sent again: what was not answered, and
what was answered 429 or 5xx. Any other answer than the wanted one is a failed order.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from ulid import ULID

from local import demo_world as demo
from tests.rehearsal.caller import ANSWER_SECONDS, Caller
from tests.rehearsal.trade import KEY_LENGTH, card_of_100

PATIENCE_SECONDS = 60  # for one order, with all its retries
RETRY_SECONDS = 0.3
PAUSE_SECONDS = 0.2
AGAIN = frozenset({429, 500, 502, 503, 504})

TOPPED_UP_FEN = 400_000  # forty cards of 100 yuan; with what is on it, below the legal cap
FROM_CARD_MAX = 40


@dataclass
class Buyer:
    """One customer in a thread. `orders`: by the key under which it was tried; "" where it failed."""

    caller: Caller
    name: str
    payment: Mapping[str, Any]
    orders_max: int = 1_000_000
    orders: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    again: Counter[str] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=ANSWER_SECONDS))
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Let the last order come to its end."""
        self.ended.set()
        if self._thread is not None:
            self._thread.join(2 * PATIENCE_SECONDS)

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def done(self) -> int:
        """How many orders were brought to their ends."""
        return sum(1 for order_id in list(self.orders.values()) if order_id)

    def _go_on(self) -> None:
        while not self.ended.wait(PAUSE_SECONDS) and len(self.orders) < self.orders_max:
            key = str(ULID())
            self.orders[key] = ""
            try:
                self.orders[key] = self._buy(key)
            except Exception as failure:  # noqa: BLE001 (whatever it was, this order has failed)
                self.failed.append(f"{self.name}'s order {key}: {type(failure).__name__}: {failure}")

    def _buy(self, key: str) -> str:
        headers = {**self.caller.bearer(self.name), "Idempotency-Key": key}
        deadline = time.monotonic() + PATIENCE_SECONDS
        body = card_of_100(self.payment)
        placed = self._sent(
            lambda: self.http.post(self._at("/v1/orders"), headers=headers, json=body), deadline
        )
        order_id = str(placed["order"]["order_id"])
        if placed.get("pay_url"):
            httpx.post(placed["pay_url"], json={"action": "pay"}, timeout=10).raise_for_status()
        path = self._at(f"/v1/orders/{order_id}")
        while True:
            order = self._sent(lambda: self.http.get(path, headers=headers), deadline)
            if order["state"] == "COMPLETED":
                return order_id
            if time.monotonic() > deadline:
                raise TimeoutError(f"it is {order['state']}")
            time.sleep(RETRY_SECONDS)

    def _at(self, path: str) -> str:
        return self.caller.url + path

    def _sent(self, send: Callable[[], httpx.Response], deadline: float) -> Mapping[str, Any]:
        """The answer, asked for again where it may be. Raises: AssertionError, TimeoutError."""
        while True:
            try:
                answer = send()
                told = str(answer.status_code)
                if answer.status_code in (200, 201):
                    found: Mapping[str, Any] = answer.json()
                    return found
                assert answer.status_code in AGAIN, f"{told}: {answer.text[:300]}"
            except httpx.TransportError as failure:
                told = type(failure).__name__
            self.again[told] += 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"the last answer was {told}")
            time.sleep(RETRY_SECONDS)


@dataclass
class Crowd:
    """All buyers."""

    buyers: list[Buyer]

    def start(self) -> None:
        for buyer in self.buyers:
            buyer.start()

    def end(self) -> None:
        for buyer in self.buyers:
            buyer.end()

    def have_each_bought(self, count: int) -> Callable[[], bool]:
        """Whether each of them, from now on, has brought so many orders more to their ends."""
        wanted = {buyer.name: buyer.done() + count for buyer in self.buyers}
        return lambda: all(
            buyer.failed or len(buyer.orders) >= buyer.orders_max or buyer.done() >= wanted[buyer.name]
            for buyer in self.buyers
        )

    def tried(self) -> int:
        return sum(len(buyer.orders) for buyer in self.buyers)

    def done(self) -> int:
        return sum(buyer.done() for buyer in self.buyers)

    def failed(self) -> list[str]:
        return [failure for buyer in self.buyers for failure in buyer.failed]

    def again(self) -> str:
        counted: Counter[str] = sum((buyer.again for buyer in self.buyers), Counter())
        return ", ".join(f"{count} x {told}" for told, count in sorted(counted.items())) or "nothing"

    def not_once(self, orders: Mapping[str, list[str]]) -> list[str]:
        """Keys that did not make exactly one order with one card. `orders`: the tables' cards by order id."""
        keys = Counter(order_id[-KEY_LENGTH:] for order_id in orders)
        tried = {key: order_id for buyer in self.buyers for key, order_id in buyer.orders.items()}
        return [
            key
            for key, order_id in tried.items()
            if keys[key] != 1 or order_id not in orders or len(orders[order_id]) != 1
        ]


def top_up(caller: Caller, name: str, card_id: str) -> None:
    """Enough money on a card account for everything that the crowd buys from it."""
    product = demo.TOPUP_NAMED
    body = {
        "use": product.use,
        "sku_id": product.sku_id,
        "card_id": card_id,
        "amount_fen": TOPPED_UP_FEN,
        "expected_fen": TOPPED_UP_FEN * product.price_bps // 10_000,
        "payment": {"method": "CHANNEL", "channel": "sandbox"},
    }
    headers = {**caller.bearer(name), "Idempotency-Key": str(ULID())}
    placed = caller.asked("POST", "/v1/orders", headers, body, 201)
    httpx.post(placed["pay_url"], json={"action": "pay"}, timeout=10).raise_for_status()
    path = f"/v1/orders/{placed['order']['order_id']}"
    caller.wait("the money on the card", lambda: caller.read(name, path)["state"] == "COMPLETED")
