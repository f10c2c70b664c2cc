"""Refunds through a channel: each is sent once, asked about until it is there, and booked once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain import due
from chalicelib.domain.card import CardState
from chalicelib.domain.change import Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.manual_refund import FAILURES_MAX, Cause, ManualRefund
from chalicelib.domain.order import Order, OrderState, RefundState, Step
from chalicelib.domain.outside import Outcome
from chalicelib.domain.record import Line, Record
from chalicelib.usecases.send_refund import SendRefund
from tests.fakes.operations import Script
from tests.simulation.failing import FailingBooks, OvertakenOrders
from tests.simulation.ground import NAMED, VIRTUAL
from tests.simulation.one_run import Scene
from tests.simulation.operation import account_card
from tests.simulation.paying_back import (
    HeardChannel,
    ask_back,
    by_hand,
    paid_from_card,
    paid_twice,
    reference_of,
    refund_in,
    refused_for_good,
    sending_with,
    sold,
    states_of,
    to_send,
    top_up,
)
from tests.simulation.quiet_scene import order_of
from tests.simulation.small_ground import BUYER
from tests.simulation.withdrawing import OvertakenBooks

LOST, DROPPED = Script(answer="lost"), Script(answer="dropped")


def approved(scene: Scene, *scripts: Script) -> Order:
    """An order whose refund is approved, and sent by nobody yet; how its channel will behave."""
    for script in scripts:
        scene.payment.script_refund(script)
    return ask_back(scene, sold(scene, NAMED))


def hearing(scene: Scene, **parts: Any) -> tuple[SendRefund, HeardChannel]:
    """Refunds on their way, and what their channel is asked."""
    channel = HeardChannel(scene.payment)
    return sending_with(channels=lambda name: {"sandbox": channel}[name], **parts), channel


def ask_again(scene: Scene, order: Order, send: SendRefund | None = None) -> None:
    use_case = send or bootstrap.send_refund()
    use_case.ask_again(order.order_id, refund_in(order).refund_id, scene.now())


def is_to_be_done(order: Order) -> tuple[Any, ...]:
    return ("refund", order.order_id, reference_of(order), 98_500, order.payment_id)


def was_it_done(order: Order) -> tuple[Any, ...]:
    return ("query", reference_of(order))


def unchanged(scene: Scene, deed: Callable[[], object]) -> bool:
    """Whether a deed leaves everything as it is."""
    before = scene.tables.change_number
    deed()
    return scene.tables.change_number == before


# ---------------------------------------------------------------- it arrives


def test_an_approved_refund_is_sent_once_and_booked_when_it_is_there(scene: Scene) -> None:
    order = approved(scene)
    send, channel = hearing(scene)
    later, key = scene.now() + timedelta(seconds=3), refund_in(order).refund_id
    send(order.order_id, later)
    assert channel.heard == [is_to_be_done(order)]
    after = order_of(order.order_id)
    assert after.refunds == (replace(order.refunds[0], state=RefundState.SUCCEEDED),)
    assert (after.state, after.version) == (OrderState.REFUNDED, order.version + 2)
    assert after.steps == (*order.steps, Step("REFUNDED", later, "channel:sandbox"))
    assert (states_of(order), to_send()) == ([CardState.CLOSED], [])
    assert bootstrap.books().record(BUYER, f"{order.order_id}#r{key}#paid") == Record(
        BUYER,
        f"{order.order_id}#r{key}#paid",
        "REFUND_PAID_OUT",
        later,
        "channel:sandbox",
        {"order": order.order_id, "refund": key},
        (Line("L:REFUND_PAYABLE", 98_500), Line("A:CHANNEL:sandbox", -98_500)),
    )
    assert unchanged(scene, lambda: send(order.order_id, later))
    ask_again(scene, order, send)
    assert order_of(order.order_id) == after
    assert len(channel.heard) == 1


def test_a_part_that_is_there_closes_no_card(scene: Scene) -> None:
    order = ask_back(scene, sold(scene, NAMED), amount_fen=30_000)
    bootstrap.send_refund()(order.order_id, scene.now())
    assert (order_of(order.order_id).state, states_of(order)) == (
        OrderState.PARTIALLY_REFUNDED,
        [CardState.ACTIVE],
    )


def test_of_an_order_that_is_not_there_nothing_is_sent(scene: Scene) -> None:
    order = approved(scene)
    unknown = f"{order.order_id[:-1]}0"
    assert unchanged(scene, lambda: bootstrap.send_refund()(unknown, scene.now()))


def test_whoever_sends_it_is_the_only_one(scene: Scene) -> None:
    order = approved(scene)
    other = OvertakenOrders(lambda: bootstrap.send_refund()(order.order_id, scene.now()))
    send, channel = hearing(scene, orders=other)
    send(order.order_id, scene.now())
    assert (channel.heard, refund_in(order).state) == ([], RefundState.SUCCEEDED)


# ---------------------------------------------------------------- nobody knows


def test_one_that_was_sent_by_somebody_who_died_is_asked_about(scene: Scene) -> None:
    order = approved(scene)
    with pytest.raises(KeyError):
        sending_with(channels=lambda name: {}[name])(order.order_id, scene.now())
    assert refund_in(order).state is RefundState.SUBMITTED
    send, channel = hearing(scene)
    ask_again(scene, order, send)
    assert channel.heard == [was_it_done(order), is_to_be_done(order)]
    assert refund_in(order).state is RefundState.SUCCEEDED


@pytest.mark.parametrize(
    "script, asked", [(LOST, 0), (DROPPED, 1), (Script("PENDING", later="SUCCEEDED"), 0)]
)
def test_one_whose_end_is_not_known_is_asked_about_and_sent_again_only_if_it_never_arrived(
    scene: Scene, script: Script, asked: int
) -> None:
    order = approved(scene, script)
    send, channel = hearing(scene)
    send(order.order_id, scene.now())
    assert (refund_in(order).state, len(to_send())) == (RefundState.UNKNOWN, 1)
    assert order_of(order.order_id).state is OrderState.REFUNDING
    ask_again(scene, order, send)
    assert channel.heard == [is_to_be_done(order), was_it_done(order), *[is_to_be_done(order)] * asked]
    assert (refund_in(order).state, to_send()) == (RefundState.SUCCEEDED, [])
    assert scene.payment.refunded_fen == {order.order_id: 98_500}


def test_while_nothing_is_known_nothing_is_written(scene: Scene) -> None:
    order = approved(scene, Script("PENDING"))
    bootstrap.send_refund()(order.order_id, scene.now())
    assert unchanged(scene, lambda: ask_again(scene, order))
    scene.payment.refunds.later[reference_of(order)] = Outcome("SUCCEEDED")
    ask_again(scene, order)
    assert order_of(order.order_id).state is OrderState.REFUNDED


def test_one_that_nobody_has_sent_is_sent_when_it_is_asked_about(scene: Scene) -> None:
    order = approved(scene)
    send, channel = hearing(scene)
    ask_again(scene, order, send)
    assert (channel.heard, refund_in(order).state) == ([is_to_be_done(order)], RefundState.SUCCEEDED)
    assert order_of(order.order_id).steps[-1].at == scene.now()


@pytest.mark.parametrize("known", ["the refund", "the order", "nothing"])
def test_a_row_of_what_needs_no_question_goes(scene: Scene, known: str) -> None:
    """Of a refund that is there, or of one that nobody knows; the others stay."""
    order, open_one = approved(scene), approved(scene)
    bootstrap.send_refund()(order.order_id, scene.now())
    order_id = order.order_id if known != "nothing" else f"{order.order_id[:-1]}0"
    refund_id = refund_in(order).refund_id if known == "the refund" else "0" * 26
    row = due.refund_opened(order_id, refund_id, scene.now())
    bootstrap.documents().put(row.table, row.pk, row.sk, row.values)
    assert len(to_send()) == 2
    send, channel = hearing(scene)
    send.ask_again(order_id, refund_id, scene.now())
    assert [row.about["order"] for row in to_send()] == [open_one.order_id]
    assert channel.heard == []


# ---------------------------------------------------------------- it is refused


def test_one_that_its_channel_refuses_is_sent_again_under_its_name(scene: Scene) -> None:
    order = approved(scene, Script("FAILED", "BALANCE_LOW"))
    send, channel = hearing(scene)
    send(order.order_id, scene.now())
    ask_again(scene, order, send)
    assert channel.heard == [is_to_be_done(order)] * 2
    assert (refund_in(order).state, refund_in(order).failures) == (RefundState.FAILED, 2)
    assert (len(to_send()), by_hand(), order_of(order.order_id).state) == (1, [], OrderState.REFUNDING)
    scene.payment.refunds.done.clear()
    scene.payment.script_refund(LOST)
    ask_again(scene, order, send)
    assert refund_in(order).state is RefundState.UNKNOWN
    ask_again(scene, order, send)
    assert order_of(order.order_id).state is OrderState.REFUNDED


def test_what_is_refused_eight_times_waits_for_a_person_and_is_sent_by_no_machine(scene: Scene) -> None:
    order = approved(scene, Script("FAILED", "ACCOUNT_CLOSED"))
    send, channel = hearing(scene)
    for _ in range(FAILURES_MAX - 1):
        ask_again(scene, order, send)
    assert (refund_in(order).state, refund_in(order).failures) == (RefundState.FAILED, 7)
    assert (len(to_send()), by_hand()) == (1, [])
    ask_again(scene, order, send)
    refund = refund_in(order)
    assert (refund.state, refund.failures, to_send()) == (RefundState.MANUAL, 8, [])
    why = Cause.CHANNEL_REFUSES
    waits = ManualRefund(order.order_id, refund.refund_id, why, 98_500, scene.now(), reason="ACCOUNT_CLOSED")
    assert by_hand() == [waits]
    assert (order_of(order.order_id).state, states_of(order)) == (
        OrderState.REFUNDING,
        [CardState.REFUND_PENDING],
    )
    channel.heard.clear()
    assert unchanged(scene, lambda: ask_again(scene, order, send))
    assert channel.heard == [was_it_done(order)]


def test_one_that_waits_for_a_person_and_was_paid_after_all_is_booked(scene: Scene) -> None:
    order, other = refused_for_good(scene, sold(scene, NAMED)), refused_for_good(scene, sold(scene, NAMED))
    scene.payment.refund(order.order_id, reference_of(order), 98_500, order.payment_id)
    later = scene.now() + timedelta(seconds=3)
    send, channel = hearing(scene)
    send.ask_again(order.order_id, refund_in(order).refund_id, later)
    after = order_of(order.order_id)
    assert (after.state, after.steps[-1].at) == (OrderState.REFUNDED, later)
    assert channel.heard == [was_it_done(order)]
    assert [row.order_id for row in by_hand()] == [other.order_id]


def test_of_one_that_waits_for_room_on_a_card_no_channel_is_asked(scene: Scene) -> None:
    order = paid_from_card(scene, VIRTUAL)
    top_up(scene, account_card(scene), 260_000)
    ask_back(scene, order)
    send, channel = hearing(scene)
    assert unchanged(scene, lambda: ask_again(scene, order, send))
    assert channel.heard == []


# ---------------------------------------------------------------- a payment that paid nothing


def test_a_payment_that_paid_nothing_goes_back_and_the_order_stands(scene: Scene) -> None:
    order = paid_twice(scene)
    send, channel = hearing(scene)
    send(order.order_id, scene.now())
    payment_id = scene.payment.payments[order.order_id].payment_id
    assert channel.heard == [("refund", order.order_id, reference_of(order), 10_000, payment_id)]
    assert refund_in(order).state is RefundState.SUCCEEDED
    after = order_of(order.order_id)
    assert (after.state, after.steps[-1].state, states_of(order)) == (
        OrderState.COMPLETED,
        OrderState.COMPLETED,
        [CardState.ACTIVE],
    )


def test_an_order_is_not_refunded_before_its_own_refund_is_there(scene: Scene) -> None:
    order = paid_twice(scene)
    scene.payment.script_refund(LOST)
    bootstrap.send_refund()(order.order_id, scene.now())
    top_up(scene, account_card(scene), 260_000)
    surplus = refund_in(order)
    ask_back(scene, order)
    bootstrap.send_refund().ask_again(order.order_id, surplus.refund_id, scene.now())
    after = order_of(order.order_id)
    assert [refund.state for refund in after.refunds] == [RefundState.MANUAL, RefundState.SUCCEEDED]
    assert (after.state, states_of(order)) == (OrderState.REFUNDING, [CardState.REFUND_PENDING])


# ---------------------------------------------------------------- in a crowd


def submitted(scene: Scene, *scripts: Script) -> Order:
    """A refund that its channel was to be told of when somebody died."""
    order = approved(scene, *scripts)
    with pytest.raises(KeyError):
        sending_with(channels=lambda name: {}[name])(order.order_id, scene.now())
    return order_of(order.order_id)


def with_books(books: Any) -> SendRefund:
    return sending_with(books=books)


def meanwhile(scene: Scene, order: Order) -> OvertakenBooks:
    """Books before whose first write another one has asked about the same refund."""
    return OvertakenBooks(bootstrap.books(), lambda: ask_again(scene, order))


@pytest.mark.parametrize(
    "word, after",
    [
        ("PENDING", RefundState.UNKNOWN),
        ("FAILED", RefundState.FAILED),
        ("SUCCEEDED", RefundState.SUCCEEDED),
    ],
)
def test_whoever_is_overtaken_reads_the_order_again_and_not_for_ever(
    scene: Scene, word: str, after: RefundState
) -> None:
    order = submitted(scene, Script(word))
    stuck = FailingBooks([Stale("moved on") for _ in range(20)])
    with pytest.raises(Unavailable):
        ask_again(scene, order, with_books(stuck))
    assert 1 < stuck.tries < 20
    assert refund_in(order).state is RefundState.SUBMITTED
    ask_again(scene, order, with_books(FailingBooks([Stale("moved on")])))
    assert refund_in(order).state is after
    if word == "PENDING":
        scene.payment.refunds.later[reference_of(order)] = Outcome("SUCCEEDED")
        ask_again(scene, order)


def test_no_channel_is_told_of_what_is_not_known_to_be_sent(scene: Scene) -> None:
    order = approved(scene)
    stuck = FailingBooks([Stale("moved on") for _ in range(20)])
    send, channel = hearing(scene, books=stuck)
    with pytest.raises(Unavailable):
        send(order.order_id, scene.now())
    assert (channel.heard, refund_in(order).state) == ([], RefundState.APPROVED)
    assert 1 < stuck.tries < 20
    send, channel = hearing(scene, books=FailingBooks([Stale("moved on")]))
    send(order.order_id, scene.now())
    assert (channel.heard, refund_in(order).state) == ([is_to_be_done(order)], RefundState.SUCCEEDED)


def test_what_was_booked_meanwhile_is_not_doubted(scene: Scene) -> None:
    order = submitted(scene, Script("PENDING", later="SUCCEEDED"))
    ask_again(scene, order, with_books(meanwhile(scene, order)))
    assert (refund_in(order).state, to_send()) == (RefundState.SUCCEEDED, [])


def test_what_two_find_done_is_booked_once(scene: Scene) -> None:
    order = submitted(scene)
    ask_again(scene, order, with_books(meanwhile(scene, order)))
    assert order_of(order.order_id).version == order.version + 1
    assert len(bootstrap.books().records(BUYER, f"{order.order_id}#r")) == 1


def test_what_is_found_done_after_it_was_booked_writes_nothing(scene: Scene) -> None:
    order, books = submitted(scene), FailingBooks([])
    orders = OvertakenOrders(lambda: ask_again(scene, order))
    ask_again(scene, order, sending_with(orders=orders, books=books))
    assert (refund_in(order).state, books.tries) == (RefundState.SUCCEEDED, 0)


def test_a_person_is_called_once_though_two_hear_the_last_refusal(scene: Scene) -> None:
    order = approved(scene, Script("FAILED"))
    for _ in range(FAILURES_MAX - 1):
        ask_again(scene, order)
    ask_again(scene, order, with_books(meanwhile(scene, order)))
    assert (refund_in(order).state, refund_in(order).failures) == (RefundState.MANUAL, FAILURES_MAX)
    assert len(by_hand()) == 1


def test_two_refusals_that_two_hear_are_two(scene: Scene) -> None:
    order = approved(scene, Script("FAILED"))
    ask_again(scene, order)
    ask_again(scene, order, with_books(meanwhile(scene, order)))
    assert (refund_in(order).state, refund_in(order).failures) == (RefundState.FAILED, 3)
