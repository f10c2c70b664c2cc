"""A device that keeps passkeys: a phone or a stick, in software, which does whatever a test wants wrong."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Device:
    """One key. `counts`: many devices keep no counter, and say 0. `is_owner`: it knows who holds it."""

    origin: str = "http://localhost:8080"
    domain: str = "localhost"
    credential: bytes = b"a key on somebody's desk"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    counter: int = 0
    counts: bool = True
    is_owner: bool = True

    def made(self, options: Mapping[str, Any]) -> str:
        """A new passkey by these options, as a browser hands it to the page."""
        return self.made_for(options["challenge"])

    def made_for(self, challenge: str) -> str:
        attested = bytes(16) + len(self.credential).to_bytes(2) + self.credential + self._public_key()
        content = self._told(ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": content})
        return self._answer(
            attestationObject=encoded(attestation),
            clientDataJSON=encoded(self._client("webauthn.create", challenge)),
        )

    def signed(self, told: Mapping[str, Any]) -> str:
        """The answer to a challenge: that of a route, or that in the facts of SECOND_FACTOR_REQUIRED."""
        offered: Sequence[str] = told["credentials"]
        assert encoded(self.credential) in offered, "the browser finds no passkey of this device"
        assert told["domain"] == self.domain, "the browser refuses another site's"
        return self.signed_for(told["challenge"])

    def signed_for(self, challenge: str) -> str:
        self.counter += self.counts
        content, client = self._told(0), self._client("webauthn.get", challenge)
        signature = self.key.sign(content + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            authenticatorData=encoded(content), clientDataJSON=encoded(client), signature=encoded(signature)
        )

    def _told(self, flags: int) -> bytes:
        """Which site, what the device saw, and how often it signed."""
        flags |= PRESENT | (VERIFIED if self.is_owner else 0)
        return hashlib.sha256(self.domain.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _public_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})

    def _answer(self, **response: str) -> str:
        name = encoded(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
