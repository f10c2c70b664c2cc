"""Passwords: how is a password kept so that nobody can read it, and checked in the same time for everybody?

Argon2id. Checking against no hash at all costs one run against a hash of nothing,
so that the time tells nobody whether a number is registered.
"""

from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

COMMON = Path(__file__).with_name("common_passwords.txt")

_NOBODY = "the password of nobody"


@dataclass(frozen=True)
class Argon2Passwords:
    """The port Passwords."""

    memory_kib: int
    passes: int
    hasher: PasswordHasher = field(init=False, repr=False)

    def __post_init__(self) -> None:
        hasher = PasswordHasher(time_cost=self.passes, memory_cost=self.memory_kib, parallelism=1)
        object.__setattr__(self, "hasher", hasher)

    def hash(self, password: str) -> str:
        """A new salted hash, which names its own parameters."""
        return self.hasher.hash(password)

    def matches(self, password_hash: str, password: str) -> bool:
        """Whether the password made the hash; one run of argon2 also for an empty hash, which none made."""
        try:
            self.hasher.verify(password_hash or self._hash_of_nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(password_hash)

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self.hasher.check_needs_rehash(password_hash)

    def is_common(self, text: str) -> bool:
        """Whether it is among the passwords that most people choose, as breaches have told."""
        return text in common_passwords()

    @cached_property
    def _hash_of_nobody(self) -> str:
        return self.hasher.hash(_NOBODY)


@cache
def common_passwords() -> frozenset[str]:
    """What breaches have told of most, one a line. Read when somebody chooses a password, and then kept."""
    return frozenset(COMMON.read_text(encoding="utf-8").split("\n"))
