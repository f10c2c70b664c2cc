"""Waiting orders: what needs somebody of the office is listed as long as it does, and not a moment longer."""

from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.order import OrderUnknown
from chalicelib.domain.outside import Outcome
from chalicelib.domain.waiting_order import Kind
from chalicelib.usecases.list_waiting_orders import Waiting
from chalicelib.usecases.ports import Actor
from chalicelib.usecases.query_unknown import QueryUnknown
from local.testing import World
from tests.e2e.shop import AGENT_STOCK, AGENT_TOPUP, NOW, VIRTUAL, Shop
from tests.e2e.test_fraud_checks import Watched, held_topup, stored
from tests.e2e.test_lost_callbacks import SilentChannel, placed, sweep
from tests.fakes.operations import Script

OFFICER = Actor("stf_RRRRRRRRRRRR", frozenset({"support"}))


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop()


def waiting(shop: Shop, kind: Kind, after: str = "", limit: int = 20, region: str = "") -> list[Waiting]:
    return bootstrap.list_waiting_orders()(
        kind, lambda where: where.startswith(region), after, limit, shop.now
    )


def ids(found: list[Waiting]) -> list[str]:
    return [one.order.order_id for one in found]


def oil_card(shop: Shop) -> str:
    """A card of an oil company's that the buyer has."""
    (card_id,) = shop.stocked(AGENT_STOCK, 1)
    shop.bought(AGENT_STOCK)
    return card_id


def lost_topup(shop: Shop, card_id: str, region: str = "") -> str:
    """A paid top-up of an oil company's card whose answer was lost."""
    shop.issuer.script_topup(Script(state="UNKNOWN", answer="lost"))
    wish = {"card_id": card_id, "amount_fen": 10_000, "expected_fen": 10_000, "region": region}
    order_id = shop.bought(AGENT_TOPUP, **wish).order_id
    shop.submit_top_up(order_id, shop.now)
    return order_id


def test_a_topup_waits_for_somebody_after_ten_minutes_and_until_it_is_done(shop: Shop) -> None:
    order_id = lost_topup(shop, oil_card(shop))
    shop.later(minutes=10)
    shop.now -= timedelta(milliseconds=1)
    assert waiting(shop, Kind.TOPUP) == []
    shop.later(minutes=1)
    (found,) = waiting(shop, Kind.TOPUP)
    assert (found.order.order_id, found.wait.since, found.wait.tries) == (order_id, NOW, 0)
    assert (found.order.state, found.order.topup_state) == ("FULFILLING", "UNKNOWN")
    ask = {"topup": lambda row, at: shop.submit_top_up.ask_again(row.call_id, at)}
    QueryUnknown(bootstrap.documents(), ask)(shop.now)
    assert [one.wait.tries for one in waiting(shop, Kind.TOPUP)] == [1]
    shop.issuer.topups.done[order_id] = (shop.issuer.topups.done[order_id][0], Outcome("SUCCEEDED"))
    shop.submit_top_up.ask_again(order_id, shop.now)
    assert waiting(shop, Kind.TOPUP) == []


def test_the_waiting_ones_are_listed_page_by_page_and_each_once(shop: Shop) -> None:
    card_id = oil_card(shop)
    placed_ids = {lost_topup(shop, card_id) for _ in range(7)}
    shop.later(minutes=11)
    seen: list[str] = []
    after = ""
    for size in (3, 3, 1):
        page = waiting(shop, Kind.TOPUP, after, limit=3)
        assert len(page) == size
        seen, after = seen + ids(page), page[-1].position
    assert set(seen) == placed_ids
    assert waiting(shop, Kind.TOPUP, after, limit=3) == []


def test_who_is_there_for_a_region_sees_the_orders_of_that_region(shop: Shop) -> None:
    card_id = oil_card(shop)
    here, _ = lost_topup(shop, card_id, "5301"), lost_topup(shop, card_id, "44")
    shop.later(minutes=11)
    assert ids(waiting(shop, Kind.TOPUP, region="53", limit=1)) == [here]


def test_a_refund_waits_for_somebody_after_a_day(shop: Shop) -> None:
    order = shop.bought(VIRTUAL)
    shop.refund(order)
    shop.later(hours=23)
    assert waiting(shop, Kind.REFUND) == []
    shop.later(hours=1)
    assert ids(waiting(shop, Kind.REFUND)) == [order.order_id]
    assert waiting(shop, Kind.CLOSURE) == []
    shop.send_refund(order.order_id, shop.now)
    assert waiting(shop, Kind.REFUND) == []


def test_a_payment_is_in_doubt_until_its_channel_has_said_the_last_word(shop: Shop) -> None:
    order_id = placed(shop, VIRTUAL)
    SilentChannel(shop, times=2)
    shop.later(minutes=20)
    begun_at = shop.now
    for _ in range(2):  # the sweep cannot be done with it, twice
        sweep(shop)
        (found,) = waiting(shop, Kind.PAYMENT)
        assert (found.order.order_id, found.wait.since) == (order_id, begun_at)
        assert [one.kind for one in bootstrap.look_at_order()(OFFICER, order_id).waits] == [Kind.PAYMENT]
        shop.later(minutes=10)
    sweep(shop)
    assert waiting(shop, Kind.PAYMENT) == []
    assert bootstrap.look_at_order()(OFFICER, order_id).waits == ()


def test_a_payment_that_was_never_in_doubt_is_never_listed(world: World, shop: Shop) -> None:
    placed(shop, VIRTUAL)
    shop.later(minutes=20)
    with world.metered() as reading:
        sweep(shop)
    assert "dynamodb.DeleteItem" not in reading().calls
    assert waiting(shop, Kind.PAYMENT) == []


def test_an_order_is_held_until_somebody_has_given_a_verdict(shop: Shop) -> None:
    watched = Watched(shop)
    order, _ = held_topup(watched)
    assert stored(order).state == "RISK_HOLD"
    (found,) = waiting(shop, Kind.HELD)
    assert (found.order.order_id, found.wait.since) == (order.order_id, shop.now)
    looked = bootstrap.look_at_order()(OFFICER, order.order_id)
    assert looked.alert_id == found.wait.alert_id
    assert [one.kind for one in looked.waits] == [Kind.TOPUP, Kind.HELD]
    watched.clear(watched.verdict(), found.wait.alert_id, is_fraud=False)
    assert waiting(shop, Kind.HELD) == []
    assert bootstrap.look_at_order()(OFFICER, order.order_id).alert_id == found.wait.alert_id


def test_a_suspicion_that_holds_no_goods_makes_no_order_wait(shop: Shop) -> None:
    watched = Watched(shop)
    shop.card_with(0)
    shop.catalog.parameters |= {"risk.topup_count": 0}
    order = watched.topped_up(1)
    assert stored(order).state == "COMPLETED"
    assert bootstrap.documents().query("work", "alerts-open") != []
    assert waiting(shop, Kind.HELD) == []


def test_a_look_tells_all_that_happened_in_its_order(shop: Shop) -> None:
    order = shop.bought(VIRTUAL)
    shop.later(hours=1)
    refunded = shop.refund(order)
    shop.later(minutes=5)
    shop.send_refund(order.order_id, shop.now)
    looked = bootstrap.look_at_order()(OFFICER, order.order_id)
    assert looked.order.state == "REFUNDED"
    told = [(one.at, one.what, one.name) for one in looked.timeline]
    later, last = NOW + timedelta(hours=1), NOW + timedelta(hours=1, minutes=5)
    assert [entry for entry in told if entry[1] == "STEP"] == [
        (NOW, "STEP", "PENDING_PAY"),
        (NOW, "STEP", "PAID"),
        (NOW, "STEP", "FULFILLING"),
        (NOW, "STEP", "COMPLETED"),
        (later, "STEP", "REFUNDING"),
        (last, "STEP", "REFUNDED"),
    ]
    assert (later, "REFUND", "SUCCEEDED") in told and len(refunded.refunds) == 1
    assert [name for _, what, name in told if what == "RECORD"] == ["REFUND_PAID_OUT"]
    assert told == sorted(told, key=lambda entry: entry[0])


def test_an_order_of_elsewhere_is_unknown_to_who_is_there_for_a_region(shop: Shop) -> None:
    order_id = shop.buy(VIRTUAL, region="44").order.order_id
    with pytest.raises(OrderUnknown):
        bootstrap.look_at_order()(Actor("stf_R", frozenset({"ops"}), regions=("53",)), order_id)
    assert bootstrap.look_at_order()(OFFICER, order_id).order.order_id == order_id
