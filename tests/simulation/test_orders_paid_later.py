"""An order that waits is paid from a card account: once, by its buyer, and by nobody who was too late."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.change import Stale
from chalicelib.domain.errors import IllegalState, KeyReused, Unavailable
from chalicelib.domain.order import Order, OrderState
from chalicelib.usecases.pay_order import PayOrder
from tests.simulation.failing import FailingBooks, NoPlanYet, OvertakenOrders
from tests.simulation.ground import AGENT_STOCK, NAMED, STOCK, TOPUP, VIRTUAL
from tests.simulation.one_run import Scene
from tests.simulation.operation import account_card, paying, purchase_of
from tests.simulation.quiet_scene import card_of, order_of, refuses, waiting_order
from tests.simulation.small_ground import BRANCH, BUYER


def pay(scene: Scene, order: Order, card_id: str = "", by: str = BUYER) -> Order:
    done = bootstrap.pay_order()(scene.command(by), order.order_id, card_id or account_card(scene))
    assert done == order_of(order.order_id)
    return done


def paying_with(**parts: Any) -> PayOrder:
    return replace(bootstrap.pay_order(), **parts)


def available_fen(card_id: str) -> int:
    return card_of(card_id).available_fen


@pytest.mark.parametrize("item, quantity", [(VIRTUAL, 1), (NAMED, 1), (VIRTUAL, 3), (STOCK, 2)])
def test_a_card_pays_what_the_order_asks_and_the_cards_are_there(
    scene: Scene, item: Any, quantity: int
) -> None:
    order, payer = waiting_order(scene, purchase_of(item, quantity)), account_card(scene)
    before_fen = available_fen(payer)
    scene.pass_time(minutes=1)
    done = pay(scene, order)
    assert before_fen - available_fen(payer) == order.payable_fen
    assert [available_fen(card_id) for card_id in done.card_ids] == [item.face_fen] * quantity
    assert (done.state, done.payer, done.plan_id) == (OrderState.COMPLETED, f"card:{payer}", "p1")
    assert (done.paid_at, done.version) == (scene.now(), order.version + 1)


def test_a_top_up_is_credited_to_the_card_that_it_names_and_not_from_itself(scene: Scene) -> None:
    own = account_card(scene)
    order = waiting_order(scene, purchase_of(TOPUP, card_id=own, amount_fen=700))
    refuses(scene, "PRODUCT_NOT_OFFERED", lambda: pay(scene, order, own))
    bought = pay(scene, waiting_order(scene, purchase_of(NAMED)), own).card_ids[0]
    before_fen = available_fen(own)
    done = pay(scene, order, bought)
    assert (available_fen(own), done.card_ids) == (before_fen + 700, (own,))
    assert available_fen(bought) == NAMED.face_fen - 700


def test_an_oil_companys_card_is_not_paid_from_a_card_of_ours(scene: Scene) -> None:
    order = waiting_order(scene, purchase_of(AGENT_STOCK))
    refuses(scene, "PRODUCT_NOT_OFFERED", lambda: pay(scene, order))


def test_only_the_buyer_pays_and_only_with_a_card_of_his(scene: Scene) -> None:
    order = waiting_order(scene)
    refuses(scene, "ORDER_UNKNOWN", lambda: pay(scene, order, by=BRANCH))
    unknown = replace(order, order_id=f"{order.order_id[:-1]}0")
    refuses(scene, "ORDER_UNKNOWN", lambda: pay(scene, unknown))
    refuses(scene, "CARD_UNKNOWN", lambda: pay(scene, order, account_card(scene, BRANCH)))


def test_before_any_plan_an_order_earns_nobody_anything(scene: Scene) -> None:
    pay_it = paying_with(catalog=NoPlanYet())
    done = pay_it(scene.command(BUYER), waiting_order(scene).order_id, account_card(scene))
    assert (done.plan_id, done.state) == ("", OrderState.COMPLETED)


def test_a_payment_that_comes_again_is_one_and_a_second_one_is_refused(scene: Scene) -> None:
    order, payer, command = waiting_order(scene), account_card(scene), scene.command(BUYER)
    pay_it = bootstrap.pay_order()
    first = pay_it(command, order.order_id, payer)
    assert pay_it(command, order.order_id, payer) == first
    other = replace(command, request_hash="other")
    refuses(scene, KeyReused.code, lambda: pay_it(other, order.order_id, payer))
    refuses(scene, IllegalState.code, lambda: pay(scene, order))


def test_an_order_that_its_channel_was_paid_for_is_not_paid_again(scene: Scene) -> None:
    order = waiting_order(scene)
    paying(order.order_id).do(scene)
    refuses(scene, IllegalState.code, lambda: pay(scene, order))


def test_whoever_is_overtaken_once_tries_again_and_not_for_ever(scene: Scene) -> None:
    order, payer = waiting_order(scene), account_card(scene)
    stuck = FailingBooks([Stale("moved on") for _ in range(20)])
    pay_it = paying_with(books=stuck)
    refuses(scene, Unavailable.code, lambda: pay_it(scene.command(BUYER), order.order_id, payer))
    assert 1 < stuck.tries < 20
    once = paying_with(books=FailingBooks([Stale("moved on")]))
    assert once(scene.command(BUYER), order.order_id, payer).state is OrderState.COMPLETED


def test_whoever_pays_an_order_that_is_cancelled_meanwhile_is_told_of_the_order(scene: Scene) -> None:
    """Its reserved card is on sale again, which is not what the payer should hear."""
    order = waiting_order(scene, purchase_of(STOCK))
    command = scene.command(BUYER)
    orders = OvertakenOrders(lambda: bootstrap.close_order().cancelled(command, order.order_id))
    pay_it = paying_with(orders=orders)
    with pytest.raises(IllegalState) as refused:
        pay_it(scene.command(BUYER), order.order_id, account_card(scene))
    assert refused.value.facts["entity"] == order.order_id
    assert refused.value.facts["state"] == OrderState.CLOSED
