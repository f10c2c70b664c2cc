"""The key ring: with which shared key do we sign, and which ones do we still believe?

A secret's text is one key, or a JSON list of keys. The first signs, all verify: to
rotate, put the new key behind, in front once both sides know it, and take the old one
away (docs/runbooks/rotate-secrets.md). A key's id is the start of its SHA-256, so both sides
name it alike without agreeing on names, and nobody can give one name to two keys.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

KEY_LENGTH_MIN = 16


class KeyRingInvalid(RuntimeError):
    """The secret holds no usable key. The text never shows it."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of one secret by their ids."""

    active_id: str
    keys: Mapping[str, bytes] = field(repr=False)

    @property
    def active(self) -> bytes:
        return self.keys[self.active_id]


def key_ring(text: str) -> KeyRing:
    """The keys in a secret's text. Raises: KeyRingInvalid."""
    texts = _texts(text)
    if not texts or not all(isinstance(key, str) and len(key) >= KEY_LENGTH_MIN for key in texts):
        raise KeyRingInvalid(f"a secret holds a key, or a JSON list of keys, of {KEY_LENGTH_MIN} characters")
    keys = {hashlib.sha256(key.encode()).hexdigest()[:8]: key.encode() for key in texts}
    return KeyRing(active_id=next(iter(keys)), keys=keys)


def _texts(text: str) -> list[str]:
    if not text.startswith("["):
        return [text]
    try:
        texts: list[str] = json.loads(text)
    except ValueError:
        return []
    return texts
