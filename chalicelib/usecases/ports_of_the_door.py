"""Ports of the door: what shows that somebody is a person, and this very person?

Implemented in gateways/captcha_artist.py and gateways/authenticators.py.
"""

from typing import Protocol


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
