"""Every single fault of some operations, drawn each time; all of them, and two at once: `make faults`."""

from dataclasses import replace
from random import Random
from secrets import randbelow

import pytest

from tests.simulation.every_fault import Explorer
from tests.simulation.one_run import GONE, Scene
from tests.simulation.operation import OPERATIONS
from tests.simulation.troubles import Trouble, possible
from tests.simulation.try_every_fault import tried

SEED = randbelow(1 << 32)
OPERATIONS_DRAWN = 16


@pytest.mark.parametrize("part", range(OPERATIONS_DRAWN))
def test_no_single_trouble_breaks_an_operation(part: int) -> None:
    name = Random(SEED).sample(sorted(OPERATIONS), OPERATIONS_DRAWN)[part]
    print(f"seed {SEED}: {name}")
    result = tried(name, troubles_max=1)
    assert result.calls > 0
    assert result.schedules[1] > result.calls
    assert not sum(result.failed), result.failures


def test_what_is_taken_back_leaves_no_trace() -> None:
    """A world that went to the end of a run and back goes there again by the same way."""
    with OPERATIONS["sale from a card"].staged() as scene:
        mark, began = scene.mark(), scene.fingerprint()
        first = _way(scene)
        scene.back_to(mark)
        assert scene.fingerprint() == began
        assert _way(scene) == first


def _way(scene: Scene) -> list[tuple[str, bytes]]:
    way = []
    while not scene.is_over:
        way.append((scene.run_stage({}), scene.fingerprint()))
    return way


def test_schedules_are_counted_as_they_are_told_one_by_one() -> None:
    """The sums of the shared ways equal a plain count of the first troubles."""
    with OPERATIONS["sale from a card"].staged() as scene:
        while not scene.is_over:
            scene.run_stage({})
            scene.points.schedule = {}
        calls = scene.points.calls
    result = tried("sale from a card", troubles_max=1)
    assert result.calls == calls
    assert result.schedules[0] == 3  # one a client


@pytest.mark.parametrize("name", ["report of a loss", "refused binding with a wrong secret"])
def test_ways_within_a_stage_are_shared_where_they_are_the_same(name: str) -> None:
    """Followed one by one, the same schedules fail: here those whose end has an odd number of its own."""
    by_chance = replace(OPERATIONS[name], judged=lambda scene: ["odd"] if scene.content & 1 else [])
    with by_chance.staged() as scene:
        scene.asked_by(GONE)
        shared, one_by_one = Explorer(scene), Explorer(scene, healing=())
        counted, expected = shared.explore(), one_by_one.explore()
    assert (counted.schedules, counted.failed) == (expected.schedules, expected.failed)
    assert 0 < counted.failed[2] < counted.schedules[2]
    assert shared.stage_runs < one_by_one.stage_runs


def test_every_trouble_is_possible_somewhere() -> None:
    calls = ("Query", "TransactWriteItems", "BatchWriteItem", "channel.start")
    assert {trouble for call in calls for trouble in possible(call)} == set(Trouble)
