"""`make cost`: count a batch of orders, print the bill of a million, fail where it is dearer than agreed."""

import sys

from bench.cost import batch, table
from bench.cost.bill import bill, broken_gates, missed_goals
from bench.counts.stand import Size, Stand
from local.testing import Engine, World


def main() -> int:
    """The exit code: 1 when the bill is dearer than agreed."""
    with Engine.running() as engine, engine.environment_set():
        world = World(engine)
        counted = batch.count(world, Stand(world, Size()))
    lines = bill(counted)
    print(table.text(counted, lines))
    for sentence in missed_goals(lines):
        print(f"MISSED  {sentence}")
    wrong = broken_gates(counted, lines)
    for sentence in wrong:
        print(f"WRONG  {sentence}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
