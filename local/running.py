"""The running system: where are the tables and buckets of the run on this machine?"""

import json
from collections.abc import Mapping
from pathlib import Path

from local.state import ENVIRONMENT_NAME, directory_of

NEEDED = ("BUCKET_ARCHIVE", "TABLE_JOURNAL", "TABLE_EDGES")


class NothingRuns(Exception):
    """There is no system to look at; the text is one sentence for whoever started us."""


def environment_of_run(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the functions: the one given where it has it, else that of the local run.

    Raises: NothingRuns.
    """
    if all(environment.get(name) for name in NEEDED):
        return dict(environment)
    return {**environment, **_written(directory_of(dict(environment)))}


def _written(directory: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((directory / ENVIRONMENT_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise NothingRuns(f"no run of Forecourt was found at {directory}: start it with `make run`") from None
    return found
