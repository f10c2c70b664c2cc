"""A talker: a child that says more than a pipe holds, then tells that it came to its end."""

import sys
from pathlib import Path

from local import children

LINE = "x" * 1000

if __name__ == "__main__":
    children.ready()
    for _ in range(500):
        print(LINE, flush=True)
    Path(sys.argv[1]).touch()
