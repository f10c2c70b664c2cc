"""The judgement beyond the tables: do purses, the archive and the bills show what is wrong with them?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.channel_bill import BillLine
from chalicelib.domain.outside import PaymentNotice
from chalicelib.store.values import to_item
from chalicelib.usecases.grant_campaigns import GRANTED, PURSE
from chalicelib.usecases.place_order import Purchase
from tests.e2e.invariants import Tables
from tests.e2e.shop import NAMED
from tests.simulation.archived import not_sealed, the_archive_is_whole
from tests.simulation.bills import bills_agree, not_billed
from tests.simulation.campaigns import plans_of, purses_gave_what_was_granted, purses_in
from tests.simulation.faults import NoFaults
from tests.simulation.features import HOUR_MS, Features
from tests.simulation.streams import Weather
from tests.simulation.world import World

SEEDS = range(1, 200)


def sold(world: World) -> None:
    """Somebody below a distributor buys a card and pays through the channel."""
    ground = world.ground
    ground.now = world.now()
    buyer = next(ground.actors[one] for one in ground.customers if ground.actors[one].referrers)
    purchase = Purchase("CARD_SALE", NAMED.sku_id, NAMED.price_fen, channel="sandbox")
    order = bootstrap.place_order()(ground.command(buyer), purchase).order
    world.payment.pay(order.order_id)
    paid = world.payment.payments[order.order_id]
    assert paid.at is not None
    notice = PaymentNotice("sandbox", order.order_id, paid.payment_id, paid.amount_fen, "SUCCEEDED", paid.at)
    bootstrap.settle_payment()(notice, world.now())
    world.run_for(60_000)


def has_a_purse(world: World) -> bool:
    return any(fen for plan in plans_of(world).values() for fen in purses_in(plan).values())


def has_a_buyer(world: World) -> bool:
    return any(world.ground.actors[one].referrers for one in world.ground.customers)


@pytest.fixture(scope="module")
def granting() -> Iterator[World]:
    """A world in which an order took something from a purse."""
    for seed in SEEDS:
        with World(seed, Features(), NoFaults()).opened() as world:
            if not has_a_purse(world) or not has_a_buyer(world):
                continue
            for _ in range(3):
                sold(world)
            if any(item["sk"]["S"] == GRANTED for item in world.items("work")):
                yield world
                return
    raise AssertionError("no ground has a purse that pays")


def purses(world: World) -> list[str]:
    return list(purses_gave_what_was_granted(world, Tables.read(world.items)))


def rewritten(world: World, table: str, item: dict[str, Any], **columns: Any) -> None:
    world.points.apply("PutItem", {"TableName": table, "Item": {**item, **to_item(columns)}})


def test_a_fen_that_left_a_purse_for_nobody_is_told(granting: World) -> None:
    assert purses(granting) == []
    purse = next(item for item in granting.items("work") if item["sk"]["S"] == PURSE)
    rewritten(granting, "work", purse, left_fen=int(purse["left_fen"]["N"]) - 1)
    assert "the purse" in purses(granting)[0]
    rewritten(granting, "work", purse)


def test_a_grant_that_its_order_did_not_earn_is_told(granting: World) -> None:
    grant = next(item for item in granting.items("work") if item["sk"]["S"] == GRANTED)
    rewritten(granting, "work", grant, granted={"season-p1": 1})
    assert any("the model says" in sentence for sentence in purses(granting))
    rewritten(granting, "work", grant)


def test_a_purse_that_is_overdrawn_is_told_at_the_write(granting: World) -> None:
    purse = next(item for item in granting.items("work") if item["sk"]["S"] == PURSE)
    rewritten(granting, "work", purse, left_fen=-1)
    assert any("left_fen is -1" in sentence for sentence in granting.watch.broken)
    granting.watch.broken.clear()
    rewritten(granting, "work", purse)


@pytest.fixture
def archived() -> Iterator[World]:
    with World(8, Features(weather=Weather()), NoFaults()).opened() as world:
        sold(world)
        world.run_for(24 * HOUR_MS)
        assert list(not_sealed(world))
        world.tick("seal_archive")
        assert [*not_sealed(world), *the_archive_is_whole(world)] == []
        yield world


def test_a_balance_that_the_archive_does_not_make_is_told(archived: World) -> None:
    item = next(item for item in archived.items("cards") if item["available_fen"]["N"] != "0")
    rewritten(archived, "cards", item, available_fen=int(item["available_fen"]["N"]) + 1)
    assert "the archive and the tables" in next(the_archive_is_whole(archived))


def test_an_object_that_is_gone_from_the_archive_is_told(archived: World) -> None:
    del archived.objects.contents[archived.objects.list("records/")[0]]
    assert list(the_archive_is_whole(archived))


def a_day_later(world: World) -> list[str]:
    """What is said when the bill of the day was compared."""
    world.tick("reconcile_channels")
    assert list(not_billed(world))
    world.run_for(26 * HOUR_MS)
    world.tick("reconcile_channels")
    assert list(not_billed(world)) == []
    return list(bills_agree(world))


def test_a_bill_that_says_what_was_booked_agrees() -> None:
    with World(8, Features(with_bills=True), NoFaults()).opened() as world:
        sold(world)
        assert a_day_later(world) == []


def test_a_bill_that_says_a_fen_more_is_told() -> None:
    def dearer(day: date, lines: list[BillLine]) -> list[BillLine]:
        return [replace(line, amount_fen=line.amount_fen + 1) for line in lines]

    with World(8, Features(with_bills=True), NoFaults()).opened() as world:
        world.payment.alter_bill = dearer
        sold(world)
        assert a_day_later(world)
        assert bootstrap.channel_names() == ("sandbox",)
