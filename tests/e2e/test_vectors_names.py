"""The worked number of real names, and around it: who must be known, who is not asked, and who splits?"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.alert import AlertState, alert_of, key_of
from chalicelib.domain.catalog import CardKind, Product, RealNameRequired
from chalicelib.domain.errors import Refusal
from chalicelib.domain.order import Order, OrderState
from chalicelib.domain.real_name import bearer_key
from chalicelib.risk.order_rules import decided_from
from chalicelib.usecases.place_order import Placed
from chalicelib.usecases.ports import Actor, Command
from local.testing import World
from tests.e2e.crowd import at_once, disturbed
from tests.e2e.shop import BUYER, NAMED, TOPUP, VIRTUAL, Shop, product

CARD_1000 = product("sku_1000", face_fen=100_000, price_fen=100_000, cost_fen=97_000)
CARD_DEAR = product("sku_dear", face_fen=90_000, price_fen=100_000, cost_fen=97_000)
ALERT_ID = f"alr_20261122_{BUYER}"


@pytest.fixture
def shop(world: World) -> Shop:
    open_shop = Shop()
    open_shop.catalog.shelf |= {item.sku_id: item for item in (CARD_1000, CARD_DEAR)}
    return open_shop


def unknown(shop: Shop, **more: Any) -> Command:
    """A command of the buyer, whose name nobody has confirmed."""
    return shop.command(real_name=False, **more)


def bought(shop: Shop, item: Product = CARD_1000, **wish: Any) -> Order:
    """A bearer card, bought and paid by the unknown buyer."""
    order = shop.pay(shop.buy(item, unknown(shop), **wish).order.order_id)
    assert order.state is OrderState.COMPLETED
    shop.later(minutes=1)
    return order


def items_of(world: World) -> dict[str, list[str]]:
    return {table: sorted(map(repr, world.items(table))) for table in ("orders", "cards", "journal", "work")}


def alerts(world: World) -> list[dict[str, Any]]:
    return [item for item in world.items("work") if item["pk"]["S"].startswith("alerts#")]


@pytest.mark.capability("S-096")
def test_v33_nine_bearer_cards_ask_for_no_name_and_the_tenth_does_with_an_alert(
    world: World, shop: Shop
) -> None:
    orders = [bought(shop) for _ in range(9)]
    assert alerts(world) == []
    tenth = unknown(shop)
    for _ in range(2):
        with pytest.raises(RealNameRequired):
            shop.buy(CARD_1000, tenth)
    assert len(world.items("orders")) == 9
    item = bootstrap.documents().get("work", *key_of(ALERT_ID), consistent=True)
    assert item is not None and len(alerts(world)) == 1
    alert = alert_of(item)
    assert (alert.rules, alert.severity, alert.held) == (("STRUCTURING",), "MEDIUM", ())
    assert (alert.order_id, alert.customer_id) == ("", BUYER)
    decision = decided_from(dict(alert.evidence))
    assert [(hit.measured, hit.threshold) for hit in decision.hits] == [(1_000_000, 1_000_000)]
    evidence = [part["order_id"] for part in alert.evidence["facts"]["earlier"]]
    assert evidence == [order.order_id for order in orders]
    (record,) = [r for r in bootstrap.books().records(BUYER) if r.action == "RISK_ALERT"]
    assert record.reason == "STRUCTURING"
    known = Command(Actor(BUYER, tenth.actor.roles, real_name=True), tenth.key, shop.now, tenth.request_hash)
    assert shop.buy(CARD_1000, known).order.state is OrderState.PENDING_PAY


@pytest.mark.parametrize("is_fraud, state", [(True, AlertState.CONFIRMED), (False, AlertState.CLEARED)])
def test_an_alert_about_a_refused_purchase_is_decided_once(
    world: World, shop: Shop, is_fraud: bool, state: AlertState
) -> None:
    for _ in range(9):
        bought(shop)
    with pytest.raises(RealNameRequired):
        shop.buy(CARD_1000, unknown(shop))
    officer = Command(Actor("stf_RRRRRRRRRRRR", frozenset({"risk"})), next(shop.keys), shop.now, "h", "seen")
    for _ in range(2):
        assert bootstrap.clear_alert()(officer, ALERT_ID, is_fraud).state is state
    assert [r.action for r in bootstrap.books().records(BUYER, ALERT_ID)] == ["RISK_ALERT", "RISK_VERDICT"]


@pytest.mark.parametrize("item", [CARD_1000, CARD_DEAR], ids=["face", "price"])
def test_as_much_at_once_asks_for_a_name_and_is_no_structuring(
    world: World, shop: Shop, item: Product
) -> None:
    before = items_of(world)
    with pytest.raises(RealNameRequired):
        shop.buy(item, unknown(shop), quantity=10, expected_fen=1_000_000)
    assert items_of(world) == before
    assert shop.buy(item, unknown(shop), quantity=9, expected_fen=900_000).order.quantity == 9


def test_a_day_later_the_first_purchase_counts_no_more(world: World, shop: Shop) -> None:
    began = shop.now
    for _ in range(9):
        bought(shop)
    shop.now = began
    shop.later(hours=23, minutes=59, seconds=59)
    with pytest.raises(RealNameRequired):
        shop.buy(CARD_1000, unknown(shop))
    shop.later(seconds=1)
    assert shop.buy(CARD_1000, unknown(shop)).order.state is OrderState.PENDING_PAY


def test_a_purchase_that_never_came_about_does_not_count(world: World, shop: Shop) -> None:
    for _ in range(8):
        bought(shop)
    cancelled = shop.buy(CARD_1000, unknown(shop)).order
    shop.close_order.cancelled(unknown(shop), cancelled.order_id)
    assert shop.buy(CARD_1000, unknown(shop)).order.state is OrderState.PENDING_PAY
    with pytest.raises(RealNameRequired):
        shop.buy(CARD_1000, unknown(shop))


def test_what_a_card_account_pays_counts_too(world: World, shop: Shop) -> None:
    bought(shop, quantity=9, expected_fen=900_000)
    account = shop.card_with(100_000, kind=CardKind.BEARER)
    with pytest.raises(RealNameRequired):
        shop.buy(CARD_1000, unknown(shop), pay_card_id=account)
    assert shop.buy(VIRTUAL, unknown(shop), pay_card_id=account).order.state is OrderState.COMPLETED


def test_the_same_command_counts_once(world: World, shop: Shop) -> None:
    command = unknown(shop)
    orders = {shop.buy(CARD_1000, command).order.order_id for _ in range(12)}
    assert len(orders) == 1
    assert len([bought(shop) for _ in range(8)]) == 8


def test_whoever_is_known_by_name_is_not_counted(world: World, shop: Shop) -> None:
    for _ in range(12):
        shop.bought(CARD_1000)
    assert bootstrap.documents().get("work", *bearer_key(BUYER), consistent=True) is None


@pytest.mark.capability("S-096")
def test_a_small_bearer_purchase_asks_for_nothing_and_a_named_card_for_a_name(
    world: World, shop: Shop
) -> None:
    order = bought(shop, VIRTUAL)
    named = shop.bought(NAMED).card_ids[0]
    before = items_of(world)
    refused: list[Callable[[], Placed]] = [
        partial(shop.buy, NAMED, unknown(shop)),
        partial(shop.buy, TOPUP, unknown(shop), card_id=named, amount_fen=1, expected_fen=1),
    ]
    for ask in refused:
        with pytest.raises(RealNameRequired):
            ask()
    assert items_of(world) == before
    held = [item for item in world.items("people") if re.search(BUYER, repr(item))]
    assert (order.face_fen, held) == (10_000, [])


@pytest.mark.race
@pytest.mark.parametrize("clients", [8, 32])
@pytest.mark.parametrize("is_disturbed", [False, True], ids=["quiet", "disturbed"])
def test_of_purchases_at_once_the_tenth_is_refused_whichever_it_is(
    world: World, shop: Shop, clients: int, is_disturbed: bool
) -> None:
    asks = [partial(shop.buy, CARD_1000, unknown(shop)) for _ in range(32)]
    with disturbed(world, is_disturbed):
        answers = at_once(clients, asks)
    refusals = [answer.code for answer in answers if isinstance(answer, Refusal)]
    assert refusals == ["REAL_NAME_REQUIRED"] * 23
    assert (len(world.items("orders")), len(alerts(world))) == (9, 1)
