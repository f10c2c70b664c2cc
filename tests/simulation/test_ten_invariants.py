"""The ten invariants: is each of them judged in every simulated world, and does a violation show?

A small world in which all is well has one violation planted, past the product, and
the judgement says so. (6) is told of the writes that a task made, (10) of its log.
"""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.record import canonical, digest_of
from chalicelib.observability import logger
from chalicelib.store.values import to_item
from chalicelib.usecases.place_order import Purchase
from local.people import at_their_word
from tests.e2e.shop import NAMED, STOCK
from tests.simulation import judgement
from tests.simulation.faults import NoFaults
from tests.simulation.features import Features
from tests.simulation.refused import left_behind
from tests.simulation.world import World


@dataclass
class Planted:
    """A world with a few paid orders, past whose product somebody writes."""

    world: World

    def write(self, table: str, item: dict[str, Any]) -> None:
        self.world.points.apply("PutItem", {"TableName": table, "Item": item})

    def remove(self, table: str, item: dict[str, Any]) -> None:
        key = {name: item[name] for name in ("pk", "sk") if name in item}
        self.world.points.apply("DeleteItem", {"TableName": table, "Key": key})

    def change(self, table: str, item: dict[str, Any], **columns: Any) -> None:
        self.write(table, {**item, **to_item(columns)})

    def record(self, item: dict[str, Any], entry_id: str = "", **fields: Any) -> None:
        """Another record of the journal like this one, with these fields of its own."""
        body = json.loads(item["body"]["S"]) | {"entry": entry_id or item["sk"]["S"]} | fields
        known = {"sk": body["entry"], "body": canonical(body).decode(), "digest": digest_of(body)}
        self.write("journal", {**item, **to_item(known)})

    def of(self, table: str, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        return next(item for item in self.world.items(table) if fits(item))

    def posting(self, action: str) -> dict[str, Any]:
        return self.of("journal", lambda item: f'"action":"{action}"' in item["body"]["S"])

    def account(self) -> dict[str, Any]:
        return self.of("accounts", lambda item: item["sk"]["S"] == "main" and "available_fen" in item)

    @property
    def sentences(self) -> str:
        world = self.world
        found = [
            *world.watch.broken,
            *world.complaints.found,
            *judgement.judged(world),
            *world.secrets.told(),
        ]
        return "\n".join(found)


@pytest.fixture
def planted() -> Iterator[Planted]:
    with World(8, Features(), NoFaults()).opened() as world:
        planted = Planted(world)
        assert planted.sentences == ""
        yield planted


def test_1_a_record_whose_sides_differ(planted: Planted) -> None:
    sale = planted.posting("SALE_ISSUER")
    lines = json.loads(sale["body"]["S"])["lines"]
    planted.record(sale, "another", lines=[[lines[0][0], lines[0][1] + 1], *lines[1:]])
    assert "do not balance" in planted.sentences


@pytest.mark.parametrize("column", ["available_fen", "held_fen"])
def test_2_less_than_nothing(planted: Planted, column: str) -> None:
    planted.change("accounts", planted.account(), **{column: -1})
    assert f"{column} is -1" in planted.sentences


def test_2_more_than_the_limit_of_a_card(planted: Planted) -> None:
    card = planted.of("cards", lambda item: item["balance_fen"]["N"] != "0")
    planted.change("cards", card, balance_fen=500_001)
    assert "500001" in planted.sentences


def test_3_a_fen_that_no_entry_explains(planted: Planted) -> None:
    item = planted.account()
    planted.change("accounts", item, available_fen=int(item["available_fen"]["N"]) + 1)
    assert "its journal says" in planted.sentences


def test_4_a_version_that_is_left_out(planted: Planted) -> None:
    item = planted.account()
    planted.change("accounts", item, version=int(item["version"]["N"]) + 2)
    assert "was followed by" in planted.sentences


def test_5_a_sale_that_is_posted_twice(planted: Planted) -> None:
    planted.record(planted.posting("SALE_ISSUER"), "once more")
    assert "has 2 postings" in planted.sentences


def test_6_a_refused_operation_that_keeps_what_it_took(planted: Planted) -> None:
    world = planted.world

    def left_by(take: Callable[[], object]) -> list[str]:
        world.writes.begin("op1/1")
        task = world.scheduler.spawn("op1/1", take, world.scheduler.now_ms)
        world.run_for(5_000)
        assert task.error is None
        return list(left_behind(world.writes.end("op1/1")))

    def take_and_give_back() -> None:
        bootstrap.stock().give_back(STOCK.sku_id, bootstrap.stock().claim(STOCK.sku_id))

    buyer = world.ground.actors[world.ground.customers[0]]
    purchase = Purchase("CARD_SALE", NAMED.sku_id, NAMED.price_fen, channel="sandbox")
    command = world.ground.command(buyer)
    (order,) = left_by(lambda: bootstrap.place_order()(command, purchase))
    assert order.startswith(f"orders/{buyer.person_id}/")
    (taken,) = left_by(lambda: bootstrap.stock().claim(STOCK.sku_id))
    assert taken.endswith("can be taken -1 times")
    assert left_by(take_and_give_back) == []


def test_7_commission_beyond_the_table_of_rates(planted: Planted) -> None:
    entry = planted.posting("COMMISSION")
    lines = json.loads(entry["body"]["S"])["lines"]
    planted.remove("journal", entry)
    planted.record(entry, lines=[[account, 2 * fen] for account, fen in lines])
    assert "the model says" in planted.sentences


def test_7_a_third_level(planted: Planted) -> None:
    entry = planted.posting("COMMISSION")
    order = entry["sk"]["S"].rpartition("_")[0]
    for level in (2, 3):
        planted.record(entry, f"{order}_{level}")
    assert "pays 3 levels" in planted.sentences


def test_8_a_withdrawal_that_is_refused_after_it_was_let_go(planted: Planted) -> None:
    person_id = next(one for one in planted.world.ground.distributors if _available_fen(one))
    command = planted.world.ground.command(planted.world.ground.actors[person_id])
    at_their_word(bootstrap.request_withdrawal())(command, 100)
    asked = planted.posting("WITHDRAWAL_REQUEST")
    for number, step in ((1, "APPROVE_LAST"), (2, "REJECT")):
        planted.record(
            asked,
            f"{asked['sk']['S']}#{number:02}",
            action="withdrawal.step",
            about={"step": step},
            lines=[],
            actor="stf_NNNNNNNNNNNN",
        )
    assert "was decided more than once" in planted.sentences


def _available_fen(person_id: str) -> int:
    return bootstrap.accounts().balances(distributor_id_of(person_id), with_pots=False).available_fen


@pytest.mark.parametrize("kind", ["changed", "removed"])
def test_9_a_record_that_does_not_stay_as_it_is(planted: Planted, kind: str) -> None:
    sale = planted.posting("SALE_ISSUER")
    if kind == "removed":
        planted.remove("journal", sale)
    else:
        planted.record(sale, reason="another one")
    assert "a record of the journal was changed" in planted.sentences


@pytest.mark.parametrize("level", [logging.INFO, logging.ERROR])
def test_10_a_card_number_in_a_line_of_the_log(planted: Planted, level: int) -> None:
    card = next(card for card in map(bootstrap.cards().get, _card_ids(planted)) if card and card.sealed)
    number = planted.world.keys.open(card.sealed, card.card_id).partition("|")[0]
    logger.log(level, "a card was looked at", extra={"card": {"number": number}})
    told = [sentence for sentence in planted.sentences.splitlines() if "tells a secret" in sentence]
    assert len(told) == 1
    assert number not in told[0]


def test_10_a_phone_in_the_text_of_an_exception_and_in_a_metric(planted: Planted) -> None:
    planted.world.keys.blind_index("13912345678")
    try:
        raise ValueError("13912345678 is nobody")
    except ValueError:
        logger.exception("a person was not found")
    assert "tells a secret of 11 characters" in planted.sentences


def test_10_what_is_printed_counts_as_said() -> None:
    with World(8, Features(), NoFaults()).opened() as world:
        world.keys.seal("王小明|6222021234567890", "payee")
        print('{"_aws":{"Timestamp":1},"holder":"王小明"}')
        assert "tells a secret of 3 characters" in Planted(world).sentences


def _card_ids(planted: Planted) -> list[str]:
    return [item["pk"]["S"] for item in planted.world.items("cards")]
