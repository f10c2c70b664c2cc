"""Look at a distributor: what stands in the accounts, and what does the journal say at the same moment?

Every record that moves a distributor's balances lies in the distributor's partition.
The items are read before and after it: if none has another version, nothing moved in
between, and what was read is true of one moment.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.ledger import Guard, movements
from chalicelib.domain.ledger_fold import Difference, add, compared, guard_of_item, owner_of
from chalicelib.domain.record import Record, from_body
from chalicelib.domain.statement_repair import Touch
from chalicelib.usecases.ports import Documents

TRIES_MAX = 3
RECORDS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class SeenAtOnce:
    """A distributor at one moment: the items by guard, the folded sums, and what touched one of them."""

    items: dict[Guard, dict[str, Any]]
    sums: dict[str, int]
    touches: tuple[Touch, ...]

    def differences(self) -> list[Difference]:
        sums = dict(self.sums)
        found = [one for guard, item in self.items.items() for one in compared(sums, guard, item)]
        nowhere = {owner_of(name) for name in sums}
        return found + [one for guard in nowhere for one in compared(sums, guard, {})]


@dataclass(frozen=True)
class LookAtDistributor:
    documents: Documents

    def __call__(self, distributor_id: str, touched: Guard | None = None) -> SeenAtOnce | None:
        """None: somebody was at it all the time. `touched`: whose movements are listed one by one."""
        items = self._items(distributor_id)
        for _ in range(TRIES_MAX):
            sums: dict[str, int] = {}
            touches: list[Touch] = []
            for record in self._records(distributor_id):
                add(sums, record)
                deltas = movements(record).get(touched) if touched else None
                if deltas is not None:
                    touches.append(Touch(record.record_id, to_ms(record.at), deltas))
            again = self._items(distributor_id)
            if _versions(again) == _versions(items):
                return SeenAtOnce(again, sums, tuple(touches))
            items = again
        return None

    def _items(self, distributor_id: str) -> dict[Guard, dict[str, Any]]:
        found = self.documents.query("accounts", distributor_id, consistent=True)
        return {guard_of_item("accounts", item): item for item in found}

    def _records(self, distributor_id: str) -> Iterator[Record]:
        after = ""
        while True:
            page = self.documents.query(
                "journal", distributor_id, after=after, limit=RECORDS_AT_ONCE, consistent=True
            )
            yield from (from_body(json.loads(item["body"])) for item in page)
            if len(page) < RECORDS_AT_ONCE:
                return
            after = page[-1]["sk"]


def _versions(items: dict[Guard, dict[str, Any]]) -> dict[Guard, int]:
    return {guard: item.get("version", 0) for guard, item in items.items()}
