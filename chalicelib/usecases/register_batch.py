"""Register a batch of cards, and send its uploaded file on its way into the stock.

The wish to import is written together with a due row; the row goes when the job has its
message. Whoever is cut off in between leaves the row, and the schedule sends the message.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import due
from chalicelib.domain.card_batch import (
    BATCHES,
    FILE_BYTES_MAX,
    TABLE,
    UNDER_WAY,
    BatchState,
    BatchUnknown,
    CardBatch,
    ControlTotals,
    FileNotUploaded,
    batch_change,
    batch_of,
    checked_product,
    moved,
    new_batch_row,
)
from chalicelib.domain.change import Change, Replayed, Stale
from chalicelib.domain.due import Due
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.record import Record
from chalicelib.usecases.audit import audit_record, check_same
from chalicelib.usecases.ports import Books, Catalog, Command, Documents, Objects, Queue

UPLOAD_TERM = timedelta(hours=1)
TRIES_MAX = 4


@dataclass(frozen=True, slots=True)
class Registered:
    """The batch, and the form by which a browser uploads its file."""

    batch: CardBatch
    upload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RegisterBatch:
    books: Books
    documents: Documents
    catalog: Catalog
    uploads: Objects
    queue: Queue

    def __call__(self, command: Command, sku_id: str, totals: ControlTotals) -> Registered:
        """The batch and a fresh upload form, however often the command comes.

        Raises: ProductUnknown, ProductNotStocked, KeyReused, Unavailable.
        """
        checked_product(self.catalog.product(sku_id))
        batch_id = f"bat_{command.key}"
        person_id = command.actor.person_id
        batch = CardBatch(batch_id, sku_id, BatchState.PRODUCED, totals, command.now, person_id)
        record = audit_record(command, "batch.register", batch=batch_id, sku=sku_id, rows=totals.rows)
        try:
            self.books.commit(record, [new_batch_row(batch)])
        except Replayed as replayed:
            check_same(replayed, command)
            batch = self.batch(batch_id)
        except Stale:  # somebody else's command had this very key
            raise KeyReused() from None
        seconds = UPLOAD_TERM // timedelta(seconds=1)
        return Registered(batch, self.uploads.upload_url(batch.file_key, seconds, FILE_BYTES_MAX))

    def commit(self, command: Command, batch_id: str) -> CardBatch:
        """The batch, whose job now runs. A batch under way is only woken: its job may have been given up.

        Raises: BatchUnknown, FileNotUploaded, IllegalState, KeyReused, Unavailable.
        """
        record = audit_record(command, "batch.commit", batch=batch_id)
        for _ in range(TRIES_MAX):
            batch = self.batch(batch_id)
            changes = self._begun(batch, record)
            try:
                self.books.commit(
                    record, [*changes, due.opened(due.IMPORT, record.record_id, command.now, batch=batch_id)]
                )
            except Replayed as replayed:
                check_same(replayed, command)
            except Stale:
                continue
            return self._woken(batch_id, record.record_id)
        raise Unavailable()

    def _begun(self, batch: CardBatch, record: Record) -> list[Change]:
        """What lets the job begin; nothing for a batch under way, or when the command was given before."""
        if batch.state in UNDER_WAY or self.books.record(record.partition, record.entry_id):
            return []
        begun = moved(batch, BatchState.VALIDATING)
        if batch.file_key not in self.uploads.list(batch.file_key):
            raise FileNotUploaded(batch_id=batch.batch_id)
        return [batch_change(begun)]

    def send_again(self, row: Due, now: datetime) -> None:
        """Wake the job whose message was perhaps never sent; one that is at an end needs none."""
        self._woken(row.about["batch"], row.call_id)

    def _woken(self, batch_id: str, record_id: str) -> CardBatch:
        batch = self.batch(batch_id)
        if batch.state in UNDER_WAY:
            self.queue.send([{"batch_id": batch_id}])
        self.documents.delete(due.TABLE, *due.key_of(due.IMPORT, record_id))
        return batch

    def batch(self, batch_id: str) -> CardBatch:
        """The batch as it is now. Raises: BatchUnknown."""
        item = self.documents.get(TABLE, BATCHES, batch_id, consistent=True)
        if item is None:
            raise BatchUnknown(batch_id=batch_id)
        return batch_of(item)

    def page(self, before: str, limit: int) -> list[CardBatch]:
        """The batches, newest first, behind the batch id `before` ("" = from the newest)."""
        found = self.documents.query(TABLE, BATCHES, "bat_", before, limit, newest=True)
        return [batch_of(item) for item in found]
