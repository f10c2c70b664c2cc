"""Ports of secrets: what do rotations need of a secret's versions?

Implemented in gateways/secret_versions.py. Who only uses a secret reads its text and knows no versions.
"""

from typing import Protocol

from chalicelib.domain.secret_version import Version


class SecretVersions(Protocol):
    """The versions of one secret: the current one, which every process reads, and one that waits."""

    def current(self) -> Version: ...

    def pending(self) -> Version | None:
        """The version that waits to become current; None where none has a text yet, or it is current."""
        ...

    def put_pending(self, version_id: str, text: str) -> bool:
        """Let a new version wait. False where the id has a text already, which stays as it is."""
        ...

    def make_current(self, version: Version, instead_of: Version) -> None:
        """Put a version in the place of the current one, which becomes the previous one.

        Raises: CurrentMoved when another one is current by now.
        """
        ...

    def drop_pending(self, version: Version) -> None:
        """Let a version wait no longer: it will not become current."""
        ...

    def put_current(self, text: str) -> None:
        """Make a new version current, whatever was."""
        ...
