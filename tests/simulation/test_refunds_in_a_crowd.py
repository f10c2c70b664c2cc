"""Refunds in a crowd: a key is one refund, and what moves on meanwhile is looked at again, not for ever."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import (
    CardBalanceCap,
    CardNotSpendable,
    CardState,
    CardStateConflict,
    InsufficientBalance,
)
from chalicelib.domain.change import Stale
from chalicelib.domain.errors import IllegalState, KeyReused, Unavailable
from chalicelib.domain.order import Order, OrderState, RefundState
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Command
from chalicelib.usecases.refund_order import RefundWish
from tests.simulation.failing import FailingBooks
from tests.simulation.ground import NAMED, VIRTUAL
from tests.simulation.one_run import Scene
from tests.simulation.operation import account_card
from tests.simulation.paying_back import (
    CardsReadLate,
    ask_back,
    available_fen,
    by_hand,
    change_card,
    paid_from_card,
    refund_in,
    refunding_with,
    refuses,
    sold,
    to_send,
    top_up,
    use,
)
from tests.simulation.quiet_scene import order_of
from tests.simulation.small_ground import BUYER, STRANGER
from tests.simulation.withdrawing import OvertakenBooks


def meanwhile(deed: Callable[[], object]) -> OvertakenBooks:
    """Books before whose first write somebody does that."""
    return OvertakenBooks(bootstrap.books(), deed)


# ---------------------------------------------------------------- one key, one refund


@pytest.mark.parametrize("who", [BUYER, "office"])
def test_a_command_that_comes_again_is_one_refund_and_its_key_no_other(scene: Scene, who: str) -> None:
    first, second, command = sold(scene, NAMED), sold(scene, NAMED), scene.command(who)

    def ask(order: Order, with_command: Command = command) -> Order:
        return bootstrap.refund_order()(with_command, RefundWish(order.order_id), own=who == BUYER)

    after = ask(first)
    refuses(scene, KeyReused.code, lambda: ask(second))
    refuses(scene, KeyReused.code, lambda: ask(first, replace(command, request_hash="other")))
    before = scene.tables.change_number
    assert ask(first) == after == order_of(first.order_id)
    assert scene.tables.change_number == before
    scene.calm_down()
    assert ask(first) == order_of(first.order_id)
    assert ask(first).state is OrderState.REFUNDED
    assert ask(second, scene.command(who)).state is OrderState.REFUNDING


def test_the_equal_key_of_another_person_is_no_answer_to_it(scene: Scene) -> None:
    order, command = sold(scene, NAMED), scene.command(BUYER)
    bootstrap.refund_order()(command, RefundWish(order.order_id, amount_fen=100))
    theirs = replace(scene.command("office"), key=command.key)
    again = bootstrap.refund_order()
    refuses(
        scene, KeyReused.code, lambda: again(theirs, RefundWish(order.order_id, amount_fen=100), own=False)
    )


@pytest.mark.parametrize("about", [{}, {"card": "crd_A"}, {"order": "ord_A"}])
def test_the_key_of_another_command_refunds_nothing(scene: Scene, about: dict[str, Any]) -> None:
    order, command = sold(scene, NAMED), scene.command(BUYER)
    bootstrap.books().commit(audit_record(command, "card.freeze", **about), [])
    wish = RefundWish(order.order_id)
    refuses(scene, KeyReused.code, lambda: bootstrap.refund_order()(command, wish))


def test_the_key_of_another_request_about_the_order_refunds_nothing(scene: Scene) -> None:
    order, command = sold(scene, NAMED), scene.command(BUYER)
    other = replace(command, request_hash="other")
    bootstrap.books().commit(audit_record(other, "order.other", order=order.order_id), [])
    wish = RefundWish(order.order_id)
    refuses(scene, KeyReused.code, lambda: bootstrap.refund_order()(command, wish))


# ---------------------------------------------------------------- the same command was faster


@pytest.mark.parametrize("read_late", [False, True])
@pytest.mark.parametrize("pay_by", ["card", "channel"])
def test_a_command_sent_again_while_it_is_done_is_answered_as_done(
    scene: Scene, pay_by: str, read_late: bool
) -> None:
    """Its cards may be read after it, and the order before: together they would look refunded by another."""
    order = paid_from_card(scene, VIRTUAL) if pay_by == "card" else sold(scene, VIRTUAL)
    command, wish = scene.command(BUYER), RefundWish(order.order_id)

    def first() -> Order:
        return bootstrap.refund_order()(command, wish)

    late = {"cards": CardsReadLate([first])} if read_late else {"books": meanwhile(first)}
    assert refunding_with(**late)(command, wish) == order_of(order.order_id)
    assert refund_in(order).refund_id == command.key


# ---------------------------------------------------------------- what moves on meanwhile


@pytest.mark.parametrize("read_late", [False, True])
def test_what_somebody_else_refunded_meanwhile_is_refused_by_the_order_as_it_is(
    scene: Scene, read_late: bool
) -> None:
    order = paid_from_card(scene, VIRTUAL)

    def other() -> Order:
        return ask_back(scene, order)

    late = {"cards": CardsReadLate([other])} if read_late else {"books": meanwhile(other)}
    with pytest.raises(IllegalState) as refused:
        refunding_with(**late)(scene.command(BUYER), RefundWish(order.order_id))
    facts = {"entity": order.order_id, "state": OrderState.REFUNDED, "wanted": OrderState.REFUNDING}
    assert refused.value.facts == facts
    assert len(order_of(order.order_id).refunds) == 1


@pytest.mark.parametrize(
    "once",
    [Stale("moved on"), CardStateConflict(), CardBalanceCap(), InsufficientBalance(), CardNotSpendable()],
)
def test_whoever_is_overtaken_reads_the_order_again_and_not_for_ever(scene: Scene, once: Exception) -> None:
    order = sold(scene, VIRTUAL)
    stuck, wish = FailingBooks([once for _ in range(20)]), RefundWish(order.order_id)
    refuses(scene, Unavailable.code, lambda: refunding_with(books=stuck)(scene.command(BUYER), wish))
    assert 1 < stuck.tries < 20
    late = refunding_with(books=FailingBooks([once]))
    assert late(scene.command(BUYER), wish).state is OrderState.REFUNDING


@dataclass
class MovingOrders:
    """Orders that somebody changes between any two looks."""

    looks: int = 0

    def get(self, order_id: str) -> Order:
        self.looks += 1
        order = order_of(order_id)
        return replace(order, version=order.version + self.looks)


def test_an_order_that_never_stands_still_is_not_read_for_ever(scene: Scene) -> None:
    order, moving = sold(scene, VIRTUAL), MovingOrders()
    wish = RefundWish(order.order_id, amount_fen=10_001)
    refund = refunding_with(orders=moving)
    refuses(scene, Unavailable.code, lambda: refund(scene.command(BUYER), wish))
    assert 2 < moving.looks < 20


def test_a_card_used_while_it_is_refunded_gives_back_what_is_left(scene: Scene) -> None:
    order = sold(scene, NAMED)
    late = refunding_with(books=meanwhile(lambda: use(scene, order.card_ids[0], 10_000)))
    after = late(scene.command(BUYER), RefundWish(order.order_id))
    assert (after.refunded_fen, after.withdrawn_fen) == (88_500, 90_000)


def test_money_that_comes_onto_a_card_while_it_is_refunded_stays_on_it(scene: Scene) -> None:
    order = sold(scene, NAMED)
    late = refunding_with(books=meanwhile(lambda: top_up(scene, order.card_ids[0], 700)))
    after = late(scene.command(BUYER), RefundWish(order.order_id))
    assert (after.refunds[0].amount_fen, after.refunds[0].closes) == (98_500, False)
    assert available_fen(order.card_ids[0]) == 700


def test_a_card_given_away_while_it_is_refunded_stays_with_its_new_holder(scene: Scene) -> None:
    order = sold(scene, NAMED)
    (card_id,) = order.card_ids
    late = refunding_with(books=meanwhile(lambda: change_card(card_id, assign_to=STRANGER)))
    with pytest.raises(Exception, match="CARD_UNKNOWN"):
        late(scene.command(BUYER), RefundWish(order.order_id))
    assert (order_of(order.order_id), available_fen(card_id)) == (order, 100_000)


def test_the_paying_card_is_never_filled_beyond_its_cap(scene: Scene) -> None:
    payer, order = account_card(scene), paid_from_card(scene, VIRTUAL)
    late = refunding_with(books=meanwhile(lambda: top_up(scene, payer, 254_000)))
    after = late(scene.command(BUYER), RefundWish(order.order_id))
    assert (available_fen(payer), after.refunds[0].owed_fen) == (500_000, 4_000)
    assert [row.amount_fen for row in by_hand()] == [4_000]


def test_a_paying_card_that_is_closed_while_it_is_refunded_is_left_alone(scene: Scene) -> None:
    payer, order = account_card(scene), paid_from_card(scene, VIRTUAL)
    late = refunding_with(books=meanwhile(lambda: change_card(payer, move_to=CardState.CLOSED)))
    after = late(scene.command(BUYER), RefundWish(order.order_id))
    assert (available_fen(payer), after.refunds[0].state) == (240_000, RefundState.MANUAL)
    assert (to_send(), [row.amount_fen for row in by_hand()]) == ([], [10_000])
