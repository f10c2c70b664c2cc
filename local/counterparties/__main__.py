"""`python -m local.counterparties --port 0 --data DIRECTORY`: the outside world as a process of its own.

SANDBOX_CHANNEL_KEY is the key (or JSON list of keys) shared with the product;
SANDBOX_RETRY_SECONDS, like `0.2,0.2`, makes unanswered callbacks come back sooner.
Writes `ready PORT` when it serves; ends in order on SIGTERM and Ctrl-C, and with
`--until-eof` also when its standard input closes, as it does when the starter dies.
"""

import argparse
import signal
import sys
from pathlib import Path
from threading import Event, Thread

from local.counterparties.server import serve
from local.counterparties.storage import StorageRefused


def end_with_input(ended: Event) -> None:
    """Whoever started us holds the other end, and is gone when it closes."""
    sys.stdin.read()
    ended.set()


def main() -> int:
    parser = argparse.ArgumentParser(prog="local.counterparties")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--until-eof", action="store_true")
    asked = parser.parse_args()
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        counterparties = serve(asked.port, asked.data)
    except StorageRefused as refusal:
        print(f"counterparties: {refusal}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(f"the counterparties cannot start on port {asked.port}: {error}", file=sys.stderr)
        return 1
    print(f"ready {counterparties.port}", flush=True)
    if asked.until_eof:
        Thread(target=end_with_input, args=(ended,), daemon=True).start()
    ended.wait()
    counterparties.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
