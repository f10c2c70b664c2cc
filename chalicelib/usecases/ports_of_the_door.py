"""Ports of the door: what do those who let people in need from the world?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.domain.passkey import NewKey
from chalicelib.domain.visitor import Place

if TYPE_CHECKING:
    from chalicelib.domain.confirmation import Wish
    from chalicelib.usecases.ports import Command


class TextMessages(Protocol):
    """Text messages to a phone (+86 and eleven digits), in `zh-CN` or `en`."""

    def send_code(self, phone: str, code: str, purpose: str, language: str) -> None:
        """Raises: Unavailable."""
        ...

    def send_notice(self, phone: str, notice: str, language: str) -> None:
        """Raises: Unavailable."""
        ...


class Places(Protocol):
    """Where requests come from. Header names are lower case; `address` is the one that the gateway saw."""

    def place_of(self, headers: Mapping[str, str], address: str) -> Place | None:
        """About where it is; None where nobody knows."""
        ...


class CaptchaArtist(Protocol):
    """Six digits, for the eye and for the ear."""

    def picture(self, digits: str) -> bytes: ...

    def sound(self, digits: str) -> bytes: ...


class Authenticators(Protocol):
    """Apps that make six digits of a secret and the time."""

    def new_secret(self) -> str: ...

    def uri(self, secret: str, account: str) -> str:
        """What an app reads; `account` is shown beside the digits."""
        ...

    def code(self, secret: str, step: int) -> str:
        """The digits of one step of thirty seconds."""
        ...


class Confirmed(Protocol):
    """Whether somebody agreed, with a second factor, to what was shown."""

    def check(self, command: Command, wish: Wish) -> None:
        """Raises: ConfirmationRequired, ConfirmationInvalid, ConfirmationExpired, ConfirmationDiffers."""
        ...


class PasskeyVerifier(Protocol):
    """Answers of a person's devices, as the browser gives them: JSON texts."""

    @property
    def domain(self) -> str: ...

    def as_sent(self, challenge: str) -> str:
        """A challenge as browsers take it."""
        ...

    def options(self, challenge: str, user: str, account: str, known: tuple[str, ...]) -> dict[str, Any]:
        """What a browser makes a new key by, on a device that has none of the `known` ones."""
        ...

    def challenge_of(self, answer: str) -> str:
        """What was signed. Raises: PasskeyRefused when nothing can be read."""
        ...

    def credential_of(self, answer: str) -> str:
        """What the device calls its key. Raises: PasskeyRefused."""
        ...

    def added(self, answer: str, challenge: str) -> NewKey:
        """The new key. Raises: PasskeyRefused when it was made for another site or challenge."""
        ...

    def signed(self, answer: str, challenge: str, public_key: str) -> int:
        """The counter of a right signature. Raises: PasskeyRefused."""
        ...
