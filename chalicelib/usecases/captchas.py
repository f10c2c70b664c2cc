"""Captchas: one is made, read or heard, and answered once."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain import captcha as layout
from chalicelib.domain.budget import CAPTCHAS_OF_ADDRESS
from chalicelib.domain.business_time import to_ms
from chalicelib.domain.captcha import (
    Captcha,
    CaptchaRequired,
    CaptchaUnknown,
    CaptchaWrong,
    answer_of,
    expiry_of,
    new_captcha,
)
from chalicelib.usecases.budgets import Budgets
from chalicelib.usecases.ports import Documents, Keys
from chalicelib.usecases.ports_of_the_door import CaptchaArtist


@dataclass(frozen=True, slots=True)
class Drawn:
    """A captcha, and its picture (PNG) or its sound (WAV)."""

    captcha: Captcha
    content: bytes


@dataclass(frozen=True, slots=True)
class Captchas:
    documents: Documents
    keys: Keys
    budgets: Budgets
    artist: CaptchaArtist
    random_text: Callable[[], str]

    def drawn(self, device: str, address: str, now: datetime) -> Drawn:
        """A new one for this device. Raises: BudgetSpent, Unavailable."""
        self.budgets.take(CAPTCHAS_OF_ADDRESS, address, now)
        made = new_captcha(self.random_text(), self.keys.blind_index, now)
        return Drawn(made, self.artist.picture(answer_of(made.captcha_id, device, self.keys.blind_index)))

    def spoken(self, captcha_id: str, device: str, now: datetime) -> bytes:
        """The same digits for the ear. Raises: CaptchaUnknown."""
        try:
            if now < expiry_of(captcha_id, self.keys.blind_index):
                return self.artist.sound(answer_of(captcha_id, device, self.keys.blind_index))
        except CaptchaWrong:
            pass
        raise CaptchaUnknown()

    def check(self, captcha_id: str, answer: str, device: str, now: datetime) -> None:
        """It was answered, now and never again. Raises: CaptchaRequired, CaptchaWrong, Unavailable."""
        if not captcha_id:
            raise CaptchaRequired()
        expires_at = expiry_of(captcha_id, self.keys.blind_index)
        if now >= expires_at:
            raise CaptchaWrong()
        # Used before it is looked at: a wrong answer is not tried a second time.
        values = {"expires_at": to_ms(expires_at + timedelta(minutes=1)) // 1000}
        if not self.documents.put_new(layout.TABLE, f"captcha#{captcha_id}", layout.USED, values):
            raise CaptchaWrong()
        right = answer_of(captcha_id, device, self.keys.blind_index)
        if not hmac.compare_digest(answer.encode(), right.encode()):
            raise CaptchaWrong()
