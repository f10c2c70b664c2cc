"""Archiving: every record once, whoever dies or doubles, and nothing personal for ever."""

import gzip
import json
from datetime import timedelta

import pytest

from chalicelib.domain.record import Record, canonical, digest_of
from chalicelib.usecases.archive_records import ArchiveBusy, Refused, Stored
from tests.unit.usecases.archive_world import NOON, ArchiveWorld, Died, as_stored, ids, record, stored

STEPS_MAX = 40


def test_a_batch_becomes_one_object_of_linked_lines() -> None:
    world = ArchiveWorld()
    assert world.writer()(stored(1, 2, 3), NOON) == []
    (key,) = world.bucket.contents
    assert key == "records/2026/11/20/12/000000000001.jsonl.gz"
    lines = gzip.decompress(world.bucket.contents[key]).splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == [1, 2, 3]
    assert world.archived_ids() == ids(1, 2, 3)
    assert world.findings() == []


def test_the_next_batch_continues_the_chain() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1, 2), NOON)
    world.writer()(stored(3), NOON + timedelta(hours=1))
    assert sorted(world.bucket.contents)[1] == "records/2026/11/20/13/000000000003.jsonl.gz"
    assert (world.archived_ids(), world.findings()) == (ids(1, 2, 3), [])


def test_records_that_come_again_are_archived_once() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1, 2), NOON)
    world.writer()(stored(2, 3, 3, 1), NOON)
    world.writer()(stored(1, 2, 3), NOON)
    assert world.archived_ids() == ids(1, 2, 3)
    assert len(world.bucket.contents) == 2


def test_an_empty_batch_writes_nothing() -> None:
    world = ArchiveWorld()
    assert world.writer()([], NOON) == []
    assert (world.bucket.contents, world.index.current.version) == ({}, 0)


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("step", range(STEPS_MAX))
def test_a_writer_that_dies_at_any_step_leaves_nothing_doubled_and_nothing_out(
    step: int, is_after: bool
) -> None:
    world = ArchiveWorld()
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
    assert sorted(world.index.rows) == ids(1, 2, 3, 4)


@pytest.mark.parametrize("step", range(STEPS_MAX))
def test_a_writer_overtaken_at_any_step_starts_over_and_loses_nothing(step: int) -> None:
    world = ArchiveWorld()
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


def test_steps_of_one_batch_are_fewer_than_the_tests_walk_through() -> None:
    calls = 0

    def count(after: bool) -> None:
        nonlocal calls
        calls += 1

    ArchiveWorld().writer(count)(stored(1, 2), NOON)
    assert calls < STEPS_MAX


def test_a_writer_that_never_gets_a_turn_says_so() -> None:
    world = ArchiveWorld()
    number = 100

    def hog(after: bool) -> None:
        nonlocal number
        number += 1
        world.writer()(stored(number), NOON)

    with pytest.raises(ArchiveBusy):
        world.writer(hog)(stored(1), NOON)
    assert world.findings() == []


def test_an_archived_record_shows_nothing_of_the_client() -> None:
    world = ArchiveWorld()
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
def test_a_record_with_personal_data_is_given_back_and_the_others_are_archived(reason: str) -> None:
    world = ArchiveWorld()
    refused = world.writer()([*stored(1), *stored(2, reason=reason), *stored(3)], NOON)
    assert [one.position for one in refused] == [1]
    assert refused[0].reason.startswith("it shows personal data")
    assert world.archived_ids() == ids(1, 3)


def test_a_record_that_is_not_what_its_digest_says_is_given_back() -> None:
    world = ArchiveWorld()
    good, other = stored(1, 2)
    assert world.writer()([Stored(good.body, other.digest)], NOON) == [
        Refused(0, "its digest is not that of its body")
    ]
    assert world.archived_ids() == []


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"id": "a/b"}', '{"id":7}', '{"id":"a/b","id":"a/b"}']
)
def test_a_body_in_another_spelling_is_given_back(text: str) -> None:
    refused = ArchiveWorld().writer()([Stored(text, digest_of(text))], NOON)
    assert refused == [Refused(0, "its body is not in the one spelling of a record")]


def test_one_id_cannot_stand_for_two_records() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1), NOON)
    again = stored(1, reason="written anew")
    assert world.writer()(again, NOON) == [Refused(0, "archived before with another body")]
    first, second = stored(2)[0], stored(2, reason="other")[0]
    assert world.writer()([first, second], NOON) == [Refused(1, "another record has its id")]
    assert world.archived_ids() == ids(1, 2)


def test_every_body_of_a_record_is_accepted_in_the_spelling_of_the_store() -> None:
    odd = Record(
        "dst_23456789ABCD", "wdr_1#2", "WITHDRAWAL_DECIDED", NOON, "stf_x", {"说明": ["a\u2028b", 7]}
    )
    world = ArchiveWorld()
    assert world.writer()([Stored(canonical(odd.body()).decode(), odd.digest)], NOON) == []
    assert world.archived_ids() == ["dst_23456789ABCD/wdr_1#2"]
