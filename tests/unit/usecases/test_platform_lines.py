"""The platform's lines: are those of a day read by pages, each once, and is a missing one known?"""

from dataclasses import replace

import pytest

from chalicelib.domain.platform_books import TABLE, PlatformLine, lines_key, packs_of
from chalicelib.usecases.platform_lines import (
    PAGE_ITEMS,
    lines_of_day,
    missing_lines,
    page_of_day,
    place_of,
    sum_of_lines,
)
from tests.unit.usecases.counted_documents import CountedDocuments

ACCOUNT, ON = "I:FEE", "20261122"


def a_line(number: int, minute: str = "0930") -> PlatformLine:
    return PlatformLine(ACCOUNT, ON, f"cus_A/ord_{number:06}", number, minute, "SALE_AGENT")


def with_rows(*lines: PlatformLine) -> CountedDocuments:
    """Documents in which these lines lie as older versions wrote them."""
    documents = CountedDocuments()
    for line in lines:
        documents.put(TABLE, *line.row_key, {"amount_fen": line.amount_fen, "action": line.action})
    return documents


@pytest.mark.parametrize("count", [0, 1, PAGE_ITEMS - 1, PAGE_ITEMS, PAGE_ITEMS + 1, 2 * PAGE_ITEMS + 50])
def test_a_day_of_any_length_is_read_a_page_at_a_time(count: int) -> None:
    lines = [a_line(number) for number in range(1, count + 1)]
    documents = with_rows(*lines)
    assert sum_of_lines(documents, ACCOUNT, ON) == (sum(range(count + 1)), count)
    assert (max(documents.answers) <= PAGE_ITEMS, sum(documents.answers)) == (True, count), (
        "each row is read once"
    )
    assert documents.reads == {("query", lines_key(ACCOUNT, ON), True)}


@pytest.mark.parametrize("before", [PAGE_ITEMS - 2, PAGE_ITEMS - 1, PAGE_ITEMS, PAGE_ITEMS + 1])
def test_copies_that_lie_on_two_pages_count_once(before: int) -> None:
    """A minute of as many packs as a page has items, a record in each; the same once more, all in one."""
    lines = [a_line(number) for number in range(1, before + 1)]
    documents = CountedDocuments()
    for line in lines:
        documents.put_many(TABLE, packs_of([line, a_line(0)]))
    documents.put_many(TABLE, packs_of(lines))
    documents.put_many(TABLE, packs_of([a_line(7_000, "0929"), a_line(8_000, "0931")]))
    found = list(lines_of_day(documents, ACCOUNT, ON))
    assert sorted(line.amount_fen for line in found) == [*range(before + 1), 7_000, 8_000]
    assert [line.amount_fen for line in (found[0], found[-1])] == [8_000, 7_000]
    assert documents.reads == {("query", lines_key(ACCOUNT, ON), False)}


def test_a_missing_line_is_one_of_which_no_pack_and_no_row_says_anything() -> None:
    packed, altered, row, gone, elsewhere = (a_line(number) for number in range(1, 6))
    documents = with_rows(row)
    documents.put_many(TABLE, packs_of([packed, replace(altered, amount_fen=99)]))
    documents.put_many(TABLE, packs_of([a_line(6, "0931"), replace(elsewhere, account="I:MARGIN")]))
    late = replace(gone, record_id="cus_B/ord_1", minute="2359")
    assert missing_lines(documents, [packed, altered, gone, row, elsewhere, late]) == [gone, elsewhere, late]
    assert {consistent for _, _, consistent in documents.reads} == {True}
    assert missing_lines(documents, []) == []


@pytest.mark.parametrize("count", [99, 100, 101, 250])
def test_rows_are_looked_for_a_hundred_at_once(count: int) -> None:
    lines = [a_line(number) for number in range(count)]
    assert missing_lines(with_rows(*lines), lines) == []
    assert missing_lines(with_rows(*lines[:-1]), lines) == lines[-1:]


def test_what_a_minute_holds_is_read_once_for_all_its_lines() -> None:
    documents = CountedDocuments()
    lines = [a_line(number, f"093{number % 2}") for number in range(40)]
    documents.put_many(TABLE, packs_of(lines))
    documents.put(TABLE, lines_key(ACCOUNT, ON), "0932#0", {"lines": [], "amount_fen": 0})
    assert missing_lines(documents, lines) == []
    assert documents.answers == [1, 1]


@pytest.mark.parametrize("limit", [1, 4, 7, 100])
def test_pages_of_a_day_show_each_line_once_the_newest_minute_first(limit: int) -> None:
    """Rows of an older version, packs, and copies of either in another pack."""
    row, alone = a_line(1, ""), a_line(9, "2359")
    documents = with_rows(row)
    morning = [a_line(number, "0930") for number in range(2, 8)]
    documents.put_many(TABLE, packs_of([*morning, alone]))
    documents.put_many(TABLE, packs_of([morning[0], morning[3]]))
    documents.put_many(TABLE, packs_of([replace(row, minute="0931")]))
    shown: list[PlatformLine] = []
    while page := page_of_day(documents, ACCOUNT, ON, place_of(shown[-1]).text if shown else "", limit):
        assert len(page) <= limit
        shown += page
    assert shown == [row, alone, *reversed(morning)]


def test_a_page_reads_only_the_minutes_that_it_touches() -> None:
    documents = CountedDocuments()
    documents.put_many(
        TABLE, packs_of([a_line(number, f"{number // 60:02}{number % 60:02}") for number in range(1000)])
    )
    documents.put(TABLE, *a_line(1_500, "").row_key, {"amount_fen": 1_500, "action": "SALE_AGENT"})
    first = page_of_day(documents, ACCOUNT, ON, "", 1_000)
    middle = next(line for line in first if line.amount_fen == 500)
    documents.answers.clear()
    page = page_of_day(documents, ACCOUNT, ON, place_of(middle).text, PAGE_ITEMS - 2)
    assert [line.amount_fen for line in page] == list(range(499, 501 - PAGE_ITEMS, -1))
    assert documents.answers == [1, PAGE_ITEMS], "rows of an older version, then the packs behind the place"
    assert documents.reads == {("query", lines_key(ACCOUNT, ON), False)}
