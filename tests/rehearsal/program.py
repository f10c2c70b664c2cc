"""The rehearsal: is what AWS would get created, driven, changed and deleted as it should be?

    make rehearse
    python -m tests.rehearsal --keep

The very template of stage dev goes through the engine's CloudFormation; its functions run
the zip, its API and its event source mappings call them. Exit code 0: every step held.
1: one did not; its line says which, what was wrong, and where the logs are.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.rehearsal.steps import STEPS, Rehearsal


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.rehearsal", description="Rehearse the deployment.")
    parser.add_argument("--keep", action="store_true", help="keep the logs of a rehearsal that held")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # told to stop, it leaves nothing running
    directory = Path(tempfile.mkdtemp(prefix="forecourt-rehearsal-"))
    rehearsal = Rehearsal(directory)
    began = time.monotonic()
    failed = True
    try:
        failed = not all(_step(rehearsal, number) for number in range(len(STEPS)))
    finally:
        rehearsal.end(with_logs=failed or options.keep)
        if failed or options.keep:
            print(f"logs: {directory}")
        else:
            shutil.rmtree(directory)
    if not failed:
        print(f"rehearsed in {time.monotonic() - began:.0f} s")
    return int(failed)


def _step(rehearsal: Rehearsal, number: int) -> bool:
    """Do one step and say so in one line; whether it held."""
    name, do = STEPS[number]
    began = time.monotonic()
    try:
        said = do(rehearsal)
    except Exception as failure:  # noqa: BLE001 (whatever it was, it is told, and the rehearsal has failed)
        text = f"{type(failure).__name__}: {failure}"
        print(f"{number + 1:2}/{len(STEPS)} {name:<10} FAILED {text}", file=sys.stderr, flush=True)
        with (rehearsal.directory / "rehearsal.log").open("a") as log:
            traceback.print_exc(file=log)
        return False
    seconds = time.monotonic() - began
    print(f"{number + 1:2}/{len(STEPS)} {name:<10} {seconds:5.1f} s  {said}", flush=True)
    return True
