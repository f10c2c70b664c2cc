"""Captchas: is every row of six digits an answer?"""

from chalicelib.domain.captcha import DIGITS, answer_of
from tests.fakes.keys import FakeKeys


def test_answers_are_spread_over_all_numbers_of_six_digits() -> None:
    mark = FakeKeys().blind_index
    answers = [answer_of(f"captcha-{number}", "device", mark) for number in range(5_000)]
    assert {len(answer) for answer in answers} == {DIGITS}
    assert {int(answer) % 64 for answer in answers} == set(range(64))
