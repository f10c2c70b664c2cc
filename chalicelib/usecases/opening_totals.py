"""Opening totals: what was brought from another system, as the ledger has it?

By the claims of the rows their records are read, and summed. Nothing of the files is
believed: what is compared with the totals of the source is what stands in the journal.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from chalicelib.domain import opening
from chalicelib.domain.opening import claims_key, totals_of
from chalicelib.domain.opening_file import OpeningKind, Totals
from chalicelib.domain.record import Record, from_body
from chalicelib.usecases.check_opening import ROWS_AT_ONCE
from chalicelib.usecases.ports import Documents

CLAIMS_AT_ONCE = 1_000


@dataclass(frozen=True)
class OpeningTotals:
    documents: Documents

    def of_rows(self, source: str, kind: OpeningKind, source_ids: Sequence[str]) -> Totals:
        """The totals of these rows, as far as they were brought."""
        keys = [(claims_key(source, kind), source_id) for source_id in source_ids]
        return totals_of(kind, self._records(self._claims(keys)))

    def of_source(self, source: str, kind: OpeningKind, is_over: Callable[[], bool]) -> Totals | None:
        """The totals of everything that a source brought of this kind; None: the time was over."""
        found: list[str] = []
        after = ""
        while not is_over():
            page = self.documents.query(
                opening.TABLE, claims_key(source, kind), after=after, limit=CLAIMS_AT_ONCE, consistent=True
            )
            found += [str(item["record"]) for item in page]
            if len(page) < CLAIMS_AT_ONCE:
                return totals_of(kind, self._records(found))
            after = page[-1]["sk"]
        return None

    def _claims(self, keys: Sequence[tuple[str, str]]) -> Iterator[str]:
        for start in range(0, len(keys), ROWS_AT_ONCE):
            wanted = keys[start : start + ROWS_AT_ONCE]
            items = self.documents.get_many(opening.TABLE, wanted, consistent=True)
            yield from (str(item["record"]) for item in items.values())

    def _records(self, record_ids: Iterable[str]) -> Iterator[Record]:
        ids = list(record_ids)
        for start in range(0, len(ids), ROWS_AT_ONCE):
            split = (record_id.partition("/") for record_id in ids[start : start + ROWS_AT_ONCE])
            keys = [(partition, entry_id) for partition, _, entry_id in split]
            items = self.documents.get_many("journal", keys, consistent=True)
            yield from (from_body(json.loads(item["body"])) for item in items.values())
