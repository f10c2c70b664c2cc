"""The archive's index: the fake and the real one keep the same promises."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.archive import BEGINNING, Head, linked, records_key
from chalicelib.domain.business_time import to_ms
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


def key(sequence: int) -> str:
    return records_key("2026/11/20/12", sequence)


def bodies_at(*times_ms: int) -> list[dict[str, Any]]:
    """A record for each time, each with an id of its own."""
    return [{"id": f"ord_{number}/paid#{number}", "at": at_ms} for number, at_ms in enumerate(times_ms)]


def asked(bodies: list[dict[str, Any]]) -> dict[str, int]:
    return {body["id"]: body["at"] for body in bodies}


def add(index: ArchiveIndex, bodies: list[dict[str, Any]], at_once: int) -> None:
    """Archive the records, so many an object."""
    for first in range(0, len(bodies), at_once):
        index.add(key(first + 1), linked(first, BEGINNING, bodies[first : first + at_once]))


def assert_found(index: ArchiveIndex, bodies: list[dict[str, Any]], *others: dict[str, Any]) -> None:
    found = index.archived(asked([*bodies, *others]))
    assert set(found) == {body["id"] for body in bodies}
    for body in bodies:
        assert digest_of(body).startswith(found[body["id"]])
        assert len(found[body["id"]]) >= 8


AT_MS = to_ms(NOON) - to_ms(NOON) % 60_000


@pytest.mark.parametrize("apart_ms", [0, 1, 333, 1_000, 1_001, 30_000, 60_000, 86_400_000])
def test_records_are_found_by_ids_and_times_however_far_apart_they_are(
    index: ArchiveIndex, apart_ms: int
) -> None:
    bodies = bodies_at(*range(AT_MS, AT_MS + 230 * apart_ms, apart_ms) if apart_ms else [AT_MS] * 230)
    others = [{"id": "ord_x/paid", "at": AT_MS}, {"id": "ord_0/paid#1", "at": AT_MS + apart_ms}]
    assert index.archived(asked(bodies)) == {}
    add(index, bodies, at_once=100)
    add(index, bodies, at_once=100)
    assert_found(index, bodies, *others)
    assert_found(index, bodies[7:9], others[0])
    assert index.archived(asked(others)) == {}
    assert index.archived({}) == {}


@pytest.mark.parametrize("at_ms", [AT_MS - 1, AT_MS, AT_MS + 999, AT_MS + 1_000, AT_MS + 59_999, 0, -1])
def test_what_one_object_says_of_a_second_leaves_other_objects_and_seconds_alone(
    index: ArchiveIndex, at_ms: int
) -> None:
    first, second, third = bodies_at(at_ms, at_ms, at_ms + 1_000)
    index.add(key(1), linked(0, BEGINNING, [first]))
    index.add(key(2), linked(1, BEGINNING, [second]))
    assert_found(index, [first, second], third)
    index.add(key(3), linked(2, BEGINNING, [third]))
    assert_found(index, [first, second, third])


def test_a_second_may_hold_very_many_records(index: ArchiveIndex) -> None:
    bodies = bodies_at(*[AT_MS + number % 1_000 for number in range(6_000)])
    add(index, bodies, at_once=500)
    assert_found(index, bodies)
    assert_found(index, bodies[-300:], {"id": "ord_6000/paid", "at": AT_MS})


@pytest.mark.parametrize("seed", range(20))
def test_an_index_finds_what_was_added_and_nothing_else(index: ArchiveIndex, seed: int) -> None:
    random = Random(seed)
    spread_ms = random.choice((500, 5_000, 200_000))
    bodies = bodies_at(*(AT_MS + random.randrange(spread_ms) for _ in range(60)))
    random.shuffle(bodies)
    added, left = bodies[:40], bodies[40:]
    add(index, added, at_once=random.randint(1, 20))
    wanted = random.sample(bodies, 30)
    assert_found(index, [one for one in wanted if one in added], *[one for one in wanted if one in left])
