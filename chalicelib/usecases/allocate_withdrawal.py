"""Allocate a withdrawal: which sales was this money for?

The rows of an entry are made from its records and its allocations, whatever order
they are looked at in; what a withdrawal took is decided once and kept, so that a
record which comes twice finds the same answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import allocation as layout
from chalicelib.domain.allocation import Part
from chalicelib.domain.change import DocumentChange
from chalicelib.domain.commission_entry import history_of
from chalicelib.domain.record import Record
from chalicelib.usecases.ports import Books, Documents


@dataclass(frozen=True)
class AllocateWithdrawal:
    books: Books
    documents: Documents

    def __call__(self, record: Record) -> None:
        """The rows are right for what this record says; again, they stay as they are."""
        steps: dict[str, Callable[[Record], None]] = {
            "COMMISSION": self._entry_changed,
            "COMMISSION_REVERSAL": self._entry_changed,
            "COMMISSION_HOLD": self._entry_changed,
            "WITHDRAWAL_REQUEST": self._take,
            "WITHDRAWAL_RETURN": self._give_back,
            "WITHDRAWAL_SENT_BACK": self._give_back,
        }
        step = steps.get(record.action)
        if step is not None:
            step(record)

    def _entry_changed(self, record: Record) -> None:
        self._refresh(record.partition, record.entry_id.partition("#")[0])

    def _refresh(self, distributor_id: str, entry_id: str) -> None:
        """The entry's open row, made from its records and from what withdrawals took of it."""
        history = history_of(self.books.records(distributor_id, entry_id), entry_id)
        assert history is not None, "the journal holds what its stream told of"
        taken = self.documents.query(
            layout.TABLE, layout.allocations_key(distributor_id), f"{entry_id}#", consistent=True
        )
        open_fen = layout.open_fen(history, sum(row["fen"] for row in taken))
        key = layout.open_key(distributor_id, str(history.entry.about["release"]), entry_id)
        if open_fen:
            self.documents.put(layout.TABLE, *key, {"open_fen": open_fen})
        else:
            self.documents.delete(layout.TABLE, *key)

    def _take(self, request: Record) -> None:
        distributor_id, withdrawal_id = request.partition, request.entry_id
        known = self._decided(distributor_id, withdrawal_id)
        decided = known or self._decide(request)
        if decided["given_back"]:
            return
        parts = [Part(*part) for part in decided["parts"]]
        pk = layout.allocations_key(distributor_id)
        rows = [(pk, f"{part.entry_id}#{withdrawal_id}", {"fen": part.amount_fen}) for part in parts]
        self.documents.put_many(layout.TABLE, rows)
        for part in parts:
            if known or part.left_fen:  # since it was decided, others may have given some of the entry back
                self._refresh(distributor_id, part.entry_id)
            else:
                self.documents.delete(
                    layout.TABLE, *layout.open_key(distributor_id, part.release_day, part.entry_id)
                )

    def _decide(self, request: Record) -> dict[str, Any]:
        """What the withdrawal takes, written before anything is taken; the first decision stands."""
        distributor_id = request.partition
        amount_fen = sum(line.amount_fen for line in request.lines if line.amount_fen > 0)
        items = self.documents.query(layout.TABLE, f"open#{distributor_id}", consistent=True)
        parts = layout.parts_of(amount_fen, items, request.at)
        decided = {
            "parts": [[part.release_day, part.entry_id, part.amount_fen, part.left_fen] for part in parts],
            "short_fen": amount_fen - sum(part.amount_fen for part in parts),
            "given_back": False,
        }
        pk = layout.allocations_key(distributor_id)
        self.documents.put_new(layout.TABLE, pk, request.entry_id, decided)
        return self._decided(distributor_id, request.entry_id) or decided

    def _give_back(self, record: Record) -> None:
        """Rejected, cancelled or returned: its entries are open again."""
        distributor_id, withdrawal_id = record.partition, record.entry_id.partition("#")[0]
        pk = layout.allocations_key(distributor_id)
        nothing = {"parts": [], "short_fen": 0, "given_back": True}  # to take, if its request comes after it
        self.documents.put_new(layout.TABLE, pk, withdrawal_id, nothing)
        change = DocumentChange(layout.TABLE, pk, withdrawal_id, {"given_back": True}, {})
        decided = self.documents.change(change)
        assert decided is not None, "no condition is made"
        for part in (Part(*part) for part in decided["parts"]):
            self.documents.delete(layout.TABLE, pk, f"{part.entry_id}#{withdrawal_id}")
            self._refresh(distributor_id, part.entry_id)

    def _decided(self, distributor_id: str, withdrawal_id: str) -> dict[str, Any] | None:
        pk = layout.allocations_key(distributor_id)
        return self.documents.get(layout.TABLE, pk, withdrawal_id, consistent=True)
