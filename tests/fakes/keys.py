"""Fake keys: the port of encryption in memory. What is sealed can be read by anyone; its rules hold."""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from chalicelib.gateways.keys import SealBroken

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass
class FakeKeys:
    """Keys. `blind_key`: another one gives other indexes."""

    blind_key: str = "fake"
    sealed_count: int = 0

    def seal(self, plain: str, context: str) -> str:
        self.sealed_count += 1
        content = urlsafe_b64encode(plain.encode()).decode()
        return f"fake.{self.sealed_count}.{content}.{_mark(content, context)}"

    def open(self, sealed: str, context: str) -> str:
        parts = sealed.split(".")
        if len(parts) != 4 or parts[0] != "fake" or parts[3] != _mark(parts[2], context):
            raise SealBroken("no sealed text, or of another context")
        return urlsafe_b64decode(parts[2]).decode()

    def veil(self, address: str, salt: str) -> str:
        return f"{_mark(address, salt)}_{urlsafe_b64encode(address.encode()).decode()}" if address else ""

    def unveil(self, veiled: str, salt: str) -> str:
        mark, _, content = veiled.partition("_")
        address = urlsafe_b64decode(content).decode()
        if mark != _mark(address, salt):
            raise SealBroken("no veiled address, or of another salt")
        return address

    def blind_index(self, value: str) -> str:
        digest = hashlib.sha256(f"{self.blind_key}|{value}".encode()).digest()
        return "".join(ALPHABET[byte % 32] for byte in digest[:26])


def _mark(content: str, context: str) -> str:
    return hashlib.sha256(f"{content}|{context}".encode()).hexdigest()[:16]
