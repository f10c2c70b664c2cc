"""A million guesses: how many of them are looked at, and what chance have they for an account and a day?"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import cycle

import pytest

from chalicelib.domain import one_time_code as layout
from chalicelib.domain.budget import CAPTCHAS_OF_ADDRESS, BudgetSpent
from chalicelib.domain.captcha import CaptchaWrong
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.ids import KEY_ALPHABET
from chalicelib.domain.one_time_code import PAUSE, CodesUsedUp, CodeWrong, Purpose
from chalicelib.domain.people_items import device_index
from chalicelib.domain.person import CodeRequired, TooManyTries
from chalicelib.domain.second_factor import (
    DIGITS,
    RECOVERY_CODES,
    STEPS_AROUND,
    SecondFactorWrong,
)
from tests.fakes.documents import FakeDocuments
from tests.unit.usecases.town import ADDRESS, CLIENT, DEVICE, NOW, PASSWORD, PHONE, Town

GUESSES = 1_000_000
CHANCE_MAX = Fraction(1, 10_000)  # for an account and a day


@dataclass
class Looks(FakeDocuments):
    """Documents that count the guesses that were looked at."""

    count: int = 0

    def change(self, change: DocumentChange) -> dict[str, object] | None:
        after = super().change(change)
        is_first = "tries_left" in change.set_values and "code_index" not in change.set_values
        is_try = is_first or (change.add or {}).get("tries_left") == -1
        self.count += after is not None and is_try
        return after


def moments_of_a_day(number: int) -> Iterator[datetime]:
    """So many moments, from midnight to midnight in Shanghai."""
    midnight = NOW.replace(hour=16)
    return (midnight + timedelta(days=1) * one // number for one in range(number))


def test_a_million_guesses_in_a_day_open_an_account_less_than_once_in_ten_thousand_times() -> None:
    looks = {
        "second factor": guessed_at_second_factor(GUESSES // 2),
        "codes, by strangers": guessed_at_codes(GUESSES // 4),
        "codes, by who has the password": guessed_at_codes(GUESSES // 4, PASSWORD),
    }
    assert looks == {
        "second factor": 15,  # digits and recovery codes together
        "codes, by strangers": 5 * 5,
        "codes, by who has the password": 10 * 5,
    }
    authenticator = Fraction(15 * (2 * STEPS_AROUND + 1), 10**DIGITS)
    recovery = Fraction(15 * RECOVERY_CODES, len(KEY_ALPHABET) ** 10)  # those of before; now there are 24
    codes = Fraction(10 * 5, 10**layout.DIGITS)
    assert authenticator + recovery + codes < CHANCE_MAX, "even if any of them were enough"


def test_a_captcha_is_looked_at_once_and_a_guess_at_it_opens_nothing() -> None:
    documents = Looks()
    town = Town(documents=documents)
    ids = [town.captchas.drawn(DEVICE, ADDRESS, town.now).captcha.captcha_id for _ in range(300)]
    with pytest.raises(BudgetSpent):
        town.captchas.drawn(DEVICE, ADDRESS, town.now)
    for captcha_id in ids * 2:
        with pytest.raises(CaptchaWrong):
            town.captchas.check(captcha_id, "a guess", DEVICE, town.now)
    assert len(ids) == CAPTCHAS_OF_ADDRESS.most, "an hour and address: one is guessed in 139 days"


def guessed_at_second_factor(guesses: int) -> int:
    """How many guesses of a day, digits and recovery codes in turn, were looked at; none after them."""
    documents = Looks()
    town = Town(documents=documents)
    person = town.customer()
    town.guarded(person)
    documents.count, wrong = 0, 0
    for moment, shown in zip(moments_of_a_day(guesses), cycle(["000000", "AAAAA-AAAAA"]), strict=False):
        try:
            town.factors.check(person.person_id, shown, CLIENT, moment)
        except SecondFactorWrong:
            wrong += 1
        except TooManyTries:
            continue
    assert wrong == documents.count
    return wrong


def guessed_at_codes(guesses: int, password: str = "") -> int:
    """The same of codes, of which a new one is sent to another device as soon as one may be; with the
    right password also those that strangers do not get."""
    documents = Looks()
    town = Town(documents=documents)
    town.customer()
    phone_index, index = town.keys.blind_index(f"+86{PHONE}"), ""
    documents.count, town.now = 0, NOW + timedelta(hours=8)
    again_at = town.now
    for number, moment in enumerate(moments_of_a_day(guesses)):
        if moment >= again_at:
            again_at, town.now = moment + PAUSE, moment
            device = f"stranger-{number:09d}"
            index = device_index(town.keys.blind_index, device)
            ask_for_code(town, device, password)
        with suppress(CodeWrong):
            town.codes.spent(phone_index, index, Purpose.SIGN_IN, "000000", moment)
    return documents.count


def ask_for_code(town: Town, device: str, password: str) -> None:
    """As often as may be, with the password shown before where it is known."""
    if password:
        with pytest.raises(CodeRequired):
            town.session(password=password, device=device, **town.captcha(device))
    with suppress(CodesUsedUp, BudgetSpent):
        town.code(device=device)
