"""Project accounts: a statement line for every version, and a row for every pot that will be released."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import release_due
from chalicelib.domain.business_time import business_date
from chalicelib.domain.ledger import RISK_POT
from chalicelib.domain.statement import ACCOUNT_COLUMNS, POT_COLUMNS
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.write_statement import Item, ItemChanged, ToWrite, write_lines

POT = "frozen#"


@dataclass(frozen=True)
class ProjectAccounts:
    documents: Documents

    def __call__(self, changes: Sequence[Item], now: datetime) -> list[Item]:
        """The changes of the table `accounts` that could not be taken; taking one again does no harm."""
        self._put_release_rows(changes, now)
        return write_lines(self.documents, [_line(change) for change in changes], now)

    def _put_release_rows(self, changes: Sequence[Item], now: datetime) -> None:
        filled = [change.after or {} for change in changes if _fills_a_pot(change)]
        rows = [
            release_due.row_of(after["pk"], _pot(after), after["version"], business_date(now))
            for after in filled
        ]
        items = {row.key: (*row.key, {"pot_version": row.pot_version}) for row in rows}
        self.documents.put_many(release_due.TABLE, items.values())


def _fills_a_pot(change: ItemChanged) -> bool:
    """Whether an empty pot of a release day was filled: only then it needs a row."""
    before, after = change.before or {}, change.after or {}
    if _pot(after) in ("", RISK_POT):
        return False
    return bool(before.get("frozen_fen", 0) == 0 and after.get("frozen_fen", 0) > 0)


def _line(change: Item) -> ToWrite[Item]:
    after = change.after or {}
    pot = _pot(after)
    if pot:
        return ToWrite(f"{change.pk}:{pot}", POT_COLUMNS, change)
    return ToWrite(change.pk, ACCOUNT_COLUMNS, change)


def _pot(item: Mapping[str, Any]) -> str:
    """The day of a pot, "risk", or "" for the main account."""
    sort_key = str(item.get("sk", ""))
    return sort_key.removeprefix(POT) if sort_key.startswith(POT) else ""
