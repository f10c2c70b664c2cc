"""Allocated sales: are all pages of them as much as was withdrawn, and none of what was given back?"""

import pytest

from chalicelib.domain.allocation import TABLE, TAKES_NOTHING, Part, allocations_key, page_key, pages_of
from chalicelib.usecases.allocated_sales import AllocatedSales, Sale
from tests.fakes.documents import FakeDocuments

DST, WITHDRAWAL = "dst_BBBBBBBBBBBB", "wdr_BBBBBBBBBBBB01JD3Q8Z6N5W4V3T2S1R0QPAMK"
PARTS = [
    Part("20261122", f"cme_01JD3Q8Z6N5W4V3T2S1R0QPA{number:02}_CCCCCCCCCCCC_1", 100, 0) for number in range(7)
]


def decided(amount_fen: int, parts_of_a_row: int) -> FakeDocuments:
    documents = FakeDocuments()
    for number, page in enumerate(pages_of(PARTS, amount_fen, parts_of_a_row)):
        documents.put(TABLE, allocations_key(DST), page_key(WITHDRAWAL, number), page)
    return documents


def all_pages(documents: FakeDocuments, limit: int) -> list[Sale]:
    look, sales, position = AllocatedSales(documents), list[Sale](), ""
    while True:
        found, position = look(WITHDRAWAL, position, limit)
        assert len(found) <= limit
        sales += found
        if not position:
            return sales


@pytest.mark.parametrize("parts_of_a_row", [2, 3, 7, 100])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 20])
@pytest.mark.parametrize("short_fen", [0, 50])
def test_the_sales_of_all_pages_are_what_was_withdrawn(
    parts_of_a_row: int, limit: int, short_fen: int
) -> None:
    sales = all_pages(decided(700 + short_fen, parts_of_a_row), limit)
    assert [sale.entry_id for sale in sales if sale.entry_id] == [part.entry_id for part in PARTS]
    assert sum(sale.amount_fen for sale in sales) == 700 + short_fen
    assert sales[0].order_id == "ord_CCCCCCCCCCCC01JD3Q8Z6N5W4V3T2S1R0QPA00"
    assert [sale for sale in sales if not sale.entry_id] == [Sale("", "", "", 50, 0)] * bool(short_fen)


def test_what_was_given_back_is_for_nothing() -> None:
    documents = decided(700, 100)
    documents.items[TABLE, allocations_key(DST), WITHDRAWAL]["given_back"] = True
    assert all_pages(documents, 5) == []
    documents.put(TABLE, allocations_key(DST), WITHDRAWAL, TAKES_NOTHING)
    assert all_pages(documents, 5) == []
    assert all_pages(FakeDocuments(), 5) == []
