"""Look again: do the cards and days that differed still differ, when they are looked at while nothing moves?

Their versions (of a day: the count of its lines) are taken before the journal is read
once more, for them alone, and compared afterwards. What moved meanwhile proves nothing
and is left to the next night. A line of a day whose record the journal's stream lost is
written on the way, by the use case that the stream calls.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.domain import platform_books
from chalicelib.domain.ledger import Guard
from chalicelib.domain.ledger_fold import (
    Difference,
    Phase,
    Progress,
    account_and_day,
    add,
    add_days,
    compared,
    day_name,
)
from chalicelib.domain.record import Record, from_body
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.ports_in_bulk import Pages

PAGE_ITEMS = 1_000


@dataclass(frozen=True)
class LookAgain:
    """`project`: writes what a record asks for into the platform's books, as often as it is called."""

    documents: Documents
    pages: Pages
    project: Callable[[Sequence[Record], datetime], None]

    def prepare(self, progress: Progress) -> None:
        """Find the days that differ, and take the versions of everything that is looked at again."""
        for account, first_day in self._accounts(progress).items():
            closed = self._closed(account)
            for day in platform_books.days_through(first_day, progress.last_day):
                name = day_name(account, day)
                if self._stands(name, closed, progress) != {progress.days.get(name, 0)}:
                    progress.suspect_days[name] = self._lines(name)[1]
        progress.days = {}
        progress.cards = {card_id: self._card(card_id).get("version", 0) for card_id in progress.cards}
        is_clean = not progress.cards and not progress.suspect_days
        progress.phase = Phase.DONE if is_clean else Phase.AGAIN

    def _accounts(self, progress: Progress) -> dict[str, str]:
        """The first day of every account that the journal or the platform's books know of."""
        known = self.documents.query(platform_books.TABLE, platform_books.ACCOUNTS)
        first_days = {item["sk"]: str(item["first_day"]) for item in known}
        for account, day in map(account_and_day, progress.days):
            first_days[account] = min(day, first_days.get(account, day))
        return first_days

    def _closed(self, account: str) -> dict[str, int]:
        """The sums of an account's closed days."""
        rows = self.documents.query(
            platform_books.TABLE, platform_books.days_key(account), platform_books.DAY, consistent=True
        )
        return {row["sk"].removeprefix(platform_books.DAY): row["sum_fen"] for row in rows}

    def _stands(self, name: str, closed: Mapping[str, int], progress: Progress) -> set[int]:
        """What stands there for a day: its closed sum, and while it is young the sum of its lines."""
        _, day = account_and_day(name)
        sums = {closed[day]} if day in closed else set()
        if not sums or day > progress.young_after:
            sums.add(self._lines(name)[0])
        return sums

    def _lines(self, name: str) -> tuple[int, int]:
        """The sum of a day's lines, and how many they are."""
        key = platform_books.lines_key(*account_and_day(name))
        lines = self.documents.query(platform_books.TABLE, key, consistent=True)
        return sum(line["amount_fen"] for line in lines), len(lines)

    def _card(self, card_id: str) -> dict[str, Any]:
        return self.documents.get("cards", card_id, "", consistent=True) or {}

    # the journal once more

    def read_on(self, progress: Progress, now: datetime) -> int:
        """Read a page; how many lines of days were made anew on it."""
        pk, sk = progress.position
        items, last = self.pages.page("journal", (pk, sk), PAGE_ITEMS)
        made = 0
        for item in items:
            record = from_body(json.loads(item["body"]))
            add(progress.sums, record, progress.cards)
            made += self._days(progress, record, now)
        if progress.move_on(last):
            progress.phase = Phase.VERDICT
        return made

    def _days(self, progress: Progress, record: Record, now: datetime) -> int:
        lines = platform_books.lines_of(record)
        suspect = [line for line in lines if day_name(line.account, line.day) in progress.suspect_days]
        if not suspect:
            return 0
        add_days(progress.days, record, progress.last_day)
        missing = [
            line
            for line in suspect
            if self.documents.get(platform_books.TABLE, *line.key, consistent=True) is None
        ]
        if missing:
            self.project([record], now)
        for line in missing:
            progress.suspect_days[day_name(line.account, line.day)] += 1
        return len(missing)

    def verdict(self, progress: Progress) -> tuple[list[Difference], set[str]]:
        """What differs for good, and what moved while it was looked at."""
        differences: list[Difference] = []
        unresolved: set[str] = set()
        for card_id, version in progress.cards.items():
            card = self._card(card_id)
            if card.get("version", 0) != version:
                unresolved.add(card_id)
            else:
                differences += compared(progress.sums, Guard("card", card_id), card)
        for name, count in progress.suspect_days.items():
            if self._lines(name)[1] != count:
                unresolved.add(name)
                continue
            folded_fen = progress.days.get(name, 0)
            sums = self._stands(name, self._closed(account_and_day(name)[0]), progress)
            differences += [Difference(f"platform|{name}", fen, folded_fen) for fen in sums - {folded_fen}]
        progress.phase = Phase.DONE
        return differences, unresolved
