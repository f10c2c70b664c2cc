"""Query the statement: what happened on an account, what stood there at a moment, and is every line there?

An account is a card, a distributor's main account, or one pot of frozen commission;
its lines were written by the stream. What stood there at a moment is found by
halving the versions: a handful of reads, however long the statement is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import platform_books as layout
from chalicelib.domain.business_time import business_date, day_text, to_ms
from chalicelib.domain.platform_books import Margin, PlatformLine, margins_of
from chalicelib.domain.statement import StatementLine, broken_versions, version_text
from chalicelib.domain.statement import line_from as statement_line
from chalicelib.usecases.platform_lines import lines_of_day, page_of_day
from chalicelib.usecases.ports import Documents

TABLE = "views"


@dataclass(frozen=True)
class QueryStatement:
    documents: Documents

    def page(self, owner: str, before: int, limit: int) -> list[StatementLine]:
        """The newest lines older than the version `before`; 0: from the newest on."""
        after = version_text(before) if before else ""
        items = self._items(owner, after=after, limit=limit, newest=True)
        return [statement_line(item) for item in items]

    def balances_at(self, owner: str, moment: datetime) -> Mapping[str, int]:
        """What stood there at the end of this moment, in fen; nothing before the first line."""
        newest = self._items(owner, limit=1, newest=True)
        if not newest:
            return {}
        found: Mapping[str, int] = {}
        low, high = 1, int(newest[0]["version"])
        while low <= high:
            middle = (low + high) // 2
            item = self.documents.get(TABLE, owner, version_text(middle))
            if item is not None and item["at"] <= to_ms(moment):
                found, low = item["balances"], middle + 1
            else:
                high = middle - 1
        return found

    def broken(self, owner: str) -> tuple[int, ...]:
        """The versions whose lines are missing, changed, or do not add up. Reads them all."""
        return broken_versions(self._items(owner))

    def _items(
        self, owner: str, after: str = "", limit: int = 0, newest: bool = False
    ) -> list[dict[str, Any]]:
        return self.documents.query(TABLE, owner, after=after, limit=limit, newest=newest)


@dataclass(frozen=True)
class QueryPlatform:
    """The platform's own accounts."""

    documents: Documents

    def balances_at(self, moment: datetime) -> dict[str, int]:
        """Every account at the end of the moment's business day, debit positive; zeros left out."""
        return self.balances_through(day_text(business_date(moment)))

    def balances_through(self, last: str) -> dict[str, int]:
        """Every account at the end of a business date (YYYYMMDD), debit positive; zeros left out."""
        accounts = self.documents.query(layout.TABLE, layout.ACCOUNTS)
        sums = {item["sk"]: self._balance(item, last) for item in accounts}
        return {account: sum_fen for account, sum_fen in sums.items() if sum_fen}

    def _balance(self, account: Mapping[str, Any], last: str) -> int:
        name, through = account["sk"], account.get("closed_through", "")
        rows = self.documents.query(layout.TABLE, layout.days_key(name), layout.DAY)
        closed_fen: int = sum(row["sum_fen"] for row in rows if _day_of(row) <= min(last, through))
        first_open = layout.next_day(through) if through else account["first_day"]
        open_fen: int = sum(
            line.amount_fen
            for day in layout.days_through(first_open, last)
            for line in lines_of_day(self.documents, name, day)
        )
        return closed_fen + open_fen

    def page(self, account: str, day: str, before: str, limit: int) -> list[PlatformLine]:
        """The lines of an account on a business date (YYYYMMDD), the newest first, behind a place."""
        return page_of_day(self.documents, account, day, before, limit)

    def margins(self, day: str) -> list[Margin]:
        """The margin of each product on a business date (YYYYMMDD)."""
        accounts = [item["sk"] for item in self.documents.query(layout.TABLE, layout.ACCOUNTS)]
        return margins_of(
            line
            for account in accounts
            if account.startswith(tuple(layout.MARGIN_FIELDS))
            for line in lines_of_day(self.documents, account, day)
        )


def _day_of(row: Mapping[str, Any]) -> str:
    return str(row["sk"]).removeprefix(layout.DAY)
