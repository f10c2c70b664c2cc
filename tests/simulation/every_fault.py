"""Every fault: which schedules of troubles does a run have, and to what end does each of them come?

Every call of a run can meet every trouble that is possible for it (troubles.py), and
the second one every call of the run that the first produced: tries again, readers,
schedules and repair jobs included. All of these schedules are followed, none is
drawn. Where two of them have come to the same world, what follows is the same and is
followed once; its schedules are counted for both. Within a stage too: a call of which
nothing was done, and which the store just makes again, leaves its caller where it would
have been without the trouble, so a second trouble of a later call does what it does alone.
"""

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from tests.simulation.one_by_one import Mark
from tests.simulation.one_run import Scene
from tests.simulation.troubles import HEALING, Call, Schedule, Trouble, possible

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


@dataclass(frozen=True, slots=True)
class Single:
    """A stage that met one trouble."""

    made: list[Call]
    heals: bool  # one call was made again, and all else is as without the trouble
    failed: int  # 1 where what follows undisturbed fails


@dataclass
class Explorer:
    """All schedules of one scene with at most so many troubles.

    `healing`: troubles behind which a second one is followed once, where all else is as without them.
    """

    scene: Scene
    troubles_max: int = TROUBLES_MAX
    healing: Collection[Trouble] = HEALING
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
        undisturbed = self._stage({})
        ended = self.scene.fingerprint()
        counts.add(self._from(budget, path, depth + 1), 0, budget)
        self.scene.back_to(mark)
        if budget == 0:
            return counts
        singles: dict[tuple[int, Trouble], Single] = {}
        for first in alternatives(undisturbed, 0):
            made = self._stage(dict([first]))
            is_again = first[1] in self.healing and is_made_again(first[0], undisturbed, made)
            heals = is_again and self.scene.fingerprint() == ended
            after = self._from(budget - 1, {**path, **dict([first])}, depth + 1)
            counts.add(after, 1, budget)
            singles[first] = Single(made, heals, after.failed[0])
            self.scene.back_to(mark)
        if budget == TROUBLES_MAX:
            for first in singles:
                self._second_in_stage(first, singles, depth, counts, mark)
        return counts

    def _second_in_stage(
        self,
        first: tuple[int, Trouble],
        singles: Mapping[tuple[int, Trouble], "Single"],
        depth: int,
        counts: Counts,
        mark: Mark,
    ) -> None:
        """Every second trouble in the stage of the first one."""
        single = singles[first]
        for second in alternatives(single.made, first[0]):
            if single.heals and second[0] > first[0] + 1:
                failed = singles[second[0] - 1, second[1]].failed
                counts.add(Counts([1, 0, 0], [failed, 0, 0]), 2, 2)
                continue
            self._stage(dict([first, second]))
            counts.add(self._from(0, dict([first, second]), depth + 1), 2, 2)
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


def is_made_again(number: int, undisturbed: list[Call], made: list[Call]) -> bool:
    """Whether the call of this number was made twice, and every other as without trouble."""
    names = [call.name for call in undisturbed]
    position = number - undisturbed[0].number
    return [call.name for call in made] == [*names[: position + 1], *names[position:]]


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
