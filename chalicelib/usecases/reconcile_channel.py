"""Reconcile a channel: each finished day's bill against our books, until every line of both is explained.

A day is compared when its file is there, again when the next day's file is there, and
as long as a difference is open. Nothing of it is counted up: whatever is written is made
anew from the file and the books, so a run may die anywhere, and a second one changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.domain import platform_books
from chalicelib.domain import reconciliation_items as layout
from chalicelib.domain.channel_bill import Bill, BillMalformed, Key
from chalicelib.domain.platform_books import days_through, next_day
from chalicelib.domain.posting import channel_account
from chalicelib.domain.reconciliation import (
    BookLine,
    book_line,
    by_key,
    compare,
    is_beside,
    unknown_lines,
    with_cause,
)
from chalicelib.domain.reconciliation_items import DayState, ReconciledDay, day_before
from chalicelib.usecases.fetch_bill import FetchBill
from chalicelib.usecases.file_differences import FileDifferences
from chalicelib.usecases.platform_lines import lines_of_day
from chalicelib.usecases.ports import Documents
from chalicelib.usecases.settle_channel import SettleChannel
from chalicelib.usecases.trace_bill_line import TraceBillLine


@dataclass(frozen=True)
class ReconcileChannel:
    documents: Documents
    fetch_bill: FetchBill
    trace: TraceBillLine
    settle: SettleChannel
    file_differences: FileDifferences

    def days(self, channel: str, now: datetime) -> list[str]:
        """The finished days to look at, the oldest first; none before the channel's first booking.

        Left out are those that are done, and yesterday once it was compared without a
        difference: what it awaits comes with tomorrow's file.
        """
        first = self._begins(channel)
        if first is None:
            return []
        after = layout.DAY + day_before(first)
        rows = self.documents.query(layout.TABLE, layout.days_key(channel), layout.DAY, after=after)
        known = {row.day: row for row in map(layout.day_from, rows)}
        last = layout.last_finished_day(now)
        days = days_through(first, last)
        open_days = [day for day in days if day not in known or not known[day].is_reconciled]
        self._begin_at(channel, first, open_days[0] if open_days else last)
        waiting = known.get(last)
        is_waiting = waiting is not None and waiting.state is DayState.COMPARED and not waiting.open_count
        return [day for day in open_days if day != last or not is_waiting]

    def __call__(self, channel: str, day: str, now: datetime) -> ReconciledDay:
        """The day as it stands after this look at it.

        Raises: ChannelUnknown; Unavailable and whatever the store raises: the next run looks again.
        """
        key = (layout.TABLE, layout.days_key(channel), layout.DAY + day)
        item = self.documents.get(*key, consistent=True)
        bills, refused = self._bills(channel, day, now)
        found = ReconciledDay(channel, day, DayState.AWAITED, is_late=layout.is_late(day, now))
        if day in bills:
            found = self._compared(channel, day, bills, now)
        values = layout.day_values(found)
        before = {name: told for name, told in (item or {}).items() if name not in ("pk", "sk")}
        if {**values, "compared_at": 0} != {**before, "compared_at": 0}:
            self.documents.put(*key, values)
        return replace(found, refused=refused)

    def _begins(self, channel: str) -> str | None:
        """The first day that is not known to be done."""
        item = self.documents.get(layout.TABLE, layout.days_key(channel), layout.BEGINS, consistent=True)
        account = self.documents.get(
            platform_books.TABLE, platform_books.ACCOUNTS, channel_account(channel), consistent=True
        )
        if account is None:
            return None
        first: str = account["first_day"]
        # A line that was booked earlier than all others known so far begins it earlier.
        return str(item["day"]) if item and item["first_day"] == first else first

    def _begin_at(self, channel: str, first: str, day: str) -> None:
        account = self.documents.get(
            platform_books.TABLE, platform_books.ACCOUNTS, channel_account(channel), consistent=True
        )
        assert account is not None
        values = {"day": max(first, day), "first_day": account["first_day"]}
        self.documents.put(layout.TABLE, layout.days_key(channel), layout.BEGINS, values)

    def _bills(self, channel: str, day: str, now: datetime) -> tuple[dict[str, Bill], str]:
        """The bills of the day and of those beside it that are there, and why the day's own was refused."""
        bills: dict[str, Bill] = {}
        refused = ""
        for each in (day_before(day), day, next_day(day)):
            if each > layout.last_finished_day(now):
                continue
            try:
                bill = self.fetch_bill(channel, each)
            except BillMalformed as error:
                refused = str(error) if each == day else refused
                continue
            if bill is not None:
                bills[each] = bill
        return bills, refused

    def _compared(self, channel: str, day: str, bills: Mapping[str, Bill], now: datetime) -> ReconciledDay:
        books, causes = self._books(channel, day, bills[day], now)
        self.settle(channel, bills[day], books, now)
        awaits = next_day(day) not in bills
        comparison = compare(day, bills, books, self._listed_far(channel, day), awaits)
        assert comparison.adds_up, f"{channel} {day} does not add up: {comparison.totals}"
        differences = tuple(with_cause(each, causes.get(each.key, "")) for each in comparison.differences)
        comparison = replace(comparison, differences=differences)
        tickets = self.file_differences(channel, comparison, now)
        is_done = not awaits and not tickets
        return ReconciledDay(
            channel,
            day,
            DayState.DONE if is_done else DayState.COMPARED,
            now,
            comparison.totals,
            len(tickets),
            sum(ticket.found.open_fen for ticket in tickets),
        )

    def _books(
        self, channel: str, day: str, bill: Bill, now: datetime
    ) -> tuple[dict[Key, BookLine], dict[Key, str]]:
        """Our lines of these three days and of whatever the bill lists; why the rest of it is not booked."""
        account = channel_account(channel)
        days = (day_before(day), day, next_day(day))
        told = (book_line(line) for each in days for line in lines_of_day(self.documents, account, each))
        books, causes = by_key([line for line in told if line is not None]), {}
        for line in unknown_lines(bill, books):
            found, causes[line.key] = self.trace(channel, line, now)
            if found is not None:
                books[line.key] = found
                self._note_far(channel, day, found)
        return books, causes

    def _note_far(self, channel: str, day: str, found: BookLine) -> None:
        """A line that was booked days away: its own day must not miss it in the bills beside."""
        if not is_beside(day, found.day):
            where = (layout.listed_far_key(channel, found.day), layout.far_text(found.key))
            self.documents.put_new(layout.TABLE, *where, {"listed": day})

    def _listed_far(self, channel: str, day: str) -> set[Key]:
        items = self.documents.query(layout.TABLE, layout.listed_far_key(channel, day), consistent=True)
        return {layout.key_from_far(item["sk"]) for item in items}
