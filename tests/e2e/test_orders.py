"""Orders on the embedded engine: placed once, paid once, delivered or returned."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardBalanceCap, CardState, InsufficientBalance, IssuerDiffers
from chalicelib.domain.catalog import PriceChanged
from chalicelib.domain.closure import SecretRevealed
from chalicelib.domain.errors import IllegalState, KeyReused, Unavailable
from chalicelib.domain.ids import IdempotencyKeyInvalid
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import Order, OrderState, RefundState
from chalicelib.domain.payment import AmountDiffers
from chalicelib.domain.refund import Cause
from chalicelib.domain.worked_refund import NotRefundable
from local.testing import World
from tests.e2e.shop import (
    AGENT_STOCK,
    AGENT_TOPUP,
    BONUS,
    NAMED,
    STOCK,
    TOPUP,
    VIRTUAL,
    Shop,
    all_records,
    balance_fen,
)
from tests.fakes.operations import Script
from tests.fakes.ulids import ulid_of_number


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop()


def books_of(world: World) -> dict[str, int]:
    records = all_records(world.items("journal"))
    assert all(sum(line.amount_fen for line in record.lines) == 0 for record in records)
    return fold(records)


def test_a_card_bought_through_the_channel_carries_its_face(world: World, shop: Shop) -> None:
    placed = shop.buy(NAMED)
    assert placed.order.state is OrderState.PENDING_PAY
    assert placed.pay_url
    order = shop.pay(placed.order.order_id)
    assert order.state is OrderState.COMPLETED
    (card_id,) = order.card_ids
    assert balance_fen(card_id) == 100_000
    assert books_of(world) == {
        "A:CHANNEL:sandbox": 98_500,
        "E:PROMO": 1_500,
        f"L:PREPAID:{card_id}": -100_000,
    }
    assert bootstrap.orders().get(order.order_id) == order


def test_a_card_bought_from_a_card_account_is_paid_at_once(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    order = shop.buy(VIRTUAL, pay_card_id=payer).order
    assert order.state is OrderState.COMPLETED
    assert (balance_fen(payer), balance_fen(order.card_ids[0])) == (20_000, 10_000)


def test_the_same_command_places_one_order(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    command = shop.command()
    first = shop.buy(VIRTUAL, command, pay_card_id=payer).order
    again = shop.buy(VIRTUAL, command, pay_card_id=payer).order
    assert again.card_ids == first.card_ids
    assert balance_fen(payer) == 20_000
    with pytest.raises(KeyReused):
        shop.buy(VIRTUAL, shop.command(command.key, request="other"), pay_card_id=payer)


def test_a_key_of_long_ago_begins_nothing_new_and_still_finds_what_it_began(world: World, shop: Shop) -> None:
    command = shop.command()
    first = shop.buy(VIRTUAL, command).order
    shop.later(hours=25)
    again = replace(command, now=shop.now)
    assert shop.buy(VIRTUAL, again).order == first
    before = world.items("orders")
    with pytest.raises(IdempotencyKeyInvalid):
        shop.buy(VIRTUAL, shop.command(ulid_of_number(shop.now - timedelta(hours=25), 1)))
    assert world.items("orders") == before


def test_a_card_account_pays_no_more_than_it_holds_and_only_its_own_issuer(world: World, shop: Shop) -> None:
    payer = shop.card_with(9_999)
    with pytest.raises(InsufficientBalance):
        shop.buy(VIRTUAL, pay_card_id=payer)
    from dataclasses import replace

    shop.catalog.shelf["sku_virtual"] = replace(VIRTUAL, issuer="another")
    with pytest.raises(IssuerDiffers):
        shop.buy(VIRTUAL, pay_card_id=payer)
    assert balance_fen(payer) == 9_999
    assert world.items("orders") == []


def test_a_price_that_moved_is_refused_not_charged(world: World, shop: Shop) -> None:
    with pytest.raises(PriceChanged) as refused:
        shop.buy(NAMED, expected_fen=98_499)
    assert refused.value.facts["payable_fen"] == 98_500


def test_a_payment_posts_once_however_often_its_word_comes(world: World, shop: Shop) -> None:
    order_id = shop.buy(NAMED).order.order_id
    headers, body = shop.channel.pay(order_id)
    notice = shop.channel.verify(headers, body)
    states = [shop.settle_payment(notice, shop.now).state for _ in range(3)]
    assert states == [OrderState.COMPLETED] * 3
    assert books_of(world)["A:CHANNEL:sandbox"] == 98_500


@pytest.mark.parametrize("wrong_fen", [-98_499, -1, 1, 98_500])
def test_what_was_really_paid_is_booked_and_goes_back_when_it_is_another_amount(
    world: World, shop: Shop, wrong_fen: int
) -> None:
    order_id, really_fen = shop.buy(NAMED).order.order_id, 98_500 + wrong_fen
    shop.channel.payments[order_id] = replace(shop.channel.payments[order_id], amount_fen=really_fen)
    notice = shop.channel.verify(*shop.channel.pay(order_id))
    with pytest.raises(AmountDiffers):
        shop.settle_payment(notice, shop.now)
    assert books_of(world) == {}, "a word that differs is not believed before the channel was asked"
    actor = shop.command().actor
    for _ in range(3):
        order = shop.check_payment(actor, order_id, shop.now)
    assert (order.state, order.refunded_fen) == (OrderState.PENDING_PAY, 0)
    assert order.steps[-1].reason == f"PAYMENT_AMOUNT_DIFFERS: {really_fen} paid, 98500 asked for"
    books = books_of(world)
    assert (books["A:CHANNEL:sandbox"], books["L:REFUND_PAYABLE"]) == (really_fen, -really_fen)
    assert shop.alarms == [(notice.payment_id, really_fen)]
    for _ in range(2):
        shop.send_refund(order_id, shop.now)
    assert shop.channel.refunded_fen == {order_id: really_fen}
    assert books_of(world) == {}
    shop.later(minutes=16)
    assert shop.close_order.when_overdue(order_id, shop.now)
    closed = bootstrap.orders().get(order_id)
    assert closed is not None
    assert (closed.state, closed.refunds[0].state) == (OrderState.CLOSED, RefundState.SUCCEEDED)


def test_an_order_that_got_another_amount_can_still_be_paid_from_a_card(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    order_id = shop.buy(VIRTUAL).order.order_id
    shop.channel.payments[order_id] = replace(shop.channel.payments[order_id], amount_fen=9_000)
    shop.channel.pay(order_id)
    shop.check_payment(shop.command().actor, order_id, shop.now)
    order = shop.pay_order(shop.command(), order_id, payer)
    shop.send_refund(order_id, shop.now)
    assert (order.state, balance_fen(payer)) == (OrderState.COMPLETED, 20_000)
    assert shop.channel.refunded_fen == {order_id: 9_000}


@pytest.mark.parametrize("paid_fen", [98_500, 90_000])
def test_a_channel_that_contradicts_itself_changes_nothing(world: World, shop: Shop, paid_fen: int) -> None:
    order_id = shop.buy(NAMED).order.order_id
    shop.channel.payments[order_id] = replace(shop.channel.payments[order_id], amount_fen=paid_fen)
    notice = shop.channel.verify(*shop.channel.pay(order_id))
    shop.check_payment(shop.command().actor, order_id, shop.now)
    books = books_of(world)
    for other_fen in (0, -1, paid_fen + 1):
        with pytest.raises(AmountDiffers):
            shop.settle_payment(replace(notice, amount_fen=other_fen), shop.now)
    assert books_of(world) == books


@pytest.mark.parametrize("nothing_fen", [0, -5])
def test_a_payment_of_nothing_posts_nothing(world: World, shop: Shop, nothing_fen: int) -> None:
    order_id = shop.buy(NAMED).order.order_id
    notice = replace(shop.channel.verify(*shop.channel.pay(order_id)), amount_fen=nothing_fen)
    with pytest.raises(AmountDiffers):
        shop.settle_payment(notice, shop.now)
    assert books_of(world) == {}


def test_v20_a_top_up_beyond_the_cap_is_refused_with_what_is_allowed(world: World, shop: Shop) -> None:
    card_id = shop.card_with(450_000)
    with pytest.raises(CardBalanceCap) as refused:
        shop.buy(TOPUP, card_id=card_id, amount_fen=60_000, expected_fen=60_000)
    assert refused.value.facts["allowed_fen"] == 50_000


def test_v20_of_two_top_ups_over_the_cap_one_is_returned_to_its_payer_by_itself(
    world: World, shop: Shop
) -> None:
    card_id = shop.card_with(450_000)
    wish = {"card_id": card_id, "amount_fen": 30_000, "expected_fen": 30_000}
    both = [shop.buy(TOPUP, **wish).order.order_id for _ in range(2)]
    paid, returned = (shop.pay(order_id) for order_id in both)
    assert (paid.state, returned.state) == (OrderState.COMPLETED, OrderState.REFUNDING)
    assert returned.steps[-1].reason == "CARD_BALANCE_CAP"
    shop.send_refund(returned.order_id, shop.now)
    done = bootstrap.orders().get(returned.order_id)
    assert done is not None and done.state is OrderState.REFUNDED
    assert balance_fen(card_id) == 480_000
    books = books_of(world)
    assert books["A:CHANNEL:sandbox"] == 30_000
    assert "L:REFUND_PAYABLE" not in books


def test_an_unpaid_order_closes_and_a_late_payment_goes_back(world: World, shop: Shop) -> None:
    order_id = shop.buy(VIRTUAL).order.order_id
    unpaid = shop.channel.payments[order_id]
    callback = shop.channel.pay(order_id)
    paid, shop.channel.payments[order_id] = shop.channel.payments[order_id], unpaid
    assert shop.close_order.when_overdue(order_id, shop.now + timedelta(minutes=14)) is False
    assert shop.close_order.when_overdue(order_id, shop.now + timedelta(minutes=15)) is False, "being paid"
    assert shop.close_order.when_overdue(order_id, shop.now + timedelta(minutes=31)) is False
    shop.channel.payments[order_id] = paid
    order = shop.settle_payment(shop.channel.verify(*callback), shop.now)
    assert order.state is OrderState.CLOSED
    shop.send_refund(order_id, shop.now)
    closed = bootstrap.orders().get(order_id)
    assert closed is not None
    assert (closed.state, closed.refunds[0].state) == (OrderState.CLOSED, RefundState.SUCCEEDED)
    assert books_of(world) == {}


def test_a_stock_card_is_reserved_sold_and_freed_again(world: World, shop: Shop) -> None:
    (card_id,) = shop.stocked(STOCK, 1)
    first = shop.buy(STOCK).order
    assert first.card_ids == (card_id,)
    shop.close_order.cancelled(shop.command(), first.order_id)
    second = shop.bought(STOCK)
    card = bootstrap.cards().get(card_id)
    assert card is not None
    assert (card.state, card.holder_id, card.available_fen) == (CardState.SOLD, second.customer_id, 10_000)


def test_an_agent_card_moves_the_suppliers_prepay_and_our_margin(world: World, shop: Shop) -> None:
    shop.stocked(AGENT_STOCK, 1)
    shop.bought(AGENT_STOCK)
    assert books_of(world) == {
        "A:CHANNEL:sandbox": 98_500,
        "A:SUPPLIER_PREPAY:ours": -97_000,
        "I:MARGIN": -1_500,
    }


V21_V22 = [  # used of 120 000 bought for 100 000, cause, refund, withdrawn from the card
    (60_000, Cause.ISSUER, 50_000, 60_000),
    (60_000, Cause.CUSTOMER, 40_000, 60_000),
    (110_000, Cause.ISSUER, 8_333, 10_000),
    (110_000, Cause.CUSTOMER, 0, 10_000),
]


@pytest.mark.parametrize("used_fen, cause, refund_fen, withdrawn_fen", V21_V22)
def test_v21_v22_a_refund_follows_the_formula_of_the_law(
    world: World, shop: Shop, used_fen: int, cause: Cause, refund_fen: int, withdrawn_fen: int
) -> None:
    order = shop.bought(BONUS)
    (card_id,) = order.card_ids
    for _ in range(used_fen // 10_000):
        shop.buy(VIRTUAL, pay_card_id=card_id)
    after = shop.refund(order, cause=cause)
    assert (after.refunded_fen, after.withdrawn_fen) == (refund_fen, withdrawn_fen)
    shop.send_refund(order.order_id, shop.now)
    done = bootstrap.orders().get(order.order_id)
    card = bootstrap.cards().get(card_id)
    assert done is not None and card is not None
    assert (done.state, card.state, card.available_fen) == (OrderState.REFUNDED, CardState.CLOSED, 0)
    assert books_of(world)["A:CHANNEL:sandbox"] == 100_000 - refund_fen


def test_parts_of_a_payment_are_refunded_until_nothing_is_left(world: World, shop: Shop) -> None:
    order = shop.bought(NAMED)
    partial = shop.refund(order, amount_fen=30_000)
    assert partial.state is OrderState.REFUNDING
    shop.send_refund(order.order_id, shop.now)
    shop.refund(order)
    shop.send_refund(order.order_id, shop.now)
    done = bootstrap.orders().get(order.order_id)
    assert done is not None
    assert (done.state, done.refunded_fen, done.withdrawn_fen) == (OrderState.REFUNDED, 98_500, 100_000)
    assert books_of(world) == {}
    with pytest.raises(IllegalState):
        shop.refund(order)


def test_a_purchase_from_a_card_account_is_refunded_onto_that_card(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    order = shop.buy(VIRTUAL, pay_card_id=payer).order
    command = shop.command()
    after = shop.refund(order, command)
    assert shop.refund(order, command) == after
    assert after.state is OrderState.REFUNDED
    assert balance_fen(payer) == 30_000


def test_a_refund_whose_answer_was_lost_is_asked_about_and_paid_once(world: World, shop: Shop) -> None:
    order = shop.bought(NAMED)
    shop.channel.script_refund(Script(answer="lost"))
    shop.refund(order)
    shop.send_refund(order.order_id, shop.now)
    unknown = bootstrap.orders().get(order.order_id)
    assert unknown is not None
    assert (unknown.state, unknown.refunds[0].state) == (OrderState.REFUNDING, RefundState.UNKNOWN)
    assert len([i for i in world.items("work") if i["pk"]["S"].startswith("due#")]) == 1
    shop.send_refund.ask_again(order.order_id, unknown.refunds[0].refund_id, shop.now)
    done = bootstrap.orders().get(order.order_id)
    assert done is not None and done.state is OrderState.REFUNDED
    assert books_of(world) == {}
    assert [i for i in world.items("work") if i["pk"]["S"].startswith("due#")] == []


def revealed(card_id: str, shop: Shop) -> None:
    from chalicelib.domain.card import CardChange

    change = CardChange(card_id, (CardState.SOLD,), revealed_at=shop.now)
    bootstrap.books().commit(None, [change])


def test_a_revealed_card_is_refunded_only_when_its_issuer_closes_it_unused(world: World, shop: Shop) -> None:
    used, unused = shop.stocked(AGENT_STOCK, 2)
    first, second = shop.bought(AGENT_STOCK), shop.bought(AGENT_STOCK)
    revealed(used, shop)
    revealed(unused, shop)
    shop.issuer.used_cards.add(used)
    with pytest.raises(SecretRevealed):
        shop.refund(first)
    assert shop.refund(second).state is OrderState.REFUNDING
    assert shop.issuer.closed_cards == {unused}


def test_a_refund_whose_issuer_was_silent_is_asked_for_again_with_the_same_key(
    world: World, shop: Shop
) -> None:
    (card_id,) = shop.stocked(AGENT_STOCK, 1)
    order, command = shop.bought(AGENT_STOCK), shop.command()
    revealed(card_id, shop)
    shop.issuer.script_closure(Script(answer="lost"))
    with pytest.raises(Unavailable):
        shop.refund(order, command)
    assert shop.refund(order, command).state is OrderState.REFUNDING
    assert shop.issuer.closed_cards == {card_id}


def agent_top_up(shop: Shop) -> Order:
    (card_id,) = shop.stocked(AGENT_STOCK, 1)
    shop.bought(AGENT_STOCK)
    wish = {"card_id": card_id, "amount_fen": 50_000, "expected_fen": 50_000}
    return shop.bought(AGENT_TOPUP, **wish)


def test_v31_a_top_up_whose_issuer_was_silent_is_credited_once(world: World, shop: Shop) -> None:
    order = agent_top_up(shop)
    assert order.state is OrderState.PAID
    shop.issuer.script_topup(Script(answer="lost"))
    shop.submit_top_up(order.order_id, shop.now)
    unknown = bootstrap.orders().get(order.order_id)
    assert unknown is not None and unknown.topup_state == "UNKNOWN"
    shop.submit_top_up(order.order_id, shop.now)
    shop.submit_top_up.ask_again(order.order_id, shop.now)
    shop.submit_top_up.ask_again(order.order_id, shop.now)
    done = bootstrap.orders().get(order.order_id)
    assert done is not None
    assert (done.state, done.topup_state, done.refunds) == (OrderState.COMPLETED, "SUCCEEDED", ())
    assert len(shop.issuer.topups.done) == 1
    with pytest.raises(NotRefundable):
        shop.refund(done)


def test_a_top_up_the_issuer_refuses_goes_back_to_its_payer(world: World, shop: Shop) -> None:
    order = agent_top_up(shop)
    before = books_of(world)
    shop.issuer.script_topup(Script("FAILED"))
    shop.submit_top_up(order.order_id, shop.now)
    shop.send_refund(order.order_id, shop.now)
    done = bootstrap.orders().get(order.order_id)
    assert done is not None and done.state is OrderState.REFUNDED
    after = books_of(world)
    assert before["A:CHANNEL:sandbox"] - after["A:CHANNEL:sandbox"] == 50_000
    assert after["I:MARGIN"] == -1_500
