"""Orders that nobody paid: who closes them and when, what becomes of their cards, and who asks on?"""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardState
from chalicelib.domain.change import Stale
from chalicelib.domain.errors import IllegalState, Unavailable
from chalicelib.domain.order import SURPLUS, Order, OrderState, Step
from chalicelib.domain.outside import NOT_RECEIVED, Outcome
from chalicelib.domain.payment import AmountDiffers
from chalicelib.usecases.close_order import CloseOrder
from tests.simulation.failing import FailingBooks
from tests.simulation.ground import AGENT_TOPUP, STOCK, TOPUP
from tests.simulation.one_run import Scene
from tests.simulation.operation import account_card, purchase_of
from tests.simulation.quiet_scene import card_of, order_of, paid, refuses, waiting_order
from tests.simulation.saying import NO_ANSWER, SayingChannel
from tests.simulation.small_ground import BRANCH, BUYER, CARDS_IN_STOCK
from tests.simulation.withdrawing import OvertakenBooks

NOT_YET = Outcome("PENDING", "PY")
NEVER_HEARD = Outcome("PENDING", reason=NOT_RECEIVED)
EXPIRED = Outcome("FAILED", "PY", "EXPIRED")


def cancel(scene: Scene, order: Order, closing: CloseOrder | None = None) -> Order:
    """The order as its buyer is told; it stands so."""
    closed = (closing or bootstrap.close_order()).cancelled(scene.command(BUYER), order.order_id)
    assert closed == order_of(order.order_id)
    return closed


def is_done(scene: Scene, order: Order, closing: CloseOrder | None = None, channel: str = "") -> bool:
    """The timer rings, or the sweep comes: whether neither has to come again."""
    return (closing or bootstrap.close_order()).when_overdue(order.order_id, scene.now(), channel)


def asking(channel: SayingChannel) -> CloseOrder:
    """With this channel in the place of the sandbox."""
    check = replace(bootstrap.check_payment(), channels=lambda name: {"sandbox": channel}[name])
    return replace(bootstrap.close_order(), check_payment=check)


def with_books(books: Any) -> CloseOrder:
    return replace(bootstrap.close_order(), books=books)


def pay_from_card(scene: Scene, order: Order) -> Order:
    return bootstrap.pay_order()(scene.command(BUYER), order.order_id, account_card(scene))


def state_of(order: Order) -> OrderState:
    return order_of(order.order_id).state


def in_stock() -> int:
    return bootstrap.stock().count(STOCK.sku_id)


def close_in_time(scene: Scene, order: Order) -> None:
    cancel(scene, order)


def close_when_time_is_over(scene: Scene, order: Order) -> None:
    scene.pass_time(minutes=15)
    assert is_done(scene, order) is True


EITHER_WAY = pytest.mark.parametrize("close", [close_in_time, close_when_time_is_over])


# ---------------------------------------------------------------- what becomes of its cards


@EITHER_WAY
def test_reserved_cards_are_in_stock_again_and_are_sold_to_others(scene: Scene, close: Any) -> None:
    order = waiting_order(scene, purchase_of(STOCK, 2))
    assert in_stock() == CARDS_IN_STOCK - 2
    close(scene, order)
    assert state_of(order) is OrderState.CLOSED
    cards = [card_of(card_id) for card_id in order.card_ids]
    assert [(card.state, card.order_id) for card in cards] == [(CardState.IN_STOCK, "")] * 2
    assert in_stock() == CARDS_IN_STOCK
    again = waiting_order(scene, purchase_of(STOCK, CARDS_IN_STOCK))
    assert set(order.card_ids) < set(again.card_ids)


@EITHER_WAY
@pytest.mark.parametrize("item", [TOPUP, AGENT_TOPUP])
def test_a_top_up_has_taken_no_card_and_gives_none_back(scene: Scene, close: Any, item: Any) -> None:
    card_id = account_card(scene) if item is TOPUP else scene.ground.agent_cards[BUYER]
    before = card_of(card_id)
    order = waiting_order(scene, purchase_of(item, card_id=card_id, amount_fen=700))
    close(scene, order)
    assert state_of(order) is OrderState.CLOSED
    assert card_of(card_id) == before
    assert bootstrap.documents().query("stock", item.sku_id) == []


# ---------------------------------------------------------------- at the buyer's wish


def test_an_order_that_is_cancelled_says_who_when_and_why(scene: Scene) -> None:
    waiting = waiting_order(scene)
    scene.pass_time(minutes=1)
    closed = cancel(scene, waiting)
    assert (closed.state, closed.version) == (OrderState.CLOSED, waiting.version + 1)
    assert closed.steps == (
        *waiting.steps,
        Step("CLOSED", scene.now(), BUYER, "cancelled by the buyer"),
    )


def test_only_its_buyer_cancels_an_order(scene: Scene) -> None:
    order, cancelled = waiting_order(scene), bootstrap.close_order().cancelled
    for actor, order_id in ((BRANCH, order.order_id), (BUYER, f"{order.order_id[:-1]}0")):
        command = scene.command(actor)
        facts = refuses(scene, "ORDER_UNKNOWN", lambda c=command, o=order_id: cancelled(c, o))
        assert facts == {"order_id": order_id}
    assert state_of(order) is OrderState.PENDING_PAY


@pytest.mark.parametrize("told", [NO_ANSWER, NOT_YET, NEVER_HEARD, EXPIRED])
def test_a_channel_that_was_not_paid_is_asked_once_and_hinders_no_cancelling(
    scene: Scene, told: Outcome
) -> None:
    order, channel = waiting_order(scene), SayingChannel(told)
    closed = cancel(scene, order, asking(channel))
    assert closed.state is OrderState.CLOSED
    before = scene.tables.change_number
    assert cancel(scene, order, asking(channel)) == closed
    assert channel.asked == [order.order_id]
    assert scene.tables.change_number == before


def test_what_is_closed_is_closed_whoever_did_it(scene: Scene) -> None:
    order = waiting_order(scene)
    close_when_time_is_over(scene, order)
    assert cancel(scene, order).steps[-1].actor == "system"


def test_a_payment_of_which_no_word_came_is_booked_and_its_order_is_not_cancelled(scene: Scene) -> None:
    order = waiting_order(scene)
    notice = paid(scene, order)
    with pytest.raises(IllegalState) as refused:
        cancel(scene, order)
    facts = {"entity": order.order_id, "state": OrderState.COMPLETED, "wanted": OrderState.CLOSED}
    assert refused.value.facts == facts
    booked = order_of(order.order_id)
    assert (booked.state, booked.payment_id) == (OrderState.COMPLETED, notice.payment_id)
    assert refuses(scene, IllegalState.code, lambda: cancel(scene, order)) == facts


def test_another_amount_goes_back_to_its_payer_and_the_order_is_cancelled(scene: Scene) -> None:
    order = waiting_order(scene)
    paid(scene, order, wrong_fen=-1)
    closed = cancel(scene, order)
    assert closed.state is OrderState.CLOSED
    assert [(refund.cause, refund.amount_fen) for refund in closed.refunds] == [(SURPLUS, 9_999)]


def test_an_order_whose_channel_speaks_of_nothing_paid_is_not_cancelled(scene: Scene) -> None:
    order = waiting_order(scene)
    closing = asking(SayingChannel(Outcome("SUCCEEDED", "PY", amount_fen=0, at=scene.now())))
    refuses(scene, AmountDiffers.code, lambda: cancel(scene, order, closing))
    assert state_of(order) is OrderState.PENDING_PAY


def test_whoever_is_overtaken_looks_again_and_not_for_ever(scene: Scene) -> None:
    order = waiting_order(scene, purchase_of(STOCK))
    stuck = FailingBooks([Stale("moved on") for _ in range(20)])
    refuses(scene, Unavailable.code, lambda: cancel(scene, order, with_books(stuck)))
    assert 1 < stuck.tries < 20
    assert in_stock() == CARDS_IN_STOCK - 1
    assert cancel(scene, order, with_books(FailingBooks([Stale("moved on")]))).state is OrderState.CLOSED


def test_an_order_that_is_paid_while_it_is_cancelled_stays_paid(scene: Scene) -> None:
    order = waiting_order(scene, purchase_of(STOCK))
    overtaken = OvertakenBooks(bootstrap.books(), lambda: pay_from_card(scene, order))
    with pytest.raises(IllegalState):
        cancel(scene, order, with_books(overtaken))
    assert state_of(order) is OrderState.COMPLETED
    assert card_of(order.card_ids[0]).state is CardState.SOLD


# ---------------------------------------------------------------- when its time is over


def test_an_order_waits_a_quarter_of_an_hour_to_the_second(scene: Scene) -> None:
    order, channel = waiting_order(scene), SayingChannel(EXPIRED)
    scene.pass_time(minutes=14, seconds=59)
    assert is_done(scene, order, asking(channel)) is False
    assert (state_of(order), channel.asked) == (OrderState.PENDING_PAY, [])
    scene.pass_time(seconds=1)
    assert is_done(scene, order, asking(channel)) is True
    closed = order_of(order.order_id)
    assert (closed.state, channel.asked) == (OrderState.CLOSED, [order.order_id])
    assert closed.steps == (
        *order.steps,
        Step("CLOSED", scene.now(), "system", "unpaid for fifteen minutes"),
    )


def test_there_is_nothing_to_do_for_an_order_that_is_not_there(scene: Scene) -> None:
    order = waiting_order(scene)
    before = scene.tables.change_number
    assert is_done(scene, replace(order, order_id=f"{order.order_id[:-1]}0")) is True
    assert scene.tables.change_number == before


def test_an_order_that_was_paid_in_time_is_booked_instead(scene: Scene) -> None:
    order = waiting_order(scene)
    scene.pass_time(minutes=14)
    notice = paid(scene, order)
    scene.pass_time(minutes=1)
    assert is_done(scene, order) is True
    booked = order_of(order.order_id)
    assert (booked.state, booked.paid_at) == (OrderState.COMPLETED, notice.paid_at)
    assert is_done(scene, order) is True
    assert order_of(order.order_id) == booked


WORDS = [
    # at the end of its time, and when the channel is given up: is it closed, is nothing left to do?
    (EXPIRED, (True, True), (True, True)),
    (NEVER_HEARD, (True, True), (True, True)),
    (NOT_YET, (False, False), (True, False)),
    (NO_ANSWER, (False, False), (True, False)),
]


@pytest.mark.parametrize("told, in_time, given_up", WORDS)
@pytest.mark.parametrize("minutes, seconds", [(15, 0), (29, 59), (30, 0)])
def test_an_order_waits_for_its_channel_half_an_hour_and_its_channel_is_asked_on(
    scene: Scene, told: Outcome, in_time: Any, given_up: Any, minutes: int, seconds: int
) -> None:
    order, channel = waiting_order(scene, purchase_of(STOCK)), SayingChannel(told)
    scene.pass_time(minutes=minutes, seconds=seconds)
    done = is_done(scene, order, asking(channel))
    is_closed = state_of(order) is OrderState.CLOSED
    assert (is_closed, done) == (given_up if minutes == 30 else in_time)
    assert channel.asked == [order.order_id]
    assert in_stock() == (CARDS_IN_STOCK if is_closed else CARDS_IN_STOCK - 1)


@pytest.mark.parametrize("named", ["", "sandbox"])
@pytest.mark.parametrize("told, done", [(NO_ANSWER, False), (NOT_YET, False), (EXPIRED, True)])
def test_the_channel_of_a_closed_order_is_asked_until_it_has_said_the_last_word(
    scene: Scene, named: str, told: Outcome, done: bool
) -> None:
    order, channel = waiting_order(scene), SayingChannel(told)
    closed = cancel(scene, order)
    scene.pass_time(minutes=30)
    before = scene.tables.change_number
    assert is_done(scene, order, asking(channel), named) is done
    assert channel.asked == [order.order_id]
    assert (order_of(order.order_id), scene.tables.change_number) == (closed, before)


@pytest.mark.parametrize("told, done", [(NO_ANSWER, False), (NOT_YET, False), (EXPIRED, True)])
def test_the_channel_of_an_order_that_a_card_paid_is_asked_where_it_is_named(
    scene: Scene, told: Outcome, done: bool
) -> None:
    order, channel = waiting_order(scene), SayingChannel(told)
    bought = pay_from_card(scene, order)
    scene.pass_time(minutes=30)
    assert is_done(scene, order, asking(channel)) is True
    assert channel.asked == []
    assert is_done(scene, order, asking(channel), "sandbox") is done
    assert channel.asked == [order.order_id]
    assert order_of(order.order_id) == bought


@pytest.mark.parametrize("minutes, state", [(29, OrderState.PENDING_PAY), (30, OrderState.CLOSED)])
def test_the_cards_of_an_order_are_not_held_for_what_the_office_looks_into(
    scene: Scene, minutes: int, state: OrderState
) -> None:
    """Its channel says again and again that nothing was paid, as if that were a payment."""
    order = waiting_order(scene, purchase_of(STOCK))
    scene.pass_time(minutes=minutes)
    closing = asking(SayingChannel(Outcome("SUCCEEDED", "PY", amount_fen=0, at=scene.now())))
    with pytest.raises(AmountDiffers):
        is_done(scene, order, closing)
    assert state_of(order) is state
    assert in_stock() == CARDS_IN_STOCK - (state is OrderState.PENDING_PAY)
    if state is OrderState.CLOSED:
        assert order_of(order.order_id).steps[-1].at == scene.now()
        assert refuses(scene, AmountDiffers.code, lambda: is_done(scene, order, closing)) == {
            "order_id": order.order_id,
            "expected_fen": order.payable_fen,
        }


@pytest.mark.parametrize("told", [EXPIRED, NO_ANSWER])
def test_whoever_is_overtaken_leaves_the_order_to_the_next_sweep(scene: Scene, told: Outcome) -> None:
    order = waiting_order(scene, purchase_of(STOCK))
    scene.pass_time(minutes=30)
    closing = asking(SayingChannel(told))
    once = FailingBooks([Stale("moved on")])
    before = scene.tables.change_number
    assert is_done(scene, order, replace(closing, books=once)) is False  # type: ignore[arg-type]
    assert (once.tries, scene.tables.change_number) == (1, before)
    is_done(scene, order, closing)
    assert state_of(order) is OrderState.CLOSED


def test_an_order_that_a_card_pays_while_its_channel_is_asked_stays_paid(scene: Scene) -> None:
    class Slow(SayingChannel):
        def query(self, order_id: str) -> Outcome:
            pay_from_card(scene, order)
            return super().query(order_id)

    order = waiting_order(scene)
    scene.pass_time(minutes=30)
    assert is_done(scene, order, asking(Slow(NO_ANSWER))) is False
    assert state_of(order) is OrderState.COMPLETED
