"""Hand over: which records of a stream does a function take when they are given to it once more?

Many in one call, as a mapping does. A call that fails as a whole is made again record
by record, so that one that cannot be handled holds up nobody but the later changes of
its own item: those would overtake it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.given_up import Event, key_of, place_of
from chalicelib.usecases.ports import Functions

RECORDS_AT_ONCE = 50  # far below the six megabytes of a call, whatever the items hold
OVERTAKEN = "an earlier change of the same item failed"


@dataclass(frozen=True)
class HandOver:
    functions: Functions

    def __call__(self, function: str, records: Sequence[Event]) -> dict[str, str]:
        """Why each record failed, by its sequence number; in the given order, none skipped unsaid."""
        failed: dict[str, str] = {}
        items_failed: set[str] = set()
        for start in range(0, len(records), RECORDS_AT_ONCE):
            chunk = records[start : start + RECORDS_AT_ONCE]
            ready = [record for record in chunk if key_of(record) not in items_failed]
            failed |= {place_of(record): OVERTAKEN for record in chunk if key_of(record) in items_failed}
            failed |= self._together(function, ready)
            items_failed |= {key_of(record) for record in chunk if place_of(record) in failed}
        return failed

    def _together(self, function: str, records: Sequence[Event]) -> dict[str, str]:
        if not records:
            return {}
        called = self.functions.call(function, {"Records": list(records)})
        if called.raised and len(records) > 1:
            return self._one_by_one(function, records)
        return called.failed([place_of(record) for record in records])

    def _one_by_one(self, function: str, records: Sequence[Event]) -> dict[str, str]:
        failed: dict[str, str] = {}
        items_failed: set[str] = set()
        for record in records:
            if key_of(record) in items_failed:
                failed[place_of(record)] = OVERTAKEN
                continue
            called = self.functions.call(function, {"Records": [record]})
            failed |= called.failed([place_of(record)])
            if place_of(record) in failed:
                items_failed.add(key_of(record))
        return failed
