"""Stream records that are lost: what they would have set going is found by the schedule, without a scan.

Nobody reads the order stream here. What a payment or a refund leaves to be done
stands in a due row, written in the very transaction that made it so.
"""

import pytest

from chalicelib import bootstrap
from chalicelib.domain import due
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import Order, OrderState, RefundState, TopUpState
from chalicelib.domain.outside import PaymentNotice
from chalicelib.usecases.query_unknown import QueryUnknown
from chalicelib.usecases.watch_orders import WatchOrders
from local.testing import World
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import NAMED, STOCK, TOPUP, VIRTUAL, Shop, all_records
from tests.e2e.test_orders import agent_top_up
from tests.fakes.operations import Script
from tests.fakes.queue import FakeQueue


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop()


def order_now(order_id: str) -> Order:
    order = bootstrap.orders().get(order_id)
    assert order is not None
    return order


def due_rows(world: World) -> list[str]:
    return sorted(item["sk"]["S"] for item in world.items("work") if item["pk"]["S"].startswith("due#"))


def asked(shop: Shop, checked: list[str] | None = None) -> int:
    """The schedule runs a minute later; the fraud checks note what they saw."""
    shop.later(minutes=1)
    watch = WatchOrders(
        bootstrap.documents(),
        FakeQueue(),
        lambda order, now: (checked if checked is not None else []).append(order.order_id),
        lambda: shop.submit_top_up,
        shop.send_refund,
    )
    ask = {
        due.TOPUP: lambda row, now: watch.ask_again(row.call_id, now),
        due.REFUND: lambda row, now: shop.send_refund.ask_again(row.about["order"], row.about["refund"], now),
    }
    return QueryUnknown(bootstrap.documents(), ask)(shop.now).questions


def books_of(world: World) -> dict[str, int]:
    assert broken(Tables.read(world.items)) == []
    return fold(all_records(world.items("journal")))


def test_a_refund_whose_stream_record_was_lost_is_sent(world: World, shop: Shop) -> None:
    order = shop.refund(shop.bought(NAMED))
    assert [refund.state for refund in order.refunds] == [RefundState.APPROVED]
    assert asked(shop) == 1
    assert order_now(order.order_id).state is OrderState.REFUNDED
    assert (books_of(world), due_rows(world)) == ({}, [])
    assert asked(shop) == 0


def test_a_payment_that_comes_too_late_goes_back_without_the_stream(world: World, shop: Shop) -> None:
    order_id = shop.buy(VIRTUAL).order.order_id
    notice = shop.channel.verify(*shop.channel.pay(order_id))
    closing = shop.channel.payments.pop(order_id)
    shop.close_order.cancelled(shop.command(), order_id)
    shop.channel.payments[order_id] = closing
    shop.settle_payment(notice, shop.now)
    asked(shop)
    assert [refund.state for refund in order_now(order_id).refunds] == [RefundState.SUCCEEDED]
    assert (books_of(world), due_rows(world)) == ({}, [])


def test_a_payment_for_a_full_card_goes_back_without_the_stream(world: World, shop: Shop) -> None:
    card_id = shop.card_with(450_000)
    wish = {"card_id": card_id, "amount_fen": 50_000, "expected_fen": 50_000}
    first, second = (shop.buy(TOPUP, **wish).order.order_id for _ in range(2))
    shop.pay(first)
    shop.pay(second)
    asked(shop)
    assert order_now(second).state is OrderState.REFUNDED
    assert (books_of(world)["A:CHANNEL:sandbox"], due_rows(world)) == (50_000, [])


def test_a_paid_top_up_whose_stream_record_was_lost_is_checked_and_submitted(
    world: World, shop: Shop
) -> None:
    order_id = agent_top_up(shop).order_id
    checked: list[str] = []
    assert asked(shop, checked) == 1
    assert checked == [order_id]
    order = order_now(order_id)
    assert (order.state, order.topup_state) == (OrderState.COMPLETED, TopUpState.SUCCEEDED)
    assert (len(shop.issuer.topups.done), due_rows(world)) == (1, [])


def test_a_top_up_that_the_fraud_checks_hold_is_not_submitted_behind_them(world: World, shop: Shop) -> None:
    order_id = agent_top_up(shop).order_id
    held = hold(shop, order_id)
    asked(shop)
    assert order_now(order_id) == held
    assert shop.issuer.topups.done == {}
    assert due_rows(world) == [f"topup#{order_id}"]


def hold(shop: Shop, order_id: str) -> Order:
    from chalicelib.domain.change import OrderMoved
    from chalicelib.domain.order import move

    held = move(order_now(order_id), OrderState.RISK_HOLD, at=shop.now, actor="system")
    bootstrap.books().commit(None, [OrderMoved(held)])
    return order_now(order_id)


def test_a_refused_top_up_goes_back_to_its_payer_without_the_stream(world: World, shop: Shop) -> None:
    order_id = agent_top_up(shop).order_id
    shop.issuer.script_topup(Script("FAILED"))
    asked(shop)
    assert due_rows(world) == [f"refund#{order_id}#{order_id[16:]}"]
    asked(shop)
    assert order_now(order_id).state is OrderState.REFUNDED
    assert due_rows(world) == []


def test_a_top_up_paid_twice_and_refused_gives_both_payments_back(world: World, shop: Shop) -> None:
    order = agent_top_up(shop)
    second = PaymentNotice("sandbox", order.order_id, "PY-2", 50_000, "SUCCEEDED", shop.now)
    shop.settle_payment(second, shop.now)
    shop.issuer.script_topup(Script("FAILED"))
    for _ in range(3):
        asked(shop)
    states = {refund.cause: refund.state for refund in order_now(order.order_id).refunds}
    assert states == {"ISSUER": RefundState.SUCCEEDED, "SURPLUS": RefundState.FAILED}, "PY-2 is no payment"
    assert books_of(world)["L:REFUND_PAYABLE"] == -50_000


def test_stream_and_schedule_together_send_a_refund_once(world: World, shop: Shop) -> None:
    order = shop.refund(shop.bought(NAMED))
    shop.channel.script_refund(Script(answer="lost"))
    shop.send_refund(order.order_id, shop.now)
    for _ in range(3):
        asked(shop)
        shop.send_refund(order.order_id, shop.now)
    assert shop.channel.refunded_fen == {order.order_id: 98_500}
    assert (books_of(world), due_rows(world)) == ({}, [])


def test_a_refund_onto_the_card_that_paid_leaves_nothing_to_be_done(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    shop.refund(shop.buy(VIRTUAL, pay_card_id=payer).order)
    assert due_rows(world) == []


def test_a_row_whose_order_needs_nothing_any_more_goes(world: World, shop: Shop) -> None:
    order = shop.bought(STOCK) if shop.stocked(STOCK, 1) else None
    assert order is not None
    row = due.opened(due.TOPUP, order.order_id, shop.now)
    bootstrap.documents().put(row.table, row.pk, row.sk, row.values)
    asked(shop)
    assert due_rows(world) == []
