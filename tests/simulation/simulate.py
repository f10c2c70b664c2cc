"""The simulation: many small worlds from one seed, until so many operations have been done.

python -m tests.simulation.simulate --operations 300000 --seed 7
python -m tests.simulation.simulate --world 123456789            one world again, shrunken if it fails
python -m tests.simulation.simulate --world 123456789 --only 3,17 --faults op3/1:2=lost_after
"""

import argparse
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from secrets import randbelow
from time import monotonic

from tests.simulation import features, stories
from tests.simulation.faults import ChanceFaults, Fault, Faults, ListedFaults, Place
from tests.simulation.many_worlds import played, world_seed
from tests.simulation.play import Outcome, play
from tests.simulation.shrink import Shrunken, shrink

LINE_SECONDS = 10.0


@dataclass
class Tally:
    """What many worlds came to."""

    worlds: int = 0
    operations: int = 0
    calls: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    streams: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.worlds += 1
        self.operations += outcome.operations
        self.calls += outcome.calls
        self.answers.update(outcome.answers)
        self.faults.update({str(fault): count for fault, count in outcome.faults.items()})
        self.streams.update(outcome.streams)
        if outcome.violations:
            self.failed.append(outcome.seed)


def one_world(seed: int, with_lines: bool = False) -> Outcome:
    """The world of a seed, from its features to the judgement."""
    drawn = features.drawn(seed)
    story = stories.told(seed, drawn)
    return play(seed, drawn, story, ChanceFaults(drawn.rate, drawn.kinds), with_lines)


def world_in_brief(seed: int) -> Outcome:
    """Without every hit of a fault: nobody reads them of many worlds, and they are many."""
    outcome = one_world(seed)
    outcome.hits = {}
    return outcome


def simulate(seed: int, operations: int, processes: int, failures_max: int = 3) -> Tally:
    """Worlds until so many operations are done, or some have failed; a line now and then."""
    tally, began, told = Tally(), monotonic(), monotonic()

    def is_enough() -> bool:
        return tally.operations >= operations or len(tally.failed) >= failures_max

    for outcome in played(world_in_brief, seed, processes, is_enough):
        tally.add(outcome)
        if outcome.violations:
            print(f"world {outcome.seed} fails: {outcome.violations[0]}", flush=True)
        if monotonic() - told > LINE_SECONDS:
            told = monotonic()
            rate = tally.operations / (told - began)
            failed = f", {len(tally.failed)} failed" if tally.failed else ""
            print(
                f"{tally.operations:,} operations, {tally.worlds:,} worlds, {rate:,.0f}/s{failed}", flush=True
            )
    print(summary(tally, seed, monotonic() - began))
    return tally


def summary(tally: Tally, seed: int, seconds: float) -> str:
    done = sum(count for what, count in tally.answers.items() if what.endswith(" done"))
    lines = [
        f"seed {seed}: {tally.operations:,} operations in {tally.worlds:,} worlds, "
        f"{tally.calls:,} calls, {seconds:.0f} s, {tally.operations / seconds:,.0f} operations/s",
        f"done at once: {done:,}; faults: {dict(tally.faults.most_common())}",
        f"streams: {dict(tally.streams.most_common())}",
        f"violations: {len(tally.failed)}",
    ]
    return "\n".join(lines)


def until_failure(seed: int, worlds_max: int) -> int:
    """Say which world of the seed fails first, counted from 1, and why; 0 when none of so many does."""
    for number in range(worlds_max):
        try:
            violations = one_world(world_seed(seed, number)).violations
        except Exception as error:  # noqa: BLE001 - not even its ground could be laid
            violations = [repr(error)]
        if violations:
            print(number + 1, violations[0].strip().splitlines()[-1])
            return 1
    print(0, "no violation")
    return 0


# ---------------------------------------------------------------- one failure


def explain(seed: int, outcome: Outcome | None = None) -> Shrunken | None:
    """Play a world, and if it fails, tell the least of it that does, with one command that repeats it."""
    drawn = features.drawn(seed)
    story = stories.told(seed, drawn)
    outcome = outcome or play(seed, drawn, story, ChanceFaults(drawn.rate, drawn.kinds))
    if not outcome.violations:
        print(f"world {seed}: {outcome.operations} operations, no violation, trace {outcome.trace}")
        return None
    print(f"world {seed} fails: {outcome.violations[0]}\nshrinking …", flush=True)
    least = shrink(seed, drawn, story, outcome)
    print(f"\n{len(least.story)} of {len(story)} operations and {len(least.faults)} faults are left:")
    for one in least.story:
        print(f"  {one.index:4} {one.kind} after {one.at_ms} ms, about {one.about}")
    for place, fault in sorted(least.faults.items()):
        print(f"  {place[0]} call {place[1]}: {fault}")
    for sentence in least.outcome.violations[:5]:
        print(f"  -> {sentence}")
    print(command_of(seed, least))
    return least


def command_of(seed: int, least: Shrunken) -> str:
    """The one command that replays it."""
    only = ",".join(str(one.index) for one in least.story)
    faults = json.dumps([[*place, fault] for place, fault in sorted(least.faults.items())])
    return f"python -m tests.simulation.simulate --world {seed} --only '{only}' --faults '{faults}'"


def replay(seed: int, only: str, faults: str, with_lines: bool) -> int:
    """One world with a part of its story and exactly these faults. The exit code: 1 where it fails."""
    drawn = features.drawn(seed)
    wanted = {int(index) for index in only.split(",") if index}
    story = [one for one in stories.told(seed, drawn) if one.index in wanted]
    places: dict[Place, Fault] = {
        (name, number): Fault(fault) for name, number, fault in json.loads(faults or "[]")
    }
    decided: Faults = ListedFaults(places)
    outcome = play(seed, drawn, story, decided, with_lines)
    sys.stdout.writelines(outcome.lines)
    print(*outcome.violations or ["no violation"], sep="\n")
    return int(bool(outcome.violations))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operations", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--world", type=int, default=None)
    parser.add_argument("--only", default=None)
    parser.add_argument("--faults", default="")
    parser.add_argument("--until-failure", type=int, default=0)
    parser.add_argument("--trace", action="store_true")
    asked = parser.parse_args()
    if asked.world is not None and asked.only is not None:
        return replay(asked.world, asked.only, asked.faults, asked.trace)
    if asked.world is not None:
        return int(explain(asked.world) is not None)
    seed = randbelow(1 << 32) if asked.seed is None else asked.seed
    if asked.until_failure:
        return until_failure(seed, asked.until_failure)
    print(f"seed {seed}", flush=True)
    tally = simulate(seed, asked.operations, asked.processes)
    for failed in tally.failed[:3]:
        explain(failed)
    return int(bool(tally.failed))


if __name__ == "__main__":
    raise SystemExit(main())
