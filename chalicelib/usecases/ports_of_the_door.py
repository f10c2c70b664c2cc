"""Ports of the door: what do those who let people in need from the world?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

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
