"""A counterparty: how do we ask somebody outside, and what do we know when the answer is lost?

A call ends in one of three ways: it was answered, it was refused by name, or nothing
is known. Time-outs, broken connections, server errors and unreadable answers are all
the third: the party may have done what we asked. Nothing is sent a second time from
here, for only the caller knows whether its id makes that safe.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3

from chalicelib.domain.business_time import from_ms
from chalicelib.domain.outside import Outcome
from chalicelib.gateways.key_ring import KeyRing
from chalicelib.gateways.signatures import signed_headers

CONNECT_SECONDS = 1.0
READ_SECONDS = 3.0
CONNECTIONS_KEPT = 16

REFUSED = 422  # the one status by which a party says: understood, and not done
TIME_MS_MAX = 10**14  # the year 5138: beyond it a number is a mistake, not a time

STATES = frozenset({"SUCCEEDED", "SUCCEEDED_PENDING_LOAD", "FAILED", "PENDING", "RETURNED"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Status 0 when nothing did; `document` then says why in `code`."""

    status: int
    document: Mapping[str, Any]

    @property
    def reason(self) -> str:
        return str(self.document.get("code") or self.document.get("reason") or "")

    @property
    def state(self) -> str:
        return str(self.document.get("state", ""))


@dataclass(frozen=True)
class Counterparty:
    """Somebody outside at an address, asked with signed JSON over connections that are kept."""

    base_url: str
    keys: Callable[[], KeyRing]
    clock: Callable[[], datetime] = field(repr=False)
    read_seconds: float = READ_SECONDS

    @cached_property
    def _connections(self) -> urllib3.PoolManager:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=self.read_seconds)
        return urllib3.PoolManager(maxsize=CONNECTIONS_KEPT, timeout=timeout, retries=False)

    def post(self, path: str, document: Mapping[str, Any]) -> Reply:
        return self._ask("POST", path, json.dumps(document, ensure_ascii=False).encode())

    def get(self, folder: str, name: str) -> Reply:
        return self._ask("GET", f"{folder}/{quote(name, safe='')}", b"")

    def get_file(self, folder: str, name: str) -> tuple[int, bytes]:
        """Status and content as they came; status 0 when nothing did."""
        return self._exchange("GET", f"{folder}/{quote(name, safe='')}", b"")

    def _ask(self, method: str, path: str, body: bytes) -> Reply:
        status, content = self._exchange(method, path, body)
        return _reply(status, content) if status else Reply(0, {"code": "NO_ANSWER"})

    def _exchange(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        url = self.base_url.rstrip("/") + path
        headers = signed_headers(self.keys(), method, urlsplit(url).path, body, self.clock())
        if body:
            headers["Content-Type"] = "application/json"
        try:
            response = self._connections.request(
                method, url, body=body or None, headers=headers, redirect=False
            )
        except urllib3.exceptions.HTTPError:
            return 0, b""
        return response.status, response.data


def outcome(reply: Reply) -> Outcome:
    """What a reply says about an operation. FAILED only when the party itself says so; else UNKNOWN.

    `NOT_RECEIVED` as the reason of an UNKNOWN means that the party does not know the
    id: the call may be on its way, and may be made again under the same id.
    """
    if reply.status == REFUSED and reply.reason:
        return Outcome("FAILED", reason=reply.reason)
    if reply.status != 200 or reply.state not in STATES:
        return Outcome("UNKNOWN", reason=reply.reason or "ANSWER_UNREADABLE")
    return settled(reply.state, str(reply.document.get("external_id", "")), reply)


def settled(state: str, external_id: str, reply: Reply) -> Outcome:
    """An outcome with the amount and the time that the party tells."""
    amount_fen, at = reply.document.get("amount_fen"), reply.document.get("at")
    return Outcome(
        state,
        external_id=external_id,
        reason=str(reply.document.get("reason", "")),
        amount_fen=amount_fen if type(amount_fen) is int else None,
        at=from_ms(at) if type(at) is int and 0 < at < TIME_MS_MAX else None,
    )


def _reply(status: int, content: bytes) -> Reply:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return Reply(0, {"code": "ANSWER_UNREADABLE"})
    return Reply(status, document)
