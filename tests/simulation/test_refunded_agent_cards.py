"""Oil companies' cards: which go back at once, of which the oil company is asked, and what if it says no?"""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardState
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.order import OrderState, Refund, RefundState
from chalicelib.domain.outside import Outcome
from chalicelib.usecases.refund_order import RefundOrder, RefundWish
from tests.fakes.operations import Script
from tests.simulation.ground import AGENT_STOCK, AGENT_TOPUP
from tests.simulation.one_run import Scene
from tests.simulation.operation import number_and_secret, revealed
from tests.simulation.paying_back import (
    HeardIssuer,
    ask_back,
    change_card,
    fen_of,
    record_of,
    refund_in,
    refunding_with,
    refuses,
    sold,
    states_of,
    to_send,
)
from tests.simulation.quiet_scene import card_of, order_of
from tests.simulation.small_ground import BUYER, STRANGER
from tests.simulation.withdrawing import OvertakenBooks

CLOSED, PENDING, SOLD = CardState.CLOSED, CardState.REFUND_PENDING, CardState.SOLD


def hearing(scene: Scene) -> tuple[RefundOrder, HeardIssuer]:
    """Refunds, and what the oil company is asked for them."""
    issuer = HeardIssuer(scene.oil_company)
    return refunding_with(closing=replace(bootstrap.close_cards(), issuers=issuer)), issuer


def test_a_card_whose_secret_nobody_knows_goes_back_unasked(scene: Scene) -> None:
    order, command = sold(scene, AGENT_STOCK), scene.command(BUYER)
    refund, issuer = hearing(scene)
    after = refund(command, RefundWish(order.order_id))
    assert after == order_of(order.order_id)
    assert after.refunds == (
        Refund(
            command.key,
            RefundState.APPROVED,
            "CUSTOMER",
            98_500,
            0,
            1,
            scene.now(),
            order.card_ids,
            closes=True,
        ),
    )
    record = record_of(command)
    assert (record.action, fen_of(record)) == (
        "REFUND_AGENT",
        {f"A:SUPPLIER_PREPAY:{order.issuer}": 97_000, "I:MARGIN": 1_500, "L:REFUND_PAYABLE": -98_500},
    )
    assert (states_of(order), issuer.heard) == ([PENDING], [])
    scene.calm_down()
    assert (order_of(order.order_id).state, states_of(order)) == (OrderState.REFUNDED, [CLOSED])


def test_a_card_of_an_oil_company_goes_back_as_a_whole_or_not_at_all(scene: Scene) -> None:
    order = sold(scene, AGENT_STOCK)
    for part_fen in (1, 98_499, 98_501):
        refuses(scene, "CHOOSE_CARDS", lambda fen=part_fen: ask_back(scene, order, amount_fen=fen))
    assert ask_back(scene, order, amount_fen=98_500).refunded_fen == 98_500


def test_a_top_up_of_an_oil_companys_card_does_not_come_back_through_us(scene: Scene) -> None:
    order = sold(scene, AGENT_TOPUP, card_id=scene.ground.agent_cards[BUYER])
    assert order_of(order.order_id).state is OrderState.COMPLETED
    refuses(scene, "NOT_REFUNDABLE", lambda: ask_back(scene, order))


def test_of_several_cards_the_last_takes_all_that_is_left(scene: Scene) -> None:
    order = sold(scene, AGENT_STOCK, 2)
    first, second = order.card_ids
    refund = ask_back(scene, order, card_ids=(first, first)).refunds[0]
    assert (refund.amount_fen, refund.units, refund.card_ids) == (98_500, 1, (first,))
    scene.calm_down()
    assert (order_of(order.order_id).state, states_of(order)) == (
        OrderState.PARTIALLY_REFUNDED,
        [CLOSED, SOLD],
    )
    last = ask_back(scene, order).refunds[-1]
    assert (last.amount_fen, last.units, last.card_ids) == (98_500, 1, (second,))


def test_a_card_that_is_anothers_by_now_is_not_closed_at_its_oil_company(scene: Scene) -> None:
    order = sold(scene, AGENT_STOCK)
    revealed(scene, *order.card_ids)
    change_card(order.card_ids[0], assign_to=STRANGER)
    refuses(scene, "CARD_UNKNOWN", lambda: ask_back(scene, order))
    assert scene.oil_company.closed_cards == set()


# ---------------------------------------------------------------- the oil company is asked


def test_a_card_whose_secret_is_known_is_closed_first_and_then_goes_back(scene: Scene) -> None:
    order = sold(scene, AGENT_STOCK)
    (card_id,) = order.card_ids
    revealed(scene, *order.card_ids)
    command, (refund, issuer) = scene.command(BUYER), hearing(scene)
    after = refund(command, RefundWish(order.order_id))
    assert after == order_of(order.order_id)
    assert issuer.heard == [f"close_{card_id} is to be done"]
    given = refund_in(order)
    assert (given.refund_id, given.state, given.amount_fen) == (command.key, RefundState.APPROVED, 98_500)
    assert (states_of(order), len(to_send())) == ([PENDING], 1)
    record = record_of(command)
    about = {"order": order.order_id, "refund": command.key, "cause": "CUSTOMER", "cards": {card_id: "SOLD"}}
    assert (record.action, record.about, record.lines) == ("refund.request", about, ())
    assert refund(command, RefundWish(order.order_id)) == after
    scene.calm_down()
    assert refund(command, RefundWish(order.order_id)) == order_of(order.order_id)
    assert (order_of(order.order_id).state, states_of(order)) == (OrderState.REFUNDED, [CLOSED])
    assert len(issuer.heard) == 1


def test_while_the_oil_company_is_at_it_the_wish_stands_and_is_asked_about(scene: Scene) -> None:
    order = sold(scene, AGENT_STOCK)
    (card_id,) = order.card_ids
    revealed(scene, *order.card_ids)
    scene.oil_company.script_closure(Script("PENDING"))
    command, (refund, issuer) = scene.command(BUYER), hearing(scene)
    wish = RefundWish(order.order_id)
    for _ in range(2):
        with pytest.raises(Unavailable) as waits:
            refund(command, wish)
        assert waits.value.facts == {"card_id": card_id, "issuer_says": "PENDING"}
    assert issuer.heard == [f"close_{card_id} is to be done", f"was close_{card_id} done?"]
    assert order_of(order.order_id).refunds == (
        Refund(
            command.key,
            RefundState.REQUESTED,
            "CUSTOMER",
            98_500,
            0,
            1,
            scene.now(),
            order.card_ids,
            closes=True,
        ),
    )
    assert (order_of(order.order_id).state, states_of(order)) == (OrderState.REFUNDING, [PENDING])
    refuses(scene, KeyReused.code, lambda: refund(replace(command, request_hash="other"), wish))
    scene.oil_company.closures.later[f"close_{card_id}"] = Outcome("SUCCEEDED")
    scene.pass_time(minutes=1)
    after = refund(replace(command, now=scene.now()), wish)
    assert (after, refund_in(order).state) == (order_of(order.order_id), RefundState.APPROVED)
    assert [row.since for row in to_send()] == [scene.now()]


def test_what_the_oil_company_refuses_is_refused_and_all_stands_as_it_stood(scene: Scene) -> None:
    order = sold(scene, AGENT_STOCK)
    (card_id,) = order.card_ids
    revealed(scene, *order.card_ids)
    scene.oil_company.used_cards = {number_and_secret(card_id)[0]}
    command, (refund, issuer) = scene.command(BUYER), hearing(scene)
    wish, no = RefundWish(order.order_id), {"card_id": card_id, "issuer_says": "FAILED"}

    def ask(with_command: Any) -> dict[str, Any]:
        return refuses(scene, "SECRET_REVEALED", lambda: refund(with_command, wish))

    with pytest.raises(Exception, match="SECRET_REVEALED"):
        refund(command, wish)
    after = order_of(order.order_id)
    assert (after.state, states_of(order)) == (OrderState.COMPLETED, [SOLD])
    assert (refund_in(order).state, after.refunded_fen) == (RefundState.REJECTED, 0)
    issuer.heard.clear()
    assert ask(command) == no
    assert issuer.heard == []
    assert ask(scene.command(BUYER)) == no
    assert issuer.heard == [f"was close_{card_id} done?"]


def test_of_several_cards_those_go_back_that_the_oil_company_closes(scene: Scene) -> None:
    order = sold(scene, AGENT_STOCK, 3)
    used, closed, unseen = order.card_ids
    for card_id in (used, closed):
        change_card(card_id, revealed_at=scene.now())
    scene.oil_company.used_cards = {number_and_secret(used)[0]}
    after = ask_back(scene, order)
    refund = refund_in(order)
    assert (refund.amount_fen, refund.units, refund.card_ids) == (197_000, 2, (closed, unseen))
    assert states_of(order) == [SOLD, PENDING, PENDING]
    scene.calm_down()
    assert after.refunded_fen == 197_000


def test_a_secret_that_is_seen_while_its_card_is_refunded_is_asked_about(scene: Scene) -> None:
    order = sold(scene, AGENT_STOCK)
    (card_id,) = order.card_ids
    seen = OvertakenBooks(bootstrap.books(), lambda: revealed(scene, *order.card_ids))
    after = refunding_with(books=seen)(scene.command(BUYER), RefundWish(order.order_id))
    assert after == order_of(order.order_id)
    assert list(scene.oil_company.closures.done) == [f"close_{card_id}"]
    assert card_of(card_id).state is PENDING


def test_a_card_given_away_while_it_is_refunded_stays_with_its_new_holder(scene: Scene) -> None:
    order = sold(scene, AGENT_STOCK)
    (card_id,) = order.card_ids
    given = OvertakenBooks(bootstrap.books(), lambda: change_card(card_id, assign_to=STRANGER))
    with pytest.raises(Exception, match="CARD_UNKNOWN"):
        refunding_with(books=given)(scene.command(BUYER), RefundWish(order.order_id))
    assert (order_of(order.order_id), card_of(card_id).state) == (order, SOLD)
