"""Every fault: which schedules of troubles does a run have, and to what end does each of them come?

Every call of a run can meet every trouble that is possible for it (troubles.py), and
the second one every call of the run that the first produced: tries again, readers,
schedules and repair jobs included. All of these schedules are followed, none is
drawn. Where two of them have come to the same world, what follows is the same and is
followed once; its schedules are counted for both.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.simulation.one_by_one import Mark
from tests.simulation.one_run import Scene
from tests.simulation.troubles import Call, Schedule, Trouble, possible

TROUBLES_MAX = 2
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

    schedules: list[int] = field(default_factory=lambda: [0] * (TROUBLES_MAX + 1))
    failed: list[int] = field(default_factory=lambda: [0] * (TROUBLES_MAX + 1))

    def add(self, others: "Counts", troubles: int, most: int) -> None:
        """What follows after so many troubles more, as far as `most` of them in all."""
        for number in range(most - troubles + 1):
            self.schedules[number + troubles] += others.schedules[number]
            self.failed[number + troubles] += others.failed[number]


@dataclass
class Explorer:
    """All schedules of one scene with at most so many troubles."""

    scene: Scene
    troubles_max: int = TROUBLES_MAX
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
            return self._from(self.troubles_max, {})
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
            budget = self.troubles_max
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
        for first in alternatives(made, 0):
            self._after(first, budget, path, depth, counts, mark)
        return counts

    def _after(
        self,
        first: tuple[int, Trouble],
        budget: int,
        path: Schedule,
        depth: int,
        counts: Counts,
        mark: Mark,
    ) -> None:
        """Everything that begins with this trouble: a second one later, or in the same stage."""
        made = self._stage(dict([first]))
        counts.add(self._from(budget - 1, {**path, **dict([first])}, depth + 1), 1, budget)
        self.scene.back_to(mark)
        if budget < TROUBLES_MAX:
            return
        for second in alternatives(made, first[0]):
            self._stage(dict([first, second]))
            counts.add(self._from(0, dict([first, second]), depth + 1), 2, budget)
            self.scene.back_to(mark)

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


def alternatives(made: list[Call], after: int) -> Iterator[tuple[int, Trouble]]:
    """Every trouble that each of these calls can meet, behind the call of this number."""
    for call in made:
        if call.number > after:
            yield from ((call.number, trouble) for trouble in possible(call.name))


def followed(scene: Scene, schedule: Schedule) -> Iterator[tuple[str, list[Call]]]:
    """One run with exactly these troubles, to its end: each stage with its calls."""
    for _ in range(STAGES_MAX):
        if scene.is_over:
            return
        yield scene.run_stage(schedule), scene.points.made
    raise AssertionError("the run does not come to an end")
