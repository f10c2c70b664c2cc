"""Every fault: does each operation of the trade survive each single trouble and each two of them?

Every call of a run can meet every trouble that is possible for it (troubles.py), and
the second one every call of the run that the first produced: tries again, readers,
schedules and repair jobs included. All of these schedules are followed, none is
drawn. Where two of them have come to the same world, what follows is the same and is
followed once; its schedules are counted for both.

python -m tests.simulation.every_fault                          all operations, on two processes
python -m tests.simulation.every_fault --operation "close"      one of them
python -m tests.simulation.every_fault --operation "close" --client "is gone" --faults 3:lost,7:crash
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from tests.simulation.one_run import Scene
from tests.simulation.troubles import Call, Schedule, Trouble, possible

FAULTS_MAX = 2
STAGES_MAX = 400
TOLD_MAX = 3


@dataclass(frozen=True)
class Failure:
    """The troubles of one schedule that failed, and the first thing that is wrong."""

    schedule: tuple[tuple[int, Trouble], ...]
    sentence: str


@dataclass
class Counts:
    """Of the schedules from a world on: how many have no trouble, one, two; and how many of each fail."""

    schedules: list[int] = field(default_factory=lambda: [0] * (FAULTS_MAX + 1))
    failed: list[int] = field(default_factory=lambda: [0] * (FAULTS_MAX + 1))

    def add(self, others: "Counts", troubles: int, most: int) -> None:
        """What follows after so many troubles more, as far as `most` of them in all."""
        for number in range(most - troubles + 1):
            self.schedules[number + troubles] += others.schedules[number]
            self.failed[number + troubles] += others.failed[number]


@dataclass
class Explorer:
    """All schedules of one scene. `seconds_of`: which second troubles are tried (CI tries some of them)."""

    scene: Scene
    is_wanted: Callable[[], bool] = lambda: True
    known: dict[bytes, tuple[int, Counts]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    stage_runs: int = 0
    worlds: int = 0
    ends: int = 0
    calls: int = 0  # of the undisturbed run

    def explore(self) -> Counts:
        """Follow every schedule; the scene is as before afterwards."""
        sys.setrecursionlimit(20_000)
        mark = self.scene.mark()
        try:
            return self._from(FAULTS_MAX, {})
        finally:
            self.scene.back_to(mark)

    def _from(self, budget: int, path: Schedule, depth: int = 0) -> Counts:
        """The schedules from this world on, with at most so many troubles more."""
        assert depth < STAGES_MAX, "the run does not come to an end"
        place = self.scene.fingerprint()
        known = self.known.get(place)
        if known is not None and known[0] >= budget:
            return known[1]
        if self.scene.is_over:
            counts = self._end(path)
            budget = FAULTS_MAX
        else:
            counts = self._onwards(budget, path, depth)
        self.known[place] = (budget, counts)
        self.worlds += 1
        return counts

    def _onwards(self, budget: int, path: Schedule, depth: int) -> Counts:
        counts = Counts()
        mark = self.scene.mark()
        made = self._stage({})
        counts.add(self._from(budget, path, depth + 1), 0, budget)
        self.scene.back_to(mark)
        if budget == 0:
            return counts
        for first in _alternatives(made, 0):
            self._after(first, budget, path, depth, counts, mark)
        return counts

    def _after(
        self,
        first: tuple[int, Trouble],
        budget: int,
        path: Schedule,
        depth: int,
        counts: Counts,
        mark: object,
    ) -> None:
        """Everything that begins with this trouble: a second one later, or in the same stage."""
        made = self._stage(dict([first]))
        counts.add(self._from(budget - 1, {**path, **dict([first])}, depth + 1), 1, budget)
        self.scene.back_to(mark)  # type: ignore[arg-type]
        if budget < FAULTS_MAX:
            return
        for second in _alternatives(made, first[0]):
            if self.is_wanted():
                self._stage(dict([first, second]))
                counts.add(self._from(0, dict([first, second]), depth + 1), 2, budget)
                self.scene.back_to(mark)  # type: ignore[arg-type]

    def _stage(self, schedule: Schedule) -> list[Call]:
        self.stage_runs += 1
        self.scene.run_stage(schedule)
        return self.scene.points.made

    def _end(self, path: Schedule) -> Counts:
        """Judge a run that is over; it is the end of one schedule without further troubles."""
        self.ends += 1
        if not path:
            self.calls = self.scene.points.calls
        violations = self.scene.violations()
        if violations and len(self.failures) < TOLD_MAX:
            self.failures.append(Failure(tuple(sorted(path.items())), violations[0]))
        counts = Counts()
        counts.schedules[0], counts.failed[0] = 1, int(bool(violations))
        return counts


def _alternatives(made: list[Call], after: int) -> Iterator[tuple[int, Trouble]]:
    """Every trouble that each of these calls can meet, behind the call of this number."""
    for call in made:
        if call.number > after:
            yield from ((call.number, trouble) for trouble in possible(call.name))


def followed(scene: Scene, schedule: Schedule) -> Iterator[str]:
    """One run with exactly these troubles: each stage with its calls, then what is wrong."""
    scene.points.lines = []
    for _ in islice(iter(int, 1), STAGES_MAX):
        if scene.is_over:
            break
        told = len(scene.points.lines)
        yield scene.run_stage(schedule)
        yield from (f"    {line}" for line in scene.points.lines[told:])
    yield from (f"-> {sentence}" for sentence in scene.violations() or ["nothing is wrong"])
