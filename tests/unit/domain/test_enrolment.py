"""Codes of enrolment: how long is one, and how is it read?"""

from math import log2

from chalicelib.domain.enrolment import new_code, spelled
from chalicelib.domain.ids import KEY_ALPHABET


def test_a_code_has_128_bits_of_chance() -> None:
    asked: list[int] = []

    def first(below: int) -> int:
        asked.append(below)
        return 0

    assert new_code(first) == "2222-2222-2222-2222-2222-2222-2222"
    assert sum(map(log2, asked)) > 128


def test_a_code_is_read_however_it_was_typed() -> None:
    code = new_code(lambda below: below - 1)
    assert spelled(f" {code.lower()} ") == KEY_ALPHABET[-1] * 28
