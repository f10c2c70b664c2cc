"""The simulated world: whatever happens in whatever order, do the books stay exact, and is all final at last?

A fresh seed at each run, printed: a failure names its world, the least of its story
and one command that repeats it. `make simulate` plays many more of them.
"""

import json
import subprocess
import sys
from secrets import randbelow
from time import monotonic

import pytest

from tests.simulation import features, stories
from tests.simulation.faults import ChanceFaults
from tests.simulation.many_worlds import world_seed
from tests.simulation.play import play
from tests.simulation.simulate import explain, one_world

SECONDS = 15.0
REPEATED = 20261122

TRACE_OF = """
import json, sys
from tests.simulation.simulate import one_world
outcome = one_world(int(sys.argv[1]))
print(json.dumps([outcome.trace, outcome.calls, sorted(outcome.answers.items())]))
"""


def test_worlds_of_a_fresh_seed_end_with_every_invariant_intact(capsys: pytest.CaptureFixture[str]) -> None:
    seed = randbelow(1 << 32)
    ends, number, operations = monotonic() + SECONDS, 0, 0
    while monotonic() < ends:
        world = world_seed(seed, number)
        outcome = one_world(world)
        if outcome.violations:
            with capsys.disabled():
                explain(world, outcome)
            pytest.fail(f"seed {seed}, world {world}: {outcome.violations[0]}")
        number, operations = number + 1, operations + outcome.operations
    with capsys.disabled():
        print(f"\nsimulation: seed {seed}, {number} worlds, {operations} operations, no violation")


def test_the_same_seed_is_the_same_world_in_every_process() -> None:
    told = set()
    for hash_seed in ("1", "2"):
        told.add(
            subprocess.run(
                [sys.executable, "-c", TRACE_OF, str(REPEATED)],
                env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ".", "PATH": ""},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
    assert len(told) == 1
    assert json.loads(told.pop())[1] > 100


def test_any_part_of_a_story_is_a_story() -> None:
    drawn = features.drawn(REPEATED, operations=60)
    story = stories.told(REPEATED, drawn)
    for part in (story[::2], story[20:], story[:1], []):
        outcome = play(REPEATED, drawn, part, ChanceFaults(drawn.rate, drawn.kinds))
        assert outcome.violations == []
        assert outcome.operations == len(part)
