"""Fraud checks when something else happens, or everything stops, between two of their steps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from chalicelib import bootstrap
from chalicelib.domain import due
from chalicelib.domain.alert import alert_id_of
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.order import Order
from chalicelib.usecases.clear_alert import ClearAlert
from chalicelib.usecases.query_unknown import QueryUnknown
from local.testing import World
from tests.e2e.shop import Shop
from tests.e2e.test_fraud_checks import NotedHolds, Watched, alert_about, state_of

FRIEND = "cus_CCCCCCCCCCCC"


@dataclass
class CutOffHolds(NotedHolds):
    """Holds during whose first holding somebody decides, and after which the process dies."""

    meanwhile: Callable[[], object] = field(default=lambda: None)
    dies_before: bool = False

    def hold(self, order: Order, reason: str, now: datetime) -> int:
        first = not self.held
        if first:
            self.held.append("begun")
            self.meanwhile()
        if first and self.dies_before:
            raise ConnectionError
        super().hold(order, reason, now)
        if first:
            raise ConnectionError
        return 0


@pytest.fixture
def watched(world: World) -> Watched:
    return Watched(Shop())


def test_a_card_that_was_bound_to_somebody_else_meanwhile_does_not_stop_the_alert(watched: Watched) -> None:
    card_id = watched.shop.card_with(0)
    watched.topped_up(10)
    watched.shop.later(seconds=30)
    order = watched.shop.bought(
        watched.shop.catalog.product("sku_topup"), card_id=card_id, amount_fen=100, expected_fen=100
    )
    bound = CardChange(card_id, (CardState.ACTIVE,), assign_to=FRIEND)
    bootstrap.books().commit(None, [bound])
    watched.check(order, watched.shop.now)
    alert = alert_about(order)
    assert alert is not None
    assert (alert.severity, alert.frozen_cards, state_of(card_id)) == ("HIGH", (), CardState.ACTIVE)


@pytest.mark.parametrize("is_fraud", [False, True])
def test_commission_whose_holding_was_cut_off_follows_the_verdict_that_came_in_between(
    world: World, is_fraud: bool
) -> None:
    holds = CutOffHolds(dies_before=is_fraud)
    watched = Watched(Shop(), holds)
    watched.shop.card_with(0)
    watched.topped_up(5)
    watched.shop.later(seconds=30)
    order = watched.shop.bought(
        watched.shop.catalog.product("sku_topup"), card_id="crd_A", amount_fen=100, expected_fen=100
    )
    assert order.paid_at is not None
    alert_id = alert_id_of(order.order_id, order.paid_at)
    holds.meanwhile = lambda: watched.clear(watched.verdict(), alert_id, is_fraud=is_fraud)
    with pytest.raises(ConnectionError):
        watched.check(order, watched.shop.now)
    freed_before, held_before = len(holds.freed), len(holds.held)
    watched.check(order, watched.shop.now)
    if is_fraud:
        assert len(holds.held) == held_before + 1
    else:
        assert len(holds.freed) == freed_before + 1


@dataclass
class DyingHolds(NotedHolds):
    """Holds that die the first time they are to let something go."""

    def free(self, order: Order, reason: str, now: datetime) -> int:
        freed = super().free(order, reason, now)
        if len(self.freed) == 1:
            raise ConnectionError
        return freed


def finished(clear: ClearAlert, now: datetime) -> int:
    """What the schedule that asks about open calls finds to finish."""
    ask = {due.VERDICT: lambda row, at: clear.finish(row.call_id, at)}
    return QueryUnknown(bootstrap.documents(), ask)(now).questions


def test_a_verdict_that_was_cut_off_lets_the_commission_go_though_nobody_says_it_again(world: World) -> None:
    holds = DyingHolds()
    watched = Watched(Shop(), holds)
    watched.shop.card_with(0)
    alert = alert_about(watched.topped_up(6))
    assert alert is not None
    with pytest.raises(ConnectionError):
        watched.clear(watched.verdict(), alert.alert_id, is_fraud=False)
    watched.shop.later(seconds=30)
    assert finished(watched.clear, watched.shop.now) == 1
    assert len(holds.freed) == 2
    watched.shop.later(hours=2)
    assert finished(watched.clear, watched.shop.now) == 0
