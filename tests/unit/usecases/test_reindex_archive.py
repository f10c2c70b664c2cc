"""Reindexing: after a table was set back the archive goes on where it ends, and holds nothing twice."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta

import pytest

from chalicelib.domain.archive import Head
from chalicelib.usecases.ports import ArchiveIndex
from chalicelib.usecases.reindex_archive import ReindexArchive, Reindexed
from chalicelib.usecases.seal_archive import SealArchive
from tests.fakes.archive_index import FakeArchiveIndex
from tests.unit.usecases.archive_world import NOON, ArchiveWorld, Died, Interrupted, ids, stored

DAY = timedelta(days=1)
LATER = NOON + 4 * DAY


def sealed(world: ArchiveWorld, now: datetime) -> None:
    SealArchive(world.index, world.bucket)(now)


def reindexed(world: ArchiveWorld, is_dry: bool = False) -> Reindexed:
    return ReindexArchive(world.index, world.bucket)(is_dry)


@pytest.fixture
def moments() -> tuple[ArchiveWorld, list[ArchiveIndex]]:
    """A world of three days, and its index as it was at each moment."""
    world = ArchiveWorld()
    seen: list[ArchiveIndex] = [deepcopy(world.index)]

    def look(is_after: bool) -> None:
        seen.append(deepcopy(world.index))

    world.writer(look)(stored(1, 2), NOON)
    sealed(world, NOON + DAY)
    look(True)
    world.writer(look)(stored(3), NOON + DAY)
    world.writer(look)(stored(4, 5), NOON + DAY + timedelta(hours=1))
    sealed(world, NOON + 2 * DAY)
    look(True)
    world.writer(look)(stored(6), NOON + 2 * DAY)
    return world, seen


def test_an_index_set_back_to_any_moment_is_as_it_was_and_the_archive_goes_on(
    moments: tuple[ArchiveWorld, list[ArchiveIndex]],
) -> None:
    world, seen = moments
    newest = world.index.head()
    assert len(seen) > 20
    for index in seen:
        again = ArchiveWorld(deepcopy(index), deepcopy(world.bucket))
        before = again.index.head()
        assert reindexed(again) == Reindexed(6, 4, before.sequence, [], True)
        head = again.index.head()
        assert head == Head(**{**vars_of(newest), "version": head.version})
        assert again.indexed_ids(*range(1, 9)) == ids(1, 2, 3, 4, 5, 6)
        assert reindexed(again) == Reindexed(6, 4, 6, [], True)
        assert again.index.head() == head
        again.writer()(stored(6, 1, 7, 3), NOON + 2 * DAY)
        sealed(again, LATER)
        assert (again.archived_ids(), again.findings()) == (ids(1, 2, 3, 4, 5, 6, 7), [])
        assert len(again.seals()) == 4


def vars_of(head: Head) -> dict[str, object]:
    return {name: getattr(head, name) for name in head.__slots__}


def test_without_it_a_batch_after_a_table_was_set_back_breaks_the_chain(
    moments: tuple[ArchiveWorld, list[ArchiveIndex]],
) -> None:
    world, seen = moments
    world.index = seen[12]
    world.writer()(stored(7), LATER)
    assert world.findings() != []


def test_a_dry_run_tells_what_is_there_and_writes_nothing(
    moments: tuple[ArchiveWorld, list[ArchiveIndex]],
) -> None:
    world, _ = moments
    world.index = FakeArchiveIndex()
    assert reindexed(world, is_dry=True) == Reindexed(6, 4, 0, [], False)
    assert world.index == FakeArchiveIndex()


def test_an_empty_archive_has_nothing_to_index() -> None:
    world = ArchiveWorld()
    assert reindexed(world) == Reindexed(0, 0, 0, [], True)
    assert world.index == FakeArchiveIndex()


def test_an_index_of_another_kind_is_left_behind_and_the_head_stays(
    moments: tuple[ArchiveWorld, list[ArchiveIndex]],
) -> None:
    """As it was before the first release: a row a record, which nobody reads any more."""
    world, _ = moments
    head = world.index.head()
    world.index = FakeArchiveIndex(head)
    assert reindexed(world) == Reindexed(6, 4, 6, [], True)
    assert (world.index.head(), world.indexed_ids(*range(1, 9))) == (head, ids(1, 2, 3, 4, 5, 6))


def test_a_key_that_is_open_at_the_end_of_the_archive_stays_open() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1), NOON)
    head = world.index.head()
    opened = world.index.moved(head, head.opened(NOON))
    assert reindexed(world).is_done
    assert world.index.head() == opened
    world.writer()(stored(2), NOON + DAY)
    assert (world.archived_ids(), world.findings()) == (ids(1, 2), [])


def lost_object(world: ArchiveWorld) -> None:
    del world.bucket.contents[sorted(world.bucket.list("records/"))[1]]


def lost_end(world: ArchiveWorld) -> None:
    del world.bucket.contents[max(world.bucket.list("records/"))]


def lost_seal(world: ArchiveWorld) -> None:
    del world.bucket.contents[world.bucket.list("roots/")[0]]


@pytest.mark.parametrize(
    "harm, finding",
    [
        (lost_object, "archive sequence 3: missing"),
        (lost_end, "archive sequence 6: missing: the head is at 6"),
        (lost_seal, "root 2026-11-20: missing"),
    ],
)
def test_over_a_broken_archive_nothing_is_written(
    moments: tuple[ArchiveWorld, list[ArchiveIndex]], harm: Callable[[ArchiveWorld], None], finding: str
) -> None:
    world, _ = moments
    harm(world)
    before = deepcopy(world.index)
    told = reindexed(world)
    assert finding in told.findings
    assert not told.is_done
    assert world.index == before


@pytest.mark.parametrize("is_after", [False, True])
@pytest.mark.parametrize("step", range(8))
def test_a_run_that_dies_is_finished_by_the_next(
    moments: tuple[ArchiveWorld, list[ArchiveIndex]], step: int, is_after: bool
) -> None:
    world, seen = moments
    world.index = seen[12]
    calls = 0

    def die(after: bool) -> None:
        nonlocal calls
        calls += after
        if after is is_after and calls - after == step:
            raise Died

    try:
        ReindexArchive(Interrupted(world.index, die), world.bucket)(False)  # type: ignore[arg-type]
    except Died:
        assert reindexed(world).is_done
    assert world.indexed_ids(*range(1, 9)) == ids(1, 2, 3, 4, 5, 6)
    world.writer()(stored(5, 7), LATER)
    assert (world.archived_ids(), world.findings()) == (ids(1, 2, 3, 4, 5, 6, 7), [])


def test_a_head_that_moved_meanwhile_is_left_alone() -> None:
    world = ArchiveWorld()
    world.writer()(stored(1), NOON)
    archive, world.index = world.bucket, FakeArchiveIndex()
    other = Head(first_day="2026-11-21")

    def move(is_after: bool) -> None:
        if world.index.head().version == 0 and is_after:
            world.index.moved(Head(), other)

    index = Interrupted(world.index, move)
    told = ReindexArchive(index, archive)(False)  # type: ignore[arg-type]
    assert not told.is_done
    assert world.index.head().first_day == "2026-11-21"
