"""Refunds above the limit: who asks, who agrees, what goes back then, and what is told of it?"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain import catalog_items
from chalicelib.domain.approval import EXPIRES_AFTER, FourEyes, Kind, Request, State
from chalicelib.domain.card import CardState
from chalicelib.domain.errors import IllegalState, KeyReused
from chalicelib.domain.order import Order, OrderState, RefundState
from chalicelib.domain.parameters import Setting
from chalicelib.domain.refund import Cause
from chalicelib.domain.worked_refund import REFUNDABLE
from chalicelib.usecases.ask_refund import AskRefund, RefundAsked, Told
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Command
from chalicelib.usecases.refund_order import RefundWish
from tests.simulation.ground import AGENT_STOCK, NAMED
from tests.simulation.one_run import Scene
from tests.simulation.operation import revealed
from tests.simulation.operations_of_orders import nothing_goes_back_alone
from tests.simulation.paying_back import (
    CardsReadLate,
    ask_back,
    change_card,
    fen_of,
    record_of,
    refund_in,
    refunding_with,
    refuses,
    sold,
    top_up,
    use,
)
from tests.simulation.quiet_scene import order_of
from tests.simulation.small_ground import BUYER, STRANGER
from tests.simulation.withdrawing import OvertakenBooks

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
    assert (answer.state, answer.reason, answer.refund_id) == (State.REFUSED, "as it says", "")
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


# ---------------------------------------------------------------- what is asked, and what is told of it


def test_what_was_asked_is_kept_to_the_letter_and_is_what_is_done(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order, command = sold(scene, NAMED), scene.command(BUYER, "too much")
    whole = {"order": order.order_id, "cause": "CUSTOMER"}
    part = whole | {"part_fen": 30_000, "cards": [*order.card_ids]}
    request = asked(scene, order, command, amount_fen=30_000, card_ids=order.card_ids)
    assert request == Request(f"rfd_{command.key}", part, BUYER, scene.now(), 30_000, 1, "too much")
    record = audit_record(command, "refund.ask", order=order.order_id, amount_fen=30_000)
    assert record_of(command) == record
    decide(scene, request)
    assert (refund_in(order).amount_fen, refund_in(order).card_ids) == (30_000, order.card_ids)
    scene.calm_down()
    assert asked(scene, order).about == whole


def test_of_several_cards_those_go_back_that_were_asked_for(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED, 3)
    decide(scene, asked(scene, order, card_ids=order.card_ids[1:]))
    assert (refund_in(order).card_ids, refund_in(order).amount_fen) == (order.card_ids[1:], 197_000)


def test_how_many_agree_is_told_by_all_that_goes_back_of_an_order(scene: Scene) -> None:
    tiers = Setting("approval.tiers", "", scene.now(), [[590_999, 1], [591_000, 2], [None, 3]])
    bootstrap.books().commit(None, catalog_items.setting_changes(tiers))
    nothing_goes_back_alone(scene, above_fen=200_000)
    order = sold(scene, NAMED, 6)
    ask_back(scene, order, card_ids=order.card_ids[:2])
    scene.calm_down()
    request = asked(scene, order)
    assert (request.amount_fen, request.needed) == (394_000, 2)


def test_the_buyer_is_told_what_became_of_it_and_never_who_decided(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED)
    request = asked(scene, order)
    waits = Told(request.request_id, order.order_id, State.WAITING, 98_500, request.expires_at, "", "")
    assert told(scene, order) == waits
    decide(scene, request, agrees=False)
    assert told(scene, order) == waits._replace(state=State.REFUSED, reason="as it says")
    request = asked(scene, order)
    command = decide(scene, request)
    done = waits._replace(request_id=request.request_id, state=State.APPROVED, refund_id=command.key)
    assert told(scene, order) == done


def test_of_what_one_of_two_agreed_to_in_time_no_reason_and_no_refund_is_told(scene: Scene) -> None:
    order = sold(scene, NAMED, 6)
    request = asked(scene, order)
    decide(scene, request)
    waits = Told(request.request_id, order.order_id, State.WAITING, 591_000, request.expires_at, "", "")
    assert told(scene, order) == waits
    scene.pass_time(days=EXPIRES_AFTER.days)
    assert told(scene, order) == waits._replace(state=State.EXPIRED)


def test_of_an_order_that_is_anothers_or_not_there_nothing_is_asked_or_told(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order, ask_refund = sold(scene, NAMED), bootstrap.ask_refund()
    unknown = f"{order.order_id[:-1]}0"
    for person_id, order_id in ((STRANGER, order.order_id), (BUYER, unknown)):
        facts = refuses(
            scene, "ORDER_UNKNOWN", lambda p=person_id, o=order_id: ask_refund.told(p, o, scene.now())
        )
        assert facts == {"order_id": order_id}
        facts = refuses(
            scene,
            "ORDER_UNKNOWN",
            lambda p=person_id, o=order_id: ask_refund.ask(scene.command(p), RefundWish(o)),
        )
        assert facts == {"order_id": order_id}
    office = scene.command("second", "for the customer")
    refuses(scene, "ORDER_UNKNOWN", lambda: ask_refund.ask(office, RefundWish(unknown), own=False))
    assert refuses(scene, "REFUND_REQUEST_UNKNOWN", lambda: told(scene, order)) == {
        "order_id": order.order_id
    }


def test_who_says_no_leaves_a_record_and_the_order_as_it_was(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED)
    request = asked(scene, order)
    command = decide(scene, request, agrees=False)
    about = {"request": request.request_id, "kind": "REFUND"}
    assert record_of(command) == audit_record(command, "approval.refuse", **about)
    assert order_of(order.order_id) == order


# ---------------------------------------------------------------- in a crowd


def asking_with(books: Any) -> AskRefund:
    ask_refund = bootstrap.ask_refund()
    return replace(ask_refund, approvals=replace(ask_refund.approvals, books=books))


def test_of_two_requests_for_an_order_at_once_one_waits(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED)
    first: list[Request] = []
    faster = OvertakenBooks(bootstrap.books(), lambda: first.append(asked(scene, order)))
    with pytest.raises(RefundAsked) as refused:
        asking_with(faster).ask(scene.command(BUYER), RefundWish(order.order_id))
    assert refused.value.facts == {"order_id": order.order_id}
    assert told(scene, order).request_id == first[0].request_id


def test_a_request_after_one_that_ended_is_written_only_while_that_is_the_latest(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED)
    decide(scene, asked(scene, order), agrees=False)
    first: list[Request] = []
    faster = OvertakenBooks(bootstrap.books(), lambda: first.append(asked(scene, order)))
    with pytest.raises(RefundAsked):
        asking_with(faster).ask(scene.command(BUYER), RefundWish(order.order_id))
    assert told(scene, order).request_id == first[0].request_id


@dataclass
class LateDocuments:
    """Documents before whose first reading somebody does something; no old copy is good enough."""

    meanwhile: list[Callable[[], object]]

    def get(self, *where: str, consistent: bool = False) -> Any:
        assert consistent is True
        if self.meanwhile:
            self.meanwhile.pop()()
        return bootstrap.documents().get(*where, consistent=True)


@pytest.mark.parametrize("read_late", [False, True])
def test_of_one_request_that_is_sent_twice_at_once_both_are_told(scene: Scene, read_late: bool) -> None:
    nothing_goes_back_alone(scene)
    order, command = sold(scene, NAMED), scene.command(BUYER, "too much")
    first: list[Request] = []

    def faster() -> None:
        first.append(asked(scene, order, command))

    ask_refund = asking_with(OvertakenBooks(bootstrap.books(), faster))
    if read_late:
        ask_refund = replace(bootstrap.ask_refund(), documents=LateDocuments([faster]))
    assert [ask_refund.ask(command, RefundWish(order.order_id))] == first


def decided_with(scene: Scene, request: Request, **parts: Any) -> None:
    """The last word, whose refund is worked out with these parts."""
    subject = replace(bootstrap.ask_refund(), refunds=refunding_with(**parts))
    approvals = replace(bootstrap.approvals(), subjects={Kind.REFUND: lambda: subject})
    approvals.decide(scene.command("finance", "as it says"), request.request_id, True)


def test_an_order_that_moved_on_while_its_cards_were_read_is_looked_at_again(scene: Scene) -> None:
    nothing_goes_back_alone(scene, above_fen=98_500)
    order = sold(scene, NAMED, 2)
    request = asked(scene, order)
    late = CardsReadLate([lambda: ask_back(scene, order, card_ids=order.card_ids[:1])])
    with pytest.raises(IllegalState) as refused:
        decided_with(scene, request, cards=late)
    facts = {"entity": order.order_id, "state": "REFUNDING", "wanted": "REFUNDING"}
    assert (refused.value.facts, refund_count(order)) == (facts, 1)
    assert told(scene, order).state is State.WAITING


def test_a_card_used_while_the_last_word_is_given_gives_back_what_is_left(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED)
    request = asked(scene, order)
    late = OvertakenBooks(bootstrap.books(), lambda: use(scene, order.card_ids[0], 10_000))
    decided_with(scene, request, books=late)
    assert refund_in(order).amount_fen == 88_500


def test_a_card_that_is_on_its_way_out_is_told_to_whoever_agrees(scene: Scene) -> None:
    nothing_goes_back_alone(scene)
    order = sold(scene, NAMED)
    request = asked(scene, order)
    (card_id,) = order.card_ids
    change_card(card_id, move_to=CardState.REFUND_PENDING)
    facts = refuses(scene, IllegalState.code, lambda: decide(scene, request))
    assert facts == {"card_id": card_id, "state": CardState.REFUND_PENDING, "needed": REFUNDABLE}
    change_card(card_id, move_to=CardState.ACTIVE)
