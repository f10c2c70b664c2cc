"""Refunds above the limit: who asks, who agrees, what goes back then, and what is told of it?"""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.approval import EXPIRES_AFTER, FourEyes, Request, State
from chalicelib.domain.errors import KeyReused
from chalicelib.domain.order import Order, OrderState, RefundState
from chalicelib.domain.refund import Cause
from chalicelib.usecases.ask_refund import Told
from chalicelib.usecases.ports import Command
from chalicelib.usecases.refund_order import RefundWish
from tests.simulation.ground import AGENT_STOCK, NAMED
from tests.simulation.one_run import Scene
from tests.simulation.operation import revealed
from tests.simulation.operations_of_orders import nothing_goes_back_alone
from tests.simulation.paying_back import (
    ask_back,
    fen_of,
    record_of,
    refund_in,
    refuses,
    sold,
    top_up,
    use,
)
from tests.simulation.quiet_scene import order_of
from tests.simulation.small_ground import BUYER, STRANGER

PAYABLE = "L:REFUND_PAYABLE"


def asked(scene: Scene, order: Order, command: Command | None = None, **wish: Any) -> Request:
    """The buyer asks for more than goes back at once."""
    command = command or scene.command(BUYER, "too much")
    return bootstrap.ask_refund().ask(command, RefundWish(order.order_id, **wish))


def decide(scene: Scene, request: Request, agrees: bool = True, by: str = "finance") -> Command:
    command = scene.command(by, "as it says")
    bootstrap.inbox().decide(command, request.request_id, agrees)
    return command


def told(scene: Scene, order: Order) -> Told:
    return bootstrap.ask_refund().told(BUYER, order.order_id, scene.now())


def test_above_the_limit_nothing_goes_back_alone_also_not_in_parts(scene: Scene) -> None:
    nothing_goes_back_alone(scene, above_fen=50_000)
    order = sold(scene, NAMED)
    facts = refuses(scene, "APPROVAL_NEEDED", lambda: ask_back(scene, order))
    assert facts == {"refund_fen": 98_500}
    ask_back(scene, order, amount_fen=30_000)
    scene.calm_down()  # it is with its payer
    facts = refuses(scene, "APPROVAL_NEEDED", lambda: ask_back(scene, order, amount_fen=20_001))
    assert facts == {"refund_fen": 20_001}
    refuses(scene, "APPROVAL_NEEDED", lambda: ask_back(scene, order, "office", cause=Cause.ISSUER))
    ask_back(scene, order, amount_fen=20_000)


def test_what_goes_back_at_once_is_not_asked_for(scene: Scene) -> None:
    order = sold(scene, NAMED)
    assert refuses(scene, "NO_APPROVAL_NEEDED", lambda: asked(scene, order)) == {"refund_fen": 98_500}
    refuses(scene, "ORDER_UNKNOWN", lambda: asked(scene, order, scene.command(STRANGER)))
    refuses(scene, "REFUND_REQUEST_UNKNOWN", lambda: told(scene, order))


def test_the_last_word_decides_the_refund_and_the_buyer_reads_which_one(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED)
    request = asked(scene, order)
    assert (order_of(order.order_id), told(scene, order).state) == (order, State.WAITING)
    command = decide(scene, request)
    refund, record = refund_in(order), record_of(command)
    assert (refund.refund_id, refund.state, refund.amount_fen) == (command.key, RefundState.APPROVED, 98_500)
    assert fen_of(record)[PAYABLE] == -98_500
    assert (record.action, record.actor, record.reason) == ("REFUND", command.actor.person_id, "too much")
    assert (record.about["request"], record.about["requested_by"]) == (request.request_id, BUYER)
    answer = told(scene, order)
    assert (answer.state, answer.refund_id, answer.amount_fen) == (State.APPROVED, command.key, 98_500)
    scene.calm_down()
    assert order_of(order.order_id).state is OrderState.REFUNDED


def test_an_order_has_one_request_at_a_time(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order, command = sold(scene, NAMED), scene.command(BUYER, "too much")
    first = asked(scene, order, command)
    assert asked(scene, order, command) == first, "the same command is the same request"
    refuses(scene, "REFUND_ASKED", lambda: asked(scene, order))
    decide(scene, first, agrees=False)
    answer = told(scene, order)
    assert (answer.state, answer.answer, answer.refund_id) == (State.REFUSED, "as it says", "")
    second = asked(scene, order)
    assert told(scene, order).request_id == second.request_id
    scene.pass_time(days=EXPIRES_AFTER.days)
    assert told(scene, order).state is State.EXPIRED
    assert asked(scene, order).state(scene.now()) is State.WAITING
    assert refund_count(order) == 0


def test_of_a_card_that_was_used_meanwhile_what_is_left_goes_back(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED)
    request = asked(scene, order)
    (card_id,) = order.card_ids
    use(scene, card_id, 40_000)
    decide(scene, request)
    assert refund_in(order).amount_fen == 58_500


def test_never_more_goes_back_than_was_agreed_to(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED)
    use(scene, order.card_ids[0], 40_000)
    request = asked(scene, order)
    top_up(scene, order.card_ids[0], 40_000)
    facts = refuses(scene, "REFUND_EXCEEDS", lambda: decide(scene, request))
    assert facts == {"refundable_fen": 58_500}
    assert told(scene, order).state is State.WAITING


def test_nobody_agrees_to_what_they_asked_for_the_customer(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED)
    command = scene.command("second", "the wrong card")
    request = bootstrap.ask_refund().ask(command, RefundWish(order.order_id, Cause.ISSUER), own=False)
    with pytest.raises(FourEyes):
        decide(scene, request, by="second")
    decide(scene, request)
    assert refund_in(order).cause == Cause.ISSUER


def test_the_key_of_an_earlier_refund_makes_no_second_one_of_it(scene: Scene) -> None:
    nothing_goes_back_alone(scene, above_fen=50_000)
    order = sold(scene, NAMED)
    first = ask_back(scene, order, amount_fen=30_000).refunds[0]
    scene.calm_down()
    request = asked(scene, order)
    command = replace(scene.command("finance"), key=first.refund_id)
    with pytest.raises(KeyReused):
        bootstrap.inbox().decide(command, request.request_id, True)
    assert order_of(order.order_id).refunds[0].amount_fen == 30_000


def test_an_oil_company_is_asked_after_the_word_and_not_before(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, AGENT_STOCK)
    revealed(scene, *order.card_ids)
    request = asked(scene, order)
    assert scene.oil_company.closures.done == {}
    command = decide(scene, request)
    refund = refund_in(order)
    assert (refund.refund_id, refund.state) == (command.key, RefundState.REQUESTED)
    scene.pass_time(minutes=2)
    bootstrap.query_unknown()(scene.now())
    scene.calm_down()
    assert order_of(order.order_id).state is OrderState.REFUNDED


def test_by_default_five_thousand_yuan_go_back_at_once_and_more_takes_two(scene: Scene) -> None:
    order = sold(scene, NAMED, 6)
    facts = refuses(scene, "APPROVAL_NEEDED", lambda: ask_back(scene, order))
    assert facts == {"refund_fen": 591_000}
    request = asked(scene, order)
    assert (request.needed, request.amount_fen) == (2, 591_000)
    decide(scene, request)
    assert refund_count(order) == 0
    decide(scene, request, by="risk")
    assert refund_in(order).amount_fen == 591_000


def refund_count(order: Order) -> int:
    return len(order_of(order.order_id).refunds)
