"""Captcha pictures and sounds: how do six digits look to a person and not to a program?

Drawn and spoken by the library `captcha`, which brings its own font and voice. It is imported
when one is asked for: few requests draw.
"""

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from captcha.audio import AudioCaptcha
    from captcha.image import ImageCaptcha

WIDTH, HEIGHT = 240, 80


class CaptchaArtist:
    """The port CaptchaArtist."""

    def picture(self, digits: str) -> bytes:
        """A PNG of the digits."""
        return self._painter.generate(digits, format="png").getvalue()

    def sound(self, digits: str) -> bytes:
        """A WAV of the digits, read out."""
        return bytes(self._speaker.generate(digits))

    @cached_property
    def _painter(self) -> "ImageCaptcha":
        from captcha.image import ImageCaptcha

        return ImageCaptcha(WIDTH, HEIGHT)

    @cached_property
    def _speaker(self) -> "AudioCaptcha":
        from captcha.audio import AudioCaptcha

        return AudioCaptcha()
