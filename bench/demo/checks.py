"""Checks: what is a check's result, and how do all of them read on one page?"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SHOWN_MAX = 12


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the books. `counted`: what was looked at. No differences: it holds."""

    question: str
    counted: str
    differences: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.differences


def check(question: str, counted: str, differences: Iterable[str]) -> Check:
    return Check(question, counted, tuple(differences))


def canonical(value: Any) -> bytes:
    """The spelling that digests are made of: sorted names, no blanks, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def unequal(what: str, found: Any, wanted: Any) -> Iterable[str]:
    """The difference between what stands there and what should, if there is one."""
    if found != wanted:
        yield f"{what} is {found}, should be {wanted}"
