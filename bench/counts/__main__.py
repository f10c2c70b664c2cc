"""`make counts`: measure every operation, print what each unit buys, fail at one unit more than agreed."""

import argparse
import sys

from bench.counts import golden, table
from bench.counts.gates import broken_gates
from bench.counts.measure import measure
from bench.counts.operations import OPERATIONS
from bench.counts.stand import Size, Stand
from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from local.testing import Engine, World


def main() -> int:
    """The exit code: 1 when a count differs or a gate does not hold."""
    asked = _asked()
    channel = {bootstrap.channel: lambda name: stand.channel}  # readers that send refunds find it too
    with Engine.running() as engine, engine.environment_set(), replaced(channel):
        world = World(engine)
        stand = Stand(world, Size(asked.distributors, asked.old_orders, asked.old_entries, asked.old_pots))
        counts = measure(world, stand, OPERATIONS)
    if asked.write:
        golden.write(counts)
        table.PATH.write_text(table.text(counts))
    print(table.text(counts))
    wrong = [*golden.differences(counts, golden.read()), *broken_gates(counts)]
    for sentence in wrong:
        print(f"WRONG  {sentence}")
    print(f"{len(counts)} operations, {len(wrong)} differences")
    return 1 if wrong else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make counts", description=__doc__)
    parser.add_argument("--write", action="store_true", help="agree to what is measured now")
    parser.add_argument("--distributors", type=int, default=Size.distributors)
    parser.add_argument("--old-orders", type=int, default=Size.old_orders)
    parser.add_argument("--old-entries", type=int, default=Size.old_entries)
    parser.add_argument("--old-pots", type=int, default=Size.old_pots)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
