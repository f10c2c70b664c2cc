"""Surroundings: what does the HTTP frame need from the world?

A clock, a reader of tokens, a keyed hash, a veil for addresses, randomness, the origins of web clients,
and a term for what the store may try. Tests hand in their own.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from chalicelib import bootstrap
from chalicelib.domain.person import Claims

if TYPE_CHECKING:
    from chalicelib.domain.read_audit import Read


class Surroundings(NamedTuple):
    """`read_token(token, now)` says who may act now, or raises; `mark(text)` is a keyed hash.

    `veil(address, salt)` hides where a request comes from. `note_read(read)` writes who of the office
    sees what, and tells how many people they have seen within ten minutes. `address_of(headers, address)`
    is the client's own address, where the gateway saw somebody who stands between.

    Within `in_time()` everything is known, or given up as TRY_AGAIN, before API Gateway hangs up.
    """

    now: Callable[[], datetime]
    read_token: Callable[[str, datetime], Claims]
    mark: Callable[[str], str]
    random_text: Callable[[], str]
    veil: Callable[[str, str], str]
    web_origins: Callable[[], frozenset[str]] = frozenset
    in_time: Callable[[], AbstractContextManager[None]] = nullcontext
    note_read: "Callable[[Read], int]" = lambda read: 0
    address_of: Callable[[Mapping[str, str], str], str] = lambda headers, address: address


@cache
def real_surroundings() -> Surroundings:
    """Those of this process."""
    return Surroundings(
        now=bootstrap.now,
        read_token=lambda token, now: bootstrap.authority()(token, now),
        mark=lambda text: bootstrap.keys().blind_index(text),
        random_text=bootstrap.random_text,
        veil=lambda address, salt: bootstrap.keys().veil(address, salt),
        web_origins=lambda: bootstrap.settings().cors_origins,
        in_time=lambda: bootstrap.backoff().within(),
        note_read=lambda read: bootstrap.note_read()(read),
        address_of=bootstrap.address_of,
    )
