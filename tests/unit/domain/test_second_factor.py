"""Recovery codes: how long is one?"""

from math import log2

from chalicelib.domain.second_factor import new_recovery_code


def test_a_recovery_code_has_more_than_112_bits_of_chance() -> None:
    """So a hash that is quick keeps it well: nobody tries them all."""
    asked: list[int] = []

    def first(below: int) -> int:
        asked.append(below)
        return 0

    assert new_recovery_code(first) == "2222-2222-2222-2222-2222-2222"
    assert sum(map(log2, asked)) > 112
