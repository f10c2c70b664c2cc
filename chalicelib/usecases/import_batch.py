"""Import a batch of cards: one bounded step a message, until all its cards are on sale at once.

A step begins with the batch as it stands and ends with the batch one version
further; whoever finds that another worker was faster does nothing. Cards, magazines
and the shelf have keys that depend on the file alone and are put only where nothing
is: a step that died half way is done again without harm. A card is put only while
its batch is as the step found it: no late worker fills a batch that was made void.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from chalicelib.domain.card import Card, CardChange, CardState
from chalicelib.domain.card_batch import (
    BATCHES,
    TABLE,
    BatchState,
    CardBatch,
    Checked,
    FileChanged,
    Flaw,
    Row,
    RowError,
    batch_change,
    batch_of,
    batch_unmoved,
    checked_file,
    has_checksum,
    moved,
    refused,
)
from chalicelib.domain.card_secret import sealed_text
from chalicelib.domain.catalog import Product
from chalicelib.domain.change import Change, NewCard, Replayed, Stale
from chalicelib.domain.record import Record
from chalicelib.domain.stock import SKUS, Shelf, magazine_rows, shelf_row
from chalicelib.usecases.ports import Books, Cards, Catalog, Documents, Keys, Objects, Queue

Member = TypeVar("Member")

CHANGES_MAX = 100  # of one transaction
CARDS_MAX = CHANGES_MAX - 1  # and the look at their batch
ROWS_PER_MESSAGE = 5_000  # some seconds of work: far from the worker's two minutes
ACTOR = "system"


@dataclass(frozen=True, slots=True)
class ImportBatch:
    books: Books
    documents: Documents
    cards: Cards
    catalog: Catalog
    keys: Keys
    uploads: Objects
    queue: Queue
    rows_per_message: int = ROWS_PER_MESSAGE

    def __call__(self, batch_id: str, now: datetime) -> None:
        """Do the next step of this batch, if it is under way, and send its message on.

        Raises: FileChanged when the file is no longer the announced one. The batch
        waits as it is: upload the right file again, and commit again.
        """
        item = self.documents.get(TABLE, BATCHES, batch_id, consistent=True)
        batch = batch_of(item) if item else None
        step = _STEPS.get(batch.state) if batch else None
        if batch is None or step is None:
            return
        try:
            step(self, batch, now)
        except (Stale, Replayed):
            return  # another worker did this step, and sent the message on
        self.queue.send([{"batch_id": batch_id}])

    def _validate(self, batch: CardBatch, now: datetime) -> None:
        product = self.catalog.product(batch.sku_id)
        content = self.uploads.get(batch.file_key) or b""
        checked = checked_file(content, product, batch.totals)
        if not checked.errors:
            checked.errors += self._known(checked.rows)
        if checked.errors:
            self._refuse(refused(batch, BatchState.REFUSED, checked.errors), now)
            return
        self.books.commit(None, [batch_change(moved(batch, BatchState.WRITING))])

    def _known(self, rows: Sequence[Row]) -> Iterator[RowError]:
        """The rows whose numbers are cards already. A race with another batch is found when writing."""
        for chunk in _chunks(rows, CHANGES_MAX):
            lines = {self._card_id(row): row.line for row in chunk}
            found = self.documents.get_many("cards", [(card_id, "") for card_id in lines])
            yield from (
                RowError(line, Flaw.NUMBER_KNOWN) for line in sorted(lines[card] for card, _ in found)
            )

    def _write(self, batch: CardBatch, now: datetime) -> None:
        product = self.catalog.product(batch.sku_id)
        rows = self._rows(batch, product)
        end = min(len(rows), batch.next_row + self.rows_per_message)
        for chunk in _chunks(rows[batch.next_row : end], CARDS_MAX):
            taken = self._write_cards(batch, [self._card(row, batch, product) for row in chunk])
            if taken:
                errors = [
                    RowError(row.line, Flaw.NUMBER_KNOWN) for row in chunk if self._card_id(row) in taken
                ]
                self.books.commit(None, [batch_change(refused(batch, BatchState.VOIDING, errors))])
                return
        written = replace(batch, next_row=end)
        self.books.commit(
            None, [batch_change(moved(written, BatchState.SHELVING) if end == len(rows) else written)]
        )

    def _write_cards(self, batch: CardBatch, cards: Sequence[Card]) -> set[str]:
        """Put the cards that are not there yet; the ids of those that are there and not ours.

        Of a batch that another worker has taken further all may seem taken: its next change is refused.
        """
        unmoved = batch_unmoved(batch)
        if self._put([unmoved, *map(NewCard, cards)]):
            return set()
        there = [card for card in cards if not self._put([unmoved, NewCard(card)])]
        return {card.card_id for card in there if not self._is_ours(card)}

    def _is_ours(self, card: Card) -> bool:
        known = self.cards.get(card.card_id)
        return known is not None and known.batch_id == card.batch_id

    def _put(self, changes: Sequence[Change]) -> bool:
        """Whether all of them were new."""
        try:
            self.books.commit(None, changes)
        except Stale:
            return False
        return True

    def _shelve(self, batch: CardBatch, now: datetime) -> None:
        """Fill the magazines, then put the shelf up and the batch to COMMITTED in one transaction."""
        product = self.catalog.product(batch.sku_id)
        card_ids = [self._card_id(row) for row in self._rows(batch, product)]
        for chunk in _chunks(list(magazine_rows(batch.sku_id, batch.batch_id, card_ids)), CHANGES_MAX):
            if not self._put(chunk):
                for row in chunk:
                    self.documents.put_new(row.table, row.pk, row.sk, row.values)
        self.documents.put_new(TABLE, SKUS, batch.sku_id, {})
        committed = moved(batch, BatchState.COMMITTED)
        shelf = Shelf(batch.sku_id, batch.batch_id, len(card_ids))
        record = _record(committed, now, cards=len(card_ids))
        self.books.commit(record, [batch_change(committed), shelf_row(shelf)])

    def _void(self, batch: CardBatch, now: datetime) -> None:
        """Make void what was written of a batch that cannot be whole; then the batch is refused."""
        rows = self._rows(batch, self.catalog.product(batch.sku_id))
        end = min(len(rows), batch.next_row + self.rows_per_message)
        for row in rows[batch.next_row : end]:
            card = self.cards.get(self._card_id(row))
            if card and card.batch_id == batch.batch_id and card.state is CardState.IN_STOCK:
                void = CardChange(card.card_id, (CardState.IN_STOCK,), move_to=CardState.VOID)
                self.books.commit(None, [void])
        if end < len(rows):
            self.books.commit(None, [batch_change(replace(batch, next_row=end))])
            return
        self._refuse(moved(batch, BatchState.REFUSED), now)

    def _refuse(self, batch: CardBatch, now: datetime) -> None:
        record = _record(batch, now, first_flaw=batch.errors[0].flaw.value, line=batch.errors[0].line)
        self.books.commit(record, [batch_change(batch)])

    def _rows(self, batch: CardBatch, product: Product) -> list[Row]:
        """The rows of the file that was validated. Raises: FileChanged."""
        content = self.uploads.get(batch.file_key)
        if content is None or not has_checksum(content, batch.totals):
            raise FileChanged(batch.batch_id)
        checked: Checked = checked_file(content, product, batch.totals)
        if checked.errors:
            raise FileChanged(f"{batch.batch_id}: the product of {batch.sku_id} is another one now")
        return checked.rows

    def _card_id(self, row: Row) -> str:
        return f"crd_{self.keys.blind_index(row.number)}"

    def _card(self, row: Row, batch: CardBatch, product: Product) -> Card:
        card_id = self._card_id(row)
        return Card(
            card_id=card_id,
            sku_id=product.sku_id,
            issuer=product.issuer,
            mode=product.mode,
            kind=product.kind,
            form=product.form,
            state=CardState.IN_STOCK,
            cap_fen=product.balance_cap_fen,
            last4=row.number[-4:],
            sealed=self.keys.seal(sealed_text(row.number, row.secret), card_id),
            batch_id=batch.batch_id,
        )


_STEPS = {
    BatchState.VALIDATING: ImportBatch._validate,
    BatchState.WRITING: ImportBatch._write,
    BatchState.SHELVING: ImportBatch._shelve,
    BatchState.VOIDING: ImportBatch._void,
}


def _record(batch: CardBatch, now: datetime, **about: str | int) -> Record:
    """What the job decided about a batch: one record for each end it can have."""
    action = "batch.committed" if batch.state is BatchState.COMMITTED else "batch.refused"
    return Record(batch.batch_id, batch.state.lower(), action, now, ACTOR, {"sku": batch.sku_id, **about})


def _chunks(rows: Sequence[Member], size: int) -> Iterator[Sequence[Member]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))
