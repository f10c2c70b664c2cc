"""Allocate a withdrawal: which sales was this money for?

Ordinary commission is passed by. What is open is asked of the journal when a withdrawal
takes its money; what it took is decided once and kept, so that a record which comes twice
finds the same answer. Of two that are decided at the same moment the second one decides
anew, and sees what the first one took.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import allocation as layout
from chalicelib.domain.allocation import Decided, Standing
from chalicelib.domain.change import DocumentChange, NewDocument, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.record import Record, from_body
from chalicelib.usecases.ports import Books, Documents

JOURNAL = "journal"
TRIES_MAX = 8
RECORDS_AT_ONCE = 1_000
ROWS_AT_ONCE = 99  # and the decision that they hang on: a transaction holds a hundred
PARTS_OF_A_ROW = 4_000  # of 70 bytes each: a row of DynamoDB holds 400 KB


@dataclass(frozen=True)
class AllocateWithdrawal:
    books: Books
    documents: Documents
    records_at_once: int = RECORDS_AT_ONCE
    parts_of_a_row: int = PARTS_OF_A_ROW

    def __call__(self, record: Record, now: datetime) -> None:
        """The rows are right for what this record says; again, they stay as they are. Raises: Unavailable."""
        steps: dict[str, Callable[[Record, datetime], None]] = {
            "COMMISSION": self._look_at_late_one,
            "COMMISSION_HOLD": self._look_at_held_one,
            "WITHDRAWAL_REQUEST": self._take,
            "WITHDRAWAL_RETURN": self._give_back,
            "WITHDRAWAL_SENT_BACK": self._give_back,
        }
        step = steps.get(record.action)
        if step is not None:
            step(record, now)

    # what may open an entry behind which nobody looks

    def _look_at_late_one(self, entry: Record, now: datetime) -> None:
        if layout.is_late(entry.entry_id, now):
            self._look_again(entry.partition, entry.entry_id)

    def _look_at_held_one(self, hold: Record, now: datetime) -> None:
        self._look_again(hold.partition, hold.entry_id.partition("#")[0])

    def _look_again(self, distributor_id: str, entry_id: str) -> None:
        """Who decides from now on looks at this entry, and who has looked already decides anew."""
        for _ in range(TRIES_MAX):
            standing = self._standing(distributor_id)
            behind = min(standing.behind, layout.just_before(entry_id))
            if self.documents.change(standing.next(distributor_id, behind=behind)) is not None:
                return
        raise Unavailable()

    # a withdrawal

    def _take(self, request: Record, now: datetime) -> None:
        if self._decided(request.partition, request.entry_id) is None:
            self._decide(request, now)
        self._finish(request.partition, request.entry_id)

    def _decide(self, request: Record, now: datetime) -> None:
        """What the withdrawal takes, written before anything is taken; the first decision stands."""
        distributor_id, withdrawal_id = request.partition, request.entry_id
        for _ in range(TRIES_MAX):
            standing = self._standing(distributor_id)
            if standing.unfinished:
                self._finish(distributor_id, standing.unfinished)
                continue
            pages, behind = self._decision(request, standing.behind, now)
            pk = layout.allocations_key(distributor_id)
            rows = [
                NewDocument(layout.TABLE, pk, layout.page_key(withdrawal_id, number), page)
                for number, page in enumerate(pages)
            ]
            next_turn = standing.next(distributor_id, behind=behind, unfinished=withdrawal_id)
            with suppress(Stale):
                self.books.commit(None, [*rows, next_turn])
                return
            if self._decided(distributor_id, withdrawal_id) is not None:
                return
        raise Unavailable()

    def _decision(self, request: Record, behind: str, now: datetime) -> tuple[list[dict[str, Any]], str]:
        """What it takes of that which is open now, in pages, and up to where nothing is open then."""
        distributor_id = request.partition
        amount_fen = sum(line.amount_fen for line in request.lines if line.amount_fen > 0)
        records = self._records(distributor_id, behind)
        opened = list(layout.opened(records, self._taken(distributor_id, behind)))
        parts = layout.parts_of(amount_fen, opened, request.at)
        pages = layout.pages_of(parts, amount_fen, self.parts_of_a_row)
        return pages, layout.nothing_open_until(opened, parts, now)

    def _records(self, distributor_id: str, behind: str) -> Iterator[Record]:
        """The distributor's entries and what happened to them, a page at a time: there may be many."""
        while True:
            page = self.documents.query(
                JOURNAL, distributor_id, layout.ENTRIES, behind, self.records_at_once, consistent=True
            )
            yield from (from_body(json.loads(item["body"])) for item in page)
            if len(page) < self.records_at_once:
                return
            behind = page[-1]["sk"]

    def _taken(self, distributor_id: str, behind: str) -> Counter[str]:
        """What withdrawals took, by entry."""
        pk = layout.allocations_key(distributor_id)
        taken_fen: Counter[str] = Counter()
        for row in self.documents.query(layout.TABLE, pk, layout.ENTRIES, behind, consistent=True):
            taken_fen[row["sk"].partition("#")[0]] += row["fen"]
        return taken_fen

    def _finish(self, distributor_id: str, withdrawal_id: str) -> None:
        """The rows of what was decided stand, unless it was given back meanwhile."""
        with suppress(Stale):
            self._put_rows(distributor_id, self._known(distributor_id, withdrawal_id))
        pk = layout.allocations_key(distributor_id)
        done = DocumentChange(
            layout.TABLE, pk, layout.STANDING, {"unfinished": ""}, {"unfinished": withdrawal_id}
        )
        self.documents.change(done)

    def _put_rows(self, distributor_id: str, decided: Decided) -> None:
        """Each only while the decision stands: a write that comes late brings back nothing. Raises: Stale."""
        pk = layout.allocations_key(distributor_id)
        stands = DocumentChange(layout.TABLE, pk, decided.withdrawal_id, {}, {"given_back": False})
        rows = [DocumentChange(layout.TABLE, pk, place, values, {}) for place, values in decided.rows()]
        for start in range(0, len(rows), ROWS_AT_ONCE):
            self.books.commit(None, [stands, *rows[start : start + ROWS_AT_ONCE]])

    def _give_back(self, record: Record, now: datetime) -> None:
        """Rejected, cancelled or returned: its entries are open again."""
        distributor_id, withdrawal_id = record.partition, record.entry_id.partition("#")[0]
        pk = layout.allocations_key(distributor_id)
        self.documents.put_new(layout.TABLE, pk, withdrawal_id, layout.TAKES_NOTHING)
        self.documents.change(DocumentChange(layout.TABLE, pk, withdrawal_id, {"given_back": True}, {}))
        decided = self._known(distributor_id, withdrawal_id)
        for place, _ in decided.rows():
            self.documents.delete(layout.TABLE, pk, place)
        if decided.parts:
            self._look_again(distributor_id, min(part.entry_id for part in decided.parts))

    # what is there

    def _standing(self, distributor_id: str) -> Standing:
        pk = layout.allocations_key(distributor_id)
        return layout.standing_of(self.documents.get(layout.TABLE, pk, layout.STANDING, consistent=True))

    def _known(self, distributor_id: str, withdrawal_id: str) -> Decided:
        decided = self._decided(distributor_id, withdrawal_id)
        assert decided is not None, "it was decided before"
        return decided

    def _decided(self, distributor_id: str, withdrawal_id: str) -> Decided | None:
        pk = layout.allocations_key(distributor_id)
        pages = self.documents.query(layout.TABLE, pk, withdrawal_id, consistent=True)
        return layout.decided_of(withdrawal_id, pages) if pages else None
