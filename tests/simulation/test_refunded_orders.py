"""Refunds: how much goes back, from which cards, and what stands in the books of it?"""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.due import Due
from chalicelib.domain.errors import IllegalState
from chalicelib.domain.ledger import checked_lines, credit, debit
from chalicelib.domain.order import SURPLUS, Order, OrderState, Refund, RefundState, Step
from chalicelib.domain.record import Client, Line, Record
from chalicelib.domain.refund import Cause
from chalicelib.domain.worked_refund import REFUNDABLE, Worked
from chalicelib.usecases.refund_order import RefundWish
from tests.simulation.failing import OtherProduct
from tests.simulation.ground import BONUS, NAMED, TOPUP, VIRTUAL
from tests.simulation.one_run import Scene
from tests.simulation.operation import account_card, paying, purchase_of
from tests.simulation.paying_back import (
    ask_back,
    available_fen,
    by_hand,
    fen_of,
    last_record,
    prepaid,
    record_of,
    refund_in,
    refunding_with,
    refuses,
    sold,
    states_of,
    to_send,
    top_up,
    use,
)
from tests.simulation.quiet_scene import card_of, order_of, waiting_order
from tests.simulation.small_ground import BRANCH, BUYER

CLOSED, PENDING, ACTIVE = CardState.CLOSED, CardState.REFUND_PENDING, CardState.ACTIVE
PAYABLE, PROMO = "L:REFUND_PAYABLE", "E:PROMO"


# ---------------------------------------------------------------- through a channel


def test_a_refund_through_a_channel_is_owed_and_its_card_waits_with_it(scene: Scene) -> None:
    order, client = sold(scene, NAMED), Client("192.0.2.7", "browser", "salt")
    (card_id,) = order.card_ids
    command = scene.command(BUYER, reason="not needed")
    command = replace(command, actor=replace(command.actor, client=client))
    after = bootstrap.refund_order()(command, RefundWish(order.order_id))
    key, now = command.key, scene.now()
    assert after == order_of(order.order_id)
    assert after.refunds == (
        Refund(key, RefundState.APPROVED, "CUSTOMER", 98_500, 100_000, 1, now, (card_id,), closes=True),
    )
    assert (after.state, after.version) == (OrderState.REFUNDING, order.version + 1)
    assert after.steps == (*order.steps, Step("REFUNDING", now, BUYER, "not needed"))
    assert record_of(command) == Record(
        BUYER,
        key,
        "REFUND",
        now,
        BUYER,
        {"order": order.order_id, "sku": "sku_named", "refund": key, "cause": "CUSTOMER"},
        (Line(prepaid(card_id), 100_000), Line(PROMO, -1_500), Line(PAYABLE, -98_500)),
        "not needed",
        "same",
        client_commitment=client.commitment,
    )
    assert (states_of(order), available_fen(card_id)) == ([PENDING], 0)
    about = {"order": order.order_id, "refund": key}
    assert to_send() == [Due("refund", f"{order.order_id}#{key}", now, about)]
    scene.calm_down()
    assert (order_of(order.order_id).state, states_of(order)) == (OrderState.REFUNDED, [CLOSED])
    assert scene.payment.refunded_fen == {order.order_id: 98_500}
    assert (to_send(), by_hand()) == ([], [])


def test_a_part_leaves_the_rest_on_the_card_and_the_rest_may_follow(scene: Scene) -> None:
    order = sold(scene, NAMED)
    (card_id,) = order.card_ids
    ask_back(scene, order, amount_fen=30_000)
    refund = refund_in(order)
    assert (refund.amount_fen, refund.withdrawn_fen, refund.units) == (30_000, 31_500, 0)
    assert (refund.closes, refund.owed_fen, refund.card_ids) == (False, 0, (card_id,))
    assert (states_of(order), available_fen(card_id)) == ([ACTIVE], 68_500)
    scene.calm_down()
    assert (order_of(order.order_id).state, states_of(order)) == (OrderState.PARTIALLY_REFUNDED, [ACTIVE])
    facts = refuses(scene, "REFUND_EXCEEDS", lambda: ask_back(scene, order, amount_fen=68_501))
    assert facts == {"refundable_fen": 68_500}
    ask_back(scene, order, amount_fen=500)
    scene.calm_down()
    last = ask_back(scene, order, card_ids=(card_id,)).refunds[-1]
    assert (last.amount_fen, last.withdrawn_fen, last.units, last.closes) == (68_000, 68_000, 1, True)
    scene.calm_down()
    assert (order_of(order.order_id).state, states_of(order)) == (OrderState.REFUNDED, [CLOSED])
    assert scene.payment.refunded_fen == {order.order_id: 98_500}


def test_one_fen_is_sent_back_too(scene: Scene) -> None:
    order = sold(scene, VIRTUAL)
    assert ask_back(scene, order, amount_fen=1).refunds[0].state is RefundState.APPROVED
    scene.calm_down()
    assert scene.payment.refunded_fen == {order.order_id: 1}


@pytest.mark.parametrize("cause, whole_fen", [(Cause.CUSTOMER, 48_500), (Cause.ISSUER, 49_250)])
def test_what_was_used_is_priced_by_who_is_the_cause(scene: Scene, cause: Cause, whole_fen: int) -> None:
    order = sold(scene, NAMED)
    use(scene, order.card_ids[0], 50_000)
    after = ask_back(scene, order, by="office", cause=cause)
    refund = after.refunds[0]
    assert (refund.cause, refund.amount_fen, refund.withdrawn_fen, refund.units) == (
        cause,
        whole_fen,
        50_000,
        1,
    )


@pytest.mark.parametrize("cause, withdrawn_fen", [(Cause.CUSTOMER, 31_500), (Cause.ISSUER, 30_457)])
def test_a_part_takes_as_much_from_the_card_as_its_cause_says_and_the_rest_gives_what_is_left(
    scene: Scene, cause: Cause, withdrawn_fen: int
) -> None:
    order = sold(scene, NAMED)
    refund = ask_back(scene, order, by="office", cause=cause, amount_fen=30_000).refunds[0]
    assert (refund.amount_fen, refund.withdrawn_fen) == (30_000, withdrawn_fen)
    assert available_fen(order.card_ids[0]) == 100_000 - withdrawn_fen
    scene.calm_down()
    rest = ask_back(scene, order, by="office", cause=cause).refunds[-1]
    assert (rest.amount_fen, rest.withdrawn_fen) == (68_500, 100_000 - withdrawn_fen)


def test_a_rest_that_is_worth_nothing_leaves_the_card_and_nobody_is_sent_anything(scene: Scene) -> None:
    order = sold(scene, BONUS)
    use(scene, order.card_ids[0], 100_000)
    after = ask_back(scene, order)
    assert (refund_in(order).state, refund_in(order).amount_fen) == (RefundState.SUCCEEDED, 0)
    assert (after.state, states_of(order)) == (OrderState.REFUNDED, [CLOSED])
    assert fen_of(last_record(after)) == {prepaid(order.card_ids[0]): 20_000, PROMO: -20_000}
    scene.calm_down()
    assert (scene.payment.refunded_fen, to_send(), by_hand()) == ({}, [], [])


def test_the_fee_above_the_face_is_no_part_of_a_refund(scene: Scene) -> None:
    sell = replace(bootstrap.place_order(), catalog=OtherProduct(replace(VIRTUAL, price_fen=10_300)))  # type: ignore[arg-type]
    wish = replace(purchase_of(VIRTUAL), expected_fen=10_300)
    order = sell(scene.command(BUYER), wish).order
    paying(order.order_id).do(scene)
    order = order_of(order.order_id)
    after = ask_back(scene, order)
    assert (after.refunded_fen, after.payable_fen) == (10_000, 10_300)
    assert fen_of(last_record(after)) == {prepaid(order.card_ids[0]): 10_000, PAYABLE: -10_000}
    scene.calm_down()
    assert order_of(order.order_id).state is OrderState.REFUNDED


# ---------------------------------------------------------------- other money on the card


def test_a_card_that_holds_other_money_gives_back_its_own_and_is_not_closed(scene: Scene) -> None:
    order = sold(scene, NAMED)
    (card_id,) = order.card_ids
    top_up(scene, card_id, 700)
    refund = ask_back(scene, order).refunds[0]
    assert (refund.amount_fen, refund.withdrawn_fen, refund.units, refund.closes) == (
        98_500,
        100_000,
        1,
        False,
    )
    scene.calm_down()
    assert (order_of(order.order_id).state, states_of(order)) == (OrderState.REFUNDED, [ACTIVE])
    assert available_fen(card_id) == 700


def test_a_card_that_a_pump_holds_money_of_is_not_closed(scene: Scene) -> None:
    order = sold(scene, NAMED)
    (card_id,) = order.card_ids
    lines = checked_lines(
        "AUTHORIZE", [debit(prepaid(card_id), 1_000), credit(f"L:AUTH_HOLD:{card_id}", 1_000)]
    )
    held = Record(card_id, "fuelling", "AUTHORIZE", scene.now(), "station", lines=lines)
    bootstrap.books().commit(held, [CardChange(card_id, (ACTIVE,))])
    refund = ask_back(scene, order).refunds[0]
    assert (refund.amount_fen, refund.withdrawn_fen, refund.closes) == (97_500, 99_000, False)
    scene.calm_down()
    assert states_of(order) == [ACTIVE]


def test_a_top_up_goes_back_and_its_card_stays_even_with_nothing_on_it(scene: Scene) -> None:
    (card_id,) = sold(scene, NAMED).card_ids
    use(scene, card_id, 100_000)
    order = top_up(scene, card_id, 700)
    refund = ask_back(scene, order).refunds[0]
    assert (refund.amount_fen, refund.withdrawn_fen, refund.units, refund.closes) == (700, 700, 1, False)
    assert (card_of(card_id).state, available_fen(card_id)) == (ACTIVE, 0)
    scene.calm_down()
    assert (order_of(order.order_id).state, card_of(card_id).state) == (OrderState.REFUNDED, ACTIVE)


def test_a_top_up_of_several_units_goes_back_with_all_of_them(scene: Scene) -> None:
    item = replace(TOPUP, face_fen=10_000, price_fen=10_000, cost_fen=9_700)
    sell = replace(bootstrap.place_order(), catalog=OtherProduct(item))  # type: ignore[arg-type]
    wish = replace(
        purchase_of(item, card_id=account_card(scene), amount_fen=0), expected_fen=30_000, quantity=3
    )
    order = sell(scene.command(BUYER), wish).order
    paying(order.order_id).do(scene)
    refund = ask_back(scene, order).refunds[0]
    assert (refund.amount_fen, str(refund.units)) == (30_000, "3"), "a whole number"
    scene.calm_down()
    assert order_of(order.order_id).state is OrderState.REFUNDED


def test_of_a_card_that_is_used_up_nothing_goes_back(scene: Scene) -> None:
    order = sold(scene, VIRTUAL)
    use(scene, order.card_ids[0], 10_000)
    refuses(scene, "NOTHING_TO_REFUND", lambda: ask_back(scene, order))


# ---------------------------------------------------------------- who asks, and when


@pytest.mark.parametrize("deed", ["the refund", "the preview"])
def test_only_the_buyer_and_the_office_ask_for_a_refund(scene: Scene, deed: str) -> None:
    order, refund = sold(scene, VIRTUAL), bootstrap.refund_order()
    ask: Any = refund if deed == "the refund" else refund.preview
    unknown = f"{order.order_id[:-1]}0"

    def is_unknown(who: str, order_id: str, *own: bool) -> None:
        wish = RefundWish(order_id)
        facts = refuses(scene, "ORDER_UNKNOWN", lambda: ask(scene.command(who), wish, *own))
        assert facts == {"order_id": order_id}

    is_unknown(BRANCH, order.order_id)
    is_unknown(BRANCH, order.order_id, True)
    is_unknown(BUYER, unknown)
    is_unknown("office", unknown, False)
    ask(scene.command("office"), RefundWish(order.order_id), False)


@pytest.mark.parametrize("who", [BUYER, "office"])
def test_a_preview_says_what_would_be_and_nothing_has_happened(scene: Scene, who: str) -> None:
    order = sold(scene, NAMED)
    (card_id,) = order.card_ids
    before = scene.tables.change_number
    wish = RefundWish(order.order_id, amount_fen=30_000)
    told = bootstrap.refund_order().preview(scene.command(who), wish, own=who == BUYER)
    change = CardChange(card_id, REFUNDABLE, holder_id=BUYER, untouched_fen=100_000)
    assert told == Worked(30_000, {card_id: 31_500}, 0, (change,))
    assert scene.tables.change_number == before


def test_an_order_that_is_not_paid_or_on_its_way_back_is_not_refunded(scene: Scene) -> None:
    waiting = waiting_order(scene)
    facts = refuses(scene, IllegalState.code, lambda: ask_back(scene, waiting))
    assert facts == {"entity": waiting.order_id, "state": "PENDING_PAY", "wanted": "REFUNDING"}
    order = sold(scene, VIRTUAL)
    ask_back(scene, order)
    for state in ("REFUNDING", "REFUNDED"):
        facts = refuses(scene, IllegalState.code, lambda: ask_back(scene, order))
        assert facts == {"entity": order.order_id, "state": state, "wanted": "REFUNDING"}
        scene.calm_down()


class OftenRefunded:
    """Orders that each have had so many refunds before."""

    def __init__(self, refunds: int) -> None:
        self.refunds = refunds

    def get(self, order_id: str) -> Order:
        order = order_of(order_id)
        refund = Refund("", RefundState.SUCCEEDED, SURPLUS, 1, 0, 0, order.created_at)
        return replace(order, refunds=(refund,) * self.refunds)


def test_an_order_is_refunded_in_fifty_parts_and_then_only_as_a_whole(scene: Scene) -> None:
    order = sold(scene, VIRTUAL)

    def told(refunds: int, amount_fen: int) -> Any:
        wish = RefundWish(order.order_id, amount_fen=amount_fen)
        return refunding_with(orders=OftenRefunded(refunds)).preview(scene.command(BUYER), wish)

    assert told(49, 1).refund_fen == 1
    assert refuses(scene, "TOO_MANY_REFUNDS", lambda: told(50, 1)) == {"refunds": 50}
    assert told(50, 0).refund_fen == 10_000
