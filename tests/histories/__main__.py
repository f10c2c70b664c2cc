"""The program by its folder's name; the processes it starts import it by its own."""

import sys

from tests.histories.program import main

if __name__ == "__main__":
    sys.exit(main())
