"""Callbacks: who is still to be told about a payment, when, and how wrongly?

A callback is promised in the transaction that settles its payment and tried until it
is answered 200 or 204, so a killed process goes on where it was. Kinds:

    normal           tried until it is taken
    wrong_amount     signed well, telling another amount; sent once
    wrong_signature  telling the truth, signed with something else; sent once
"""

import http.client
import json
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from local.counterparties.answers import Refused, ms_of
from local.counterparties.signing import SigningKeys
from local.counterparties.storage import Storage, now_ms

MERCHANT = "forecourt"
# As the big channels do: soon at first, then more and more patiently, for a day.
RETRY_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600)
ANSWER_WITHIN_SECONDS = 5
SENDERS = 8


class Message(NamedTuple):
    """One callback to come."""

    kind: str
    delay_ms: int = 0


# What a customer or a test asks for -> the messages that are sent.
PLANS: dict[str, tuple[str, ...]] = {
    "normal": ("normal",),
    "late": ("normal",),
    "twice": ("normal", "normal"),
    "parallel": ("normal", "normal", "normal", "normal"),
    "lost": (),
    "wrong_amount": ("wrong_amount",),
    "wrong_signature": ("wrong_signature",),
}
LATE_MS = 60_000
TWICE_MS = 1_000


def planned(document: Mapping[str, Any]) -> list[Message]:
    """The messages that `{"callback": name or list of names, "delay_seconds": n}` means. Raises: Refused."""
    asked = document.get("callback", "normal")
    names = asked if isinstance(asked, list) else [asked]
    if not all(isinstance(name, str) and name in PLANS for name in names):
        raise Refused(400, "CALLBACK_INVALID")
    delay_ms = ms_of(document, "delay_seconds")
    messages: list[Message] = []
    for name in names:
        first_ms = delay_ms or (LATE_MS if name == "late" else 0)
        gap_ms = TWICE_MS if name == "twice" else 0
        messages += [Message(kind, first_ms + gap_ms * turn) for turn, kind in enumerate(PLANS[name])]
    return messages


def promise(connection: sqlite3.Connection, payment_id: str, messages: Sequence[Message], now: int) -> None:
    """Remember what is to be sent."""
    connection.executemany(
        "INSERT INTO callbacks VALUES (NULL, ?, ?, 0, ?, 'DUE')",
        [(payment_id, message.kind, now + message.delay_ms) for message in messages],
    )


class Deliveries:
    """The senders: one thread looks for what is due, a few send it."""

    def __init__(self, storage: Storage, keys: SigningKeys, retry_seconds: Sequence[float]) -> None:
        self._storage = storage
        self._keys = keys
        self._retry_ms = [int(seconds * 1000) for seconds in retry_seconds]
        self._sending: set[int] = set()
        self._lock = Lock()
        self._wake = Event()
        self._stopped = False
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="callback")
        self._watcher = Thread(target=self._watch, name="callbacks", daemon=True)

    def start(self) -> None:
        self._watcher.start()

    def stop(self) -> None:
        self._stopped = True
        self._wake.set()
        self._watcher.join()
        self._senders.shutdown(wait=True, cancel_futures=True)

    def wake(self) -> None:
        """Something became due just now."""
        self._wake.set()

    def _watch(self) -> None:
        while not self._stopped:
            self._wake.clear()
            for callback in self._due():
                self._senders.submit(self._deliver, callback)
            self._wake.wait(0.05 if self._sending else 0.2)

    def _due(self) -> list[sqlite3.Row]:
        due = self._storage.rows(
            "SELECT c.*, p.reference AS order_reference, p.amount_fen, p.state AS payment_state,"
            " p.settled_at, p.notify_url FROM callbacks c JOIN payments p ON p.payment_id = c.reference"
            " WHERE c.state = 'DUE' AND c.due_at <= ? ORDER BY c.due_at LIMIT 200",
            now_ms(),
        )
        with self._lock:
            new = [callback for callback in due if callback["id"] not in self._sending]
            self._sending.update(callback["id"] for callback in new)
        return new

    def _deliver(self, callback: sqlite3.Row) -> None:
        try:
            taken = self._send(callback) or callback["kind"] != "normal"
            with self._storage.transaction() as connection:
                connection.execute(
                    "UPDATE callbacks SET state = ?, attempt = attempt + 1, due_at = ? WHERE id = ?",
                    (*self._next(callback["attempt"], taken), callback["id"]),
                )
        except Exception as error:  # a sender that dies would leave its callback behind for ever
            print(f"callback {callback['id']}: {error!r}", file=sys.stderr, flush=True)
        finally:
            with self._lock:
                self._sending.discard(callback["id"])

    def _next(self, attempt: int, taken: bool) -> tuple[str, int]:
        if taken:
            return "TAKEN", now_ms()
        if attempt >= len(self._retry_ms):
            return "GIVEN_UP", now_ms()
        return "DUE", now_ms() + self._retry_ms[attempt]

    def _send(self, callback: sqlite3.Row) -> bool:
        """Whether the merchant took it."""
        body = _body(callback)
        headers = self._keys.callback_headers(body) | {"Content-Type": "application/json"}
        if callback["kind"] == "wrong_signature":
            headers["Sandbox-Signature"] = headers["Sandbox-Signature"][::-1]
        url = urlsplit(callback["notify_url"])
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=ANSWER_WITHIN_SECONDS)
        try:
            connection.request("POST", url.path or "/", body, headers)
            return connection.getresponse().status in (200, 204)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _body(callback: sqlite3.Row) -> bytes:
    wrong_fen = 1 if callback["kind"] == "wrong_amount" else 0
    document = {
        "merchant": MERCHANT,
        "reference": callback["order_reference"],
        "payment_id": callback["reference"],
        "amount_fen": callback["amount_fen"] + wrong_fen,
        "currency": "CNY",
        "state": callback["payment_state"],
        "at": callback["settled_at"],
    }
    return json.dumps(document).encode()
