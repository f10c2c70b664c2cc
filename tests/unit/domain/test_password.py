"""Passwords that somebody who wants in tries first."""

import pytest

from chalicelib.domain.password import is_guessed_first

COMMON = frozenset({"sunshine", "qwertyuiop", "1q2w3e4r5t"})


@pytest.mark.parametrize(
    "password",
    [
        "qwertyuiop",
        "QwertyUiop",
        "1q2w3e4r5t",
        "sunshine2026",
        "!!Sunshine!!",
        "2026-11-30 14:00",
        "Forecourt2026!",
        "forecourt-admin-1",
        "加油卡加油卡123456",
        "zhongguoshihua88",
    ],
)
def test_what_is_common_or_our_own_word_is_guessed_first_whatever_stands_beside_it(password: str) -> None:
    assert is_guessed_first(password, COMMON.__contains__)


@pytest.mark.parametrize(
    "password",
    [
        "vier rote ampeln",
        "weiter-als-10",
        "sunshine over the lake",
        "forecourt von nebenan",
        "三只老虎跑得快跑得快",
    ],
)
def test_a_sentence_is_not_whichever_signs_it_has_or_has_not(password: str) -> None:
    assert not is_guessed_first(password, COMMON.__contains__)
