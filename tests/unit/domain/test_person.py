"""People: numbers and passwords that are believed, and tries that are counted."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.ids import KEY_PATTERN, person_key
from chalicelib.domain.person import (
    SLOW_DOWN,
    WRONG_TRIES_MAX,
    IdNumberInvalid,
    PasswordWeak,
    PhoneInvalid,
    RolesNotTogether,
    TooManyTries,
    Tries,
    checked_enrolled_roles,
    checked_id_number,
    checked_password,
    checked_phone,
    checked_tries,
    masked_phone,
    new_person_id,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PHONE = "+8613800138000"


def no_list(text: str) -> bool:
    return False


@pytest.mark.parametrize("text", ["13800138000", "+8613800138000", "8613800138000", "138 0013-8000"])
def test_a_number_has_one_spelling_however_it_is_typed(text: str) -> None:
    assert checked_phone(text) == PHONE


@pytest.mark.parametrize(
    "text", ["", "1380013800", "12800138000", "138001380001", "+113800138000", "1380013800O"]
)
def test_what_is_no_mobile_number_is_refused(text: str) -> None:
    with pytest.raises(PhoneInvalid):
        checked_phone(text)


def test_a_masked_number_shows_its_ends_only() -> None:
    assert masked_phone(PHONE) == "138****8000"


def test_an_id_number_with_the_right_last_character_is_believed() -> None:
    assert checked_id_number("11010519491231002X") == "11010519491231002X"
    assert checked_id_number(" 11010519491231002x ") == "11010519491231002X"
    for serial in range(1000):
        number = f"44052419800229{serial:03d}"
        number += _check_character(number)
        assert checked_id_number(number) == number


def _check_character(number: str) -> str:
    """By the table of weights as the standard prints it."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return "10X98765432"[total % 11]


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_digit_mistyped_is_always_found(place: int, shift: int) -> None:
    number = "11010519491231002X"
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(IdNumberInvalid):
        checked_id_number(wrong)


@pytest.mark.parametrize("birth", ["19490231", "19491301", "18991231", "00000000"])
def test_nobody_is_born_on_a_day_that_never_was(birth: str) -> None:
    number = f"110105{birth}002"
    with pytest.raises(IdNumberInvalid):
        checked_id_number(number + _check_character(number))


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 129,
        "aaaaaaaaaaaa",
        "abcdefghijkl",
        "9876543210",
        "1234567890",
        "0987654321",
        "my13800138000!",
    ],
)
def test_a_password_that_is_guessed_at_once_is_refused(password: str) -> None:
    with pytest.raises(PasswordWeak):
        checked_password(password, PHONE, no_list)


def test_a_long_password_needs_no_special_characters() -> None:
    for password in ("vier rote ampeln", "vier rote ampeln " * 4, "gelbe Ampeln! 好" * 8):
        assert checked_password(password, PHONE, no_list) == password


@pytest.mark.parametrize(
    "roles", [(), ("customer",), ("ops", "king"), ("auditor", "ops"), ("driver", "ops"), ("distributor",)]
)
def test_roles_that_may_not_stand_together_are_refused(roles: tuple[str, ...]) -> None:
    with pytest.raises(RolesNotTogether):
        checked_enrolled_roles(roles)


def test_an_auditor_stands_alone_and_others_may_stand_together() -> None:
    assert checked_enrolled_roles(["auditor"]) == ("auditor",)
    assert checked_enrolled_roles(["supplier"]) == ("supplier",)
    assert checked_enrolled_roles(["support", "ops"]) == ("ops", "support")


def test_five_tries_pass_and_the_sixth_waits_fifteen_minutes() -> None:
    tries = Tries()
    for _ in range(WRONG_TRIES_MAX):
        tries = checked_tries(tries, NOW)
    with pytest.raises(TooManyTries) as refused:
        checked_tries(tries, NOW + timedelta(minutes=5))
    assert refused.value.facts == {"retry_after_seconds": 600}
    assert checked_tries(tries, NOW + SLOW_DOWN) == Tries(1, NOW + SLOW_DOWN)


def test_tries_far_apart_are_never_too_many() -> None:
    tries, now = Tries(), NOW
    for _ in range(20):
        now += SLOW_DOWN
        tries = checked_tries(tries, now)
    assert tries.wrong == 1


def test_a_new_id_has_twelve_characters_without_look_alikes() -> None:
    numbers = iter(range(0, 31, 2))
    person_id = new_person_id("cus", lambda _: next(numbers))
    assert person_id == "cus_2468ACEGJMPR"
    assert KEY_PATTERN.fullmatch(person_key(person_id))
