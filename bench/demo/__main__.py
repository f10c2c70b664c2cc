"""The demo day as a program: what is asked for, what is shown, and with which code does it end?

    make demo
    python -m bench.demo --customers 300 --seed 1
    python -m bench.demo --quick --run

Drives the running system over HTTP. Exit code 0: the books are exact. 1: they are
not, or something went otherwise than it should. 2: nothing could be driven.
"""

import argparse
import random
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from bench.demo.cast import Cast
from bench.demo.client import Client
from bench.demo.day import Day
from bench.demo.intents import Intents, IntentsUnfit
from bench.demo.outside import Outside
from bench.demo.timetable import drive

URL = "http://localhost:8080"


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.demo", description="A day of trade; exact books.")
    parser.add_argument("--url", default=URL, help=f"the running system ({URL})")
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--promoters", type=int, default=45)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="40 customers and 8 promoters")
    parser.add_argument("--resume", type=Path, help="keep all intents in this file; go on with what is in it")
    return parser.parse_args(arguments)


def header_of(options: argparse.Namespace) -> dict[str, Any]:
    """What makes this day: on a second run in the same world everybody is somebody else."""
    customers, promoters = (40, 8) if options.quick else (options.customers, options.promoters)
    number = random.SystemRandom().randrange(100_000)
    return {"demo": 1, "day": number, "seed": options.seed, "customers": customers, "promoters": promoters}


def is_there(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v1/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def main(arguments: list[str] | None = None) -> int:
    options = options_of(arguments)
    if not is_there(options.url):
        print(f"nothing answers at {options.url}: start it with `make run` first", file=sys.stderr)
        return 2
    try:
        intents = Intents.kept(options.resume, header_of(options))
    except IntentsUnfit as unfit:
        print(unfit, file=sys.stderr)
        return 2
    started = time.monotonic()
    day = Day(Client(options.url, intents), Outside(), Cast(intents.header["day"]), intents.header["seed"])
    drive(day, intents.header["customers"], intents.header["promoters"])
    for surprise in day.surprises:
        print(surprise)
    print(day.refusals, f"{time.monotonic() - started:.1f} s")
    return 1 if day.surprises else 0


if __name__ == "__main__":
    sys.exit(main())
