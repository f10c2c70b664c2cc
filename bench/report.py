"""`make bench`: BENCHMARKS.md, with machine, load, versions and commit."""

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import paired
from bench.cost import batch, bill
from bench.cost import table as cost_table
from bench.counts.gates import GATES
from bench.counts.measure import Counted
from bench.counts.measure import measure as measure_counts
from bench.counts.operations import OPERATIONS
from bench.counts.stand import Size, Stand
from bench.icount import table as icount_table
from bench.icount.jobs import ready_jobs
from bench.icount.measure import measure as measure_instructions
from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from local.testing import Engine, World

PAGE = Path(__file__).parents[1] / "BENCHMARKS.md"
SIZES = (10, 10_000, 1_000_000)  # the first two in CI
PACKAGES = ("boto3", "chalice", "pynamodb", "pydantic", "aws-lambda-powertools", "ministack")

HEAD = """# Benchmarks

Written by `make bench`; do not edit. Counts and instructions are exact and hold gates in CI; CPU is
reported and holds none. The embedded engine is no DynamoDB: how fast it answers says nothing about AWS,
and no such figure stands here. What a call costs on AWS is counted; how long it takes there is not
known from here.
"""

GROWTH = """\
Ten million distributors are argued, not counted (the engine takes 3 to 4 KB of memory an item). Each
access names its partition and is bounded by one item, one page or what is named (docs/access.md, row by
row, held by `tests/handlers/test_accesses.py`); no key is shared by all distributors on the way of a
request, no query reads a partition that grows with their number, and nothing is scanned. The size of a
table is in none of the counts."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--without-paired", action="store_true", help="leave the timed rounds out")
    parser.add_argument("--without-million", action="store_true", help="leave out the count that takes 8 GB")
    asked = parser.parse_args()
    told = "\n".join(_page(asked.without_paired, SIZES[:-1] if asked.without_million else SIZES))
    PAGE.write_text(f"{told}\n", encoding="utf-8")
    print(told)


def _page(without_paired: bool, sizes: Sequence[int]) -> Iterator[str]:
    yield HEAD
    yield from _machine()
    with Engine.running() as engine, engine.environment_set():
        yield from _counts(engine, sizes)
        yield from _cost(engine)
        yield from _instructions(engine)
    yield "\n## Beside others\n"
    if without_paired:
        yield "Not measured in this run: `make paired` prints it."
    else:
        assert paired.__doc__ is not None
        yield paired.__doc__.partition("\n\n")[2].partition("    python")[0].strip() + "\n"
        # In a process of its own: what this one took so far is not of the rounds.
        rounds = subprocess.run(
            [sys.executable, "-m", "bench.paired"], stdout=subprocess.PIPE, text=True, check=True
        )
        lines = rounds.stdout.splitlines()
        yield "\n".join(line for line in lines if not line.startswith("{")).strip()  # without its log


def _machine() -> Iterator[str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    yield f"- {datetime.now(UTC):%Y-%m-%d}, commit {commit.stdout.strip() or 'unknown'}"
    python = f"Python {platform.python_version()}"
    yield f"- {os.cpu_count()} cores, {platform.machine()}, {platform.system()}, {python}"
    yield f"- load average at the start: {' '.join(f'{one:.1f}' for one in os.getloadavg())}"
    yield "- " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)


def _counts(engine: Engine, sizes: Sequence[int]) -> Iterator[str]:
    yield "\n## Counts: trips and units do not grow\n"
    by_size = {size: _counted(engine, size) for size in sizes}
    yield "| Measure | At most | " + " | ".join(f"{size:,} distributors" for size in sizes) + " |"
    yield "|---|---:|" + "---:|" * len(sizes)
    for gate in GATES:
        found = [f"{sum(gate.of(counts[name]) for name in gate.operations):g}" for counts in by_size.values()]
        yield f"| {gate.measure} | {gate.limit:g} | " + " | ".join(found) + " |"
    yield f"\n{GROWTH}"


def _counted(engine: Engine, distributors: int) -> dict[str, Counted]:
    with replaced({bootstrap.channel: lambda name: stand.channel}):
        world = World(engine)
        stand = Stand(world, Size(distributors=distributors))
        return {one.name: one for one in measure_counts(world, stand, OPERATIONS)}


def _cost(engine: Engine) -> Iterator[str]:
    world = World(engine)
    counted = batch.count(world, Stand(world, Size()))
    yield "\n## Cost: a million orders, from counted units\n"
    yield cost_table.text(counted, bill.bill(counted))
    yield cost_table.READING


def _instructions(engine: Engine) -> Iterator[str]:
    yield "\n## Instructions: what our code adds to the calls it makes\n"
    with ready_jobs(engine) as jobs:
        yield icount_table.text(measure_instructions(jobs))


if __name__ == "__main__":
    main()
