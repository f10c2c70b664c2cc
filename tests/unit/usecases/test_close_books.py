"""Closing the books: is a finished day summed up once, and right, whoever writes or sums meanwhile?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.change import DocumentChange
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.platform_books import ACCOUNTS, DAY, TABLE, PlatformLine, days_key, packs_of
from chalicelib.usecases.close_books import TRIES_MAX, CloseBooks
from tests.unit.usecases.counted_documents import CountedDocuments

ACCOUNT, ON = "I:FEE", "20261122"
CLOSES = datetime(2026, 11, 22, 18, tzinfo=UTC)  # two hours after its end in Shanghai


def a_line(number: int, day: str = ON, account: str = ACCOUNT) -> PlatformLine:
    return PlatformLine(account, day, f"cus_A/ord_{number:06}", number, "0930", "SALE_AGENT")


@dataclass
class OvertakenDocuments(CountedDocuments):
    """Documents in which something happens just before each change."""

    happens: Callable[[], None] = lambda: None

    def change(self, change: DocumentChange) -> dict[str, Any] | None:
        self.happens()
        return super().change(change)

    def row(self, day: str = ON) -> dict[str, Any]:
        item = self.items[TABLE, days_key(ACCOUNT), DAY + day]
        return {name: content for name, content in item.items() if name not in ("pk", "sk")}

    def write(self, *lines: PlatformLine) -> None:
        self.put_many(TABLE, packs_of(lines))

    def state(self, account: str = ACCOUNT) -> dict[str, Any]:
        item = self.items[TABLE, ACCOUNTS, account]
        return {name: content for name, content in item.items() if name not in ("pk", "sk")}


@pytest.fixture
def documents() -> OvertakenDocuments:
    made = OvertakenDocuments()
    made.put(TABLE, ACCOUNTS, ACCOUNT, {"first_day": "20261120"})
    return made


@pytest.fixture
def close(documents: OvertakenDocuments) -> CloseBooks:
    return CloseBooks(documents)


def test_a_day_is_summed_up_and_again_only_when_there_is_more(
    documents: OvertakenDocuments, close: CloseBooks
) -> None:
    documents.write(a_line(1), a_line(20))
    assert close.sum_up(ACCOUNT, ON) == 21
    assert documents.row() == {"sum_fen": 21, "count": 2, "version": 2}
    assert close.sum_up(ACCOUNT, ON) == 21
    assert documents.row()["version"] == 2
    documents.write(a_line(20), a_line(300))
    assert close.sum_up(ACCOUNT, ON) == 321
    assert documents.row() == {"sum_fen": 321, "count": 3, "version": 3}
    assert {consistent for _, _, consistent in documents.reads} == {True}


def test_a_day_without_a_line_has_its_row(documents: OvertakenDocuments, close: CloseBooks) -> None:
    assert close.sum_up(ACCOUNT, ON) == 0
    assert documents.row() == {"sum_fen": 0, "count": 0, "version": 1}


def test_lines_that_cancel_out_are_counted(documents: OvertakenDocuments, close: CloseBooks) -> None:
    documents.write(a_line(5), PlatformLine(ACCOUNT, ON, "cus_B/ord_1", -5, "0930", "REFUND"))
    assert close.sum_up(ACCOUNT, ON) == 0
    assert documents.row() == {"sum_fen": 0, "count": 2, "version": 2}


def test_who_is_overtaken_by_another_sum_and_its_line_sums_again(
    documents: OvertakenDocuments, close: CloseBooks
) -> None:
    documents.write(a_line(1))

    def another_sums_up_a_later_line() -> None:
        documents.happens = lambda: None
        documents.write(a_line(20))
        CloseBooks(documents).sum_up(ACCOUNT, ON)

    documents.happens = another_sums_up_a_later_line
    assert close.sum_up(ACCOUNT, ON) == 21
    assert documents.row() == {"sum_fen": 21, "count": 2, "version": 2}


def test_who_is_overtaken_always_gives_up(documents: OvertakenDocuments, close: CloseBooks) -> None:
    documents.write(a_line(1))

    def the_row_moves_on() -> None:
        documents.items[TABLE, days_key(ACCOUNT), DAY + ON]["version"] += 1

    documents.happens = the_row_moves_on
    assert documents.changes == []
    with pytest.raises(Unavailable):
        close.sum_up(ACCOUNT, ON)
    assert len(documents.changes) == TRIES_MAX
    assert documents.row() == {"sum_fen": 0, "count": 0, "version": 1 + TRIES_MAX}


def test_every_finished_day_is_closed_once(documents: OvertakenDocuments, close: CloseBooks) -> None:
    documents.write(a_line(1, "20261120"), a_line(20, "20261122"), a_line(300, "20261123"))
    assert close(CLOSES - timedelta(microseconds=1)) == 2
    assert documents.state() == {"first_day": "20261120", "closed_through": "20261121"}
    assert close(CLOSES) == 1
    assert documents.state()["closed_through"] == ON
    assert [documents.row(day)["sum_fen"] for day in ("20261120", "20261121", ON)] == [1, 0, 20]
    assert (TABLE, days_key(ACCOUNT), f"{DAY}20261123") not in documents.items
    changes = len(documents.changes)
    assert (close(CLOSES), len(documents.changes)) == (0, changes)


def test_each_account_is_closed_from_its_own_first_day_on(
    documents: OvertakenDocuments, close: CloseBooks
) -> None:
    documents.put(TABLE, ACCOUNTS, "E:PROMO", {"first_day": ON})
    assert close(CLOSES) == 3 + 1
    assert documents.state("E:PROMO") == {"first_day": ON, "closed_through": ON}


def test_an_account_that_begins_earlier_meanwhile_is_closed_from_there_by_the_next_run(
    documents: OvertakenDocuments, close: CloseBooks
) -> None:
    documents.write(a_line(1, "20261119"))

    def it_begins_earlier() -> None:
        documents.put(TABLE, ACCOUNTS, ACCOUNT, {"first_day": "20261119"})

    documents.happens = it_begins_earlier
    close(CLOSES)
    assert documents.state() == {"first_day": "20261119"}
    documents.happens = lambda: None
    assert close(CLOSES) == 4
    assert documents.state() == {"first_day": "20261119", "closed_through": ON}
    assert documents.row("20261119")["sum_fen"] == 1


def test_who_closes_after_another_run_marks_nothing_back(
    documents: OvertakenDocuments, close: CloseBooks
) -> None:
    """A slow run has summed the first day when a quick one has closed them all."""

    def a_quick_run() -> None:
        documents.happens = lambda: None
        CloseBooks(documents)(CLOSES)

    documents.happens = a_quick_run
    close(CLOSES - timedelta(days=2))
    assert documents.state()["closed_through"] == ON
