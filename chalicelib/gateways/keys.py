"""Keys: how are card numbers and personal data sealed, and found again without opening them?

Sealed text, readable by any later version of this module and after any rotation:

    1.<wrapped data key>.<nonce and ciphertext>       each base64url without padding

The data key is wrapped by KMS and stands in the text itself, so what was sealed is
opened for as long as KMS knows its key. AES-256-GCM binds the text to its context:
a ciphertext that is moved to another card does not open. A wrapped key has some
250 characters: seal together what is read together.

A network address stands beside every record, where 250 characters would double what a
purchase costs. It is veiled in 27 (IPv6: 43) by AES-SIV (RFC 5297), under a key that is
made from that of the blind index.
"""

import hashlib
import hmac
import socket
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_bytes
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

VERSION = "1"
NONCE_BYTES = 12
TAG_BYTES = 16
ENCRYPTION_CONTEXT = {"application": "forecourt"}  # a policy can demand it; it stands in KMS's own log

# One stolen data key opens what one process sealed in an hour, and never more than this many texts:
# far below the 2^32 at which random nonces of GCM may begin to meet.
DATA_KEY_SECONDS_MAX = 3600.0
DATA_KEY_USES_MAX = 10_000
# A key that is disabled in KMS opens nothing after five minutes.
OPENED_SECONDS_MAX = 300.0
OPENED_KEYS_MAX = 256

VEIL = b"the veil of addresses 1"  # what its key is made for, and which version of it

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BLIND_INDEX_CHARACTERS = 26  # 130 bits


class SealBroken(RuntimeError):
    """A sealed text was altered, moved to another context, or never was one. Not a caller's mistake."""


class _DataKey(NamedTuple):
    wrapped: str
    plain: bytes
    made_at: float


@dataclass
class EnvelopeKeys:
    """Keys with one KMS call per data key. `blind_key` gives the text of the secret that keys the index."""

    kms: Any
    key_id: str
    blind_key: Callable[[], str] = field(repr=False)
    clock: Callable[[], float] = monotonic
    _active: _DataKey | None = field(default=None, init=False, repr=False)
    _uses: int = field(default=0, init=False, repr=False)
    _opened: OrderedDict[str, _DataKey] = field(default_factory=OrderedDict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def seal(self, plain: str, context: str) -> str:
        """The sealed text; it opens only with the same context. Sealing twice gives two texts."""
        data_key = self._data_key()
        nonce = token_bytes(NONCE_BYTES)
        sealed = AESGCM(data_key.plain).encrypt(nonce, plain.encode(), _bound(context))
        return ".".join((VERSION, data_key.wrapped, _text(nonce + sealed)))

    def open(self, sealed: str, context: str) -> str:
        """What was sealed. Raises: SealBroken; ClientError when KMS refuses or forgot the key."""
        version, _, rest = sealed.partition(".")
        wrapped, _, text = rest.partition(".")
        content = _content(text)
        if version != VERSION or not wrapped or len(content) < NONCE_BYTES + TAG_BYTES:
            raise SealBroken("no sealed text of a version that is known")
        nonce, ciphertext = content[:NONCE_BYTES], content[NONCE_BYTES:]
        try:
            return AESGCM(self._unwrapped(wrapped).plain).decrypt(nonce, ciphertext, _bound(context)).decode()
        except InvalidTag:
            raise SealBroken("the text was altered, or belongs to another context") from None

    def blind_index(self, value: str) -> str:
        """26 characters (Crockford's base 32) of a keyed hash: equal values, equal indexes, for ever."""
        digest = hmac.new(self.blind_key().encode(), value.encode(), hashlib.sha256).digest()
        bits = int.from_bytes(digest) >> (256 - 5 * BLIND_INDEX_CHARACTERS)
        places = range(5 * (BLIND_INDEX_CHARACTERS - 1), -1, -5)
        return "".join(_CROCKFORD[bits >> place & 31] for place in places)

    def veil(self, address: str, salt: str) -> str:
        """The hidden network address, "" for what is none. Another salt gives another text."""
        packed = _packed(address)
        return _text(self._veil().encrypt(packed, [salt.encode()])) if packed else ""

    def unveil(self, veiled: str, salt: str) -> str:
        """The address that was veiled with this salt. Raises: SealBroken."""
        try:
            packed = self._veil().decrypt(_content(veiled), [salt.encode()])
        except InvalidTag:
            raise SealBroken("the address was altered, or has another salt") from None
        return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)

    def _veil(self) -> AESSIV:
        return AESSIV(hmac.new(self.blind_key().encode(), VEIL, hashlib.sha256).digest())

    def _data_key(self) -> _DataKey:
        """The data key that this process seals with now, counted as used once more."""
        with self._lock:
            now, active = self.clock(), self._active
            worn = self._uses >= DATA_KEY_USES_MAX
            if active is None or worn or now - active.made_at >= DATA_KEY_SECONDS_MAX:
                made = self.kms.generate_data_key(
                    KeyId=self.key_id, KeySpec="AES_256", EncryptionContext=ENCRYPTION_CONTEXT
                )
                active = _DataKey(_text(made["CiphertextBlob"]), made["Plaintext"], now)
                self._active, self._uses = active, 0
                self._remember(active)
            self._uses += 1
            return active

    def _unwrapped(self, wrapped: str) -> _DataKey:
        with self._lock:
            now, known = self.clock(), self._opened.get(wrapped)
            if known is not None and now - known.made_at < OPENED_SECONDS_MAX:
                return known
        opened = self.kms.decrypt(CiphertextBlob=_content(wrapped), EncryptionContext=ENCRYPTION_CONTEXT)
        data_key = _DataKey(wrapped, opened["Plaintext"], now)
        with self._lock:
            self._remember(data_key)
        return data_key

    def _remember(self, data_key: _DataKey) -> None:
        self._opened[data_key.wrapped] = data_key
        self._opened.move_to_end(data_key.wrapped)
        if len(self._opened) > OPENED_KEYS_MAX:
            self._opened.popitem(last=False)


def _packed(address: str) -> bytes:
    """Four or sixteen bytes; none of what is no address."""
    try:
        return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    except OSError:
        return b""


def _bound(context: str) -> bytes:
    return f"{VERSION}|{context}".encode()


def _text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _content(text: str) -> bytes:
    """Raises: SealBroken when it is not base64url."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise SealBroken("a sealed text is base64url") from None
