"""Histories as a program: how many, from which seed, and is any of them unexplained?

    make histories HISTORIES=2000 SEED=1
    python -m tests.histories --histories 200 --seed 7
    python -m tests.histories --only 1234567        one history again

Each history's own seed is the program's seed times a million plus its number.
Exit code 0: all are explained.
"""

import argparse
import multiprocessing
import secrets
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Empty

from local.children import end_with_starter
from local.testing import Engine
from tests.histories.lane import Lane, Played

LANES = 2
PATIENCE_SECONDS = 120


def play(seeds: list[int], told: "Queue[Played | str]") -> None:
    """One lane's share."""
    end_with_starter()
    try:
        with Engine.running() as engine, engine.environment_set(), Lane.open(engine) as lane:
            for seed in seeds:
                told.put(lane.play(seed))
    except BaseException as end:
        told.put(f"a lane ended: {end!r}")
        raise


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.histories", description="Histories against a model.")
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--only", type=int, help="the seed of a single history")
    parser.add_argument("--lanes", type=int, default=LANES)
    options = parser.parse_args(arguments)
    seeds = [options.seed * 1_000_000 + number for number in range(options.histories)]
    if options.only is not None:
        seeds = [options.only]
    print(f"{len(seeds)} histories, seed {options.seed}", flush=True)
    return report(seeds, options.lanes)


def report(seeds: list[int], lanes: int) -> int:
    """Play all and say what came of it."""
    context = multiprocessing.get_context("spawn")
    told: Queue[Played | str] = context.Queue()
    shares = [share for number in range(lanes) if (share := seeds[number::lanes])]
    workers = [context.Process(target=play, args=(share, told)) for share in shares]
    for worker in workers:
        worker.start()
    began = time.monotonic()
    sums: Counter[str] = Counter()
    while sums["histories"] < len(seeds):
        try:
            played = told.get(timeout=PATIENCE_SECONDS)
        except Empty:
            played = f"nothing was heard for {PATIENCE_SECONDS} seconds"
        if isinstance(played, str):
            stop(workers)
            print(played)
            return 1
        add(sums, played)
        if sums["histories"] % 100 == 0:
            show(sums, time.monotonic() - began)
    for worker in workers:
        worker.join()
    show(sums, time.monotonic() - began)
    return 1 if sums["unexplained"] else 0


def stop(workers: list[BaseProcess]) -> None:
    for worker in workers:
        worker.terminate()


def add(sums: Counter[str], played: Played) -> None:
    verdict = played.verdict
    sums["histories"] += 1
    sums["operations"] += verdict.calls
    sums["unknown"] += verdict.unknown
    sums["faults"] += played.faults
    sums["tried"] = max(sums["tried"], verdict.tried)
    sums[f"scene {played.scene}"] += 1
    if not played.is_explained:
        sums["unexplained"] += 1
        print(f"NOT explained: --only {played.seed} ({played.scene})")
        for text in (*verdict.unexplained, *played.broken):
            print(f"  {text}")


def show(sums: Counter[str], seconds: float) -> None:
    print(
        f"{sums['histories']} histories, {sums['operations']} operations, {sums['unknown']} unknown, "
        f"{sums['faults']} faults, {sums['unexplained']} unexplained; "
        f"{sums['operations'] / max(1.0, seconds):.0f} operations/s, {seconds:.0f} s, "
        f"longest search {sums['tried']} places",
        flush=True,
    )
