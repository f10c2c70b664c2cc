"""Sealing: one root a finished day, in order, never over something broken or still open."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.merkle import merkle_root
from chalicelib.domain.record import canonical
from chalicelib.usecases.archive_records import unpacked
from chalicelib.usecases.seal_archive import ArchiveBroken, SealArchive
from tests.unit.usecases.archive_world import NOON, ArchiveWorld, Died, Interrupted, ids, stored

DAY = timedelta(days=1)


def sealed(world: ArchiveWorld, now: datetime) -> list[str]:
    return [root.day for root in SealArchive(world.index, world.bucket)(now)]


def test_an_archive_without_records_has_nothing_to_seal() -> None:
    assert sealed(ArchiveWorld(), NOON) == []


def test_a_day_is_sealed_when_it_is_over_in_shanghai_and_not_before() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1, 2), NOON)
    assert sealed(world, datetime(2026, 11, 20, 15, 59, tzinfo=UTC)) == []
    assert sealed(world, datetime(2026, 11, 20, 16, 0, tzinfo=UTC)) == ["2026-11-20"]
    assert sealed(world, NOON + DAY) == []


def test_quiet_days_are_sealed_in_their_turn() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1), NOON)
    world.writer()(stored(2, 3), NOON + 3 * DAY)
    assert sealed(world, NOON + 4 * DAY) == ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]
    seals = world.seals()
    assert [seals[day]["count"] for day in sorted(seals)] == [1, 0, 0, 2]
    assert world.findings() == []


def test_the_root_is_that_of_the_days_records_in_their_order() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1, 2), NOON)
    world.writer()(stored(3), NOON + timedelta(hours=3))
    (root,) = SealArchive(world.index, world.bucket)(NOON + DAY)
    bodies = [
        link.body
        for key in sorted(world.bucket.list("records/"))
        for link in unpacked(world.bucket.contents[key])
    ]
    assert root.root == merkle_root(canonical(body) for body in bodies)
    assert (root.first_sequence, root.last_sequence, root.count) == (1, 3, 3)


def test_a_day_waits_while_an_object_of_it_is_still_being_written() -> None:
    world = ArchiveWorld()
    calls = 0

    def die_after_opening(is_after: bool) -> None:
        nonlocal calls
        calls += is_after
        if calls == 3:
            raise Died

    with pytest.raises(Died):
        world.writer(die_after_opening)(stored(1), NOON)
    assert world.index.head().open_key
    assert sealed(world, NOON + 2 * DAY) == []
    world.writer()(stored(1, 2), NOON + 2 * DAY)
    assert sealed(world, NOON + 2 * DAY) == ["2026-11-20", "2026-11-21"]
    assert (world.archived_ids(), world.findings()) == (ids(1, 2), [])


def test_a_writer_whose_clock_is_behind_adds_nothing_to_a_sealed_day() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1), NOON)
    sealed(world, NOON + DAY)
    world.writer()(stored(2), NOON)
    assert sorted(world.bucket.list("records/"))[1].startswith("records/2026/11/21/00/")
    assert world.findings() == []


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("step", range(20))
def test_a_run_that_dies_at_any_step_is_finished_by_the_next(step: int, is_after: bool) -> None:
    world = ArchiveWorld()
    world.writer()(stored(1, 2), NOON)
    world.writer()(stored(3), NOON + DAY)
    calls = 0

    def die(after: bool) -> None:
        nonlocal calls
        calls += after
        if after is is_after and calls - after == step:
            raise Died

    index, bucket = Interrupted(world.index, die), Interrupted(world.bucket, die)
    try:
        SealArchive(index, bucket)(NOON + 2 * DAY)  # type: ignore[arg-type]
    except Died:
        world.writer()(stored(4), NOON + DAY)  # late, while the run is dead
    sealed(world, NOON + 2 * DAY)
    assert sorted(world.seals()) == ["2026-11-20", "2026-11-21"]
    assert world.findings() == []


@pytest.mark.parametrize("alteration", ["gone", "changed"])
def test_nothing_is_sealed_over_a_broken_chain(alteration: str) -> None:
    world = ArchiveWorld()
    for number in (1, 2, 3):
        world.writer()(stored(number), NOON + timedelta(hours=number))
    middle = sorted(world.bucket.contents)[1]
    other = ArchiveWorld()
    other.writer()(stored(1, 9), NOON)
    if alteration == "gone":
        del world.bucket.contents[middle]
    else:
        world.bucket.contents[middle] = next(iter(other.bucket.contents.values()))
    with pytest.raises(ArchiveBroken):
        sealed(world, NOON + DAY)
    assert world.seals() == {}


def test_a_root_that_is_there_already_and_another_is_not_passed_over() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1), NOON)
    sealed(world, NOON + DAY)
    forged = world.bucket.contents["roots/2026-11-20.json"].replace(b'"count":1', b'"count":2')
    world = ArchiveWorld()
    world.writer()(stored(1), NOON)
    world.bucket.contents["roots/2026-11-20.json"] = forged
    with pytest.raises(ArchiveBroken):
        sealed(world, NOON + DAY)


def test_a_root_that_was_altered_stops_the_next_seal() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1), NOON)
    sealed(world, NOON + DAY)
    key = "roots/2026-11-20.json"
    world.bucket.contents[key] = world.bucket.contents[key].replace(b'"count":1', b'"count":2')
    with pytest.raises(ArchiveBroken):
        sealed(world, NOON + 2 * DAY)
