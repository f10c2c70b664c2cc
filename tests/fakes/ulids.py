"""Operation keys for tests: made as a client makes them, of the moment and each once."""

import itertools
from collections.abc import Callable
from datetime import datetime

from chalicelib.domain.business_time import to_ms

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Ulids:
    """Keys without end, whoever asks; instead of chance they end in a number."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now, self.numbers = now, itertools.count()

    def __iter__(self) -> "Ulids":
        return self

    def __next__(self) -> str:
        return ulid_of_number(self.now(), next(self.numbers))


def ulid_of_number(at: datetime, number: int) -> str:
    """The ULID of a moment that ends in this number."""
    time_ms, text = to_ms(at), ""
    for _ in range(10):
        time_ms, digit = divmod(time_ms, 32)
        text = _CROCKFORD[digit] + text
    return f"{text}{number:016d}"
