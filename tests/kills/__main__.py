"""The program by its folder's name."""

import sys

from tests.kills.program import main

if __name__ == "__main__":
    sys.exit(main())
