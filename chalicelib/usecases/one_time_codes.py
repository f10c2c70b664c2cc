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
from chalicelib.domain.budget import (
    CODES_OF_ADDRESS,
    CODES_OF_BLOCK,
    CODES_OF_DEVICE,
    CODES_TO_KNOWN,
    CODES_TO_OTHERS,
)
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.one_time_code import PAUSE, TERM, Asker, CodeWrong, Purpose
from chalicelib.domain.person import checked_phone
from chalicelib.domain.visitor import Visitor
from chalicelib.usecases.budgets import Budgets
from chalicelib.usecases.captchas import Captchas
from chalicelib.usecases.ports import Documents, Keys
from chalicelib.usecases.ports_of_the_door import TextMessages

TRIES_MAX = 5
BLOCK_DIGITS = -4  # the last four digits tell the numbers of a block apart


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

    def send(self, phone: str, purpose: Purpose, visitor: Visitor, now: datetime) -> Sent:
        """A new code by text message, good on this device alone; the one before it is good no more.

        Raises: PhoneInvalid, BudgetSpent, CaptchaRequired, CaptchaWrong, CodeTooSoon, CodesUsedUp,
        TextsUsedUp, Unavailable.
        """
        phone = checked_phone(phone)
        phone_index = self.keys.blind_index(phone)
        device = people_items.device_index(self.keys.blind_index, visitor.device)
        self.budgets.take(CODES_OF_ADDRESS, visitor.address, now)
        asker = self._asker(phone_index, device, visitor, now)
        self.budgets.take(CODES_OF_DEVICE, visitor.device or visitor.address, now)
        self.budgets.take(CODES_OF_BLOCK, phone[:BLOCK_DIGITS], now)
        self._count(phone_index, asker, now)
        self.budgets.take(CODES_TO_KNOWN if asker is Asker.KNOWN else CODES_TO_OTHERS, "everybody", now)
        code = self.random_digits(layout.DIGITS)
        code_index = self.keys.blind_index(layout.hashed(phone_index, purpose, code))
        self.documents.change(layout.sending(phone_index, device, purpose, code_index, now))
        self.texts.send_code(phone, code, purpose, visitor.language)
        return Sent(now + TERM, now + PAUSE)

    def spent(
        self, phone_index: str, device_index: str, purpose: Purpose, code: str, now: datetime
    ) -> DocumentChange:
        """The code that this device asked for is right: what goes with the write that it allows.

        Raises: CodeWrong, Unavailable.
        """
        item = self.documents.change(layout.trying(phone_index, device_index))
        right = self.keys.blind_index(layout.hashed(phone_index, purpose, code))
        if item is None or not layout.is_good(item, purpose, now):
            raise CodeWrong()
        if not hmac.compare_digest(item["code_index"].encode(), right.encode()):
            raise CodeWrong()
        return layout.spent(item)

    def _asker(self, phone_index: str, device: str, visitor: Visitor, now: datetime) -> Asker:
        """Whether the number's owner was here before, or has just shown the password here; else a captcha
        is answered. Of a number that nobody has, nobody was.

        Raises: CaptchaRequired, CaptchaWrong, Unavailable.
        """
        key = people_items.phone_key(phone_index)
        login = self.documents.get(people_items.TABLE, key, people_items.LOGIN) or {}
        if device in login.get("devices", {}):
            return Asker.KNOWN
        self.captchas.check(visitor.captcha_id, visitor.captcha_answer, visitor.device, now)
        tries = self.documents.get(
            people_items.TRIES_TABLE, *people_items.tries_key(phone_index, device), consistent=True
        )
        return Asker.KNOWN if people_items.has_shown_password(tries, now) else Asker.OTHERS

    def _count(self, phone_index: str, asker: Asker, now: datetime) -> None:
        for _ in range(TRIES_MAX):
            item = self.documents.get(layout.TABLE, *layout.sent_key(phone_index), consistent=True)
            if self.documents.change(layout.counting(phone_index, item, asker, now)) is not None:
                return
        raise Unavailable()
