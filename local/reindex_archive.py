"""Reindex the archive: its index and head in the tables anew, from its own objects alone.

    make reindex-archive                             dry: what the archive holds, and where the head is
    make reindex-archive STAGE=prod ARGS=--write     a stage on AWS, with plain AWS credentials

For after a restore of the table `views`. The readers that archive must be stopped.
Exit code 0: done, or could be. 1: the archive is broken, or somebody archived meanwhile;
each thing named. 2: nothing was looked at.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import bootstrap
from chalicelib.usecases.reindex_archive import ReindexArchive, Reindexed
from local.drill import DrillRefused, environment_of_stage, in_environment
from local.running import NothingRuns, environment_of_run


def told(seen: Reindexed, is_dry: bool) -> list[str]:
    """What to say of a run."""
    lines = [
        *seen.findings,
        f"{seen.records} records in {seen.objects} objects; the head was at {seen.head_before}",
    ]
    if seen.findings:
        return [*lines, "the archive is broken: nothing was written"]
    if is_dry:
        return [*lines, "nothing was written; --write writes index and head"]
    return [
        *lines,
        "index and head are what the archive says" if seen.is_done else "the head moved meanwhile",
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m local.reindex_archive", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--stage", choices=("local", "dev", "prod"), default="local")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    is_dry = not options.write
    try:
        is_local = options.stage == "local"
        environment = environment_of_run(os.environ) if is_local else environment_of_stage(options.stage)
        with in_environment(environment):
            seen = ReindexArchive(bootstrap.archive_index(), bootstrap.archive_objects())(is_dry)
    except (DrillRefused, NothingRuns, BotoCoreError, ClientError) as error:
        print(f"nothing was looked at: {error}", file=sys.stderr)
        return 2
    print("\n".join(told(seen, is_dry)))
    return 0 if seen.is_done or (is_dry and not seen.findings) else 1


if __name__ == "__main__":
    sys.exit(main())
