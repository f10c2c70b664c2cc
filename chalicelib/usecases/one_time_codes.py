"""One-time codes: one is sent to a phone, and proves once that its bearer has the phone in hand.

Known and unknown numbers are sent codes alike, after the same calls: the answer tells
nobody whether a number is registered.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import one_time_code as layout
from chalicelib.domain import people_items
from chalicelib.domain.budget import CODES_OF_ADDRESS, CODES_OF_BLOCK, CODES_OF_DEVICE
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.one_time_code import PAUSE, TERM, CodeWrong, Purpose
from chalicelib.domain.person import checked_phone
from chalicelib.usecases.budgets import Budgets
from chalicelib.usecases.captchas import Captchas
from chalicelib.usecases.ports import Documents, Keys
from chalicelib.usecases.ports_of_the_door import TextMessages

TRIES_MAX = 5
BLOCK_DIGITS = -4  # the last four digits tell the numbers of a block apart


@dataclass(frozen=True, slots=True)
class Wish:
    """Who asks for a code, and from where. `device`: as at the door, see sign_in.Attempt."""

    phone: str
    purpose: Purpose
    device: str = ""
    address: str = ""
    language: str = "zh-CN"
    captcha_id: str = ""
    captcha_answer: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """Until when the code is good, and when another may be asked for."""

    expires_at: datetime
    again_at: datetime


@dataclass(frozen=True, slots=True)
class OneTimeCodes:
    """`random_digits(n)` gives n digits that nobody guesses."""

    documents: Documents
    keys: Keys
    texts: TextMessages
    captchas: Captchas
    budgets: Budgets
    random_digits: Callable[[int], str]

    def send(self, wish: Wish, now: datetime) -> Sent:
        """A new code by text message; the one before it is good no more.

        Raises: PhoneInvalid, BudgetSpent, CaptchaRequired, CaptchaWrong, CodeTooSoon, CodesUsedUp,
        Unavailable.
        """
        phone = checked_phone(wish.phone)
        phone_index = self.keys.blind_index(phone)
        self.budgets.take(CODES_OF_ADDRESS, wish.address, now)
        if not self._is_known(phone_index, wish.device):
            self.captchas.check(wish.captcha_id, wish.captcha_answer, wish.device, now)
        self.budgets.take(CODES_OF_DEVICE, wish.device or wish.address, now)
        self.budgets.take(CODES_OF_BLOCK, phone[:BLOCK_DIGITS], now)
        code = self.random_digits(layout.DIGITS)
        self._note(phone_index, wish.purpose, code, now)
        self.texts.send_code(phone, code, wish.purpose, wish.language)
        return Sent(now + TERM, now + PAUSE)

    def spent(self, phone_index: str, purpose: Purpose, code: str, now: datetime) -> DocumentChange:
        """The code is right: what goes with the write that it allows. Raises: CodeWrong, Unavailable."""
        item = self.documents.change(layout.trying(phone_index))
        right = self.keys.blind_index(layout.hashed(phone_index, purpose, code))
        if item is None or not layout.is_good(item, purpose, now):
            raise CodeWrong()
        if not hmac.compare_digest(item["code_index"].encode(), right.encode()):
            raise CodeWrong()
        return layout.spent(item)

    def _is_known(self, phone_index: str, device: str) -> bool:
        """Whether the number's owner was here before. Of a number that nobody has, nobody was."""
        key = people_items.phone_key(phone_index)
        login = self.documents.get(people_items.TABLE, key, people_items.LOGIN) or {}
        return people_items.device_index(self.keys.blind_index, device) in login.get("devices", {})

    def _note(self, phone_index: str, purpose: Purpose, code: str, now: datetime) -> None:
        code_index = self.keys.blind_index(layout.hashed(phone_index, purpose, code))
        for _ in range(TRIES_MAX):
            item = self.documents.get(layout.TABLE, *layout.code_key(phone_index), consistent=True)
            if self.documents.change(layout.sending(phone_index, item, purpose, code_index, now)) is not None:
                return
        raise Unavailable()
