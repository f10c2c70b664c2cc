"""The drill: would we get every table back, with every fen in it?

    make drill                       the running system of this machine
    make drill STAGE=prod            a stage on AWS, with plain AWS credentials

Restores every table to one moment, beside those in use, and asks two things of the
restored ones: do they hold the same balances, and does the archive alone, object by
object, make those balances? Nothing in use is written, and what was restored is removed
at the end, however that came.

Exit code 0: every fen came back. 1: something did not, each thing named. 2: nothing was drilled.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything
from chalicelib.domain.function_names import function_name
from chalicelib.domain.record import Record
from chalicelib.store.pages import DynamoPages
from chalicelib.usecases.rebuild_balances import RebuiltBalances
from chalicelib.usecases.standing_balances import StandingBalances
from local.running import NothingRuns, environment_of_run

RESTORE_POLLS = {"Delay": 20, "MaxAttempts": 270}  # a table of a terabyte takes over an hour
MOMENT_POLL_SECONDS = 2.0
TABLE = "TABLE_"
PATIENCE = Config(connect_timeout=5, read_timeout=60)
CLOCKS_APART = timedelta(minutes=15)  # a record's own moment, and the moment at which it was written


class DrillRefused(Exception):
    """The drill cannot begin; the text says why."""


@dataclass
class Drill:
    """One drill. `moment`: its beginning, in the names of what is restored, so that two drills are apart."""

    environment: Mapping[str, str]
    moment: datetime
    told: Callable[[str], None]
    polls: Mapping[str, int] = field(default_factory=lambda: dict(RESTORE_POLLS))
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self.dynamodb = boto3.client(
            "dynamodb",
            config=PATIENCE,
            endpoint_url=self.environment.get("AWS_ENDPOINT_URL"),
            region_name=self.environment.get("AWS_DEFAULT_REGION") or self.environment.get("AWS_REGION"),
            aws_access_key_id=self.environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self.environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=self.environment.get("AWS_SESSION_TOKEN"),
        )
        self.tables = {name: value for name, value in self.environment.items() if name.startswith(TABLE)}
        self.copies = {
            name: f"{value}-drill-{self.moment:%Y%m%d%H%M%S}" for name, value in self.tables.items()
        }

    def restorable_after(self, seen_at: datetime) -> datetime:
        """The newest moment to which every table can be restored, once it is behind `seen_at`.

        AWS is five minutes behind: of an older moment nobody could say what moved since.
        Raises: DrillRefused naming each table that cannot be restored at all.
        """
        self.told(f"waiting until every table can be restored to {seen_at:%H:%M:%S %Z} or later")
        while int((moment := self.restorable_at()).timestamp()) <= int(seen_at.timestamp()):
            self.sleep(MOMENT_POLL_SECONDS)
        return moment

    def restorable_at(self) -> datetime:
        """The newest moment to which every table can be restored.

        Raises: DrillRefused naming each table that cannot be restored at all.
        """
        moments = {table: self._restorable_at(table) for table in self.tables.values()}
        bare = sorted(table for table, moment in moments.items() if moment is None)
        if bare:
            raise DrillRefused(f"without point-in-time recovery: {', '.join(bare)}")
        return min(moment for moment in moments.values() if moment)

    def _restorable_at(self, table: str) -> datetime | None:
        found = self.dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        moment: datetime | None = found["PointInTimeRecoveryDescription"].get("LatestRestorableDateTime")
        return moment

    @contextmanager
    def restored(self, moment: datetime) -> Iterator[dict[str, str]]:
        """Every table restored beside itself: the environment that names the copies. They go at the end."""
        begun: list[str] = []
        try:
            for name, table in self.tables.items():
                self.dynamodb.restore_table_to_point_in_time(
                    SourceTableName=table, TargetTableName=self.copies[name], RestoreDateTime=moment
                )
                begun.append(self.copies[name])
            for number, copy in enumerate(begun, start=1):
                self._await(copy)
                self.told(f"restored {number} of {len(begun)}: {copy}")
            yield {**self.environment, **self.copies}
        finally:
            self._remove(begun)

    def _remove(self, copies: Sequence[str]) -> None:
        """Remove every copy that can be; what cannot is named, for it costs money from then on."""
        removed = 0
        for copy in copies:
            try:
                self._await(copy)  # what is being restored cannot be removed yet
                if self.dynamodb.describe_table(TableName=copy)["Table"].get("DeletionProtectionEnabled"):
                    self.dynamodb.update_table(TableName=copy, DeletionProtectionEnabled=False)
                    self._await(copy)
                self.dynamodb.delete_table(TableName=copy)
                removed += 1
            except (BotoCoreError, ClientError, WaiterError) as error:
                self.told(f"NOT REMOVED: {copy} ({error}): remove it by hand")
        self.told(f"removed {removed} of {len(copies)} restored tables")

    def _await(self, copy: str) -> None:
        self.dynamodb.get_waiter("table_exists").wait(TableName=copy, WaiterConfig=self.polls)


@contextmanager
def in_environment(environment: Mapping[str, str]) -> Iterator[None]:
    """The product's own parts on the tables that an environment names."""
    before = dict(os.environ)
    os.environ.update(environment)
    forget_everything()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        forget_everything()


@dataclass(frozen=True, slots=True)
class Balances:
    """Every card, account and pot: how many, their fen together, and a digest over all of them."""

    count: int
    total_fen: int
    digest: str

    def __str__(self) -> str:
        return f"{self.count:,} balances, {self.total_fen:,} fen, digest {self.digest[:16]}"


def balances_now() -> Balances:
    """Of the tables that the environment names."""
    standing = StandingBalances(bootstrap.documents(), DynamoPages(bootstrap.dynamo()))
    lines, total_fen = [], 0
    for account, columns in standing.guarded():
        found = [int(columns.get(name, 0)) for name in account.columns]
        total_fen += sum(found)
        lines.append(f"{account.kind}|{account.owner}|{found}")
    return Balances(len(lines), total_fen, sha256("\n".join(sorted(lines)).encode()).hexdigest())


def rebuilt_beside_restored(restored_at: datetime) -> RebuiltBalances:
    """The archive's own balances beside those of the restored tables that the environment names.

    The archive went on after the moment of the tables: of what is about as young as they are,
    the restored journal says whether it is in them.
    """

    def counts(record: Record) -> bool:
        if record.at < restored_at - CLOCKS_APART:
            return True
        return bootstrap.documents().get("journal", record.partition, record.entry_id) is not None

    rebuild = replace(bootstrap.rebuild_balances(), counts=counts)
    return rebuild(bootstrap.now(), lambda: False)


def run(drill: Drill) -> int:
    """Drill, and tell what came of it. The exit code. Raises: DrillRefused."""
    with in_environment(drill.environment):
        before = balances_now()
    drill.told(f"in use:   {before}")
    moment = drill.restorable_after(bootstrap.now())
    with drill.restored(moment) as environment, in_environment(environment):
        copies = balances_now()
        drill.told(f"restored: {copies}, as of {moment:%Y-%m-%d %H:%M:%S %Z}")
        rebuilt = rebuilt_beside_restored(moment)
    with in_environment(drill.environment):
        after = balances_now()
    drill.told(f"it took {bootstrap.now() - drill.moment}")
    return judged(drill.told, before, copies, after, rebuilt)


def judged(
    told: Callable[[str], None],
    before: Balances,
    copies: Balances,
    after: Balances,
    rebuilt: RebuiltBalances,
) -> int:
    """What came of it, from the balances in use before and after and those of the copies. The exit code."""
    told(
        f"archive:  {rebuilt.records:,} records in {rebuilt.objects:,} objects, {rebuilt.accounts:,} "
        f"accounts, {len(rebuilt.differences)} differences, {len(rebuilt.waiting)} records not archived yet"
    )
    wrong = [f"the archive: {finding}" for finding in rebuilt.findings]
    wrong += [f"not what the archive makes of it: {one}" for one in rebuilt.differences]
    if copies != before and before == after:
        wrong.append("nothing moved meanwhile, and yet the restored balances are not those in use")
    if not rebuilt.is_complete:
        wrong.append("the archive was not read to its end")
    for sentence in wrong:
        told(f"WRONG: {sentence}")
    if not wrong:
        moved = "" if before == after else "; the tables in use moved on meanwhile"
        told(f"every fen came back: the archive makes each restored balance{moved}")
    return int(bool(wrong))


def environment_of_stage(stage: str) -> dict[str, str]:
    """What the functions of a stage on AWS are told. Raises: DrillRefused."""
    session = boto3.Session()
    if not session.region_name:
        raise DrillRefused("no region is set: AWS_DEFAULT_REGION or a profile says where the stage is")
    functions = session.client("lambda", config=PATIENCE)
    # Every function is told of every table; this one is there in each stage.
    found = functions.get_function_configuration(FunctionName=function_name(stage, "app"))
    variables: dict[str, str] = found["Environment"]["Variables"]
    return {**os.environ, **variables, "AWS_DEFAULT_REGION": session.region_name}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m local.drill", description=__doc__.partition("\n")[0])
    parser.add_argument("--stage", choices=("local", "dev", "prod"), default="local")
    stage = parser.parse_args(arguments).stage
    try:
        environment = environment_of_run(os.environ) if stage == "local" else environment_of_stage(stage)
        # The clock before there is an environment: the settings are not read for it.
        return run(Drill(environment, bootstrap.now(), lambda text: print(text, flush=True)))
    except (DrillRefused, NothingRuns, BotoCoreError, ClientError, WaiterError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
