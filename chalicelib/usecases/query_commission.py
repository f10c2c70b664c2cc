"""Query commission: what did a distributor earn, for which sale, by which rule, and is it right?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.commission_entry import EXPENSE, History, history_of
from chalicelib.domain.errors import NotFound
from chalicelib.domain.explanation import recompute
from chalicelib.domain.record import Record, from_body
from chalicelib.usecases.ports import Books, Documents

TABLE = "journal"
PREFIX = "cme_"


class CommissionUnknown(NotFound):
    code = "COMMISSION_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Earning:
    """One record of commission: earned (+), or taken back after a refund (−), in fen."""

    entry_id: str
    action: str
    amount_fen: int
    at: datetime
    release_day: str
    sku_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explained:
    """An entry with everything that made it: `recomputed_fen` is computed anew from the explanation alone."""

    entry_id: str
    amount_fen: int
    reversed_fen: int
    net_fen: int
    held: bool
    recomputed_fen: int
    history: History


@dataclass(frozen=True)
class QueryCommission:
    books: Books
    documents: Documents

    def page(self, distributor_id: str, before: str, limit: int) -> list[Earning]:
        """The newest first, those older than the entry `before`."""
        items = self.documents.query(TABLE, distributor_id, PREFIX, before, limit, newest=True)
        return [_earning(_record(item)) for item in items]

    def explain(self, distributor_id: str, entry_id: str) -> Explained:
        """Raises: CommissionUnknown."""
        history = history_of(self.books.records(distributor_id, entry_id), entry_id)
        if history is None:
            raise CommissionUnknown(entry_id=entry_id)
        return Explained(
            entry_id=entry_id,
            amount_fen=history.amount_fen,
            reversed_fen=history.reversed_fen,
            net_fen=history.net_fen,
            held=history.is_held,
            recomputed_fen=recompute(history.explanation),
            history=history,
        )


def _record(item: Mapping[str, Any]) -> Record:
    return from_body(json.loads(item["body"]))


def _earning(record: Record) -> Earning:
    return Earning(
        entry_id=record.entry_id,
        action=record.action,
        amount_fen=sum(line.amount_fen for line in record.lines if line.account == EXPENSE),
        at=record.at,
        release_day=str(record.about.get("release", "")),
        sku_id=str(record.about.get("sku", "")),
        reason=record.reason,
    )
