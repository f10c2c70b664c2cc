"""The drill: does every fen come back from a restored table, and is it seen when one does not?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.usecases.rebuild_balances import RebuiltBalances
from local.drill import (
    Balances,
    Drill,
    DrillRefused,
    balances_now,
    in_environment,
    judged,
    rebuilt_beside_restored,
    run,
)
from local.testing import World
from tests.e2e.busy_world import Busy, busy_world
from tests.e2e.by_hand import Operator
from tests.e2e.shop import NAMED

POLLS = {"Delay": 0, "MaxAttempts": 100}


@pytest.fixture
def busy(world: World) -> Iterator[Busy]:
    operator = Operator(world)
    with replaced(operator.parts | {bootstrap.sleep_ms: lambda ms: None}):
        yield busy_world(world, operator)


@dataclass
class LateDrill(Drill):
    """A drill whose newest moments are told."""

    newest: list[datetime] = field(default_factory=list)

    def restorable_at(self) -> datetime:
        return self.newest.pop(0)


def drilled(busy: Busy) -> tuple[int, list[str]]:
    lines: list[str] = []
    code = run(Drill(busy.world.environment, bootstrap.now(), lines.append, POLLS))
    return code, lines


def tables(world: World) -> set[str]:
    return set(world.client("dynamodb").list_tables()["TableNames"])


@pytest.mark.capability("S-022")
def test_every_fen_of_a_busy_day_comes_back_and_the_copies_are_gone_after(busy: Busy) -> None:
    before, items = tables(busy.world), busy.operator.everything()
    code, lines = drilled(busy)
    assert (code, lines[-1]) == (0, "every fen came back: the archive makes each restored balance")
    in_use = lines[0].partition(":")[2].strip()
    (restored,) = [line.removeprefix("restored: ") for line in lines if line.startswith("restored: ")]
    assert restored.startswith(in_use), "the restored balances have the digest of those in use"
    assert [line for line in lines if line.startswith("it took 0:")]
    assert f"{balances_now().total_fen:,} fen" in in_use and balances_now().total_fen > 0
    assert tables(busy.world) == before
    assert busy.operator.everything() == items


def test_a_balance_that_the_archive_does_not_make_is_named(busy: Busy) -> None:
    card = next(item["pk"]["S"] for item in busy.world.items("cards") if item["available_fen"]["N"] != "0")
    busy.world.client("dynamodb").update_item(
        TableName=busy.world.table_name("cards"),
        Key={"pk": {"S": card}},
        UpdateExpression="ADD available_fen :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    code, lines = drilled(busy)
    assert code == 1
    assert [
        line for line in lines if line.startswith("WRONG: not what the archive makes of it:") and card in line
    ]


def test_a_copy_that_is_not_what_is_in_use_is_told_and_goes_all_the_same(busy: Busy) -> None:
    dynamodb, before = busy.world.client("dynamodb"), tables(busy.world)
    drill = Drill(busy.world.environment, bootstrap.now(), lambda text: None, POLLS)
    with drill.restored(drill.restorable_at()):
        copies = tables(busy.world) - before
        assert len(copies) == 10
        short = next(name for name in copies if "-cards-drill-" in name)
        card = dynamodb.scan(TableName=short)["Items"][0]
        dynamodb.delete_item(TableName=short, Key={"pk": card["pk"]})
        assert dynamodb.get_item(TableName=busy.world.table_name("cards"), Key={"pk": card["pk"]})["Item"]
    assert tables(busy.world) == before


def test_the_tables_are_restored_to_a_moment_after_the_balances_in_use_were_read(busy: Busy) -> None:
    """On AWS the newest moment is minutes old: what moved in them would look like a loss."""
    seen_at = bootstrap.now()
    drill = LateDrill(busy.world.environment, seen_at, lambda text: None, POLLS, lambda seconds: None)
    drill.newest = [seen_at - timedelta(minutes=5), seen_at, seen_at + timedelta(seconds=1)]
    assert drill.restorable_after(seen_at) == seen_at + timedelta(seconds=1)
    assert drill.newest == []


def test_a_protected_copy_goes_and_one_that_cannot_go_is_named_and_keeps_no_other(busy: Busy) -> None:
    lines: list[str] = []
    dynamodb, before = busy.world.client("dynamodb"), tables(busy.world)
    drill = Drill(busy.world.environment, bootstrap.now(), lines.append, POLLS)
    with drill.restored(drill.restorable_at()):
        gone, protected = drill.copies["TABLE_ACCOUNTS"], drill.copies["TABLE_CARDS"]
        dynamodb.update_table(TableName=protected, DeletionProtectionEnabled=True)
        dynamodb.delete_table(TableName=gone)
    assert tables(busy.world) == before
    (told,) = [line for line in lines if line.startswith("NOT REMOVED")]
    assert gone in told
    assert lines[-1] == "removed 9 of 10 restored tables"


def test_copies_go_also_when_the_drill_breaks_off(busy: Busy) -> None:
    before = tables(busy.world)
    drill = Drill(busy.world.environment, bootstrap.now(), lambda text: None, POLLS)
    with pytest.raises(KeyboardInterrupt), drill.restored(drill.restorable_at()):
        raise KeyboardInterrupt
    assert tables(busy.world) == before


def test_restored_balances_that_are_not_those_in_use_are_wrong_unless_something_moved() -> None:
    lines: list[str] = []
    sound = RebuiltBalances(is_complete=True)
    one, other = Balances(1, 100, "a" * 64), Balances(1, 99, "b" * 64)
    assert judged(lines.append, one, other, one, sound) == 1
    assert lines[-1] == "WRONG: nothing moved meanwhile, and yet the restored balances are not those in use"
    assert judged(lines.append, one, other, other, sound) == 0
    assert lines[-1].endswith("; the tables in use moved on meanwhile")
    assert judged(lines.append, one, one, one, RebuiltBalances(is_complete=False)) == 1
    assert lines[-1] == "WRONG: the archive was not read to its end"


def test_what_was_archived_after_the_restored_moment_is_no_difference(busy: Busy) -> None:
    drill = Drill(busy.world.environment, bootstrap.now(), lambda text: None, POLLS)
    moment = drill.restorable_at()
    with drill.restored(moment) as environment:
        busy.shop.bought(NAMED)
        busy.archived()
        with in_environment(environment):
            rebuilt = rebuilt_beside_restored(moment)
    assert (rebuilt.differences, rebuilt.is_complete) == ([], True)


def test_without_recovery_there_is_no_drill(busy: Busy) -> None:
    dynamodb, name = busy.world.client("dynamodb"), busy.world.table_name("cards")
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    try:
        with pytest.raises(DrillRefused, match=f"without point-in-time recovery: {name}"):
            drilled(busy)
    finally:
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
