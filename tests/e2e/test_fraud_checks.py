"""Fraud checks on the embedded engine: what is suspicious is held once, and decided about once."""

import itertools
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.alert import (
    Alert,
    AlertDecided,
    AlertState,
    AlertUnknown,
    alert_id_of,
    alert_of,
    key_of,
)
from chalicelib.domain.card import CardState
from chalicelib.domain.errors import KeyReused
from chalicelib.domain.order import ChainLink, Order, OrderState
from chalicelib.risk.order_rules import decided_from
from chalicelib.usecases.check_order import CheckOrder
from chalicelib.usecases.clear_alert import ClearAlert
from chalicelib.usecases.hold_order import HoldOrder
from chalicelib.usecases.ports import Actor, Command
from local.testing import World
from tests.e2e.shop import AGENT_STOCK, AGENT_TOPUP, BUYER, NAMED, TOPUP, Shop
from tests.fakes.ulids import ulid_of_number

OFFICER = "stf_RRRRRRRRRRRR"


@dataclass
class NotedHolds:
    """What was asked of the commission's holder."""

    held: list[str] = field(default_factory=list)
    freed: list[str] = field(default_factory=list)

    def hold(self, order: Order, reason: str, now: datetime) -> int:
        self.held.append(f"{order.order_id} {reason}")
        return 0

    def free(self, order: Order, reason: str, now: datetime) -> int:
        self.freed.append(f"{order.order_id} {reason}")
        return 0


@dataclass
class Watched:
    """A shop whose paid orders are checked, and an officer."""

    shop: Shop
    holds: NotedHolds = field(default_factory=NotedHolds)

    def __post_init__(self) -> None:
        defaults = {"topup_count": 5, "topup_minutes": 10, "topup_sum_fen": 1_000_000, "card_count_max": 5}
        self.shop.catalog.parameters |= {f"risk.{name}": number for name, number in defaults.items()}
        books, orders, cards, documents = (
            bootstrap.books(), bootstrap.orders(), bootstrap.cards(), bootstrap.documents(),
        )  # fmt: skip
        hold = HoldOrder(books, orders, cards, documents, self.holds)
        self.check = CheckOrder(orders, documents, self.shop.catalog, hold)
        self.clear = ClearAlert(books, orders, cards, documents, self.holds)

    def topped_up(self, count: int, amount_fen: int = 100, sku: Any = TOPUP, card: str = "crd_A") -> Order:
        """So many top-ups half a minute apart, each checked as it is paid; the last one, as it was paid."""
        order = None
        for _ in range(count):
            self.shop.later(seconds=30)
            order = self.shop.bought(sku, card_id=card, amount_fen=amount_fen, expected_fen=amount_fen)
            self.check(order, self.shop.now)
        assert order is not None
        return order

    def verdict(self, key: str = "", reason: str = "looked at it", request: str = "same") -> Command:
        officer = Actor(OFFICER, frozenset({"risk"}))
        return Command(officer, key or next(self.shop.keys), self.shop.now, request, reason)


@pytest.fixture
def watched(world: World) -> Watched:
    return Watched(Shop())


def stored(order: Order) -> Order:
    found = bootstrap.orders().get(order.order_id)
    assert found is not None
    return found


def alert_about(order: Order) -> Alert | None:
    assert order.paid_at is not None
    key = key_of(alert_id_of(order.order_id, order.paid_at))
    item = bootstrap.documents().get("work", *key, consistent=True)
    return alert_of(item) if item else None


def everything(world: World) -> list[object]:
    return [sorted(map(repr, world.items(table))) for table in ("orders", "cards", "journal", "work")]


def test_the_sixth_topup_within_ten_minutes_raises_one_alert_and_the_fifth_none(watched: Watched) -> None:
    watched.shop.card_with(0)
    fifth = watched.topped_up(5)
    assert alert_about(fifth) is None
    sixth = watched.topped_up(1)
    alert = alert_about(sixth)
    assert alert is not None
    assert (alert.rules, alert.severity, alert.state) == (("VELOCITY_COUNT",), "MEDIUM", AlertState.OPEN)
    assert alert.due_at == alert.raised_at + timedelta(hours=24)
    assert watched.holds.held == [f"{sixth.order_id} VELOCITY_COUNT"]


def test_orders_under_old_keys_count_like_any_others(watched: Watched) -> None:
    watched.shop.card_with(0)
    yesterday = (
        ulid_of_number(watched.shop.now - timedelta(hours=23), number) for number in itertools.count()
    )
    wish = {"card_id": "crd_A", "amount_fen": 100, "expected_fen": 100}
    for _ in range(60):  # more than one page of newer ones
        watched.shop.buy(TOPUP, **wish)
    for _ in range(6):
        placed = watched.shop.buy(TOPUP, watched.shop.command(next(yesterday)), **wish)
        last = watched.shop.pay(placed.order.order_id)
        watched.check(last, watched.shop.now)
        watched.shop.later(seconds=30)
    assert alert_about(last) is not None


def test_the_decision_can_be_made_again_from_the_alert(watched: Watched) -> None:
    watched.shop.card_with(0)
    alert = alert_about(watched.topped_up(6))
    assert alert is not None
    again = decided_from(dict(alert.evidence))
    assert (again.rule_ids, again.severity) == (alert.rules, alert.severity)


def test_a_check_that_comes_again_changes_nothing(watched: Watched, world: World) -> None:
    watched.shop.card_with(0)
    order = watched.topped_up(6)
    before = everything(world)
    watched.check(order, watched.shop.now + timedelta(hours=1))
    watched.check(stored(order), watched.shop.now + timedelta(days=2))
    assert everything(world) == before


def test_the_alert_and_what_it_holds_leave_an_audit_record(watched: Watched) -> None:
    watched.shop.card_with(0)
    order = watched.topped_up(6)
    record = bootstrap.books().record(BUYER, f"{order.order_id}#risk")
    assert record is not None
    assert (record.action, record.actor, record.reason) == ("RISK_ALERT", "system", "VELOCITY_COUNT")
    assert record.about["held"] == ["COMMISSION"]


def test_a_severe_case_freezes_the_card_and_a_verdict_of_no_fraud_frees_it(watched: Watched) -> None:
    card_id = watched.shop.card_with(0)
    order = watched.topped_up(10)
    assert state_of(card_id) is CardState.ACTIVE
    order = watched.topped_up(1)
    alert = alert_about(order)
    assert alert is not None
    assert (alert.severity, alert.frozen_cards, state_of(card_id)) == ("HIGH", (card_id,), CardState.FROZEN)
    decided = watched.clear(watched.verdict(), alert.alert_id, is_fraud=False)
    assert (decided.state, decided.decided_by) == (AlertState.CLEARED, OFFICER)
    assert state_of(card_id) is CardState.ACTIVE
    assert watched.holds.freed == [f"{order.order_id} looked at it"]


def state_of(card_id: str) -> CardState:
    card = bootstrap.cards().get(card_id)
    assert card is not None
    return card.state


def test_more_than_five_cards_in_a_day_are_held_by_their_number(watched: Watched) -> None:
    orders = []
    for _ in range(6):
        watched.shop.later(minutes=30)
        orders.append(watched.shop.bought(NAMED))
        watched.check(orders[-1], watched.shop.now)
    assert [alert_about(order) is not None for order in orders] == [False] * 5 + [True]
    last = alert_about(orders[-1])
    assert last is not None
    assert last.rules == ("MANY_CARDS",)


def test_buying_through_ones_own_downline_holds_the_commission(watched: Watched) -> None:
    documents = bootstrap.documents()
    documents.put("edges", "dst_BBBBBBBBBBBB", "self", {"root": "dst_R", "state": "ACTIVE"})
    documents.put("edges", "dst_CCCCCCCCCCCC", "self", {"root": "dst_R", "state": "ACTIVE"})
    order = watched.shop.bought(NAMED)
    order = replace(order, chain=(ChainLink("dst_CCCCCCCCCCCC", "", True),))
    decision = watched.check(order, watched.shop.now)
    assert decision.rule_ids == ("SELF_PURCHASE",)
    assert watched.holds.held == [f"{order.order_id} SELF_PURCHASE"]
    documents.put("edges", "dst_CCCCCCCCCCCC", "self", {"root": "dst_S", "state": "ACTIVE"})
    assert watched.check(order, watched.shop.now).rule_ids == ()


def test_a_topup_that_waits_for_the_oil_company_is_held_and_not_submitted(watched: Watched) -> None:
    order, alert = held_topup(watched)
    assert stored(order).state is OrderState.RISK_HOLD
    assert "GOODS" in alert.held
    watched.shop.submit_top_up(order.order_id, watched.shop.now)
    assert stored(order).state is OrderState.RISK_HOLD
    assert watched.shop.issuer.topups.done == {}


def test_a_held_topup_goes_on_after_a_verdict_of_no_fraud(watched: Watched) -> None:
    order, alert = held_topup(watched)
    watched.clear(watched.verdict(), alert.alert_id, is_fraud=False)
    assert stored(order).state is OrderState.PAID
    watched.check(order, watched.shop.now)
    assert stored(order).state is OrderState.PAID
    watched.shop.submit_top_up(order.order_id, watched.shop.now)
    assert stored(order).state is OrderState.COMPLETED


def test_a_held_topup_goes_back_to_its_payer_after_a_verdict_of_fraud(watched: Watched) -> None:
    order, alert = held_topup(watched)
    watched.clear(watched.verdict(), alert.alert_id, is_fraud=True)
    returned = stored(order)
    assert returned.state is OrderState.REFUNDING
    record = bootstrap.books().record(BUYER, f"{order.order_id}#verdict")
    assert record is not None
    assert (record.action, sum(line.amount_fen for line in record.lines)) == ("REFUND_AGENT", 0)
    watched.shop.send_refund(order.order_id, watched.shop.now)
    assert stored(order).state is OrderState.REFUNDED
    assert watched.holds.freed == []


def held_topup(watched: Watched) -> tuple[Order, Alert]:
    """An oil company's top-up of 10 000 yuan, held before it is submitted."""
    (card_id,) = watched.shop.stocked(AGENT_STOCK, 1)
    watched.shop.bought(AGENT_STOCK)
    order = watched.topped_up(1, 1_000_000, AGENT_TOPUP, card_id)
    alert = alert_about(order)
    assert alert is not None
    return order, alert


def test_of_two_verdicts_the_first_counts(watched: Watched, world: World) -> None:
    _, alert = held_topup(watched)
    first = watched.verdict()
    watched.clear(first, alert.alert_id, is_fraud=True)
    before = everything(world)
    with pytest.raises(AlertDecided):
        watched.clear(watched.verdict(), alert.alert_id, is_fraud=False)
    with pytest.raises(KeyReused):
        watched.clear(replace(first, request_hash="other"), alert.alert_id, is_fraud=False)
    assert watched.clear(first, alert.alert_id, is_fraud=True).state is AlertState.CONFIRMED
    assert everything(world) == before


def test_a_verdict_whose_follow_up_was_cut_off_is_finished_by_the_same_command(watched: Watched) -> None:
    _, alert = held_topup(watched)
    command = watched.verdict()
    watched.clear(command, alert.alert_id, is_fraud=False)
    watched.clear(command, alert.alert_id, is_fraud=False)
    assert len(watched.holds.freed) == 2


def test_commission_is_not_held_again_after_a_verdict(watched: Watched) -> None:
    order, alert = held_topup(watched)
    watched.clear(watched.verdict(), alert.alert_id, is_fraud=False)
    held = list(watched.holds.held)
    watched.check(order, watched.shop.now)
    assert watched.holds.held == held


@pytest.mark.parametrize("alert_id", ["", "alr_x", "alr_20261122_ord_BBBBBBBBBBBB01KAMX7Q000000000000000000"])
def test_an_unknown_alert_is_refused(watched: Watched, alert_id: str) -> None:
    with pytest.raises(AlertUnknown):
        watched.clear(watched.verdict(), alert_id, is_fraud=True)


def test_a_payment_that_came_back_is_not_counted(watched: Watched) -> None:
    """Of seven top-ups at once only the first fits on the card; the others go back to their payer."""
    shop, card_id = watched.shop, watched.shop.card_with(499_990)
    wish = {"card_id": card_id, "amount_fen": 10, "expected_fen": 10}
    placed = [shop.buy(TOPUP, **wish).order for _ in range(7)]
    paid = [shop.pay(order.order_id) for order in placed]
    assert [order.state for order in paid] == [OrderState.COMPLETED] + [OrderState.REFUNDING] * 6
    assert [watched.check(order, shop.now).hits for order in paid] == [()] * 7
