"""Fraud checks behind the real streams: what the reader of paid orders finds, holds, and lets go again."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.alert import Alert, AlertState, alert_id_of, alert_of, key_of
from chalicelib.domain.order import Order
from local.testing import World
from tests.e2e.tree import Tree, a_plan

OFFICER = "stf_RRRRRRRRRRRR"
SIX_TOPUPS_FEN = 100_000


@pytest.fixture
def tree(world: World) -> Tree:
    grown = Tree(world)
    grown.publish(a_plan())
    return grown


def alert_about(order: Order) -> Alert | None:
    assert order.paid_at is not None
    key = key_of(alert_id_of(order.order_id, order.paid_at))
    item = bootstrap.documents().get("work", *key, consistent=True)
    return alert_of(item) if item else None


def six_topups(tree: Tree, *chain: str) -> Order:
    """The last of six top-ups of one buyer within some seconds."""
    orders = []
    for _ in range(6):
        orders.append(tree.order(*chain, paid_fen=SIX_TOPUPS_FEN))
        tree.now += timedelta(seconds=2)
    return orders[-1]


def in_risk_pot_fen(distributor_id: str) -> int:
    return bootstrap.accounts().pot(distributor_id, "risk").frozen_fen


def check_first(tree: Tree) -> None:
    tree.world.drain(only={"watch_orders"})
    tree.drain()


def commission_first(tree: Tree) -> None:
    tree.drain()
    tree.world.drain(only={"watch_orders"})


@pytest.mark.parametrize("way", [check_first, commission_first])
def test_the_commission_of_a_suspicious_order_is_held_whichever_reader_comes_first(
    tree: Tree, way: Callable[[Tree], None]
) -> None:
    root, seller = tree.line(2)
    last = six_topups(tree, seller, root)
    way(tree)
    alert = alert_about(last)
    assert alert is not None
    assert (alert.rules, alert.held) == (("VELOCITY_COUNT",), ("COMMISSION",))
    assert (in_risk_pot_fen(seller), in_risk_pot_fen(root)) == (800, 300)
    assert (tree.balances(seller)[1], tree.balances(root)[1]) == (6 * 800, 6 * 300)
    tree.check_books()


def test_a_verdict_of_no_fraud_lets_the_commission_go_to_its_release_day(tree: Tree) -> None:
    (seller,) = tree.line(1)
    last = six_topups(tree, seller)
    check_first(tree)
    alert = alert_about(last)
    assert alert is not None
    command = tree.office(OFFICER, "risk", reason="the buyer runs a fleet")
    for _ in range(2):
        assert bootstrap.clear_alert()(command, alert.alert_id, is_fraud=False).state is AlertState.CLEARED
    tree.world.drain(only={"watch_orders"})
    assert in_risk_pot_fen(seller) == 0
    assert tree.balances(seller)[1] == 6 * 800
    tree.check_books()


def test_a_verdict_of_fraud_keeps_the_commission_until_the_order_is_refunded(tree: Tree) -> None:
    (seller,) = tree.line(1)
    last = six_topups(tree, seller)
    check_first(tree)
    alert = alert_about(last)
    assert alert is not None
    command = tree.office(OFFICER, "risk", reason="a stolen bank card")
    bootstrap.clear_alert()(command, alert.alert_id, is_fraud=True)
    assert in_risk_pot_fen(seller) == 800
    tree.refund(last, SIX_TOPUPS_FEN)
    tree.drain()
    assert (in_risk_pot_fen(seller), tree.balances(seller)[1]) == (0, 5 * 800)
    tree.check_books()


def test_a_distributor_who_buys_in_his_own_tree_without_saying_so_is_held(tree: Tree) -> None:
    root, seller = tree.line(2)
    buyer = f"cus_{root[4:]}"
    order = tree.order(seller, root, customer_id=buyer)
    check_first(tree)
    alert = alert_about(order)
    assert alert is not None
    assert (alert.rules, alert.severity) == (("SELF_PURCHASE",), "MEDIUM")
    assert (in_risk_pot_fen(seller), in_risk_pot_fen(root)) == (800, 300)


def test_checks_under_faults_hold_each_order_once(tree: Tree) -> None:
    root, seller = tree.line(2)
    last = six_topups(tree, seller, root)
    with tree.world.faults(rate=0.1, seed=3):
        commission_first(tree)
    assert alert_about(last) is not None
    assert (in_risk_pot_fen(seller), in_risk_pot_fen(root)) == (800, 300)
    tree.check_books()
