"""Drop the signing keys: a key has leaked, so nothing that was signed so far is believed any more.

Everybody is signed out. The secret has one new key afterwards; the next rotation adds the one that
follows it. A rotation that is going on does not become current: its keys are of the leaked ones.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.record import Plain
from chalicelib.domain.signing_keys import keys_in, made_at, made_key, next_key
from chalicelib.usecases.operator_run import AuditRun, OperatorRun
from chalicelib.usecases.ports_of_secrets import SecretVersions

ACTION = "DROP_SIGNING_KEYS"


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key as it may be shown: its id is the `kid` of the tokens that it signed."""

    key_id: str
    role: str  # signing, older, next
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class DropSigningKeys:
    """`chance()` gives a text that nobody guesses."""

    versions: SecretVersions
    chance: Callable[[], str]
    audit: AuditRun
    now: Callable[[], datetime]

    def __call__(self, run: OperatorRun) -> list[ShownKey]:
        """Drop every key, unless the run is dry; the keys that were there."""
        keys = keys_in(self.versions.current().text)
        shown = [ShownKey(_id_of(key), _role(key, keys), made_at(key)) for key in keys]
        if run.is_dry:
            return shown
        about: dict[str, Plain] = {"keys": [one.key_id for one in shown]}
        self.audit.begun(run, ACTION, about)
        fresh = made_key(self.chance(), run.at)
        self.versions.put_current(fresh)
        if pending := self.versions.pending():
            self.versions.drop_pending(pending)
        self.audit.ended(run, ACTION, {**about, "new_key": _id_of(fresh)}, self.now())
        return shown


def _id_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def _role(key: str, keys: tuple[str, ...]) -> str:
    if key == keys[0]:
        return "signing"
    return "next" if key == next_key(keys) else "older"
