"""Cards that an oil company is to close: when is it asked, and what do its yes and its no make of them?"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain import due
from chalicelib.domain.card import CardChange, CardState, CardStateConflict
from chalicelib.domain.change import Replayed, Stale
from chalicelib.domain.closure import SecretRevealed
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.order import Order, OrderState, Refund, RefundState, Step
from chalicelib.domain.outside import Outcome
from chalicelib.domain.record import Record
from chalicelib.usecases.close_cards import CloseCards
from chalicelib.usecases.ports import Command
from chalicelib.usecases.refund_order import RefundWish
from tests.fakes.operations import Script
from tests.simulation.failing import FailingBooks
from tests.simulation.ground import AGENT_STOCK
from tests.simulation.one_run import OF_WORTH, Scene
from tests.simulation.operation import bought, number_and_secret, purchase_of, revealed
from tests.simulation.quiet_scene import card_of, order_of, refuses
from tests.simulation.saying import NEVER_ARRIVED, NO_ANSWER, SayingCompany
from tests.simulation.small_ground import BUYER
from tests.simulation.withdrawing import OvertakenBooks

PRICE_FEN, COST_FEN = AGENT_STOCK.price_fen, AGENT_STOCK.cost_fen
YES, NO, AT_IT = Outcome("SUCCEEDED"), Outcome("FAILED", reason="CARD_USED"), Outcome("PENDING")
KEPT = (*OF_WORTH, "work")  # what waits for a schedule is among them


def seen(scene: Scene, count: int = 1, unseen: int = 0) -> Order:
    """An order for cards of the oil company; its buyer has seen the secrets of the first ones."""
    order = order_of(bought(scene, purchase_of(AGENT_STOCK, count + unseen)))
    revealed(scene, *order.card_ids[:count])
    return order


def ask_back(order: Order, command: Command, company: Any = None, *card_ids: str) -> Order:
    closing = closing_with(issuers=company or bootstrap.issuer())
    refund = replace(bootstrap.refund_order(), closing=closing)
    return refund(command, RefundWish(order.order_id, card_ids=card_ids))


def closing_with(**parts: Any) -> CloseCards:
    return replace(bootstrap.close_cards(), **parts)


def waiting(scene: Scene, count: int = 1, unseen: int = 0) -> tuple[Order, Command]:
    """An order whose refund was wished a minute ago; the oil company has not heard of it."""
    order, command = seen(scene, count, unseen), scene.command(BUYER, "used up")
    with pytest.raises(Unavailable):
        ask_back(order, command, SayingCompany(NO_ANSWER))
    scene.pass_time(minutes=1)
    return order, command


def ask(scene: Scene, order: Order, command: Command, is_new: bool = False, **parts: Any) -> Any:
    """What is open after the oil company was asked."""
    return closing_with(**parts).ask(order.order_id, command.key, BUYER, scene.now(), is_new)


def scheduled(scene: Scene, order: Order, command: Command, **parts: Any) -> None:
    """The schedule has found the row of the refund."""
    item = row_of(due.CLOSURE, order, command)
    assert item is not None
    closing_with(**parts).ask_again(due.from_item(item), scene.now())


def row_of(kind: str, order: Order, command: Command) -> Mapping[str, Any] | None:
    key = due.key_of(kind, f"{order.order_id}#{command.key}")
    return bootstrap.documents().get(due.TABLE, *key, consistent=True)


def refund_in(order: Order) -> Refund:
    """The only refund, as it stands now."""
    (refund,) = order_of(order.order_id).refunds
    return refund


def states(order: Order) -> list[str]:
    return [card_of(card_id).state.value for card_id in order.card_ids]


def activated(card_id: str) -> None:
    bootstrap.books().commit(None, [CardChange(card_id, (CardState.SOLD,), move_to=CardState.ACTIVE)])


def approval(order: Order, command: Command) -> Record | None:
    return bootstrap.books().record(BUYER, f"{order.order_id}#r{command.key}#approved")


def nothing_changes(scene: Scene, deed: Callable[[], object]) -> Any:
    before = scene.tables.change_number
    done = deed()
    assert scene.changed_since(before, KEPT) == []
    return done


# ---------------------------------------------------------------- the wish


def test_a_wish_is_written_down_before_anybody_is_asked(scene: Scene) -> None:
    order, company = seen(scene, 2), SayingCompany(NO_ANSWER)
    first, second = order.card_ids
    activated(first)
    scene.pass_time(minutes=1)
    command = scene.command(BUYER, "used up")
    with pytest.raises(Unavailable) as unanswered:
        ask_back(order, command, company)
    assert unanswered.value.facts == {"card_id": first, "issuer_says": "UNKNOWN"}
    now = scene.now()
    assert refund_in(order) == Refund(
        command.key, RefundState.REQUESTED, "CUSTOMER", 2 * PRICE_FEN, 0, 2, now, order.card_ids, closes=True
    )
    assert order_of(order.order_id).steps[-1] == Step("REFUNDING", now, BUYER, "used up")
    assert states(order) == ["REFUND_PENDING"] * 2
    record = bootstrap.books().record(BUYER, command.key)
    assert record is not None
    assert (record.action, record.at, record.reason, record.lines) == ("refund.request", now, "used up", ())
    assert record.about == {
        "order": order.order_id,
        "refund": command.key,
        "cause": "CUSTOMER",
        "cards": {first: "ACTIVE", second: "SOLD"},
    }
    row = row_of(due.CLOSURE, order, command)
    assert row is not None
    about = {"order": order.order_id, "refund": command.key, "by": BUYER}
    assert due.from_item(row) == due.Due(due.CLOSURE, f"{order.order_id}#{command.key}", now, about)


def test_the_oil_company_is_told_at_once_and_by_the_number_on_the_card(scene: Scene) -> None:
    order, company = seen(scene), SayingCompany(YES, asking=NO)
    (card_id,) = order.card_ids
    ask_back(order, scene.command(BUYER), company)
    assert company.told == [(f"close_{card_id}", number_and_secret(card_id)[0])]
    assert company.asked == []


def test_a_card_whose_secret_nobody_saw_is_nobodys_to_be_asked_about(scene: Scene) -> None:
    order, company = seen(scene, 1, unseen=1), SayingCompany(YES)
    command = scene.command(BUYER)
    ask_back(order, command, company)
    assert [operation_id for operation_id, _ in company.told] == [f"close_{order.card_ids[0]}"]
    assert refund_in(order).card_ids == order.card_ids
    assert refund_in(order).amount_fen == 2 * PRICE_FEN


@pytest.mark.parametrize(
    "asking, is_told_again, state",
    [
        (NEVER_ARRIVED, True, RefundState.APPROVED),
        (NO_ANSWER, False, RefundState.REQUESTED),
        (AT_IT, False, RefundState.REQUESTED),
        (YES, False, RefundState.APPROVED),
        (NO, False, RefundState.REJECTED),
    ],
)
def test_the_schedule_asks_first_and_tells_again_only_what_never_arrived(
    scene: Scene, asking: Outcome, is_told_again: bool, state: RefundState
) -> None:
    order, command = waiting(scene)
    (card_id,) = order.card_ids
    company = SayingCompany(YES, asking)
    scheduled(scene, order, command, issuers=company)
    assert company.asked == [f"close_{card_id}"]
    number, _ = number_and_secret(card_id)
    assert company.told == ([(f"close_{card_id}", number)] if is_told_again else [])
    assert refund_in(order).state is state
    is_open = state is RefundState.REQUESTED
    assert (row_of(due.CLOSURE, order, command) is not None) is is_open


# ---------------------------------------------------------------- yes


def test_what_the_oil_company_has_closed_is_owed_to_its_payer_and_goes_its_way(scene: Scene) -> None:
    order, command = waiting(scene)
    before, now = order_of(order.order_id), scene.now()
    assert ask(scene, order, command, issuers=SayingCompany(YES)) == {}
    after = order_of(order.order_id)
    assert after.refunds == (replace(before.refunds[0], state=RefundState.APPROVED),)
    assert (after.state, after.steps, after.version) == (before.state, before.steps, before.version + 1)
    record = approval(order, command)
    assert record is not None
    assert (record.action, record.at, record.actor) == ("REFUND_AGENT", now, "issuer:ours")
    about = {"order": order.order_id, "sku": order.sku_id, "refund": command.key, "by": BUYER}
    assert record.about == about
    assert dict(record.lines) == {
        "A:SUPPLIER_PREPAY:ours": COST_FEN,
        "I:MARGIN": PRICE_FEN - COST_FEN,
        "L:REFUND_PAYABLE": -PRICE_FEN,
    }
    assert row_of(due.CLOSURE, order, command) is None
    row = row_of(due.REFUND, order, command)
    assert row is not None
    assert due.from_item(row).since == now
    scene.calm_down()
    assert (order_of(order.order_id).state, states(order)) == (OrderState.REFUNDED, ["CLOSED"])
    assert scene.payment.refunded_fen == {order.order_id: PRICE_FEN}


@pytest.mark.parametrize("outcome", [NO_ANSWER, NEVER_ARRIVED, AT_IT])
def test_while_one_answer_is_open_nothing_is_decided_about_any_card(scene: Scene, outcome: Outcome) -> None:
    order, command = waiting(scene, 2)
    slow = order.card_ids[1]

    class HalfSlow(SayingCompany):
        def close_unused(self, operation_id: str, card_number: str) -> Outcome:
            return outcome if operation_id == f"close_{slow}" else YES

    still_open = nothing_changes(
        scene, lambda: ask(scene, order, command, issuers=HalfSlow(YES, NEVER_ARRIVED))
    )
    assert still_open == {slow: outcome}
    assert ask(scene, order, command, issuers=SayingCompany(YES)) == {}
    assert refund_in(order).amount_fen == 2 * PRICE_FEN


def test_of_several_cards_those_go_back_that_it_closed_and_the_others_where_they_stood(scene: Scene) -> None:
    order = seen(scene, 3)
    first, used, third = order.card_ids
    activated(used)
    scene.oil_company.script_closure(Script("FAILED", "CARD_USED", operation_id=f"close_{used}"))
    command = scene.command(BUYER)
    after = ask_back(order, command)
    assert after == order_of(order.order_id)
    refund = refund_in(order)
    assert (refund.state, refund.card_ids, refund.units) == (RefundState.APPROVED, (first, third), 2)
    assert refund.amount_fen == 2 * PRICE_FEN
    assert states(order) == ["REFUND_PENDING", "ACTIVE", "REFUND_PENDING"]
    record = approval(order, command)
    assert record is not None
    assert dict(record.lines)["L:REFUND_PAYABLE"] == -2 * PRICE_FEN
    scene.calm_down()
    assert order_of(order.order_id).state is OrderState.PARTIALLY_REFUNDED
    assert states(order) == ["CLOSED", "ACTIVE", "CLOSED"]


# ---------------------------------------------------------------- no


def test_where_it_closed_none_order_and_cards_stand_again_where_they_stood(scene: Scene) -> None:
    order = seen(scene, 2)
    first, second = order.card_ids
    activated(second)
    before = [card_of(card_id) for card_id in order.card_ids]
    for card_id, reason in ((first, "CARD_USED"), (second, "CARD_LOST")):
        scene.oil_company.script_closure(Script("FAILED", reason, operation_id=f"close_{card_id}"))
    command = scene.command(BUYER)
    with pytest.raises(SecretRevealed) as refused:
        ask_back(order, command)
    assert refused.value.facts == {"card_id": first, "issuer_says": "FAILED"}
    after = order_of(order.order_id)
    assert after.state is OrderState.COMPLETED
    assert after.steps[-1] == Step("COMPLETED", scene.now(), "issuer:ours", "CARD_USED")
    assert (refund_in(order).state, refund_in(order).card_ids) == (RefundState.REJECTED, order.card_ids)
    cards = [card_of(card_id) for card_id in order.card_ids]
    assert [replace(card, version=0, last_record="") for card in cards] == [
        replace(card, version=0, last_record="") for card in before
    ]
    assert [row_of(kind, order, command) for kind in (due.CLOSURE, due.REFUND)] == [None, None]
    assert approval(order, command) is None


def test_a_no_is_the_answer_to_its_key_for_ever(scene: Scene) -> None:
    order, command, company = seen(scene), scene.command(BUYER), SayingCompany(NO)
    for _ in range(2):
        with pytest.raises(SecretRevealed):
            ask_back(order, command, company)
    assert (len(company.told), company.asked) == (1, [])
    assert len(order_of(order.order_id).refunds) == 1


def refused_before(scene: Scene, order: Order, *card_ids: str) -> None:
    """The oil company has said no to the closure of these cards."""
    for card_id in card_ids:
        with pytest.raises(SecretRevealed):
            ask_back(order, scene.command(BUYER), SayingCompany(NO), card_id)


@pytest.mark.parametrize("asking, code", [(NO, SecretRevealed.code), (NO_ANSWER, Unavailable.code)])
def test_what_it_refused_is_no_wish_as_long_as_it_does_not_think_better_of_it(
    scene: Scene, asking: Outcome, code: str
) -> None:
    order = seen(scene, 3)
    _, used, _ = order.card_ids
    refused_before(scene, order, used)
    company = SayingCompany(YES, asking)
    again = scene.command(BUYER)
    before = scene.tables.change_number
    facts = refuses(scene, code, lambda: ask_back(order, again, company), KEPT)
    assert facts == {"card_id": used, "issuer_says": asking.state}
    assert (company.asked, company.told) == ([f"close_{used}"], [])
    assert scene.tables.change_number == before


@pytest.mark.parametrize("asking", [NEVER_ARRIVED, AT_IT, YES])
def test_what_it_refused_is_asked_for_again_once_it_says_no_no_more(scene: Scene, asking: Outcome) -> None:
    order = seen(scene)
    refused_before(scene, order, *order.card_ids)
    after = ask_back(order, scene.command(BUYER), SayingCompany(YES, asking))
    assert [refund.state for refund in after.refunds] == [RefundState.REJECTED, RefundState.APPROVED]


def test_a_card_that_it_never_refused_is_not_asked_about_before_it_is_wished_back(scene: Scene) -> None:
    order, company = seen(scene, 2), SayingCompany(YES, asking=NO)
    first, second = order.card_ids
    refused_before(scene, order, first)
    after = ask_back(order, scene.command(BUYER), company, second)
    assert (company.asked, after.refunds[-1].card_ids) == ([], (second,))


# ---------------------------------------------------------------- what waits no more


def test_nobody_is_asked_for_a_refund_that_waits_no_more_and_its_row_goes(scene: Scene) -> None:
    order, command = seen(scene), scene.command(BUYER)
    ask_back(order, command)
    scene.calm_down()
    company = SayingCompany(NO, asking=NO)
    unknown = replace(order, order_id=f"{order.order_id[:-1]}0")
    for one, key in ((order, command), (order, scene.command(BUYER)), (unknown, command)):
        assert nothing_changes(scene, lambda o=one, k=key: ask(scene, o, k, issuers=company)) == {}
        late = due.closure_opened(one.order_id, key.key, BUYER, scene.now())
        bootstrap.books().commit(None, [late])
        before = order_of(order.order_id)
        scheduled(scene, one, key, issuers=company)
        assert row_of(due.CLOSURE, one, key) is None
        assert order_of(order.order_id) == before
    assert (company.asked, company.told) == ([], [])


# ---------------------------------------------------------------- in a crowd


OVERTAKEN = [Replayed(""), Stale("moved on"), CardStateConflict()]


@pytest.mark.parametrize("says", [YES, NO])
@pytest.mark.parametrize("failure", OVERTAKEN, ids=lambda failure: type(failure).__name__)
def test_whoever_is_overtaken_looks_again_and_not_for_ever(
    scene: Scene, says: Outcome, failure: Exception
) -> None:
    order, command = waiting(scene)
    company, stuck = SayingCompany(says), FailingBooks([failure for _ in range(20)])
    refuses(scene, Unavailable.code, lambda: ask(scene, order, command, issuers=company, books=stuck), KEPT)
    assert 1 < stuck.tries < 20
    once = FailingBooks([failure])
    assert ask(scene, order, command, issuers=company, books=once) == {}
    assert once.tries == 2
    assert refund_in(order).state is (RefundState.APPROVED if says == YES else RefundState.REJECTED)
    assert len(company.told) == 2, "it has answered; it is not asked again for each try"


@pytest.mark.parametrize("says", [YES, NO])
def test_two_that_hear_the_same_answer_write_it_once(scene: Scene, says: Outcome) -> None:
    order, command = waiting(scene)
    version, company = order_of(order.order_id).version, SayingCompany(says)
    faster = OvertakenBooks(bootstrap.books(), lambda: scheduled(scene, order, command, issuers=company))
    assert ask(scene, order, command, issuers=company, books=faster) == {}
    assert refund_in(order).state is (RefundState.APPROVED if says == YES else RefundState.REJECTED)
    assert order_of(order.order_id).version == version + 1
