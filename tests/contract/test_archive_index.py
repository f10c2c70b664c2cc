"""The archive's index: the fake and the real one keep the same promises."""

from collections.abc import Callable

import pytest

from chalicelib import bootstrap
from chalicelib.domain.archive import BEGINNING, Head, linked
from chalicelib.domain.record import digest_of
from chalicelib.store.archive_index import DynamoArchiveIndex
from chalicelib.usecases.ports import ArchiveIndex
from tests.fakes.archive_index import FakeArchiveIndex
from tests.simulation.store_on_tables import new_tables, store_on
from tests.unit.usecases.archive_world import NOON

MAKERS: dict[str, Callable[[], ArchiveIndex]] = {
    "fake": FakeArchiveIndex,
    "simulated": lambda: DynamoArchiveIndex(store_on(new_tables().call)),
    "engine": lambda: DynamoArchiveIndex(bootstrap.dynamo()),
}


@pytest.fixture(params=MAKERS)
def index(request: pytest.FixtureRequest) -> ArchiveIndex:
    if request.param == "engine":
        request.getfixturevalue("world")
    return MAKERS[request.param]()


def test_an_archive_begins_with_an_empty_head(index: ArchiveIndex) -> None:
    assert index.head() == Head()


def test_the_head_moves_one_version_at_a_time_and_only_from_where_it_is(index: ArchiveIndex) -> None:
    first = index.head()
    opened = index.moved(first, first.opened(NOON))
    assert opened is not None
    assert index.head() == opened
    assert (opened.version, opened.open_key) == (1, "records/2026/11/20/12/000000000001.jsonl.gz")
    assert index.moved(first, first.opened(NOON)) is None
    closed = index.moved(opened, opened.closed(NOON.date()))
    assert index.head() == closed
    assert index.moved(opened, opened) is None


def test_records_are_found_by_their_ids_with_their_digests(index: ArchiveIndex) -> None:
    bodies = [{"id": f"ord_{number}/paid#{number}", "action": "TOPUP_ISSUER"} for number in range(230)]
    links = linked(0, BEGINNING, bodies)
    index.add("records/2026/11/20/12/000000000001.jsonl.gz", links)
    index.add("records/2026/11/20/12/000000000001.jsonl.gz", links[:3])
    asked = [body["id"] for body in bodies] + ["ord_x/paid"]
    assert index.archived(asked) == {body["id"]: digest_of(body) for body in bodies}
    assert index.archived([]) == {}
