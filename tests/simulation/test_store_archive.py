"""The archive's index as the store keeps it: how many items and calls does a batch take, and of what size?"""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from chalicelib.domain.archive import BEGINNING, Head, Link, linked
from chalicelib.store.archive_index import DynamoArchiveIndex
from tests.simulation.store_on_tables import TABLES, new_tables, store_on

KEY = "records/2026/11/20/12/000000000001.jsonl.gz"
MINUTE = 29_421_360
AT_MS = MINUTE * 60_000
BATCH = 500


class Line:
    """The index on simulated tables, with every call that it sent."""

    def __init__(self) -> None:
        self.tables = new_tables()
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.index = DynamoArchiveIndex(store_on(self._call))

    def _call(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.sent.append((operation, arguments))
        return self.tables.call(operation, arguments)

    def added(self, times_ms: Iterable[int]) -> dict[str, int]:
        """One object is added with a record at each time: what to ask for."""
        links = links_at(times_ms)
        self.index.add(KEY, links)
        return {link.record_id: link.body["at"] for link in links}

    def items(self) -> dict[tuple[str, str], int]:
        """How long the marks of each item are, by its key."""
        found = self.tables.items(TABLES["views"])
        return {(item["pk"]["S"], item["sk"]["S"]): len(item["marks"]["S"]) for item in found}


def links_at(times_ms: Iterable[int]) -> list[Link]:
    return linked(0, BEGINNING, [{"id": f"cus_A/ord_{n}", "at": at_ms} for n, at_ms in enumerate(times_ms)])


@pytest.fixture
def line() -> Line:
    return Line()


def test_a_batch_is_one_item_a_second_under_its_minute(line: Line) -> None:
    line.added([AT_MS, AT_MS + 999, AT_MS + 1_000, AT_MS + 59_999, AT_MS + 60_000, AT_MS + 67_000])
    assert line.items() == {
        (f"archived#{MINUTE}", f"00#{KEY}"): 50,
        (f"archived#{MINUTE}", f"01#{KEY}"): 25,
        (f"archived#{MINUTE}", f"59#{KEY}"): 25,
        (f"archived#{MINUTE + 1}", f"00#{KEY}"): 25,
        (f"archived#{MINUTE + 1}", f"07#{KEY}"): 25,
    }


@pytest.mark.parametrize(
    "seconds, queries",
    [
        ([0], 1),
        ([0, 0, 0], 1),
        ([5, 6, 7, 8], 1),
        ([8, 5, 7, 6], 1),
        ([5, 7], 2),
        ([59, 60], 2),
        ([0, 60, 120], 3),
        ([1, 2, 61, 62, 64], 3),
        (range(60), 1),
        (range(0, 1_000, 2), 500),
        ([], 0),
    ],
)
def test_a_look_takes_a_query_for_each_run_of_seconds(
    line: Line, seconds: Iterable[int], queries: int
) -> None:
    asked = line.added(AT_MS + second * 1_000 for second in seconds)
    line.sent.clear()
    assert len(line.index.archived(asked)) == len(asked)
    assert [(operation, one["ConsistentRead"]) for operation, one in line.sent] == [("Query", True)] * queries


def test_a_look_reads_the_seconds_that_it_names_and_no_others(line: Line) -> None:
    line.added(AT_MS + second * 1_000 for second in range(-60, 120))
    answers: list[int] = []
    inner = line.tables.call

    def counted(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        answer = inner(operation, arguments)
        answers.append(len(answer["Items"]))
        return answer

    index = DynamoArchiveIndex(store_on(counted))
    index.archived(
        {"cus_A/ord_70": AT_MS + 10_000, "cus_A/ord_71": AT_MS + 11_000, "cus_A/x": AT_MS + 58_000}
    )
    assert answers == [2, 1]


@pytest.mark.parametrize("count", [1, 3, 300, BATCH])
def test_a_record_takes_25_letters_beside_others_of_its_second(line: Line, count: int) -> None:
    line.added([AT_MS] * count)
    assert list(line.items().values()) == [25 * count]


def test_what_decides_is_read_consistently(line: Line) -> None:
    assert line.index.head() == Head()
    line.index.archived({"cus_A/ord_1": AT_MS})
    assert [one["ConsistentRead"] for _, one in line.sent] == [True, True]


def test_two_records_of_one_second_are_told_apart_by_their_ids_alone(line: Line) -> None:
    asked = line.added([AT_MS] * BATCH)
    found = line.index.archived(asked | {f"cus_A/ord_{BATCH}": AT_MS, "cus_A/ord": AT_MS, "": AT_MS})
    assert found.keys() == asked.keys()
    assert len(set(found.values())) == BATCH
    assert {len(digest) for digest in found.values()} == {8}
