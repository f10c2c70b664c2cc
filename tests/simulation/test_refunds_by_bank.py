"""Refunds by bank: who says that one was sent, who agrees, and what is booked then, once?"""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.approval import FourEyes, Request
from chalicelib.domain.errors import IllegalState, KeyReused, Unavailable
from chalicelib.domain.order import Order, OrderState, RefundState
from chalicelib.domain.outside import Outcome
from chalicelib.domain.parameters import Setting
from chalicelib.domain.record import Line
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Command
from chalicelib.usecases.settle_by_bank import SettleByBank
from tests.simulation.ground import NAMED, STAFF
from tests.simulation.one_run import Scene
from tests.simulation.paying_back import (
    by_hand,
    record_of,
    refund_in,
    refused_for_good,
    refuses,
    sold,
)
from tests.simulation.quiet_scene import order_of
from tests.simulation.saying import SayingChannel

BANK = "20261122-000017"
FINANCE = STAFF["finance"].person_id


def refused(scene: Scene, cards: int = 1) -> Order:
    """An order whose refund its channel has refused for good."""
    return refused_for_good(scene, sold(scene, NAMED, cards))


def ask(scene: Scene, order: Order, command: Command | None = None, **parts: Any) -> Request:
    by_bank: SettleByBank = replace(bootstrap.settle_by_bank(), **parts)
    command = command or scene.command("finance", "sent this morning")
    return by_bank.ask(command, order.order_id, refund_in(order).refund_id, BANK)


def decide(scene: Scene, request: Request, agrees: bool = True, by: str = "risk") -> Command:
    command = scene.command(by, "seen on the statement")
    bootstrap.inbox().decide(command, request.request_id, agrees)
    return command


def test_one_person_says_that_it_was_sent_and_nothing_is_booked(scene: Scene) -> None:
    order, command = refused(scene), scene.command("finance", "sent this morning")
    request = ask(scene, order, command)
    about = {"order": order.order_id, "refund": refund_in(order).refund_id, "bank": BANK}
    assert request == Request(
        f"bnk_{command.key}", about, FINANCE, scene.now(), 98_500, 1, "sent this morning"
    )
    assert record_of(command) == audit_record(command, "refund.by_bank", **about)
    assert order_of(order.order_id) == order
    assert ask(scene, order, command) == request, "the same command is the same request"
    refuses(scene, KeyReused.code, lambda: ask(scene, order, replace(command, request_hash="other")))


def test_the_last_word_books_it_with_who_asked_and_why(scene: Scene) -> None:
    order, other = refused(scene), refused(scene)
    asking = scene.command("finance", "sent this morning")
    request = ask(scene, order, asking)
    with pytest.raises(FourEyes):
        decide(scene, request, by="finance")
    scene.pass_time(minutes=1)
    command = decide(scene, request)
    about = {"order": order.order_id, "refund": refund_in(order).refund_id, "bank": BANK}
    marks = {"request": request.request_id, "requested_by": FINANCE}
    said = replace(command, reason="sent this morning")
    record = audit_record(said, "REFUND_SETTLED", **about, **marks)
    lines = (Line("L:REFUND_PAYABLE", 98_500), Line("A:BANK_CUSTODY", -98_500))
    assert record_of(command) == replace(record, lines=lines)
    assert (order_of(order.order_id).state, refund_in(order).state) == (
        OrderState.REFUNDED,
        RefundState.SUCCEEDED,
    )
    assert [row.order_id for row in by_hand()] == [other.order_id]
    assert ask(scene, order, asking).approved_by == (command.actor.person_id,)


def test_the_more_it_is_the_more_people_agree(scene: Scene) -> None:
    tiers = Setting("approval.tiers", "", scene.now(), [[98_500, 1], [197_000, 2], [None, 3]])
    bootstrap.books().commit(None, catalog_items.setting_changes(tiers))
    bootstrap.catalog().forget()
    assert [ask(scene, refused(scene, cards)).needed for cards in (1, 2, 3)] == [1, 2, 3]


def test_who_says_no_leaves_it_with_whoever_waits_for_it(scene: Scene) -> None:
    order = refused(scene)
    request = ask(scene, order)
    command = decide(scene, request, agrees=False)
    about = {"request": request.request_id, "kind": "BANK_REFUND"}
    assert record_of(command) == audit_record(command, "approval.refuse", **about)
    assert (order_of(order.order_id), [row.order_id for row in by_hand()]) == (order, [order.order_id])


@pytest.mark.parametrize(
    "outcome, code",
    [(Outcome("SUCCEEDED"), IllegalState.code), (Outcome("UNKNOWN", reason="NO_ANSWER"), Unavailable.code)],
)
def test_nobody_asks_for_what_its_channel_may_have_sent(scene: Scene, outcome: Outcome, code: str) -> None:
    order = refused(scene)
    settle = replace(bootstrap.settle_refund(), channels=lambda name: SayingChannel(outcome))
    refuses(scene, code, lambda: ask(scene, order, settle=settle))


def test_what_went_its_way_meanwhile_is_not_booked(scene: Scene) -> None:
    order = refused(scene)
    request = ask(scene, order)
    bootstrap.settle_refund().retry(
        scene.command("cashier", "again"), order.order_id, refund_in(order).refund_id
    )
    facts = refuses(scene, IllegalState.code, lambda: decide(scene, request))
    assert facts == {"entity": refund_in(order).refund_id, "state": "APPROVED", "wanted": "SUCCEEDED"}
