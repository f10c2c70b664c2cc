"""Passwords that anyone can read, and that count how often they were checked."""

from dataclasses import dataclass

COMMON = frozenset({"sunshine", "qwertyuiop"})


@dataclass
class FakePasswords:
    """The port Passwords. `generation`: hashes of another one are outdated."""

    generation: int = 1
    checked_count: int = 0
    hashed_count: int = 0

    def hash(self, password: str) -> str:
        self.hashed_count += 1
        return f"fake{self.generation}:{password}"

    def matches(self, password_hash: str, password: str) -> bool:
        self.checked_count += 1
        return password_hash.partition(":")[2] == password and bool(password_hash)

    def is_common(self, text: str) -> bool:
        return text in COMMON

    def is_outdated(self, password_hash: str) -> bool:
        return not password_hash.startswith(f"fake{self.generation}:")
