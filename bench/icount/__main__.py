"""`make icount`: count instructions, print their ratios to the bare calls, fail where a gate is broken."""

import argparse
import sys

from bench.icount import table, valgrind
from bench.icount.gates import broken_gates
from bench.icount.jobs import FUNCTIONS, ready_jobs
from bench.icount.measure import measure
from local.testing import Engine


def main() -> int:
    """The exit code: 1 when a gate does not hold, 2 when nothing can be counted."""
    parser = argparse.ArgumentParser(prog="make icount", description=__doc__)
    parser.add_argument("--only", choices=FUNCTIONS, help="one function")
    asked = parser.parse_args()
    try:
        valgrind.place()
    except valgrind.ValgrindMissing as missing:
        print(missing)
        return 2
    wanted = [asked.only] if asked.only else FUNCTIONS
    with Engine.running() as engine, engine.environment_set(), ready_jobs(engine, wanted) as jobs:
        counts = measure(jobs)
    print(table.text(counts))
    wrong = broken_gates(counts)
    for sentence in wrong:
        print(f"WRONG  {sentence}")
    print(f"{len(counts)} ratios, {len(wrong)} gates that do not hold")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
