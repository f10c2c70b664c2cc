"""Look again: do the cards and days that differed still differ, when they are looked at while nothing moves?

Their versions (of a day: the count of its lines) are taken before the journal is read
once more, for them alone, and compared afterwards. What moved meanwhile proves nothing
and is left to the next night. A line of a day whose record the journal's stream lost is
written on the way, by the use case that the stream calls. A closed day whose row counts
fewer lines than there are is summed up first: its reader has not come to that, or never will.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from chalicelib.domain.platform_books import PlatformLine
from chalicelib.domain.record import Record, from_body
from chalicelib.usecases.platform_lines import missing_lines, sum_of_lines
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.ports_in_bulk import Pages

PAGE_ITEMS = 1_000
READ_AT_ONCE = 100


@dataclass(frozen=True)
class LookAgain:
    """`project`: writes what a record asks for into the platform's books, as often as it is called.

    `sum_up`: writes the sum of an account's day into its row.
    """

    documents: Documents
    pages: Pages
    project: Callable[[Sequence[Record], datetime], None]
    sum_up: Callable[[str, str], int]

    def prepare(self, progress: Progress) -> None:
        """Compare the days of the next account; after the last one take the versions of what differed."""
        first_days = self._first_days(progress)
        done = progress.position[0]
        account = min((name for name in first_days if name > done), default="")
        if account:
            self._compare(account, first_days[account], progress)
            progress.position = [account, ""]
            return
        progress.move_on(None)
        progress.days = {}
        versions = self._cards(progress.cards)
        progress.cards = {card_id: versions.get(card_id, {}).get("version", 0) for card_id in progress.cards}
        is_clean = not progress.cards and not progress.suspect_days
        progress.phase = Phase.DONE if is_clean else Phase.AGAIN

    def _first_days(self, progress: Progress) -> dict[str, str]:
        """The first day of every account that the journal or the platform's books know of."""
        known = self.documents.query(platform_books.TABLE, platform_books.ACCOUNTS)
        first_days = {item["sk"]: str(item["first_day"]) for item in known}
        for account, day in map(account_and_day, progress.days):
            first_days[account] = min(day, first_days.get(account, day))
        return first_days

    def _compare(self, account: str, first_day: str, progress: Progress) -> None:
        closed = self._closed(account)
        for day in platform_books.days_through(first_day, progress.last_day):
            name = day_name(account, day)
            if self._stands(name, closed, progress) != {progress.days.get(name, 0)}:
                progress.suspect_days[name] = self._lines(name)[1]

    def _closed(self, account: str) -> dict[str, int]:
        """The sums of an account's closed days; one that is being closed has its row, and no sum yet."""
        table, accounts = platform_books.TABLE, platform_books.ACCOUNTS
        item = self.documents.get(table, accounts, account, consistent=True) or {}
        through = item.get("closed_through", "")
        rows = self.documents.query(
            platform_books.TABLE, platform_books.days_key(account), platform_books.DAY, consistent=True
        )
        sums = {row["sk"].removeprefix(platform_books.DAY): int(row["sum_fen"]) for row in rows}
        return {day: sum_fen for day, sum_fen in sums.items() if day <= through}

    def _stands(self, name: str, closed: Mapping[str, int], progress: Progress) -> set[int]:
        """What stands there for a day: its closed sum, and while it is young the sum of its lines."""
        _, day = account_and_day(name)
        sums = {closed[day]} if day in closed else set()
        if not sums or day > progress.young_after:
            sums.add(self._lines(name)[0])
        return sums

    def _lines(self, name: str) -> tuple[int, int]:
        """The sum of a day's lines, and how many they are."""
        return sum_of_lines(self.documents, *account_and_day(name))

    def _is_behind(self, account: str, day: str, count: int) -> bool:
        """Whether the row of a closed day was summed up from fewer lines than there are.

        One that counts more is not behind: somebody altered it, and it is evidence.
        """
        key = (platform_books.TABLE, platform_books.days_key(account), platform_books.DAY + day)
        row = self.documents.get(*key, consistent=True)
        return row is not None and row["count"] < count

    def _cards(self, card_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The cards as they are at this moment."""
        keys = [(card_id, "") for card_id in card_ids]
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for start in range(0, len(keys), READ_AT_ONCE):
            found |= self.documents.get_many("cards", keys[start : start + READ_AT_ONCE], consistent=True)
        return {card_id: item for (card_id, _), item in found.items()}

    # the journal once more

    def read_on(self, progress: Progress, now: datetime) -> int:
        """Read a page; how many lines of days were made anew on it."""
        pk, sk = progress.position
        items, last = self.pages.page("journal", (pk, sk), PAGE_ITEMS)
        suspect: dict[tuple[str, str], tuple[PlatformLine, Record]] = {}
        for item in items:
            record = from_body(json.loads(item["body"]))
            add(progress.sums, record, progress.cards)
            mine = {line.row_key: (line, record) for line in self._suspect(record, progress)}
            if mine:
                add_days(progress.days, record, progress.last_day)
            suspect |= mine
        if progress.move_on(last):
            progress.phase = Phase.VERDICT
        return self._made_anew(suspect, progress, now)

    def _suspect(self, record: Record, progress: Progress) -> list[PlatformLine]:
        lines = platform_books.lines_of(record)
        return [line for line in lines if day_name(line.account, line.day) in progress.suspect_days]

    def _made_anew(
        self,
        suspect: Mapping[tuple[str, str], tuple[PlatformLine, Record]],
        progress: Progress,
        now: datetime,
    ) -> int:
        """Write those lines of suspect days that are not there."""
        missing = missing_lines(self.documents, [line for line, _ in suspect.values()])
        if missing:
            records = (suspect[line.row_key][1] for line in missing)
            self.project(list({record.record_id: record for record in records}.values()), now)
        for line in missing:
            progress.suspect_days[day_name(line.account, line.day)] += 1
        return len(missing)

    def verdict(self, progress: Progress) -> tuple[list[Difference], set[str]]:
        """What differs for good, and what moved while it was looked at."""
        differences: list[Difference] = []
        unresolved: set[str] = set()
        cards = self._cards(progress.cards)
        for card_id, version in progress.cards.items():
            card = cards.get(card_id, {})
            if card.get("version", 0) != version:
                unresolved.add(card_id)
            else:
                differences += compared(progress.sums, Guard("card", card_id), card)
        for name, count in progress.suspect_days.items():
            account, day = account_and_day(name)
            if self._is_behind(account, day, count):
                self.sum_up(account, day)
            folded_fen = progress.days.get(name, 0)
            sums = self._stands(name, self._closed(account), progress)
            if self._lines(name)[1] != count:
                unresolved.add(name)
                continue
            differences += [Difference(f"platform|{name}", fen, folded_fen) for fen in sums - {folded_fen}]
        progress.phase = Phase.DONE
        return differences, unresolved
