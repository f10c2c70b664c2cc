"""Refunded cards: which of an order's cards go back, and what goes onto the card that paid?"""

import pytest

from chalicelib.domain.card import CardState
from chalicelib.domain.manual_refund import Cause as WhyByHand
from chalicelib.domain.manual_refund import ManualRefund
from chalicelib.domain.order import OrderState, RefundState, Step
from chalicelib.domain.worked_refund import REFUNDABLE
from tests.simulation.ground import NAMED, STOCK, VIRTUAL
from tests.simulation.one_run import Scene
from tests.simulation.operation import account_card
from tests.simulation.paying_back import (
    ask_back,
    available_fen,
    by_hand,
    change_card,
    fen_of,
    last_record,
    paid_from_card,
    prepaid,
    refund_in,
    refuses,
    replaced,
    sold,
    states_of,
    to_send,
    top_up,
    use,
)
from tests.simulation.quiet_scene import card_of, order_of
from tests.simulation.small_ground import BUYER, STRANGER

CLOSED, PENDING, ACTIVE = CardState.CLOSED, CardState.REFUND_PENDING, CardState.ACTIVE
PAYABLE, PROMO = "L:REFUND_PAYABLE", "E:PROMO"


# ---------------------------------------------------------------- several cards


def test_all_cards_of_an_order_go_back_together(scene: Scene) -> None:
    order = sold(scene, NAMED, 2)
    first, second = order.card_ids
    use(scene, first, 10_000)
    after = ask_back(scene, order)
    refund = refund_in(order)
    assert (refund.amount_fen, refund.withdrawn_fen, refund.units) == (187_000, 190_000, 2)
    assert (refund.card_ids, refund.closes) == ((first, second), True)
    assert fen_of(last_record(after)) == {
        prepaid(first): 90_000,
        prepaid(second): 100_000,
        PROMO: -3_000,
        PAYABLE: -187_000,
    }
    scene.calm_down()
    assert (order_of(order.order_id).state, states_of(order)) == (OrderState.REFUNDED, [CLOSED] * 2)


def test_of_several_cards_each_goes_back_once_by_its_name(scene: Scene) -> None:
    order = sold(scene, NAMED, 3)
    first, second, third = order.card_ids
    refund = ask_back(scene, order, card_ids=(second, second)).refunds[0]
    assert (refund.amount_fen, refund.units, refund.card_ids) == (98_500, 1, (second,))
    scene.calm_down()
    assert (order_of(order.order_id).state, states_of(order)) == (
        OrderState.PARTIALLY_REFUNDED,
        [ACTIVE, CLOSED, ACTIVE],
    )
    for wrong in ((second,), (first, second), (first, "crd_NONE"), ("crd_NONE",), (account_card(scene),)):
        refuses(scene, "CHOOSE_CARDS", lambda ids=wrong: ask_back(scene, order, card_ids=ids))
    for part in ({"amount_fen": 98_500}, {"amount_fen": 98_500, "card_ids": (first,)}):
        refuses(scene, "CHOOSE_CARDS", lambda wish=part: ask_back(scene, order, **wish))
    rest = ask_back(scene, order).refunds[-1]
    assert (rest.amount_fen, rest.units, rest.card_ids) == (197_000, 2, (first, third))
    scene.calm_down()
    assert (order_of(order.order_id).state, states_of(order)) == (OrderState.REFUNDED, [CLOSED] * 3)


def test_of_several_cards_none_is_closed_while_one_holds_other_money(scene: Scene) -> None:
    order = sold(scene, NAMED, 2)
    top_up(scene, order.card_ids[0], 700)
    refund = ask_back(scene, order).refunds[0]
    assert (refund.amount_fen, refund.units, refund.closes) == (197_000, 2, False)
    scene.calm_down()
    assert states_of(order) == [ACTIVE, ACTIVE]
    assert [available_fen(card_id) for card_id in order.card_ids] == [700, 0]


# ---------------------------------------------------------------- cards that moved on


def test_a_replaced_card_goes_back_as_the_one_that_took_its_place(scene: Scene) -> None:
    order = sold(scene, NAMED, 2)
    first, other = order.card_ids
    second = replaced(scene, first)
    third = replaced(scene, second)
    for wrong in (account_card(scene), f"{third}0"):
        refuses(scene, "CHOOSE_CARDS", lambda one=wrong: ask_back(scene, order, card_ids=(one,)))
    refund = ask_back(scene, order, card_ids=(second,)).refunds[0]
    assert (refund.card_ids, refund.amount_fen) == ((third,), 98_500)
    scene.calm_down()
    for gone in (first, second, third):
        refuses(scene, "CHOOSE_CARDS", lambda one=gone: ask_back(scene, order, card_ids=(one,)))
    assert ask_back(scene, order).refunds[-1].card_ids == (other,)
    scene.calm_down()
    assert (card_of(third).state, order_of(order.order_id).state) == (CLOSED, OrderState.REFUNDED)


@pytest.mark.parametrize("named", [0, 1])
def test_a_card_is_known_by_its_old_name_and_by_its_new_one(scene: Scene, named: int) -> None:
    order = sold(scene, NAMED)
    new = replaced(scene, order.card_ids[0])
    refund = ask_back(scene, order, card_ids=((order.card_ids[0], new)[named],)).refunds[0]
    assert (refund.card_ids, refund.amount_fen) == ((new,), 98_500)


@pytest.mark.parametrize("state", REFUNDABLE[1:])
def test_a_card_that_cannot_be_used_can_be_refunded(scene: Scene, state: CardState) -> None:
    order = sold(scene, NAMED)
    if state is not ACTIVE:
        change_card(order.card_ids[0], move_to=state)
    ask_back(scene, order)
    scene.calm_down()
    assert (order_of(order.order_id).state, states_of(order)) == (OrderState.REFUNDED, [CLOSED])


def test_a_card_of_the_stock_that_nobody_has_activated_goes_back(scene: Scene) -> None:
    order = sold(scene, STOCK)
    assert states_of(order) == [CardState.SOLD]
    ask_back(scene, order)
    scene.calm_down()
    assert states_of(order) == [CLOSED]


def test_a_card_that_is_anothers_by_now_or_on_its_way_out_does_not_go_back(scene: Scene) -> None:
    given, leaving = sold(scene, NAMED), sold(scene, NAMED)
    change_card(given.card_ids[0], assign_to=STRANGER)
    facts = refuses(scene, "CARD_UNKNOWN", lambda: ask_back(scene, given))
    assert facts == {"card_id": given.card_ids[0]}
    change_card(leaving.card_ids[0], move_to=PENDING)
    facts = refuses(scene, "ILLEGAL_STATE", lambda: ask_back(scene, leaving))
    assert facts == {"card_id": leaving.card_ids[0], "state": PENDING, "needed": REFUNDABLE}


# ---------------------------------------------------------------- onto the card that paid


def test_paid_from_a_card_it_is_back_on_that_card_at_once(scene: Scene) -> None:
    payer, order = account_card(scene), paid_from_card(scene, VIRTUAL)
    (card_id,) = order.card_ids
    scene.pass_time(minutes=1)
    after = ask_back(scene, order)
    refund = refund_in(order)
    assert (refund.state, refund.amount_fen, refund.owed_fen, refund.closes) == (
        RefundState.SUCCEEDED,
        10_000,
        0,
        True,
    )
    assert (available_fen(payer), states_of(order)) == (250_000, [CLOSED])
    record = last_record(after)
    assert (record.action, fen_of(record)) == (
        "REFUND_TO_CARD",
        {prepaid(card_id): 10_000, prepaid(payer): -10_000},
    )
    begun, ended = after.steps[-2:]
    assert begun == Step("REFUNDING", scene.now(), BUYER, "simulated")
    assert ended == Step("REFUNDED", scene.now(), BUYER)
    assert (to_send(), by_hand(), after.version) == ([], [], order.version + 1)


def test_a_part_of_what_a_card_paid_leaves_the_bought_card_in_use(scene: Scene) -> None:
    order = paid_from_card(scene, VIRTUAL)
    after = ask_back(scene, order, amount_fen=4_000)
    assert (after.state, states_of(order)) == (OrderState.PARTIALLY_REFUNDED, [ACTIVE])
    assert available_fen(account_card(scene)) == 244_000


@pytest.mark.parametrize("room_fen", [0, 1, 9_999, 10_000])
def test_what_the_cap_of_the_paying_card_does_not_let_in_waits_for_a_person(
    scene: Scene, room_fen: int
) -> None:
    payer, order = account_card(scene), paid_from_card(scene, VIRTUAL)
    (card_id,) = order.card_ids
    top_up(scene, payer, 260_000 - room_fen)
    after = ask_back(scene, order)
    refund, owed_fen = refund_in(order), 10_000 - room_fen
    lines = {prepaid(card_id): 10_000, prepaid(payer): -room_fen, PAYABLE: -owed_fen}
    assert fen_of(last_record(after)) == {name: fen for name, fen in lines.items() if fen}
    assert card_of(payer).balance_fen == 500_000
    assert (refund.amount_fen, refund.owed_fen, refund.withdrawn_fen) == (10_000, owed_fen, 10_000)
    if owed_fen:
        assert (refund.state, after.state, states_of(order)) == (
            RefundState.MANUAL,
            OrderState.REFUNDING,
            [PENDING],
        )
        why = WhyByHand.CARD_CANNOT_TAKE_IT
        waits = ManualRefund(order.order_id, refund.refund_id, why, owed_fen, scene.now(), "")
        assert by_hand() == [waits]
    else:
        assert (refund.state, after.state) == (RefundState.SUCCEEDED, OrderState.REFUNDED)
        assert by_hand() == []
    assert to_send() == []


def test_onto_a_closed_card_nothing_goes_and_all_of_it_waits_for_a_person(scene: Scene) -> None:
    payer, order = account_card(scene), paid_from_card(scene, VIRTUAL)
    change_card(payer, move_to=CLOSED)
    after = ask_back(scene, order)
    assert fen_of(last_record(after)) == {prepaid(order.card_ids[0]): 10_000, PAYABLE: -10_000}
    assert (refund_in(order).state, refund_in(order).owed_fen) == (RefundState.MANUAL, 10_000)
    assert (available_fen(payer), [row.amount_fen for row in by_hand()]) == (240_000, [10_000])


def test_it_goes_onto_the_card_that_took_the_place_of_the_payer(scene: Scene) -> None:
    payer, order = account_card(scene), paid_from_card(scene, VIRTUAL)
    new = replaced(scene, payer)
    after = ask_back(scene, order)
    assert fen_of(last_record(after))[prepaid(new)] == -10_000
    assert (available_fen(payer), available_fen(new)) == (0, 250_000)
