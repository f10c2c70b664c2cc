"""Budgets: one more of something is taken, if there is one left in this window."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.budget import TABLE, Budget
from chalicelib.usecases.ports import Documents, Keys


@dataclass(frozen=True, slots=True)
class Budgets:
    """An address or a device stands in no key: its keyed hash does. `times`: a budget is so often there."""

    documents: Documents
    keys: Keys
    times: int = 1

    def take(self, budget: Budget, whose: str, now: datetime) -> None:
        """Raises: the budget's own refusal, Unavailable."""
        budget = budget.times(self.times)
        index = self.keys.blind_index(f"{budget.name}|{whose}")
        if self.documents.change(budget.next(index, now)) is not None:
            return
        if self.documents.put_new(TABLE, *budget.key(index, now), budget.first(now)):
            return
        if self.documents.change(budget.next(index, now)) is None:  # somebody else was first a moment ago
            raise budget.refused(now)
