"""A million guesses: how many of them are looked at, and what chance have they for an account and a day?"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.budget import BudgetSpent
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.one_time_code import PAUSE, CodesUsedUp, CodeWrong, Purpose
from chalicelib.domain.person import TooManyTries
from chalicelib.domain.second_factor import DIGITS, STEPS_AROUND, SecondFactorWrong
from tests.fakes.documents import FakeDocuments
from tests.unit.usecases.town import CLIENT, NOW, PHONE, Town

GUESSES = 1_000_000
CHANCE_MAX = 1e-4  # for an account and a day


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


def moments_of_a_day(town: Town) -> Iterator[datetime]:
    """Half a million moments, from midnight to midnight in Shanghai."""
    midnight = town.now.replace(hour=16)
    return (midnight + timedelta(days=1) * number // (GUESSES // 2) for number in range(GUESSES // 2))


def test_a_million_guesses_in_a_day_open_an_account_less_than_once_in_ten_thousand_times() -> None:
    chances = {
        "authenticator": guessed_at_authenticator() * (2 * STEPS_AROUND + 1),
        "code": guessed_at_codes(),
    }
    assert chances == {"authenticator": 15 * 3, "code": 10 * 5}
    assert all(looks < CHANCE_MAX * 10**DIGITS for looks in chances.values())


def guessed_at_authenticator() -> int:
    """How many guesses of a day were looked at; none after them."""
    documents = Looks()
    town = Town(documents=documents)
    person = town.customer()
    town.guarded(person)
    documents.count, wrong = 0, 0
    for moment in moments_of_a_day(town):
        try:
            town.factors.check(person.person_id, "000000", CLIENT, moment)
        except SecondFactorWrong:
            wrong += 1
        except TooManyTries:
            continue
    assert wrong == documents.count
    return wrong


def guessed_at_codes() -> int:
    """The same of codes, of which a new one is sent as soon as one may be."""
    documents = Looks()
    town = Town(documents=documents)
    town.customer()
    phone_index = town.keys.blind_index(f"+86{PHONE}")
    documents.count, town.now = 0, NOW + timedelta(hours=8)
    again_at = town.now
    for number, moment in enumerate(moments_of_a_day(Town())):
        if moment >= again_at:
            again_at, town.now = moment + PAUSE, moment
            device = f"stranger-{number:09d}"
            with suppress(CodesUsedUp, BudgetSpent):
                town.code(device=device)
        with suppress(CodeWrong):
            town.codes.spent(phone_index, Purpose.SIGN_IN, "000000", moment)
    return documents.count
