"""Rotate the signing keys: each of the four steps of a rotation, as often as it is asked for.

    create   a version with the keys that come next waits
    set      nothing: processes read the secret by themselves
    test     tokens of the waiting keys and of the current ones are believed by both
    finish   the waiting version becomes current, the current one previous

A step that was taken already changes nothing. Two runs at once make one version current after the
other, each of which may follow the one before (domain/signing_keys.py), or one of them is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from chalicelib.domain.person import Claims, TokenExpired, TokenInvalid
from chalicelib.domain.secret_version import Version
from chalicelib.domain.session import Ticket
from chalicelib.domain.signing_keys import keys_in, made_key, may_follow, rotated, text_of
from chalicelib.usecases.ports import Tokens
from chalicelib.usecases.ports_of_secrets import SecretVersions

TRIAL = Claims("cus_ROTATION", frozenset(), (), "", False)  # nobody: its tokens live for the length of a test
TICKET = Ticket(TRIAL.person_id, "ses_ROTATION", 1)
TRIAL_TERM = timedelta(minutes=1)


class RotationRefused(Exception):
    """The waiting version may not become current; the text says why, and no key stands in it."""


@dataclass(frozen=True, slots=True)
class RotateSigningKeys:
    """`tokens_of(text)`: tokens as a process makes and reads them that knows this text of the secret."""

    versions: SecretVersions
    tokens_of: Callable[[str], Tokens]
    chance: Callable[[], str]
    settled: timedelta

    def create(self, version_id: str, now: datetime) -> bool:
        """Let the version of that id wait, with the keys that come next. False: nothing was to be done."""
        current = self.versions.current()
        if current.version_id == version_id:
            return False
        if pending := self.versions.pending():
            if may_follow(keys_in(pending.text), keys_in(current.text), now):
                return False
            self.versions.drop_pending(pending)
        keys = rotated(keys_in(current.text), now, self.settled, lambda: made_key(self.chance(), now))
        return self.versions.put_pending(version_id, text_of(keys))

    def test(self, now: datetime) -> None:
        """Raises: RotationRefused unless tokens of old and new keys are believed with old and new keys."""
        current = self.versions.current()
        pending = self.versions.pending() or current
        for signer, verifier in product((current, pending), repeat=2):
            self._prove(signer, verifier, now)

    def finish(self, version_id: str, now: datetime) -> bool:
        """Make the waiting version of that id current. False: nothing was to be done.

        Raises: RotationRefused when it has waited for too long or for another one than the current version;
        CurrentMoved.
        """
        current, pending = self.versions.current(), self.versions.pending()
        if pending is None or pending.version_id != version_id:
            return False
        if not may_follow(keys_in(pending.text), keys_in(current.text), now):
            self.versions.drop_pending(pending)
            raise RotationRefused("the waiting keys are too old, or do not follow the current ones")
        self.versions.make_current(pending, instead_of=current)
        self.versions.drop_pending(pending)  # or it would wait again as soon as another one is current
        return True

    def _prove(self, signer: Version, verifier: Version, now: datetime) -> None:
        signs, reads = self.tokens_of(signer.text), self.tokens_of(verifier.text)
        until = now + TRIAL_TERM
        try:
            access = reads.read_access(signs.access(TRIAL, now, until), now)
            refresh = reads.read_refresh(signs.refresh(TICKET, now, until), now)
        except (TokenInvalid, TokenExpired):
            raise RotationRefused(
                f"version {verifier.version_id} does not believe what version {signer.version_id} signs"
            ) from None
        if access != TRIAL or refresh != TICKET:
            raise RotationRefused(f"version {verifier.version_id} reads another token than was signed")
