"""Archiving: every record once, whoever dies or doubles, and nothing personal for ever."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from chalicelib.domain.archive import BEGINNING, linked
from chalicelib.domain.record import Record, canonical, digest_of
from chalicelib.store.archive_index import DynamoArchiveIndex
from chalicelib.usecases.archive_records import ArchiveBusy, Refused, Stored, packed, unpacked
from chalicelib.usecases.ports import ArchiveIndex
from tests.fakes.archive_index import FakeArchiveIndex
from tests.fakes.objects import FakeObjects
from tests.simulation.store_on_tables import new_tables, store_on
from tests.unit.usecases.archive_world import NOON, ArchiveWorld, Died, as_stored, ids, record, stored

STEPS_MAX = 40
INDEXES: dict[str, Callable[[], ArchiveIndex]] = {
    "fake": FakeArchiveIndex,
    "simulated": lambda: DynamoArchiveIndex(store_on(new_tables().call)),
}


@pytest.fixture(params=INDEXES)
def world(request: pytest.FixtureRequest) -> ArchiveWorld:
    return ArchiveWorld(INDEXES[request.param]())


def test_a_batch_becomes_one_object_of_linked_lines(world: ArchiveWorld) -> None:
    assert world.writer()(stored(1, 2, 3), NOON) == []
    (key,) = world.bucket.contents
    assert key == "records/2026/11/20/12/000000000001.jsonl.gz"
    lines = gzip.decompress(world.bucket.contents[key]).splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == [1, 2, 3]
    assert world.archived_ids() == ids(1, 2, 3)
    assert world.findings() == []
    assert world.waits_ms == []


def test_the_next_batch_continues_the_chain(world: ArchiveWorld) -> None:
    world.writer()(stored(1, 2), NOON)
    world.writer()(stored(3), NOON + timedelta(hours=1))
    assert sorted(world.bucket.contents)[1] == "records/2026/11/20/13/000000000003.jsonl.gz"
    assert (world.archived_ids(), world.findings()) == (ids(1, 2, 3), [])


def test_records_that_come_again_are_archived_once(world: ArchiveWorld) -> None:
    world.writer()(stored(1, 2), NOON)
    world.writer()(stored(2, 3, 3, 1), NOON)
    world.writer()(stored(1, 2, 3), NOON)
    assert world.archived_ids() == ids(1, 2, 3)
    assert len(world.bucket.contents) == 2


def test_an_empty_batch_writes_nothing(world: ArchiveWorld) -> None:
    assert world.writer()([], NOON) == []
    assert (world.bucket.contents, world.index.head().version) == ({}, 0)


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("step", range(STEPS_MAX))
def test_a_writer_that_dies_at_any_step_leaves_nothing_doubled_and_nothing_out(
    step: int, is_after: bool, world: ArchiveWorld
) -> None:
    world.writer()(stored(1), NOON)
    calls = 0

    def die(after: bool) -> None:
        nonlocal calls
        calls += after
        if after is is_after and calls - after == step:
            raise Died

    try:
        world.writer(die)(stored(2, 3), NOON)
    except Died:
        assert world.findings() == []
    world.writer()(stored(2, 4), NOON)  # another shard's batch comes first, with one record in common
    world.writer()(stored(2, 3), NOON + timedelta(hours=1))  # then the batch comes again
    assert sorted(world.archived_ids()) == ids(1, 2, 3, 4)
    assert world.findings() == []
    assert world.indexed_ids(1, 2, 3, 4, 5) == ids(1, 2, 3, 4)


@pytest.mark.parametrize("step", range(STEPS_MAX))
def test_a_writer_overtaken_at_any_step_starts_over_and_loses_nothing(step: int, world: ArchiveWorld) -> None:
    world.writer()(stored(1), NOON)
    calls = 0

    def overtake(after: bool) -> None:
        nonlocal calls
        calls += 1
        if calls == step:
            world.writer()(stored(3, 4), NOON)
            world.writer()(stored(5), NOON + timedelta(hours=2))

    world.writer(overtake)(stored(2, 3), NOON)
    world.writer()(stored(3, 4), NOON)
    world.writer()(stored(5), NOON)
    assert sorted(world.archived_ids()) == ids(1, 2, 3, 4, 5)
    assert world.findings() == []


def test_steps_of_one_batch_are_fewer_than_the_tests_walk_through(world: ArchiveWorld) -> None:
    calls = 0

    def count(after: bool) -> None:
        nonlocal calls
        calls += 1

    world.writer(count)(stored(1, 2), NOON)
    assert calls < STEPS_MAX


def test_a_writer_that_never_gets_a_turn_says_so(world: ArchiveWorld) -> None:
    number = 100

    def hog(after: bool) -> None:
        nonlocal number
        number += 1
        world.writer()(stored(number), NOON)

    with pytest.raises(ArchiveBusy):
        world.writer(hog)(stored(1), NOON)
    assert world.findings() == []
    assert world.waits_ms == [25 * attempt for attempt in range(1, 30)]


@dataclass
class Undecided(FakeObjects):
    """A bucket in which another's object is on its way at first: its key is taken, and it cannot be read."""

    calls: int = 0

    def put_new(self, key: str, body: bytes, content_type: str = "") -> bool:
        assert content_type == "application/gzip"
        self.calls += 1
        return self.calls > 1 and super().put_new(key, body, content_type)


def test_an_object_that_cannot_be_read_yet_is_waited_for(world: ArchiveWorld) -> None:
    world.bucket = Undecided()
    assert world.writer()(stored(1, 2), NOON) == []
    assert (world.archived_ids(), world.findings()) == (ids(1, 2), [])
    assert world.waits_ms == [25]


def test_equal_links_give_equal_bytes_at_whatever_time_they_are_packed() -> None:
    links = linked(0, BEGINNING, [{"id": "a/b", "at": 1}])
    assert packed(links)[4:8] == bytes(4), "gzip has room for a time there"
    assert unpacked(packed(links)) == links


def test_an_archived_record_shows_nothing_of_the_client(world: ArchiveWorld) -> None:
    one = record(1)
    world.writer()([as_stored(one)], NOON)
    (body,) = world.bucket.contents.values()
    text = gzip.decompress(body).decode()
    assert one.client is not None
    assert one.client.commitment in text
    assert not any(part in text for part in (one.client.address, one.client.agent, one.client.salt))


@pytest.mark.parametrize(
    "reason", ["called 13812345678", "身份证 530102199003074710", "from 203.0.113.7", "mail li@example.com"]
)
def test_a_record_with_personal_data_is_given_back_and_the_others_are_archived(
    reason: str, world: ArchiveWorld
) -> None:
    refused = world.writer()([*stored(1), *stored(2, reason=reason), *stored(3)], NOON)
    assert [one.position for one in refused] == [1]
    assert refused[0].reason.startswith("it shows personal data")
    assert world.archived_ids() == ids(1, 3)


def test_a_record_that_is_not_what_its_digest_says_is_given_back(world: ArchiveWorld) -> None:
    good, other = stored(1, 2)
    assert world.writer()([Stored(good.body, other.digest)], NOON) == [
        Refused(0, "its digest is not that of its body")
    ]
    assert world.archived_ids() == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"id": "a/b"}', '{"id":7}', '{"id":"a/b","id":"a/b"}']
)
def test_a_body_in_another_spelling_is_given_back(world: ArchiveWorld, text: str) -> None:
    refused = world.writer()([Stored(text, digest_of(text))], NOON)
    assert refused == [Refused(0, "its body is not in the one spelling of a record")]


def test_one_id_cannot_stand_for_two_records(world: ArchiveWorld) -> None:
    world.writer()(stored(1), NOON)
    again = stored(1, reason="written anew")
    assert world.writer()(again, NOON) == [Refused(0, "archived before with another body")]
    first, second = stored(2)[0], stored(2, reason="other")[0]
    assert world.writer()([first, second], NOON) == [Refused(1, "another record has its id")]
    assert world.archived_ids() == ids(1, 2)


@pytest.mark.parametrize("at", [{}, {"at": "1763611200000"}, {"at": None}, {"at": True}])
def test_a_record_that_does_not_tell_its_time_is_given_back(world: ArchiveWorld, at: dict[str, Any]) -> None:
    body = {"id": "a/b"} | at
    assert world.writer()([Stored(canonical(body).decode(), digest_of(body))], NOON) == [
        Refused(0, "its body does not tell its time")
    ]
    assert world.archived_ids() == []


def at_second(number: int, second: int) -> Stored:
    return as_stored(record(number, at=NOON + timedelta(seconds=second)))


@pytest.mark.parametrize("seed", range(30))
def test_batches_that_come_again_cut_otherwise_are_archived_once(world: ArchiveWorld, seed: int) -> None:
    """One stream's records of many seconds, of which some have fifty, twice, in batches of any length."""
    random = Random(seed)
    seconds = sorted(random.choice((0, 1, 1, 59, 60, 61, random.randrange(7_200))) for _ in range(120))
    records = [at_second(number, second) for number, second in enumerate(seconds)]
    for _ in range(2):
        left = list(records)
        while left:
            count = random.randint(1, 50)
            assert world.writer()(left[:count], NOON) == []
            left = left[count:]
    assert world.archived_ids() == ids(*range(120))
    assert world.findings() == []


def test_batches_of_two_shards_share_seconds_and_are_archived_once_each(world: ArchiveWorld) -> None:
    shards = [[at_second(number, number // 20) for number in range(shard, 200, 2)] for shard in (0, 1)]
    for first in range(0, 100, 10):
        for shard in shards:
            world.writer()(shard[max(0, first - 10) : first + 10], NOON)
    assert sorted(world.archived_ids()) == sorted(ids(*range(200)))
    assert world.findings() == []


def test_one_id_with_another_body_of_the_same_second_is_given_back(world: ArchiveWorld) -> None:
    at = datetime(2026, 11, 20, 4, 0, 1, 5_000, tzinfo=UTC)
    world.writer()([as_stored(record(1, at=at))], NOON)
    for later_ms in (0, 1, 994):
        other = record(1, at=at + timedelta(milliseconds=later_ms), reason=f"written anew {later_ms}")
        same = as_stored(record(2, at=at))
        assert world.writer()([same, as_stored(other)], NOON) == [
            Refused(1, "archived before with another body")
        ]
    assert world.archived_ids() == ids(1, 2)


def test_every_body_of_a_record_is_accepted_in_the_spelling_of_the_store(world: ArchiveWorld) -> None:
    odd = Record(
        "dst_23456789ABCD", "wdr_1#2", "WITHDRAWAL_DECIDED", NOON, "stf_x", {"说明": ["a\u2028b", 7]}
    )
    assert world.writer()([Stored(canonical(odd.body()).decode(), odd.digest)], NOON) == []
    assert world.archived_ids() == ["dst_23456789ABCD/wdr_1#2"]
