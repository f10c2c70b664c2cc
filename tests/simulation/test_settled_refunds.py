"""Refunds by hand: a person lets one go its way again, or sends it from the bank; its payer is paid once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardState
from chalicelib.domain.change import Stale
from chalicelib.domain.due import Due
from chalicelib.domain.errors import IllegalState, KeyReused, Refusal, Unavailable
from chalicelib.domain.order import Order, OrderState, RefundState, Step
from chalicelib.domain.outside import Outcome
from chalicelib.domain.record import Client, Line, Record
from chalicelib.domain.worked_refund import REFUNDABLE
from chalicelib.usecases.approvals import NOBODY
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Command
from chalicelib.usecases.settle_refund import SettleRefund
from tests.fakes.operations import Script
from tests.simulation.failing import FailingBooks
from tests.simulation.ground import AGENT_STOCK, NAMED, STAFF, TOPUP, VIRTUAL
from tests.simulation.one_run import Scene
from tests.simulation.operation import account_card
from tests.simulation.paying_back import (
    ask_back,
    by_hand,
    change_card,
    fen_of,
    paid_from_card,
    paid_twice,
    prepaid,
    record_of,
    reference_of,
    refund_in,
    refused_for_good,
    refuses,
    replaced,
    sold,
    states_of,
    to_send,
    top_up,
)
from tests.simulation.quiet_scene import card_of, order_of
from tests.simulation.saying import SayingChannel
from tests.simulation.withdrawing import OvertakenBooks

BANK = "20261122-000017"
FINANCE = STAFF["finance"].person_id
CLIENT = Client("192.0.2.7", "browser", "salt")
PAYABLE = "L:REFUND_PAYABLE"
Settle = Callable[..., Order]


def person(scene: Scene) -> Command:
    """Somebody of the office, who has looked into it."""
    command = scene.command("finance", reason="looked into it")
    return replace(command, actor=replace(command.actor, client=CLIENT))


def settling(**parts: Any) -> SettleRefund:
    return replace(bootstrap.settle_refund(), **parts)


def retry(scene: Scene, order: Order, command: Command | None = None, **parts: Any) -> Order:
    """The order, whose refund goes its way once more; the answer is what stands."""
    refund_id = refund_in(order).refund_id
    after = settling(**parts).retry(command or person(scene), order.order_id, refund_id)
    assert after == order_of(order.order_id)
    return after


def by_bank(scene: Scene, order: Order, command: Command | None = None, **parts: Any) -> Order:
    """The order, whose refund was sent from the bank: the last of those who agreed has said so."""
    refund_id = refund_in(order).refund_id
    settling(**parts).by_bank(command or person(scene), order.order_id, refund_id, BANK, NOBODY)
    return order_of(order.order_id)


def recorded(command: Command, action: str, order: Order, *lines: Line, **about: str) -> Record:
    """What must stand in the journal of what a person did."""
    told = {"order": order.order_id, "refund": refund_in(order).refund_id} | about
    return Record(
        FINANCE,
        command.key,
        action,
        command.now,
        FINANCE,
        told,
        lines,
        "looked into it",
        "same",
        client_commitment=CLIENT.commitment,
    )


def refused(scene: Scene) -> Order:
    """An order whose refund its channel has refused for good."""
    order = refused_for_good(scene, sold(scene, NAMED))
    scene.pass_time(minutes=1)
    return order


def without_room(scene: Scene, room_fen: int = 4_000) -> Order:
    """An order whose paying card has room for a part of its refund alone."""
    order = paid_from_card(scene, VIRTUAL)
    top_up(scene, account_card(scene), 260_000 - room_fen)
    order = ask_back(scene, order)
    scene.pass_time(minutes=1)
    return order


def make_room(scene: Scene, fen: int) -> None:
    """So much of the account card goes onto another one."""
    (other,) = sold(scene, NAMED).card_ids
    sold(scene, TOPUP, card_id=other, amount_fen=fen, pay_card_id=account_card(scene))


# ---------------------------------------------------------------- through its channel again


def test_a_refund_goes_through_its_channel_once_more_as_if_it_had_never_failed(scene: Scene) -> None:
    order, other, command = refused(scene), refused(scene), person(scene)
    refund = refund_in(order)
    after = retry(scene, order, command)
    assert after.refunds == (replace(refund, state=RefundState.APPROVED, failures=0),)
    assert (after.state, after.steps, after.version) == (order.state, order.steps, order.version + 1)
    assert record_of(command) == recorded(command, "refund.retry", order)
    about = {"order": order.order_id, "refund": refund.refund_id}
    assert to_send() == [Due("refund", f"{order.order_id}#{refund.refund_id}", scene.now(), about)]
    assert [row.order_id for row in by_hand()] == [other.order_id]
    scene.calm_down()
    assert order_of(order.order_id).state is OrderState.REFUNDED
    assert scene.payment.refunded_fen == {order.order_id: 98_500}


def test_a_payment_that_paid_nothing_goes_through_its_channel_whatever_card_paid_the_order(
    scene: Scene,
) -> None:
    order = paid_twice(scene)
    scene.payment.script_refund(Script("FAILED"))
    for _ in range(8):
        bootstrap.send_refund().ask_again(order.order_id, refund_in(order).refund_id, scene.now())
    scene.payment.refunds.done.clear()
    retry(scene, order)
    scene.calm_down()
    assert (refund_in(order).state, by_hand()) == (RefundState.SUCCEEDED, [])
    assert scene.payment.refunded_fen == {order.order_id: 10_000}


# ---------------------------------------------------------------- onto the paying card again


def test_what_a_card_had_no_room_for_goes_onto_it_as_soon_as_it_has(scene: Scene) -> None:
    order, payer = without_room(scene), account_card(scene)
    make_room(scene, 5_999)
    facts = refuses(scene, "CARD_BALANCE_CAP", lambda: retry(scene, order))
    assert facts == {"cap_fen": 500_000, "allowed_fen": 5_999}
    make_room(scene, 1)
    command = person(scene)
    after = retry(scene, order, command)
    lines = Line(PAYABLE, 6_000), Line(prepaid(payer), -6_000)
    assert record_of(command) == recorded(command, "REFUND_SETTLED", order, *lines, card=payer)
    settled = record_of(command).record_id
    assert after.refunds == (replace(order.refunds[0], state=RefundState.SUCCEEDED, settled=settled),)
    assert after.steps == (*order.steps, Step("REFUNDED", scene.now(), FINANCE))
    assert (after.state, states_of(order)) == (OrderState.REFUNDED, [CardState.CLOSED])
    assert (card_of(payer).balance_fen, by_hand(), to_send()) == (500_000, [], [])


def test_it_goes_onto_the_card_that_has_taken_the_place_of_the_payer(scene: Scene) -> None:
    order = without_room(scene)
    make_room(scene, 6_000)
    new = replaced(scene, account_card(scene))
    retry(scene, order)
    assert card_of(new).balance_fen == 500_000


def test_onto_a_closed_card_nothing_goes(scene: Scene) -> None:
    order, payer = without_room(scene), account_card(scene)
    change_card(payer, move_to=CardState.CLOSED)
    facts = refuses(scene, IllegalState.code, lambda: retry(scene, order))
    assert facts == {"card_id": payer, "state": CardState.CLOSED, "needed": REFUNDABLE}


@pytest.mark.parametrize("what, code", [("closed", "ILLEGAL_STATE"), ("filled", "CARD_BALANCE_CAP")])
def test_a_card_that_cannot_take_it_any_more_is_left_alone(scene: Scene, what: str, code: str) -> None:
    order, payer = without_room(scene), account_card(scene)
    make_room(scene, 6_000)

    def moves_on() -> None:
        if what == "closed":
            change_card(payer, move_to=CardState.CLOSED)
        else:
            top_up(scene, payer, 1)

    with pytest.raises(Refusal) as refused:
        retry(scene, order, books=OvertakenBooks(bootstrap.books(), moves_on))
    assert (refused.value.code, refund_in(order).state) == (code, RefundState.MANUAL)


# ---------------------------------------------------------------- from the bank


def test_what_was_sent_from_the_bank_is_booked_and_its_channel_was_asked_before(scene: Scene) -> None:
    order, other, command = refused(scene), refused(scene), person(scene)
    channel = SayingChannel(Outcome("FAILED"))
    after = by_bank(scene, order, command, channels=lambda name: {"sandbox": channel}[name])
    assert channel.asked == [reference_of(order)]
    lines = Line(PAYABLE, 98_500), Line("A:BANK_CUSTODY", -98_500)
    assert record_of(command) == recorded(command, "REFUND_SETTLED", order, *lines, bank=BANK)
    settled = record_of(command).record_id
    assert after.refunds == (replace(order.refunds[0], state=RefundState.SUCCEEDED, settled=settled),)
    assert after.steps == (*order.steps, Step("REFUNDED", scene.now(), FINANCE))
    assert (after.state, states_of(order)) == (OrderState.REFUNDED, [CardState.CLOSED])
    assert [row.order_id for row in by_hand()] == [other.order_id]
    assert to_send() == []


def test_an_oil_companys_card_is_paid_back_from_our_own_account(scene: Scene) -> None:
    order, command = refused_for_good(scene, sold(scene, AGENT_STOCK)), person(scene)
    by_bank(scene, order, command)
    assert fen_of(record_of(command)) == {PAYABLE: 98_500, "A:BANK_OPER": -98_500}


def test_of_what_a_card_has_taken_in_part_the_bank_sends_the_rest_and_no_channel_is_asked(
    scene: Scene,
) -> None:
    order, command = without_room(scene), person(scene)
    after = by_bank(scene, order, command, channels=lambda name: {}[name])
    assert fen_of(record_of(command)) == {PAYABLE: 6_000, "A:BANK_CUSTODY": -6_000}
    assert (after.state, states_of(order)) == (OrderState.REFUNDED, [CardState.CLOSED])


@pytest.mark.parametrize("word", ["SUCCEEDED", "PENDING"])
def test_nobody_sends_from_the_bank_what_its_channel_has_sent_or_may_send(scene: Scene, word: str) -> None:
    order, channel = refused(scene), SayingChannel(Outcome(word))
    facts = refuses(scene, IllegalState.code, lambda: by_bank(scene, order, channels=lambda name: channel))
    assert facts == {"entity": refund_in(order).refund_id, "state": word, "wanted": "SUCCEEDED"}


def test_nobody_sends_from_the_bank_what_its_channel_says_nothing_of(scene: Scene) -> None:
    order, channel = refused(scene), SayingChannel(Outcome("UNKNOWN", reason="NO_ANSWER"))
    facts = refuses(scene, Unavailable.code, lambda: by_bank(scene, order, channels=lambda name: channel))
    assert facts == {"reason": "NO_ANSWER"}


def test_what_never_arrived_at_its_channel_is_sent_from_the_bank(scene: Scene) -> None:
    order = refused(scene)
    assert scene.payment.query_refund(reference_of(order)).never_arrived
    assert by_bank(scene, order).state is OrderState.REFUNDED


# ---------------------------------------------------------------- one key, one refund


WAYS = pytest.mark.parametrize("settle", [retry, by_bank])


def unknown_refunds(order: Order) -> list[tuple[str, str]]:
    refund_id = order.refunds[0].refund_id
    return [(f"{order.order_id[:-1]}0", refund_id), (order.order_id, "0" * 26)]


def test_a_refund_that_is_not_there_is_unknown(scene: Scene) -> None:
    order, settle = refused(scene), bootstrap.settle_refund()
    for order_id, refund_id in unknown_refunds(order):
        ways: list[Callable[[], object]] = [
            lambda o=order_id, r=refund_id: settle.retry(person(scene), o, r),
            lambda o=order_id, r=refund_id: settle.waiting(o, r),
        ]
        for way in ways:
            facts = refuses(scene, "REFUND_UNKNOWN", way)
            assert facts == {"order_id": order_id, "refund_id": refund_id}


def test_a_command_that_comes_again_is_done_once_and_its_key_is_for_nothing_else(scene: Scene) -> None:
    order, other, command = refused(scene), refused(scene), person(scene)
    retry(scene, order, command)
    before = scene.tables.change_number
    retry(scene, order, command)
    assert scene.tables.change_number == before
    refuses(scene, KeyReused.code, lambda: retry(scene, order, replace(command, request_hash="other")))
    refuses(scene, KeyReused.code, lambda: retry(scene, other, command))
    state = refund_in(order).state
    facts = refuses(scene, IllegalState.code, lambda: retry(scene, order))
    assert facts == {"entity": refund_in(order).refund_id, "state": state, "wanted": "SUCCEEDED"}
    scene.calm_down()
    retry(scene, order, command)


def test_the_key_of_another_refund_that_is_settled_too_is_no_answer(scene: Scene) -> None:
    order, other, command = refused(scene), refused(scene), person(scene)
    retry(scene, order, command)
    retry(scene, other)
    facts = refuses(scene, IllegalState.code, lambda: retry(scene, other, command))
    assert facts["entity"] == refund_in(other).refund_id


@pytest.mark.parametrize("about", [{}, {"refund": "0" * 26}])
def test_the_key_of_another_command_settles_nothing(scene: Scene, about: dict[str, Any]) -> None:
    order, command = refused(scene), person(scene)
    bootstrap.books().commit(audit_record(command, "card.freeze", **about), [])
    refuses(scene, KeyReused.code, lambda: retry(scene, order, command))


def test_the_key_of_another_request_settles_nothing(scene: Scene) -> None:
    order, command = refused(scene), person(scene)
    about = {"refund": refund_in(order).refund_id}
    bootstrap.books().commit(audit_record(replace(command, request_hash="other"), "other", **about), [])
    refuses(scene, KeyReused.code, lambda: retry(scene, order, command))


@WAYS
def test_a_key_that_was_never_used_does_not_settle_what_is_on_its_way(scene: Scene, settle: Settle) -> None:
    order = ask_back(scene, sold(scene, NAMED))
    facts = refuses(scene, IllegalState.code, lambda: settle(scene, order))
    assert facts == {"entity": refund_in(order).refund_id, "state": "APPROVED", "wanted": "SUCCEEDED"}


# ---------------------------------------------------------------- in a crowd


def test_whoever_is_overtaken_reads_the_order_again_and_not_for_ever(scene: Scene) -> None:
    order, stuck = refused(scene), FailingBooks([Stale("moved on") for _ in range(20)])
    refuses(scene, Unavailable.code, lambda: retry(scene, order, books=stuck))
    assert 1 < stuck.tries < 20
    retry(scene, order, books=FailingBooks([Stale("moved on")]))
    assert by_hand() == []


def test_a_command_sent_again_while_it_is_done_is_answered_as_done(scene: Scene) -> None:
    order, command = refused(scene), person(scene)
    faster = OvertakenBooks(bootstrap.books(), lambda: retry(scene, order, command))
    retry(scene, order, command, books=faster)
    assert (faster.done, by_hand()) == (1, [])


def test_what_another_person_settled_meanwhile_is_not_settled_again(scene: Scene) -> None:
    order = refused(scene)
    faster = OvertakenBooks(bootstrap.books(), lambda: by_bank(scene, order))
    with pytest.raises(IllegalState) as late:
        retry(scene, order, books=faster)
    refund_id = refund_in(order).refund_id
    assert late.value.facts == {"entity": refund_id, "state": "SUCCEEDED", "wanted": "SUCCEEDED"}


def test_who_books_what_the_bank_sent_is_told_when_it_has_moved_on(scene: Scene) -> None:
    """The approval looks again: it alone knows how often."""
    order = refused(scene)
    faster = OvertakenBooks(bootstrap.books(), lambda: retry(scene, order))
    with pytest.raises(Stale):
        by_bank(scene, order, books=faster)
    assert refund_in(order).state is RefundState.APPROVED
