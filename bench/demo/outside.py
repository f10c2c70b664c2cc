"""Outside: how does a customer pay, how is a third party told to misbehave, and what do third parties say?

Pay pages and scripts belong to the sandbox counterparties of one machine. Their
bills and answers are asked for with the shop's own key, as an accountant would.
"""

import csv
import hashlib
import hmac
import io
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from bench.demo.client import PATIENCE_SECONDS, GaveUp


class BillLine(NamedTuple):
    """One line of the channel's bill: money in (+) or back (−)."""

    kind: str
    reference: str
    operation_id: str
    amount_fen: int


class Outside:
    """The counterparties at one address."""

    def __init__(self) -> None:
        self._http = httpx.Client(timeout=10)
        self._base_url = ""

    def pay(self, pay_url: str, callback: str | Sequence[str], delay_seconds: float = 0) -> None:
        """The customer pays on the hosted page, once. Raises: GaveUp when the payment cannot be made."""
        self.learn(pay_url)
        wish = {"action": "pay", "callback": callback, "delay_seconds": delay_seconds}
        answer = self._certain("POST", pay_url, wish)
        told = answer.get("state") or answer.get("code") or answer.get("reason")
        if "SUCCEEDED" not in str(answer):
            raise GaveUp(f"the payment at {pay_url} is {told}")

    def learn(self, pay_url: str) -> None:
        """The counterparties live where the API sends customers to pay."""
        parts = urlsplit(pay_url)
        self._base_url = f"{parts.scheme}://{parts.netloc}"

    def script(self, **script: Any) -> None:
        """Tell a party how to behave; some pay page must have been seen before."""
        self._certain("POST", f"{self._base_url}/control/scripts", script)

    def _certain(self, method: str, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                response = self._http.request(method, url, json=body)
            except httpx.TransportError:
                time.sleep(0.5)
                continue
            if response.status_code < 500:
                return {"status": response.status_code, **response.json()}
        raise GaveUp(f"{url} had no answer for {PATIENCE_SECONDS} seconds")


class Accountant:
    """Asks the counterparties for their own books, in the shop's name."""

    def __init__(self, url: str, key_text: str) -> None:
        self._url = url.rstrip("/")
        keys = json.loads(key_text) if key_text.startswith("[") else [key_text]
        self._key = str(keys[0]).encode()
        self._http = httpx.Client(timeout=30)

    def bill(self, day: str) -> list[BillLine]:
        """What the channel took and gave back on a business day so far, YYYY-MM-DD."""
        rows = csv.DictReader(io.StringIO(self._get(f"/channel/movements/{day}").text))
        return [BillLine(r["kind"], r["reference"], r["id"], int(r["amount_fen"])) for r in rows]

    def state_of(self, party: str, operation_id: str) -> str:
        """What the issuer (`issuer/operations`) or the bank (`payout/payments`) says of an operation."""
        response = self._get(f"/{party}/{operation_id}")
        return "NOT_RECEIVED" if response.status_code == 404 else str(response.json()["state"])

    def _get(self, path: str) -> httpx.Response:
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        signed = f"GET\n{path}\n{timestamp}\n{nonce}\n\n".encode()
        headers = {
            "Sandbox-Key": hashlib.sha256(self._key).hexdigest()[:8],
            "Sandbox-Timestamp": timestamp,
            "Sandbox-Nonce": nonce,
            "Sandbox-Signature": hmac.new(self._key, signed, hashlib.sha256).hexdigest(),
        }
        return self._http.get(self._url + path, headers=headers)
