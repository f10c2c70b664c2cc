"""Closing the books: is a day of any length summed up a page at a time?"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.domain.platform_books import DAY, TABLE, days_key, lines_key
from chalicelib.usecases.close_books import PAGE_ITEMS, CloseBooks
from tests.fakes.documents import FakeDocuments

ACCOUNT, ON = "I:FEE", "20261122"


@dataclass
class CountedDocuments(FakeDocuments):
    """Documents that keep how many items each answer held."""

    answers: list[int] = field(default_factory=list)

    def query(self, *place: Any, **terms: Any) -> list[dict[str, Any]]:
        found = super().query(*place, **terms)
        self.answers.append(len(found))
        return found


@pytest.mark.parametrize("count", [0, 1, PAGE_ITEMS - 1, PAGE_ITEMS, PAGE_ITEMS + 1, 2 * PAGE_ITEMS + 500])
def test_a_day_is_summed_up_a_page_at_a_time(count: int) -> None:
    documents = CountedDocuments()
    for number in range(count):
        documents.put(TABLE, lines_key(ACCOUNT, ON), f"cus_A/ord_{number:06}", {"amount_fen": number})
    sum_fen = sum(range(count))
    assert CloseBooks(documents).sum_up(ACCOUNT, ON) == sum_fen
    row = documents.items[TABLE, days_key(ACCOUNT), DAY + ON]
    assert (row["sum_fen"], row["count"]) == (sum_fen, count)
    assert max(documents.answers) <= PAGE_ITEMS
