"""Cursors: where does the next page of a list begin, and did we say so ourselves?

A cursor is the position and a keyed hash over position and list: it opens only
for the person and the route it was made for.
"""

import base64
import binascii
import hmac
from collections.abc import Callable

from chalicelib.handlers.problems import CursorInvalid

_MARK_LENGTH = 16  # 80 bits: nobody guesses one, and a wrong position shows only one's own list


def sealed(position: str, list_name: str, mark: Callable[[str], str]) -> str:
    """The cursor of a position."""
    text = base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")
    return f"{text}.{_seal(position, list_name, mark)}"


def opened(cursor: str, list_name: str, mark: Callable[[str], str]) -> str:
    """The position of a cursor. Raises: CursorInvalid."""
    text, _, seal = cursor.partition(".")
    try:
        position = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raise CursorInvalid() from None
    if not hmac.compare_digest(seal.encode(), _seal(position, list_name, mark).encode()):
        raise CursorInvalid()
    return position


def _seal(position: str, list_name: str, mark: Callable[[str], str]) -> str:
    return mark(f"cursor\n{list_name}\n{position}")[:_MARK_LENGTH]
