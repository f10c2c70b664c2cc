"""Payments: what is booked of a channel's word, and what goes back to its payer?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain import due
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import SURPLUS, Order, OrderState, RefundState
from chalicelib.domain.outside import Outcome, PaymentNotice
from chalicelib.domain.payment import AmountDiffers
from chalicelib.domain.record import Record
from chalicelib.usecases.settle_payment import SettlePayment
from tests.simulation.failing import FailingBooks, NoPlanYet
from tests.simulation.ground import AGENT_TOPUP, NAMED, STOCK, TOPUP, VIRTUAL
from tests.simulation.one_run import Scene
from tests.simulation.operation import account_card, purchase_of
from tests.simulation.quiet_scene import moved, order_of, paid, refuses, waiting_order
from tests.simulation.saying import SayingChannel
from tests.simulation.small_ground import BRANCH, BUYER


def settle(scene: Scene, notice: PaymentNotice, is_answer: bool = False) -> Order:
    order: Order = bootstrap.settle_payment()(notice, scene.now(), is_answer)
    assert order == order_of(order.order_id)
    return order


def settling(**parts: Any) -> SettlePayment:
    return replace(bootstrap.settle_payment(), **parts)


def receipt(notice: PaymentNotice) -> Record:
    (record,) = bootstrap.books().records(f"pay_sandbox_{notice.payment_id}")
    return record


# ---------------------------------------------------------------- what was asked for


def test_a_payment_is_booked_and_its_cards_are_delivered_with_it(scene: Scene) -> None:
    waiting = waiting_order(scene, purchase_of(NAMED, 2))
    scene.pass_time(minutes=2)
    notice = paid(scene, waiting)
    scene.pass_time(minutes=1)
    order = settle(scene, notice)
    assert (order.state, order.payment_id, order.plan_id) == (OrderState.COMPLETED, notice.payment_id, "p1")
    assert (order.paid_at, order.version) == (notice.paid_at, waiting.version + 1)
    cards = [bootstrap.cards().get(card_id) for card_id in order.card_ids]
    assert [card.available_fen for card in cards if card] == [NAMED.face_fen] * 2
    record = receipt(notice)
    assert sum(fen for fen in moved(record).values() if fen > 0) >= order.payable_fen
    assert moved(record)["A:CHANNEL"] == order.payable_fen
    assert (record.at, record.about["payment"]) == (scene.now(), notice.payment_id)


def test_a_channel_whose_clock_is_ahead_has_paid_now(scene: Scene) -> None:
    notice = paid(scene, waiting_order(scene))
    order = settle(scene, replace(notice, paid_at=notice.paid_at + timedelta(hours=1)))
    assert order.paid_at == scene.now()


@pytest.mark.parametrize("item", [VIRTUAL, STOCK])
def test_a_word_that_comes_again_changes_nothing(scene: Scene, item: Any) -> None:
    notice = paid(scene, waiting_order(scene, purchase_of(item)))
    first = settle(scene, notice)
    assert settle(scene, notice) == first
    assert settle(scene, notice, is_answer=True) == first
    facts = refuses(scene, AmountDiffers.code, lambda: settle(scene, replace(notice, amount_fen=9_999)))
    assert facts == {"order_id": first.order_id, "expected_fen": 10_000}


def test_a_word_about_no_order_or_from_another_channel_is_refused(scene: Scene) -> None:
    notice = paid(scene, waiting_order(scene))
    unknown = replace(notice, order_id=f"{notice.order_id[:-1]}0")
    for wrong in (unknown, replace(notice, channel="other")):
        refuses(scene, "ORDER_UNKNOWN", lambda one=wrong: settle(scene, one))
    settle(scene, notice)


def test_before_any_plan_a_paid_order_earns_nobody_anything(scene: Scene) -> None:
    notice = paid(scene, waiting_order(scene))
    order = settling(catalog=NoPlanYet())(notice, scene.now())
    assert (order.plan_id, order.state) == ("", OrderState.COMPLETED)


def test_a_top_up_of_an_oil_companys_card_is_paid_and_waits_for_the_company(scene: Scene) -> None:
    card_id = scene.ground.agent_cards[BUYER]
    order = settle(scene, paid(scene, waiting_order(scene, purchase_of(AGENT_TOPUP, card_id=card_id))))
    assert order.state is OrderState.PAID
    assert bootstrap.documents().get(due.TABLE, *due.key_of(due.TOPUP, order.order_id)) is not None


def test_a_top_up_of_our_own_card_is_credited_at_once(scene: Scene) -> None:
    card_id = account_card(scene)
    before = bootstrap.cards().get(card_id)
    order = settle(
        scene, paid(scene, waiting_order(scene, purchase_of(TOPUP, card_id=card_id, amount_fen=700)))
    )
    after = bootstrap.cards().get(card_id)
    assert before is not None and after is not None
    assert (order.state, after.available_fen - before.available_fen) == (OrderState.COMPLETED, 700)
    assert bootstrap.documents().get(due.TABLE, *due.key_of(due.TOPUP, order.order_id)) is None


# ---------------------------------------------------------------- another amount


@pytest.mark.parametrize("wrong_fen", [-1, 1])
def test_a_callback_of_another_amount_is_not_believed(scene: Scene, wrong_fen: int) -> None:
    order = waiting_order(scene)
    notice = paid(scene, order)
    told: list[PaymentNotice] = []
    believe = settling(amount_differed=lambda order, notice: told.append(notice))
    wrong = replace(notice, amount_fen=order.payable_fen + wrong_fen)
    facts = refuses(scene, AmountDiffers.code, lambda: believe(wrong, scene.now()))
    assert facts == {"order_id": order.order_id, "expected_fen": order.payable_fen}
    assert told == []
    settle(scene, notice)


@pytest.mark.parametrize("amount_fen", [1, 9_999, 10_001])
def test_another_amount_that_was_really_paid_goes_back_and_the_order_waits_on(
    scene: Scene, amount_fen: int
) -> None:
    order = waiting_order(scene)
    notice = paid(scene, order, wrong_fen=amount_fen - order.payable_fen)
    told: list[tuple[Order, PaymentNotice]] = []
    believe = settling(amount_differed=lambda order, notice: told.append((order, notice)))
    after = believe(notice, scene.now(), is_answer=True)
    assert after == order_of(order.order_id)
    assert told == [(after, notice)]
    assert believe(notice, scene.now(), is_answer=True) == after
    assert len(told) == 1
    (refund,) = after.refunds
    assert (after.state, after.version) == (OrderState.PENDING_PAY, order.version + 1)
    assert (refund.cause, refund.amount_fen, refund.state) == (SURPLUS, amount_fen, RefundState.APPROVED)
    assert (refund.units, refund.withdrawn_fen) == (0, 0)
    assert after.steps[-1].reason == f"PAYMENT_AMOUNT_DIFFERS: {amount_fen} paid, 10000 asked for"
    assert moved(receipt(notice)) == {"A:CHANNEL": amount_fen, "L:REFUND_PAYABLE": -amount_fen}
    scene.calm_down()
    assert sum(scene.payment.refunded_fen.values()) == amount_fen


@pytest.mark.parametrize("amount_fen", [0, -1])
def test_an_answer_that_nothing_was_paid_is_no_payment(scene: Scene, amount_fen: int) -> None:
    notice = paid(scene, waiting_order(scene))
    wrong = replace(notice, amount_fen=amount_fen)
    refuses(scene, AmountDiffers.code, lambda: settle(scene, wrong, is_answer=True))
    settle(scene, notice)


# ---------------------------------------------------------------- what goes back


def test_a_payment_of_a_closed_order_goes_back(scene: Scene) -> None:
    order = waiting_order(scene)
    bootstrap.close_order().cancelled(scene.command(BUYER), order.order_id)
    notice = paid(scene, order)
    after = settle(scene, notice)
    (refund,) = after.refunds
    assert (after.state, after.payment_id) == (OrderState.CLOSED, "")
    assert (refund.cause, refund.amount_fen) == (SURPLUS, order.payable_fen)
    assert receipt(notice).reason == "paid while CLOSED"
    assert settle(scene, notice) == after
    scene.calm_down()
    assert scene.payment.refunded_fen == {order.order_id: order.payable_fen}


def test_a_second_payment_of_an_order_that_a_card_paid_goes_back(scene: Scene) -> None:
    order = waiting_order(scene)
    notice = paid(scene, order)
    done = bootstrap.pay_order()(scene.command(BUYER), order.order_id, account_card(scene))
    after = settle(scene, notice)
    assert (after.state, after.payer) == (OrderState.COMPLETED, done.payer)
    assert [refund.cause for refund in after.refunds] == [SURPLUS]


def test_a_payment_for_what_cannot_be_delivered_goes_back_whole(scene: Scene) -> None:
    card_id = account_card(scene)
    order = waiting_order(scene, purchase_of(TOPUP, card_id=card_id, amount_fen=700))
    bootstrap.books().commit(
        None, [CardChange(card_id, (CardState.ACTIVE,), move_to=CardState.LOST, lost_at=scene.now())]
    )
    notice = paid(scene, order)
    after = settle(scene, notice)
    (refund,) = after.refunds
    assert (refund.cause, refund.amount_fen, refund.withdrawn_fen, refund.units) == ("PAYMENT", 700, 0, 0)
    assert (refund.state, refund.at) == (RefundState.APPROVED, scene.now())
    assert (after.state, after.paid_at, after.payment_id) == (
        OrderState.REFUNDING,
        notice.paid_at,
        notice.payment_id,
    )
    assert [(step.state, step.reason) for step in after.steps[-2:]] == [
        ("PAID", "ILLEGAL_STATE"),
        ("REFUNDING", "ILLEGAL_STATE"),
    ]
    assert settle(scene, notice) == after
    scene.calm_down()
    assert order_of(order.order_id).state is OrderState.REFUNDED
    assert scene.payment.refunded_fen == {order.order_id: 700}


def test_what_the_office_gives_back_is_booked_once_whatever_its_amount(scene: Scene) -> None:
    order = waiting_order(scene)
    notice = paid(scene, order, wrong_fen=5)
    give_back = bootstrap.settle_payment().give_back
    first = give_back(notice, "by hand", scene.now())
    assert first == order_of(order.order_id) == give_back(notice, "by hand", scene.now())
    (refund,) = first.refunds
    assert (refund.amount_fen, receipt(notice).reason) == (order.payable_fen + 5, "by hand")
    unknown = replace(notice, order_id=f"{notice.order_id[:-1]}0")
    refuses(scene, "ORDER_UNKNOWN", lambda: give_back(unknown, "by hand", scene.now()))


# ---------------------------------------------------------------- in a crowd


@pytest.mark.parametrize("by_hand", [False, True])
def test_whoever_is_overtaken_reads_the_order_again_and_not_for_ever(scene: Scene, by_hand: bool) -> None:
    order = waiting_order(scene)
    notice = paid(scene, order)

    def book(books: FailingBooks) -> Order:
        use_case = settling(books=books)
        if by_hand:
            return use_case.give_back(notice, "by hand", scene.now())
        return use_case(notice, scene.now())

    stuck = FailingBooks([Stale("moved on") for _ in range(20)])
    refuses(scene, Unavailable.code, lambda: book(stuck))
    assert 1 < stuck.tries < 20
    assert book(FailingBooks([Stale("moved on")])) == order_of(order.order_id)


def test_a_payment_that_was_booked_meanwhile_is_answered_with_the_order_as_it_is(scene: Scene) -> None:
    order = waiting_order(scene)
    notice = paid(scene, order)
    assert settling(books=FailingBooks([Replayed("")]))(notice, scene.now()) == order
    settle(scene, notice)


def test_tables_that_do_not_answer_are_no_reason_to_give_money_back(scene: Scene) -> None:
    notice = paid(scene, waiting_order(scene))
    busy = settling(books=FailingBooks([Unavailable()]))
    refuses(scene, Unavailable.code, lambda: busy(notice, scene.now()))
    assert settle(scene, notice).refunds == ()


# ---------------------------------------------------------------- asking the channel


@pytest.mark.parametrize(
    "outcome, is_settled",
    [
        (Outcome("FAILED"), True),
        (Outcome("PENDING", reason="NOT_RECEIVED"), True),
        (Outcome("PENDING"), False),
        (Outcome("UNKNOWN", reason="NO_ANSWER"), False),
    ],
)
def test_an_order_is_settled_once_nobody_can_pay_it_there_any_more(
    scene: Scene, outcome: Outcome, is_settled: bool
) -> None:
    order, channel = waiting_order(scene), SayingChannel(outcome)
    check = replace(bootstrap.check_payment(), channels=lambda name: channel)
    assert check.is_settled(order, order.channel, scene.now()) is is_settled
    assert check(scene.ground.actors[BUYER], order.order_id, scene.now()) == order
    assert channel.asked == [order.order_id] * 2


def test_what_the_channel_was_paid_is_booked_and_not_asked_for_again(scene: Scene) -> None:
    order = waiting_order(scene)
    notice = paid(scene, order)
    check = bootstrap.check_payment()
    after = check(scene.ground.actors[BUYER], order.order_id, scene.now())
    assert (after.state, after.payment_id) == (OrderState.COMPLETED, notice.payment_id)
    assert after == order_of(order.order_id)
    channel = SayingChannel(Outcome("PENDING"))
    again = replace(check, channels=lambda name: channel)
    assert again.is_settled(after, "sandbox", scene.now()) is True
    assert channel.asked == []


def test_another_amount_that_the_channel_says_it_was_paid_is_booked_and_goes_back(scene: Scene) -> None:
    order = waiting_order(scene)
    notice = paid(scene, order, wrong_fen=5)
    check = bootstrap.check_payment()
    assert check.is_settled(order, order.channel, scene.now()) is True
    assert [refund.amount_fen for refund in order_of(order.order_id).refunds] == [order.payable_fen + 5]
    assert receipt(notice).action == "PAYMENT_TO_RETURN"


def test_only_the_buyer_asks_about_an_order(scene: Scene) -> None:
    order, check = waiting_order(scene), bootstrap.check_payment()
    for actor, order_id in ((BRANCH, order.order_id), (BUYER, f"{order.order_id[:-1]}0")):
        person = scene.ground.actors[actor]
        refuses(scene, "ORDER_UNKNOWN", lambda p=person, o=order_id: check(p, o, scene.now()))
