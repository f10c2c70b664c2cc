"""Budgets: how much of something may one address, one device or one block of numbers have in a time?

In the table `work`, one item a window; it forgets itself:

    pk budget#<name>#<index>   sk <window>   left
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from chalicelib.domain.business_time import from_ms, seconds_to_wait, to_ms
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Refusal

TABLE = "work"


class BudgetSpent(Refusal):
    code = "BUDGET_SPENT"
    status: ClassVar[int] = 429
    retryable = True
    advice = "Wait `retry_after_seconds`; too much was asked for from here."


class TextsUsedUp(Refusal):
    """Of everybody together: who lets us send messages by the thousand is held, for they cost money."""

    code = "TEXTS_USED_UP"
    status: ClassVar[int] = 429
    retryable = True
    advice = "Sign in by password on a device that is known, or wait `retry_after_seconds`."


@dataclass(frozen=True, slots=True)
class Budget:
    """So many in each window of a time."""

    name: str
    most: int
    window: timedelta
    refusal: type[Refusal] = BudgetSpent

    def times(self, factor: int) -> "Budget":
        return replace(self, most=self.most * factor)

    def began_at(self, now: datetime) -> datetime:
        """The beginning of the window that a moment is in."""
        window_ms = self.window // timedelta(milliseconds=1)
        return from_ms(to_ms(now) // window_ms * window_ms)

    def key(self, index: str, now: datetime) -> tuple[str, str]:
        return f"budget#{self.name}#{index}", str(to_ms(self.began_at(now)))

    def first(self, now: datetime) -> Mapping[str, Any]:
        """The item of a window after its first use."""
        return {"left": self.most - 1, "expires_at": to_ms(self.began_at(now) + 2 * self.window) // 1000}

    def next(self, index: str, now: datetime) -> DocumentChange:
        """One more, if there is one left; the item must be there."""
        return DocumentChange(TABLE, *self.key(index, now), {}, {}, {"left": -1}, {"left": 1})

    def refused(self, now: datetime) -> Refusal:
        wait = self.began_at(now) + self.window - now
        return self.refusal(retry_after_seconds=seconds_to_wait(wait))


# Codes by text message cost money and wake people. Many people share one address; nobody shares a device.
CODES_OF_ADDRESS = Budget("codes-of-address", 60, timedelta(hours=1))
CODES_OF_DEVICE = Budget("codes-of-device", 10, timedelta(days=1))
CODES_OF_BLOCK = Budget("codes-of-block", 200, timedelta(hours=1))  # of 10,000 numbers one behind the other
# Of all numbers together: at some three cents a message 600 dollars a day at most. Devices that are known
# have a part of their own, which no stranger spends.
CODES_TO_OTHERS = Budget("codes-to-others", 15_000, timedelta(days=1), TextsUsedUp)
CODES_TO_KNOWN = Budget("codes-to-known", 5_000, timedelta(days=1), TextsUsedUp)
CAPTCHAS_OF_ADDRESS = Budget("captchas-of-address", 300, timedelta(hours=1))
