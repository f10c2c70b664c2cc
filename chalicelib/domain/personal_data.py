"""Personal data by its shape: does a text hold what must never be archived?

The archive cannot forget: what is in it stays for as long as it is locked, and a
deletion request could not be met (个人信息保护法 art. 47). Ids and salted
commitments are fine; phone numbers, identity numbers and network addresses are not.
"""

import re
from collections.abc import Iterator
from typing import Any

# Not inside a longer word or number: ids, hashes and moments in milliseconds hold such digits by chance.
_ALONE = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"

# Patterns, compiled by the first text that is looked at: most processes never look at one.
SHAPES = {
    "phone": _ALONE.format(r"(?:(?:\+|00)?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}"),
    "identity number": _ALONE.format(r"[1-9]\d{5}(?:18|19|20)\d\d[01]\d[0-3]\d\d{3}[0-9Xx]"),
    "network address": _ALONE.format(rf"{_BYTE}(?:\.{_BYTE}){{3}}"),
    "network address 6": _ALONE.format(
        r"(?:(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4}|(?:[0-9a-fA-F]{1,4}:){2,7}:[0-9a-fA-F:]*)"
    ),
    "mail address": r"[\w.+-]+@[\w-]+\.\w",
}


def personal_data_in(value: Any) -> tuple[str, ...]:
    """Which kinds of personal data the texts of a plain JSON value show, each kind once; names count too.

    A shape can be wrong either way: a name is not found, and a text that only
    looks like a phone number is. It is the last guard, not the only one.
    """
    texts = tuple(_texts(value))
    return tuple(kind for kind, shape in SHAPES.items() if any(re.search(shape, text) for text in texts))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)
