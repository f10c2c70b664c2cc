"""Signatures: did this message come from whom it says, unaltered and just now?

HMAC-SHA256 in hexadecimal over these lines, each ended by a line feed:

    a request of ours     METHOD, path, timestamp, nonce, body
    a callback to us      timestamp, nonce, body

The timestamp is in seconds. A callback that comes again within its five minutes is
not refused here: the channel repeats itself, and the payment id makes that harmless.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.errors import Unauthenticated
from chalicelib.gateways.key_ring import KeyRing

KEY_HEADER = "Sandbox-Key"
TIMESTAMP_HEADER = "Sandbox-Timestamp"
NONCE_HEADER = "Sandbox-Nonce"
SIGNATURE_HEADER = "Sandbox-Signature"
HEADERS = (KEY_HEADER, TIMESTAMP_HEADER, NONCE_HEADER, SIGNATURE_HEADER)

SKEW_ALLOWED = timedelta(seconds=300)  # wide enough for clocks, too narrow for a stolen log


class CallbackRefused(Unauthenticated):
    """A callback that we do not believe. `cause`: HEADER_MISSING, KEY_UNKNOWN, TIMESTAMP_INVALID,
    SIGNATURE_INVALID, BODY_INVALID or MERCHANT_DIFFERS."""

    code = "CALLBACK_REFUSED"
    advice = "Sign the exact body with the shared key and the time of now."


def signed_headers(ring: KeyRing, method: str, path: str, body: bytes, now: datetime) -> dict[str, str]:
    """The four headers that prove a request to be ours."""
    timestamp, nonce = str(_seconds(now)), secrets.token_hex(16)
    signature = _signature(ring.active, method, path, timestamp, nonce, body=body)
    return dict(zip(HEADERS, (ring.active_id, timestamp, nonce, signature), strict=True))


def check_callback(ring: KeyRing, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Return only when the callback is signed by a key of the ring, within five minutes of `now`.

    Raises: CallbackRefused with its cause.
    """
    given = {name.lower(): value for name, value in headers.items()}  # a gateway may respell them
    key_id, timestamp, nonce, signature = (given.get(name.lower(), "") for name in HEADERS)
    if not (key_id and timestamp and nonce and signature):
        raise CallbackRefused(cause="HEADER_MISSING")
    if key_id not in ring.keys:
        raise CallbackRefused(cause="KEY_UNKNOWN")
    if not _is_near(timestamp, now):
        raise CallbackRefused(cause="TIMESTAMP_INVALID")
    expected = _signature(ring.keys[key_id], timestamp, nonce, body=body)
    if not hmac.compare_digest(expected.encode(), signature.encode()):  # constant time
        raise CallbackRefused(cause="SIGNATURE_INVALID")


def _is_near(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    return abs(int(timestamp) - _seconds(now)) <= SKEW_ALLOWED.total_seconds()


def _seconds(moment: datetime) -> int:
    return to_ms(moment) // 1000


def _signature(key: bytes, *lines: str, body: bytes) -> str:
    signed = b"".join(line.encode() + b"\n" for line in lines) + body + b"\n"
    return hmac.new(key, signed, hashlib.sha256).hexdigest()
