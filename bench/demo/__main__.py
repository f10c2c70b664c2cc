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

from bench.demo import report
from bench.demo.cast import Cast
from bench.demo.client import Client, GaveUp
from bench.demo.day import Day
from bench.demo.intents import Intents, IntentsUnfit
from bench.demo.outside import Outside
from bench.demo.quiet import QUIET_SECONDS_MAX, wait_until_quiet
from bench.demo.reading import Auditor, NothingToRead
from bench.demo.timetable import drive, stories_in
from bench.demo.verdict import all_checks
from local.people import Phones

URL = "http://localhost:8080"
QUICK = (40, 8)


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.demo", description="A day of trade; exact books.")
    parser.add_argument("--url", default=URL, help=f"the running system ({URL})")
    parser.add_argument("--state", type=Path, help="its state directory, whose books are checked (.state)")
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--promoters", type=int, default=45)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="{} customers, {} promoters".format(*QUICK))
    parser.add_argument("--resume", type=Path, help="keep all intents in this file; go on with what is in it")
    parser.add_argument(
        "--check-only", action="store_true", help="drive nothing; check the books as they are"
    )
    parser.add_argument(
        "--quiet-seconds", type=float, default=QUIET_SECONDS_MAX, help="wait for rest so long"
    )
    return parser.parse_args(arguments)


def header_of(options: argparse.Namespace) -> dict[str, Any]:
    """What makes this day: on a second run in the same world everybody is somebody else."""
    customers, promoters = QUICK if options.quick else (options.customers, options.promoters)
    number = random.SystemRandom().randrange(100_000)
    return {"demo": 1, "day": number, "seed": options.seed, "customers": customers, "promoters": promoters}


def is_there(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v1/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def run(options: argparse.Namespace, intents: Intents) -> int:
    """The day and its books. Raises: NothingToRead, GaveUp."""
    started = time.monotonic()
    # A day whose books nobody could check is not begun.
    phones = Phones.of_run(Auditor.of_run(options.state).environment)
    header = intents.header
    day = Day(Client(options.url, intents), Outside(), Cast(header["day"]), header["seed"], phones)
    out = report.console()
    told = report.Told(out, stories_in(header["customers"], header["promoters"]))
    try:
        if not options.check_only:
            drive(day, header["customers"], header["promoters"], told.story_ended)
        day.client.sign_in(day.cast["auditor"])  # now, for it leaves a record that is archived too
        auditor = Auditor.of_run(options.state)
        reading, in_vain = wait_until_quiet(auditor, told.waiting, options.quiet_seconds)
        checks = all_checks(day, auditor, reading, in_vain)
    finally:
        told.end()
    refusals = ", ".join(f"{code} {count}" for code, count in sorted(day.refusals.items()))
    numbers = [
        *report.numbers_of(reading),
        ("refused as they should be", refusals or "none"),
        ("sent again for want of an answer", str(day.client.retries)),
        ("time", f"{time.monotonic() - started:.0f} s"),
    ]
    report.show(out, numbers, checks)
    return 0 if all(one.holds for one in checks) else 1


def main(arguments: list[str] | None = None) -> int:
    options = options_of(arguments)
    if not is_there(options.url):
        print(f"nothing answers at {options.url}: start it with `make run` first", file=sys.stderr)
        return 2
    try:
        return run(options, Intents.kept(options.resume, header_of(options)))
    except (IntentsUnfit, NothingToRead) as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except GaveUp as gone:
        print(f"the system is gone: {gone}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
