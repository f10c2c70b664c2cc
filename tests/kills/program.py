"""Kills as a program: how many, from which seed, and did every fen survive?

    make kills KILLS=500 SEED=1
    python -m tests.kills --kills 50 --seed 7

Exit code 0: the books are exact after each round.
"""

import argparse
import secrets
import tempfile
import time
from pathlib import Path

from bench.demo.checks import Check
from tests.kills.loop import Kills

ROUND = 100


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.kills", description="SIGKILL under load.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--round", type=int, default=ROUND, help="kills between two checks")
    options = parser.parse_args(arguments)
    print(f"{options.kills} kills, seed {options.seed}", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="forecourt-kills-") as directory,
        Kills.ready(Path(directory) / "state", options.seed) as kills,
    ):
        return report(kills, options.kills, options.round)


def report(kills: Kills, wanted: int, size: int) -> int:
    """Round after round until one is wrong or all are done."""
    began = time.monotonic()
    while kills.done.total() < wanted:
        checks = kills.round(min(size, wanted - kills.done.total()))
        show(kills, time.monotonic() - began)
        wrong = [check for check in checks if not check.holds]
        for check in wrong:
            tell(check)
        if wrong:
            return 1
    print("the books are exact")
    return 0


def show(kills: Kills, seconds: float) -> None:
    told = ", ".join(f"{kind} {count}" for kind, count in kills.done.items())
    slow = ", ".join(
        f"{kind} {spent / kills.done[kind]:.1f}" for kind, spent in kills.restart_seconds.items()
    )
    client = kills.load.day.client
    print(
        f"{kills.done.total()} kills ({told}); {kills.load.answers} answers to {len(client.intents.wishes)} "
        f"wishes of {len(kills.load.told)} customers, sent again {client.retries} times; "
        f"{kills.redriven} records given up and handed over again; "
        f"{seconds:.0f} s; seconds until it was there again: {slow}",
        flush=True,
    )


def tell(check: Check) -> None:
    print(f"WRONG: {check.question} ({check.counted})")
    for difference in check.differences[:20]:
        print(f"  {difference}")
