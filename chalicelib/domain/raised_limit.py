"""Raised limits: how much more than others may one distributor withdraw, and until when?

    edges   pk <distributor>   sk self   raised: until, amount_fen_max, daily_count_max, monthly_count_max

What it does not name, 0, stays as the parameters say. A raise ends by itself, and the next one
takes its place.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.errors import Unprocessable

ATTRIBUTE = "raised"
TERM_MAX = timedelta(days=92)  # a quarter: what is needed for longer is a parameter, or asked for anew


class LimitInvalid(Unprocessable):
    code = "LIMIT_INVALID"
    advice = "Raise at least one limit above what the parameters say, for at most `days_max` days."


class Raised(NamedTuple):
    """Limits of one distributor up to a moment; 0: as for everybody."""

    until: datetime
    amount_fen_max: int = 0
    daily_count_max: int = 0
    monthly_count_max: int = 0


def checked(raised: Raised, now: datetime) -> Raised:
    """Raises: LimitInvalid when it raises nothing, or not for a term that begins now."""
    if max(raised[1:]) <= 0 or min(raised[1:]) < 0 or not now < raised.until <= now + TERM_MAX:
        raise LimitInvalid(days_max=TERM_MAX.days)
    return raised


def values_of(raised: Raised | None) -> list[int] | None:
    """How it is stored."""
    return None if raised is None else [to_ms(raised.until), *raised[1:]]


def from_values(values: Sequence[int] | None) -> Raised | None:
    return None if not values else Raised(from_ms(int(values[0])), *map(int, values[1:]))
