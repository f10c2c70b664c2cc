"""Rebuild: the archive alone makes every balance that the tables show, and what differs is named."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap.part import replaced
from chalicelib.store.pages import DynamoPages
from chalicelib.usecases.rebuild_balances import RebuildBalances
from chalicelib.usecases.standing_balances import StandingBalances
from local.testing import World
from tests.e2e.busy_world import READERS, Busy, busy_world
from tests.e2e.by_hand import Operator
from tests.e2e.shop import NAMED, VIRTUAL


@pytest.fixture
def busy(world: World) -> Iterator[Busy]:
    operator = Operator(world)
    with replaced(operator.parts | {bootstrap.sleep_ms: lambda ms: None}):
        yield busy_world(world, operator)


def add_fen(busy: Busy, table: str, key: dict[str, str], column: str, fen: int) -> None:
    busy.world.client("dynamodb").update_item(
        TableName=busy.world.table_name(table),
        Key={name: {"S": value} for name, value in key.items()},
        UpdateExpression="ADD #c :f",
        ExpressionAttributeNames={"#c": column},
        ExpressionAttributeValues={":f": {"N": str(fen)}},
    )


def test_a_busy_world_is_rebuilt_from_its_archive_to_the_fen(busy: Busy) -> None:
    bootstrap.seal_archive()(bootstrap.now() + timedelta(days=1))
    before = busy.operator.everything()
    rebuilt = busy.rebuilt()
    assert (rebuilt["differences"], rebuilt["findings"], rebuilt["is_complete"]) == ([], [], True)
    totals = rebuilt["totals_fen"]
    assert {total["archive"] - total["table"] for total in totals.values()} == {0}
    assert {"L:PREPAID", "L:COMM_FROZEN", "L:COMM_AVAIL", "L:WD_HOLD", "A:CHANNEL"} <= set(totals)
    assert totals["L:PREPAID"]["archive"] == sum(
        int(item["available_fen"]["N"]) for item in busy.world.items("cards")
    )
    assert rebuilt["records"] == len(busy.world.items("journal")) + joined(busy)
    assert (rebuilt["not_archived_yet"], rebuilt["oldest_not_archived_at"]) == (0, None)
    assert busy.operator.everything() == before, "nothing is written"


def joined(busy: Busy) -> int:
    return sum(1 for item in busy.world.items("edges") if "record" in item)


def test_a_fen_planted_on_a_card_is_named(busy: Busy) -> None:
    card_id = next(item["pk"]["S"] for item in busy.world.items("cards") if item["balance_fen"]["N"] != "0")
    for planted, differs in ((1, 1), (-2, -1)):
        add_fen(busy, "cards", {"pk": card_id}, "available_fen", planted)
        rebuilt = busy.rebuilt()
        (difference,) = rebuilt["differences"]
        assert difference.startswith(f"card {card_id} available_fen: the table says ")
        total = rebuilt["totals_fen"]["L:PREPAID"]
        assert total["table"] - total["archive"] == differs


def test_money_of_an_account_that_the_archive_never_heard_of_is_named(busy: Busy) -> None:
    key = {"pk": "dst_ZZZZZZZZZZZZ"}
    add_fen(busy, "accounts", key | {"sk": "main"}, "held_fen", 5)
    add_fen(busy, "accounts", key | {"sk": "frozen#20991231"}, "frozen_fen", 7)
    assert sorted(busy.rebuilt()["differences"]) == [
        "account dst_ZZZZZZZZZZZZ held_fen: the table says 5, the archive 0",
        "pot dst_ZZZZZZZZZZZZ:20991231 frozen_fen: the table says 7, the archive 0",
    ]


def test_an_account_that_is_gone_from_its_table_is_named(busy: Busy) -> None:
    item = next(item for item in busy.world.items("accounts") if item.get("held_fen", {"N": "0"})["N"] != "0")
    bootstrap.dynamo().delete("accounts", (item["pk"]["S"], item["sk"]["S"]))
    differences = busy.rebuilt()["differences"]
    assert [text for text in differences if f"{item['pk']['S']} held_fen: the table says 0" in text]


def test_a_line_that_is_missing_from_the_platforms_own_books_is_named(busy: Busy) -> None:
    line = next(
        item
        for item in busy.world.items("views")
        if "platform#I:FEE" in item["pk"]["S"] or "platform#A:CHANNEL" in item["pk"]["S"]
    )
    bootstrap.documents().delete("views", line["pk"]["S"], line["sk"]["S"])
    (difference,) = busy.rebuilt()["differences"]
    _, account, day = line["pk"]["S"].split("#")
    assert difference.startswith(f"{account}|{day}: the table says ")


def archive_keys() -> list[str]:
    return bootstrap.archive_objects().list("records/")


def test_a_record_that_was_cut_out_of_the_archive_is_found_and_so_is_what_it_moved(busy: Busy) -> None:
    objects = bootstrap.archive_objects()
    key = archive_keys()[0]
    lines = gzip.decompress(objects.get(key) or b"").splitlines(keepends=True)
    cut = next(number for number, line in enumerate(lines) if b"L:PREPAID" in line)
    rest = b"".join(lines[:cut] + lines[cut + 1 :])
    objects.client.put_object(Bucket=objects.bucket, Key=key, Body=gzip.compress(rest))
    rebuilt = busy.rebuilt()
    assert f"archive object {key}: overwritten" in rebuilt["findings"]
    assert any(f"archive sequence {cut + 1}: missing" in finding for finding in rebuilt["findings"])
    assert any(text.startswith("card ") for text in rebuilt["differences"])
    assert rebuilt["not_archived_yet"] == 0, "its place in the index says that it was archived"


def test_what_is_not_archived_yet_is_counted_apart_and_is_no_difference(busy: Busy) -> None:
    sold = busy.shop.bought(NAMED)
    busy.world.drain(only=READERS)
    rebuilt = busy.rebuilt()
    assert (rebuilt["differences"], rebuilt["not_archived_yet"]) == ([], 1)
    assert rebuilt["totals_fen"]["L:PREPAID"]["waiting"] == sold.face_fen
    assert datetime.fromisoformat(rebuilt["oldest_not_archived_at"]) == sold.paid_at
    add_fen(busy, "cards", {"pk": sold.card_ids[0]}, "available_fen", 1)
    (difference,) = busy.rebuilt()["differences"]
    said = f"the table says {sold.face_fen + 1}, the archive 0 and {sold.face_fen} waiting"
    assert difference.endswith(said)
    add_fen(busy, "cards", {"pk": sold.card_ids[0]}, "available_fen", -1)
    busy.archived()
    assert (busy.rebuilt()["differences"], busy.rebuilt()["not_archived_yet"]) == ([], 0)


@dataclass(frozen=True)
class Interrupted:
    """Pages between which the world goes on."""

    pages: DynamoPages
    busy: Busy

    def page(self, table: str, after: tuple[str, str] = ("", ""), limit: int = 0) -> Any:
        self.busy.shop.bought(NAMED)
        answer = self.pages.page(table, after, limit)
        self.busy.shop.bought(NAMED)
        self.busy.world.drain(only=READERS)
        if table == "accounts":
            self.busy.archived()
        self.busy.shop.bought(VIRTUAL)
        self.busy.world.drain(only=READERS)
        return answer


def test_a_world_that_goes_on_meanwhile_raises_no_alarm(busy: Busy) -> None:
    pages = Interrupted(DynamoPages(bootstrap.dynamo()), busy)
    rebuild = RebuildBalances(
        bootstrap.archive_objects(),
        bootstrap.archive_index(),
        StandingBalances(bootstrap.documents(), pages),
        lambda ms: None,
    )
    rebuilt = rebuild(bootstrap.now(), lambda: False)
    assert (rebuilt.differences, rebuilt.findings, len(rebuilt.waiting)) == ([], [], 1)


def test_a_run_that_had_no_time_says_that_it_is_not_complete(busy: Busy) -> None:
    rebuilt = bootstrap.rebuild_balances()(bootstrap.now(), lambda: True)
    assert (rebuilt.is_complete, rebuilt.accounts, rebuilt.differences) == (False, 0, [])
    looks = iter([False] * 6)
    cut_off = bootstrap.rebuild_balances()(bootstrap.now(), lambda: next(looks, None) is None)
    assert (cut_off.is_complete, cut_off.differences) == (False, [])
