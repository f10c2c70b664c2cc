"""Standing balances: what do the tables say of each account, and which records made it so?"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.domain import platform_books as layout
from chalicelib.domain.rebuilt import PLATFORM, SUM, Account, Columns, account_of, item_key, platform_day
from chalicelib.domain.record import Record, from_body
from chalicelib.usecases.platform_lines import lines_of_day
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.ports_in_bulk import Pages

STATEMENTS = "views"
RECORDS_AT_ONCE = 100


class Standing(NamedTuple):
    """The balances of an account, and the ids of the records behind them, the newest ones at least."""

    columns: Columns
    record_ids: frozenset[str]


@dataclass(frozen=True)
class StandingBalances:
    documents: Documents
    pages: Pages

    def guarded(self) -> Iterator[tuple[Account, Columns]]:
        """Every card, account and pot there is."""
        for table in ("cards", "accounts"):
            after: tuple[str, str] | None = ("", "")
            while after is not None:
                items, after = self.pages.page(table, after)
                yield from ((account_of(table, item), item) for item in items)

    def platform(self, last_day: str) -> Iterator[tuple[Account, Columns]]:
        """Every day of every account of the platform: closed ones as summed, open ones line by line."""
        for item in self.documents.query(layout.TABLE, layout.ACCOUNTS):
            account, through = item["sk"], item.get("closed_through", "")
            for row in self.documents.query(layout.TABLE, layout.days_key(account), layout.DAY):
                day = row["sk"].removeprefix(layout.DAY)
                if day <= through:
                    yield platform_day(account, day), {SUM: row["sum_fen"]}
            first_open = layout.next_day(through) if through else item["first_day"]
            for day in layout.days_through(first_open, last_day):
                yield platform_day(account, day), self._lines(account, day).columns

    def of(self, account: Account, lines: int) -> Standing:
        """One account now, consistent; the records of so many lines of its statement."""
        if account.kind == PLATFORM:
            return self._platform_day(*account.owner.split("|"))
        item = self.documents.get(*item_key(account), consistent=True) or {}
        found = self.documents.query(
            STATEMENTS, account.owner, prefix="0", limit=lines, newest=True, consistent=True
        )
        ids = {line["record"] for line in found} | {item.get("last_record", "")}
        return Standing(item, frozenset(ids - {""}))

    def records(self, record_ids: Iterable[str]) -> Iterator[Record]:
        """These records as the journal has them now, consistent; those that it lacks are left out."""
        keys = [(one.partition("/")[0], one.partition("/")[2]) for one in sorted(record_ids)]
        for start in range(0, len(keys), RECORDS_AT_ONCE):
            items = self.documents.get_many("journal", keys[start : start + RECORDS_AT_ONCE], consistent=True)
            yield from (from_body(json.loads(item["body"])) for item in items.values())

    def _platform_day(self, account: str, day: str) -> Standing:
        lines = self._lines(account, day)
        state = self.documents.get(layout.TABLE, layout.ACCOUNTS, account, consistent=True) or {}
        if day > state.get("closed_through", ""):
            return lines
        row = self.documents.get(layout.TABLE, layout.days_key(account), layout.DAY + day, consistent=True)
        return Standing({SUM: (row or {}).get("sum_fen", 0)}, lines.record_ids)

    def _lines(self, account: str, day: str) -> Standing:
        lines = list(lines_of_day(self.documents, account, day, consistent=True))
        sum_fen = sum(line.amount_fen for line in lines)
        return Standing({SUM: sum_fen}, frozenset(line.record_id for line in lines))
