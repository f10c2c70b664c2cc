"""Project cards: a statement line for each change of a card, and the list of cards of each holder.

Table `views`:

    pk <card id>    sk <version>         the statement (write_statement.py)
    pk <holder id>  sk card#<card id>    the card in its holder's list
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain.statement import CARD_COLUMNS
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.write_statement import TABLE, Item, ToWrite, write_lines

HOLDING = "card#"
SHOWN = (
    "sku_id",
    "issuer",
    "mode",
    "kind",
    "form",
    "state",
    "last4",
    "available_fen",
    "held_fen",
    "order_id",
    "version",
)


@dataclass(frozen=True, slots=True)
class ProjectCards:
    documents: Documents

    def __call__(self, changes: Sequence[Item], now: datetime) -> list[Item]:
        """The changes that could not be taken; handling a change again does no harm."""
        wanted = [ToWrite(change.pk, CARD_COLUMNS, change) for change in changes]
        failed = write_lines(self.documents, wanted, now)
        refused = {id(change) for change in failed}
        self._list([change for change in changes if id(change) not in refused])
        return failed

    def _list(self, changes: Sequence[Item]) -> None:
        rows: dict[tuple[str, str], Mapping[str, Any] | None] = {}
        for change in changes:
            before, after = change.before or {}, change.after or {}
            if before.get("holder_id", "") != after.get("holder_id", "") and before.get("holder_id"):
                rows[before["holder_id"], HOLDING + change.pk] = None
            if after.get("holder_id"):
                shown = {name: after[name] for name in SHOWN if name in after}
                rows[after["holder_id"], HOLDING + change.pk] = shown
        self.documents.put_many(TABLE, [(*key, row) for key, row in rows.items() if row is not None])
        for key, row in rows.items():
            if row is None:
                self.documents.delete(TABLE, *key)
