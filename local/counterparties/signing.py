"""Signing: is this request the merchant's, and how does the merchant know that a callback is ours?

Both directions carry four headers: Sandbox-Key, Sandbox-Timestamp (seconds),
Sandbox-Nonce and Sandbox-Signature, the hexadecimal HMAC-SHA256 over

    a request    METHOD \\n path \\n timestamp \\n nonce \\n body \\n
    a callback   timestamp \\n nonce \\n body \\n

The key text is one key, or a JSON list of keys, the newest first: all of them are
accepted, the first signs. A key's id is the start of its SHA-256, so a rotated key
has a new id by itself. Written apart from the product's own code on purpose: that
both sides agree is then a finding and not a tautology.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping

from local.counterparties.answers import Refused
from local.counterparties.storage import now_ms

SKEW_ALLOWED_SECONDS = 300
HEADERS = ("Sandbox-Key", "Sandbox-Timestamp", "Sandbox-Nonce", "Sandbox-Signature")


class SigningKeys:
    """The keys shared with the merchant."""

    def __init__(self, text: str) -> None:
        texts = json.loads(text) if text.startswith("[") else [text]
        if not texts or not all(isinstance(key, str) and len(key) >= 16 for key in texts):
            raise ValueError("a signing key has 16 characters or more")
        self._keys = {hashlib.sha256(key.encode()).hexdigest()[:8]: key.encode() for key in texts}
        self._active = next(iter(self._keys))

    def check_request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises: Refused 401, saying what is wrong."""
        key_id, timestamp, nonce, signature = (headers.get(name) or "" for name in HEADERS)
        key = self._keys.get(key_id)
        if key is None:
            raise Refused(401, "KEY_UNKNOWN")
        if not timestamp.isdecimal() or abs(int(timestamp) * 1000 - now_ms()) > SKEW_ALLOWED_SECONDS * 1000:
            raise Refused(401, "TIMESTAMP_INVALID")
        signed = f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
        if not hmac.compare_digest(_signature(key, signed).encode(), signature.encode()):
            raise Refused(401, "SIGNATURE_INVALID")

    def callback_headers(self, body: bytes) -> dict[str, str]:
        timestamp, nonce = str(now_ms() // 1000), secrets.token_hex(16)
        signed = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
        signature = _signature(self._keys[self._active], signed)
        return dict(zip(HEADERS, (self._active, timestamp, nonce, signature), strict=True))


def _signature(key: bytes, signed: bytes) -> str:
    return hmac.new(key, signed, hashlib.sha256).hexdigest()
