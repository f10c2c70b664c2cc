"""Stream records: a million come twice, too late or never; is commission exact after one reconciliation?

    python -m tests.simulation.stream_records --records 1000000 --seed 7
    python -m tests.simulation.stream_records --world 123456789

Paid orders, their refunds and what follows from them pass through the real readers of
the streams. Of the records of a world so many of a hundred

    come again                30    a reader begins anew some records back
    are overtaken             20    by records of other items that were written later
    are lost for good          5    nobody ever hands them over
    are poison                 1    their reader fails at them until they are given up

at least, and batches are cut anywhere, readers crash, shards split. What is lost for
good is the payer's of commission, in every fourth world also the statements'; in
another fourth the payer is out of order for 25 hours, one longer than a stream keeps
its records. A record is a change of an item times each reader that it is for.
Then the streams are read to their ends, the reconciler runs once, and every level of
every order must have earned what a calculation apart says: not a fen more or less.
"""

import argparse
import os
from collections import Counter
from dataclasses import dataclass, field, replace
from secrets import randbelow
from time import monotonic

from tests.e2e.invariants import Tables
from tests.simulation import features, judgement, stories
from tests.simulation.faults import ChanceFaults, Fault
from tests.simulation.features import ARCHIVE, HOUR_MS, OUTAGE_MS, Features
from tests.simulation.many_worlds import played
from tests.simulation.play import happen
from tests.simulation.settling import RECONCILER, settle
from tests.simulation.streams import Weather
from tests.simulation.world import World

PERCENT_MIN = {"duplicated": 30, "overtaken": 20, "lost": 5, "poisoned": 1}
WEIGHTS = features.WEIGHTS | {"buy": 30, "pay": 30, "top_up": 8, "refund": 6, "reconcile_commission": 0}
PAYER = "pay_commission"
STATEMENTS = ("project_accounts", "project_cards")
OUTAGE_BEGINS_MS = HOUR_MS // 10
LINE_SECONDS = 20.0
OPERATIONS = 700  # a world


@dataclass
class Passed:
    """What became of the records of one world, or of many."""

    seed: int = 0
    worlds: int = 1
    streams: Counter[str] = field(default_factory=Counter)
    missing: int = 0  # commissions that were not exact before the reconciler ran
    wrong: list[str] = field(default_factory=list)  # whatever is wrong after it

    def add(self, other: "Passed") -> None:
        self.worlds += other.worlds
        self.streams.update(other.streams)
        self.missing += other.missing
        self.wrong += [f"world {other.seed}: {sentence}" for sentence in other.wrong]

    @property
    def records(self) -> int:
        return self.streams["records"]

    def percent(self) -> dict[str, float]:
        """Of a hundred records so many."""
        lost = self.streams["forgotten"] + self.streams["too old"]
        counts = self.streams | Counter(lost=lost)
        return {name: 100 * counts[name] / max(1, self.records) for name in PERCENT_MIN}


def features_of(seed: int, operations: int = OPERATIONS) -> Features:
    """A busy shop in bad weather."""
    weather = Weather(
        lanes=8,
        duplicated=1_800,
        given_up=100,
        poison=220,
        vanished=9_000,
        forgets=frozenset({PAYER}),
        split_after=12,
        silent=ARCHIVE,
    )
    if seed % 4 == 1:
        weather = replace(weather, vanished=2_600, forgets=frozenset({PAYER, *STATEMENTS}))
    if seed % 4 == 0:
        weather = replace(
            weather,
            outage=(OUTAGE_BEGINS_MS, OUTAGE_BEGINS_MS + OUTAGE_MS),
            outage_of=frozenset({PAYER}),
        )
    kinds = (*Fault, Fault.CRASH, Fault.CRASH_AFTER)
    return Features(
        operations=operations, weights=dict(WEIGHTS), rate=200, kinds=kinds, weather=weather, gap_ms=200
    )


def passed(seed: int, operations: int = OPERATIONS) -> Passed:
    """One world: its records disturbed, one reconciliation, and what is wrong after that."""
    drawn = features_of(seed, operations)
    world = World(seed, drawn, ChanceFaults(drawn.rate, drawn.kinds))
    without = frozenset({RECONCILER})
    with world.opened():
        story = happen(world, stories.told(seed, drawn))
        unsettled = settle(world, story, without)
        missing = len(_inexact(world))
        world.tick(RECONCILER)
        wrong = [f"after one reconciliation: {sentence}" for sentence in _inexact(world)]
        unsettled += settle(world, story, without)
        judged = judgement.judged(world)
    found = [*world.watch.broken, *world.complaints.found, *unsettled, *wrong, *judged]
    return Passed(seed, 1, world.streams.counts, missing, found)


def _inexact(world: World) -> list[str]:
    return list(judgement.commission_is_what_the_model_says(world, Tables.read(world.items)))


def until(records: int, seed: int, processes: int) -> Passed:
    """Worlds until so many records have been handed to their readers or lost; a line now and then."""
    total, began, told = Passed(seed, 0), monotonic(), monotonic()

    def is_enough() -> bool:
        return total.records >= records or bool(total.wrong)

    for one in played(passed, seed, processes, is_enough):
        total.add(one)
        if monotonic() - told > LINE_SECONDS:
            told = monotonic()
            print(f"{total.records:,} records, {total.records / (told - began):,.0f}/s", flush=True)
    return total


def too_kind(total: Passed) -> list[str]:
    """The disturbances that were rarer than they are said to be."""
    percent = total.percent()
    rare = [f"{name}: {percent[name]:.1f} %" for name, least in PERCENT_MIN.items() if percent[name] < least]
    never = [name for name in ("crashed", "split", "out of order", "too old") if not total.streams[name]]
    return [*rare, *(f"never {name}" for name in never)]


def summary(total: Passed) -> str:
    counts = total.streams
    percent = ", ".join(f"{name} {share:.1f} %" for name, share in total.percent().items())
    return (
        f"{total.records:,} records in {total.worlds:,} worlds, handed over {counts['handed over']:,} times"
        f" in {counts['deliveries']:,} batches: {percent}\n"
        f"given up {counts['given up'] + counts['given up at once']:,},"
        f" readers crashed {counts['crashed']:,}, shards split {counts['split']:,},"
        f" gone after a day {counts['too old']:,}\n"
        f"commissions that were not exact: {total.missing:,} before the reconciliation;"
        f" wrong after it: {len(total.wrong)}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--world", type=int, default=None)
    asked = parser.parse_args()
    seed = randbelow(1 << 32) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    total = until(asked.records, seed, asked.processes) if asked.world is None else passed(asked.world)
    print(summary(total))
    wrong = total.wrong[:5] + (too_kind(total) if asked.world is None else [])
    print(*wrong, sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
