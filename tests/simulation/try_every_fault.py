"""Try every fault: `make faults`, all schedules of one and two troubles of every operation of the trade.

python -m tests.simulation.try_every_fault                       all operations, on two processes
python -m tests.simulation.try_every_fault --operation payout    one of them
python -m tests.simulation.try_every_fault --operation payout --client "is gone" --faults 3:lost,7:crash

What a table calls `runs` is what was really done; `schedules` is what that decides.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from local.children import end_with_starter
from tests.simulation import (
    operations_of_cards,
    operations_of_commission,
    operations_of_moving,
    operations_of_office,
    operations_of_orders,
)
from tests.simulation.every_fault import TROUBLES_MAX, Explorer, Failure, alternatives, followed
from tests.simulation.one_run import CLIENTS
from tests.simulation.operation import OPERATIONS
from tests.simulation.troubles import Trouble

# They fill OPERATIONS.
MODULES = (
    operations_of_orders,
    operations_of_commission,
    operations_of_cards,
    operations_of_office,
    operations_of_moving,
)


@dataclass
class Result:
    """What the schedules of one operation came to. The lists count those with none, one, two troubles."""

    name: str
    calls: int = 0
    schedules: list[int] = field(default_factory=lambda: [0] * (TROUBLES_MAX + 1))
    failed: list[int] = field(default_factory=lambda: [0] * (TROUBLES_MAX + 1))
    stage_runs: int = 0
    ends: int = 0
    seconds: float = 0.0
    failures: list[tuple[str, Failure]] = field(default_factory=list)

    @property
    def row(self) -> str:
        return (
            f"{self.name:<52}{self.calls:>6}{self.schedules[1]:>9,}{self.schedules[2]:>12,}"
            f"{self.stage_runs:>10,}{sum(self.failed):>12,}"
        )


HEAD = f"{'operation':<52}{'calls':>6}{'singles':>9}{'doubles':>12}{'stage runs':>10}{'violations':>12}"


def tried(name: str, troubles_max: int = TROUBLES_MAX) -> Result:
    """Every schedule of an operation, by each client."""
    began, result = monotonic(), Result(name)
    with OPERATIONS[name].staged() as scene:
        explorer, mark = Explorer(scene, troubles_max), scene.mark()
        for client in CLIENTS if scene.steps else CLIENTS[:1]:
            scene.back_to(mark)
            scene.asked_by(client)
            counts = explorer.explore()
            for number in range(TROUBLES_MAX + 1):
                result.schedules[number] += counts.schedules[number]
                result.failed[number] += counts.failed[number]
            result.failures += [(client, failure) for failure in explorer.failures]
            explorer.failures.clear()
        result.calls, result.stage_runs, result.ends = explorer.calls, explorer.stage_runs, explorer.ends
    result.seconds = monotonic() - began
    return result


def some_doubles(name: str, chance: Random, count: int) -> Iterator[str]:
    """So many schedules of two troubles, drawn: each that fails, with the command that repeats it."""
    with OPERATIONS[name].staged() as scene:
        mark = scene.mark()
        for _ in range(count):
            scene.back_to(mark)
            client = chance.choice(CLIENTS)
            scene.asked_by(client)
            schedule: dict[int, Trouble] = {}
            for _ in range(TROUBLES_MAX):
                scene.back_to(mark)
                made = [call for _, calls in followed(scene, schedule) for call in calls]
                choices = list(alternatives(made, max(schedule, default=0)))
                schedule |= dict([chance.choice(choices)]) if choices else {}
            scene.back_to(mark)
            list(followed(scene, schedule))
            if scene.violations():
                yield f"{command_of(name, client, schedule)}: {scene.violations()[0]}"


def command_of(name: str, client: str, schedule: dict[int, Trouble]) -> str:
    """The one command that replays it."""
    told = ",".join(f"{number}:{trouble}" for number, trouble in sorted(schedule.items()))
    return (
        f'python -m tests.simulation.try_every_fault --operation "{name}" --client "{client}"'
        f' --faults "{told}"'
    )


def report(results: list[Result], seconds: float) -> str:
    """The table, what is wrong with the one command for each, and the sums."""
    lines = [HEAD, *(result.row for result in sorted(results, key=lambda result: result.name))]
    for result in results:
        for client, failure in result.failures:
            lines += [failure.sentence, f"  {command_of(result.name, client, dict(failure.schedule))}"]
    singles, doubles = (sum(result.schedules[number] for result in results) for number in (1, 2))
    failed = sum(sum(result.failed) for result in results)
    total = singles + doubles
    lines.append(
        f"{len(results)} operations: {total:,} of {total:,} schedules ({singles:,} of one trouble, "
        f"{doubles:,} of two) decided by {sum(result.stage_runs for result in results):,} stage runs "
        f"and {sum(result.ends for result in results):,} judged ends in {seconds:,.0f} s; "
        f"violations: {failed:,}"
    )
    return "\n".join(lines)


def try_all(names: list[str], processes: int) -> int:
    """All these operations. The exit code: 1 where anything is wrong."""
    began = monotonic()
    results: list[Result] = []
    with ProcessPoolExecutor(processes, initializer=end_with_starter) as pool:
        waiting = {pool.submit(tried, name) for name in names}
        for ready in as_completed(waiting):
            result = ready.result()
            results.append(result)
            place = f"{len(results)}/{len(names)} after {monotonic() - began:,.0f} s"
            print(f"{place}: {result.row.strip()} in {result.seconds:.0f} s", flush=True)
    print(report(results, monotonic() - began))
    return int(any(sum(result.failed) for result in results))


def replay(name: str, client: str, faults: str) -> int:
    """One schedule, told stage by stage. The exit code: 1 where it fails."""
    schedule = {
        int(number): Trouble(trouble)
        for number, trouble in (one.split(":") for one in faults.split(",") if one)
    }
    with OPERATIONS[name].staged() as scene:
        scene.asked_by(client)
        for stage, calls in followed(scene, schedule):
            tell(stage, *(f"  {call.number} {call.name} {schedule.get(call.number, '')}" for call in calls))
        violations = scene.violations()
        tell(*(violations or ["nothing is wrong"]))
    return int(bool(violations))


def tell(*lines: str) -> None:
    """Say it where the product's own output does not go."""
    print(*lines, sep="\n", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operation", choices=sorted(OPERATIONS), default=None)
    parser.add_argument("--client", choices=CLIENTS, default=CLIENTS[0])
    parser.add_argument("--faults", default=None)
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    asked = parser.parse_args()
    if asked.operation and asked.faults is not None:
        return replay(asked.operation, asked.client, asked.faults)
    return try_all([asked.operation] if asked.operation else list(OPERATIONS), asked.processes)


if __name__ == "__main__":
    raise SystemExit(main())
