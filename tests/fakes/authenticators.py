"""Authenticators whose secrets are the same in every run: the port Authenticators."""

import base64
import hashlib
from dataclasses import dataclass

from chalicelib.gateways.authenticators import PyotpAuthenticators


@dataclass
class CountedAuthenticators(PyotpAuthenticators):
    made: int = 0

    def new_secret(self) -> str:
        self.made += 1
        return base64.b32encode(hashlib.sha256(f"secret {self.made}".encode()).digest()[:20]).decode()
