"""Reset: forget the state of one machine.

python -m local.reset
"""

import os
import shutil
import sys

from local.state import State, StateRefused, directory_of


def main() -> int:
    """Remove the state directory; refuses while a run holds it, and removes nothing that is not ours."""
    directory = directory_of(dict(os.environ))
    if not directory.exists():
        print(f"nothing to forget: {directory} does not exist")
        return 0
    try:
        state = State.held(directory)
    except StateRefused as refusal:
        if "damaged" not in str(refusal) and "another version" not in str(refusal):
            print(refusal, file=sys.stderr)
            return 1
    else:
        state.document = {}
    shutil.rmtree(directory)
    print(f"forgotten: {directory}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
