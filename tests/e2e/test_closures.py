"""Refunds that wait for an oil company: it is asked until it says, and its no changes nothing of worth."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain import due
from chalicelib.domain.card import Card, CardChange, CardState, CardStateConflict, Freezer
from chalicelib.domain.closure import SecretRevealed
from chalicelib.domain.errors import IllegalState, KeyReused, Unavailable
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import Order, OrderState, RefundState
from chalicelib.domain.outside import Outcome
from chalicelib.domain.record import Record
from chalicelib.usecases.query_unknown import QueryUnknown
from chalicelib.usecases.refund_order import RefundWish
from local.testing import World
from tests.e2e.crowd import at_once, disturbed
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import AGENT_STOCK, Shop, all_records
from tests.e2e.test_refunds import SpendingBooks, moved
from tests.fakes.issuer import FakeIssuer
from tests.fakes.operations import Script

WORTH = ("accounts", "cards", "journal", "orders", "stock")
SILENT = Script(answer="dropped")


class Died(BaseException):
    """The process is gone; nobody catches this."""


@dataclass
class DeadlyIssuer:
    """An oil company that kills whoever asks it to close a card: before it has heard, or after it did."""

    party: FakeIssuer
    after: bool

    def query(self, operation_id: str) -> Outcome:
        return self.party.query(operation_id)

    def close_unused(self, operation_id: str, card_number: str) -> Outcome:
        if self.after:
            self.party.close_unused(operation_id, card_number)
        raise Died


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop()


def bought_and_revealed(shop: Shop, count: int = 1) -> Order:
    """An order for so many cards of the oil company, whose secrets their buyer has seen."""
    shop.stocked(AGENT_STOCK, count)
    order = shop.bought(AGENT_STOCK, quantity=count, expected_fen=count * AGENT_STOCK.price_fen)
    seen = [CardChange(card_id, (CardState.SOLD,), revealed_at=shop.now) for card_id in order.card_ids]
    bootstrap.books().commit(None, seen)
    return order


def now_is(order: Order) -> Order:
    found = bootstrap.orders().get(order.order_id)
    assert found is not None
    return found


def card(card_id: str) -> Card:
    found = bootstrap.cards().get(card_id)
    assert found is not None
    return found


def scheduled(shop: Shop) -> int:
    """The schedule's questions to oil companies, an hour later."""
    shop.later(hours=1)
    ask: dict[str, Callable[..., None]] = {
        due.CLOSURE: shop.close_cards.ask_again,
        due.REFUND: lambda row, at: shop.send_refund.ask_again(row.about["order"], row.about["refund"], at),
    }
    return QueryUnknown(bootstrap.documents(), ask)(shop.now).questions


def due_rows(world: World) -> list[str]:
    rows = [item["sk"]["S"] for item in world.items("work") if item["pk"]["S"].startswith("due#")]
    return sorted(row.partition("#")[0] for row in rows)


def everything_of_worth(world: World) -> dict[str, Any]:
    return {table: sorted(json.dumps(item, sort_keys=True) for item in world.items(table)) for table in WORTH}


def is_refunded_whole(world: World, shop: Shop, order: Order) -> None:
    """Paid back once, the books even, the card closed here as it is there, and nothing left to be asked."""
    shop.send_refund(order.order_id, shop.now)
    done = now_is(order)
    assert (done.state, done.refunded_fen) == (OrderState.REFUNDED, order.payable_fen)
    assert [refund.state for refund in done.refunds] == [RefundState.SUCCEEDED]
    assert {card(card_id).state for card_id in order.card_ids} == {CardState.CLOSED}
    assert shop.issuer.closed_cards == set(order.card_ids)
    assert broken(Tables.read(world.items)) == []
    assert fold(all_records(world.items("journal"))) == {}
    assert due_rows(world) == []


def is_as_before(world: World, before: Order, cards_before: list[Card]) -> None:
    """The order and its cards as they were, but for versions and a history with the wish in it."""
    after = now_is(before)
    assert {refund.state for refund in after.refunds} == {RefundState.REJECTED}
    assert after.steps[: len(before.steps)] == before.steps
    same = {"steps": before.steps, "refunds": before.refunds, "version": before.version}
    assert replace(after, **same) == before
    for old in cards_before:
        now = card(old.card_id)
        assert replace(now, version=old.version, last_record=old.last_record) == old
    assert after.refunded_fen == 0
    assert due_rows(world) == []
    assert broken(Tables.read(world.items)) == []


# ---------------------------------------------------------------- whoever is cut off


@pytest.mark.parametrize("after", [False, True], ids=["before it was asked", "after it closed the card"])
def test_whoever_dies_while_the_card_is_closed_leaves_the_refund_to_the_schedule(
    world: World, shop: Shop, after: bool
) -> None:
    order = bought_and_revealed(shop)
    deadly = replace(shop.close_cards, issuers=DeadlyIssuer(shop.issuer, after))
    shop.refund_order = replace(shop.refund_order, closing=deadly)
    with pytest.raises(Died):
        shop.refund(order)
    assert bool(shop.issuer.closed_cards) is after
    assert (now_is(order).state, due_rows(world)) == (OrderState.REFUNDING, ["closure"])
    scheduled(shop)
    assert len(shop.issuer.closures.done) == 1
    is_refunded_whole(world, shop, order)


def test_an_oil_company_that_is_silent_is_asked_until_it_has_closed_the_card(
    world: World, shop: Shop
) -> None:
    order, command = bought_and_revealed(shop), shop.command()
    shop.issuer.closures.scripts.extend([SILENT, SILENT, Script("PENDING")])
    for said in ("UNKNOWN", "UNKNOWN", "PENDING"):
        with pytest.raises(Unavailable) as unanswered:
            shop.refund(order, command)
        assert unanswered.value.facts == {"card_id": order.card_ids[0], "issuer_says": said}
    assert scheduled(shop) == 1
    assert [refund.state for refund in now_is(order).refunds] == [RefundState.REQUESTED]
    shop.issuer.closures.later[f"close_{order.card_ids[0]}"] = Outcome("SUCCEEDED")
    shop.issuer.closed_cards.add(order.card_ids[0])
    scheduled(shop)
    answer = shop.refund(order, command)
    assert [refund.state for refund in answer.refunds] == [RefundState.APPROVED]
    is_refunded_whole(world, shop, order)
    assert shop.refund(order, command) == now_is(order)


def test_an_answer_that_was_lost_is_asked_for_and_the_card_is_closed_once(world: World, shop: Shop) -> None:
    order, command = bought_and_revealed(shop), shop.command()
    shop.issuer.script_closure(Script(answer="lost"))
    with pytest.raises(Unavailable):
        shop.refund(order, command)
    assert shop.refund(order, command).refunds[0].state is RefundState.APPROVED
    is_refunded_whole(world, shop, order)


def test_a_no_that_comes_late_puts_order_and_card_back(world: World, shop: Shop) -> None:
    order, command = bought_and_revealed(shop), shop.command()
    before, cards_before = now_is(order), [card(card_id) for card_id in order.card_ids]
    shop.issuer.script_closure(SILENT)
    with pytest.raises(Unavailable):
        shop.refund(order, command)
    shop.issuer.used_cards.update(order.card_ids)
    scheduled(shop)
    is_as_before(world, before, cards_before)
    with pytest.raises(SecretRevealed):
        shop.refund(order, command)


def test_a_due_row_of_a_refund_that_waits_no_more_goes(world: World, shop: Shop) -> None:
    order, command = bought_and_revealed(shop), shop.command()
    shop.refund(order, command)
    late = due.closure_opened(order.order_id, command.key, command.actor.person_id, shop.now)
    bootstrap.books().commit(None, [late])
    scheduled(shop)
    is_refunded_whole(world, shop, order)


# ---------------------------------------------------------------- the oil company says no


@pytest.mark.parametrize("state", [CardState.SOLD, CardState.ACTIVE, CardState.FROZEN, CardState.LOST])
def test_a_used_card_stays_as_it_was_and_so_does_its_order(
    world: World, shop: Shop, state: CardState
) -> None:
    order = bought_and_revealed(shop)
    (card_id,) = order.card_ids
    if state is not CardState.SOLD:
        moved(card_id, CardState.SOLD, CardState.ACTIVE)
    if state is CardState.FROZEN:
        moved(card_id, CardState.ACTIVE, state, freeze_by=Freezer.HOLDER)
    if state is CardState.LOST:
        moved(card_id, CardState.ACTIVE, state, lost_at=shop.now)
    before, cards_before = now_is(order), [card(card_id)]
    shop.issuer.used_cards.add(card_id)
    with pytest.raises(SecretRevealed) as refused:
        shop.refund(order)
    assert refused.value.facts == {"card_id": card_id, "issuer_says": "FAILED"}
    is_as_before(world, before, cards_before)
    assert now_is(order).steps[-1].reason == "CARD_USED"


def test_a_refused_refund_moves_no_fen_and_leaves_one_record_of_its_wish(world: World, shop: Shop) -> None:
    order = bought_and_revealed(shop)
    shop.issuer.used_cards.update(order.card_ids)
    before, known = fold(all_records(world.items("journal"))), len(world.items("journal"))
    with pytest.raises(SecretRevealed):
        shop.refund(order)
    records = all_records(world.items("journal"))
    assert (fold(records), len(records)) == (before, known + 1)
    (wish,) = [record for record in records if record.action == "refund.request"]
    assert (wish.lines, wish.about["cards"]) == ((), {order.card_ids[0]: "SOLD"})


def test_a_refusal_is_the_answer_to_its_key_and_a_new_key_writes_nothing_while_it_stands(
    world: World, shop: Shop
) -> None:
    order, command = bought_and_revealed(shop), shop.command()
    shop.issuer.used_cards.update(order.card_ids)
    with pytest.raises(SecretRevealed) as first:
        shop.refund(order, command)
    written = everything_of_worth(world)
    for again in (command, shop.command(), shop.command()):
        with pytest.raises(SecretRevealed) as refused:
            shop.refund(order, again)
        assert refused.value.facts == first.value.facts
    with pytest.raises(KeyReused):
        shop.refund(order, shop.command(command.key, request="other"))
    assert everything_of_worth(world) == written


def test_what_was_refused_is_refunded_once_the_oil_company_thinks_better_of_it(
    world: World, shop: Shop
) -> None:
    order = bought_and_revealed(shop)
    (card_id,) = order.card_ids
    shop.issuer.script_closure(Script("FAILED", reason="ASK_LATER"))
    with pytest.raises(SecretRevealed):
        shop.refund(order)
    silent = replace(shop.close_cards, issuers=SilentIssuer())
    with pytest.raises(Unavailable):
        replace(shop.refund_order, closing=silent)(shop.command(), RefundWish(order.order_id))
    assert due_rows(world) == []
    shop.issuer.closures.later[f"close_{card_id}"] = Outcome("SUCCEEDED")
    shop.issuer.closed_cards.add(card_id)
    after = shop.refund(order)
    assert [refund.state for refund in after.refunds] == [RefundState.REJECTED, RefundState.APPROVED]
    shop.send_refund(order.order_id, shop.now)
    assert now_is(order).state is OrderState.REFUNDED
    assert broken(Tables.read(world.items)) == []


class SilentIssuer:
    """An oil company that is not there."""

    def query(self, operation_id: str) -> Outcome:
        return Outcome("UNKNOWN", reason="NO_ANSWER")


# ---------------------------------------------------------------- meanwhile


def test_while_the_oil_company_is_asked_nothing_else_happens_to_order_and_card(
    world: World, shop: Shop
) -> None:
    order = bought_and_revealed(shop)
    (card_id,) = order.card_ids
    shop.issuer.script_closure(SILENT)
    with pytest.raises(Unavailable):
        shop.refund(order)
    written = everything_of_worth(world)
    with pytest.raises(IllegalState):
        shop.refund(order)
    with pytest.raises(CardStateConflict):
        bootstrap.freeze_card().freeze(shop.command(), card_id, Freezer.HOLDER)
    with pytest.raises(CardStateConflict):
        bootstrap.activate_card()(shop.command(), card_id, "secret")
    assert everything_of_worth(world) == written
    scheduled(shop)
    is_refunded_whole(world, shop, order)


@pytest.mark.race
@pytest.mark.parametrize("is_used", [False, True], ids=["unused", "used"])
@pytest.mark.parametrize("is_disturbed", [False, True], ids=["quiet", "disturbed"])
def test_many_clients_and_the_schedule_close_a_card_once(
    world: World, shop: Shop, is_used: bool, is_disturbed: bool
) -> None:
    order, command = bought_and_revealed(shop), shop.command()
    before, cards_before = now_is(order), [card(card_id) for card_id in order.card_ids]
    shop.issuer.used_cards.update(order.card_ids if is_used else ())
    row = due.Due(
        due.CLOSURE,
        f"{order.order_id}#{command.key}",
        shop.now,
        {"order": order.order_id, "refund": command.key, "by": command.actor.person_id},
    )
    keys = [command] * 5 + [shop.command() for _ in range(5)]
    asks: list[Callable[[], Any]] = [partial(shop.refund, order, key) for key in keys]
    asks += [partial(shop.close_cards.ask_again, row, shop.now)] * 6
    with disturbed(world, is_disturbed):
        answers = at_once(8, asks)
    assert len(shop.issuer.closures.done) == 1
    if is_used:
        assert {type(answer) for answer in answers[:10]} <= {SecretRevealed, IllegalState}
        scheduled(shop)
        is_as_before(world, before, cards_before)
        return
    done = [answer for answer in answers[:10] if isinstance(answer, Order)]
    assert len({answer.refunds[-1].refund_id for answer in done}) == 1
    others = {type(answer) for answer in answers[:10] if answer not in done}
    assert others <= {IllegalState}
    scheduled(shop)
    is_refunded_whole(world, shop, order)


class BooksMeanwhile(SpendingBooks):
    """Books before whose first write somebody else writes; what is in them can be read."""

    def record(self, partition: str, entry_id: str) -> Record | None:
        return self.books.record(partition, entry_id)


@pytest.mark.parametrize("is_used", [False, True], ids=["unused", "used"])
def test_two_that_hear_the_same_answer_at_the_same_moment_write_it_once(
    world: World, shop: Shop, is_used: bool
) -> None:
    order, command = bought_and_revealed(shop), shop.command()
    before, cards_before = now_is(order), [card(card_id) for card_id in order.card_ids]
    shop.issuer.script_closure(SILENT)
    with pytest.raises(Unavailable):
        shop.refund(order, command)
    shop.issuer.used_cards.update(order.card_ids if is_used else ())
    meanwhile = BooksMeanwhile(bootstrap.books(), lambda: scheduled(shop))
    shop.refund_order = replace(
        shop.refund_order,
        closing=replace(shop.close_cards, books=meanwhile),  # type: ignore[arg-type]
    )
    if not is_used:
        assert shop.refund(order, command).refunds[0].state is RefundState.APPROVED
        return is_refunded_whole(world, shop, order)
    with pytest.raises(SecretRevealed):
        shop.refund(order, command)
    return is_as_before(world, before, cards_before)


# ---------------------------------------------------------------- several cards


def test_of_several_cards_those_are_refunded_that_the_oil_company_did_close(world: World, shop: Shop) -> None:
    order = bought_and_revealed(shop, count=3)
    first, used, third = order.card_ids
    shop.issuer.used_cards.add(used)
    after = shop.refund(order)
    (refund,) = after.refunds
    assert (refund.state, refund.units) == (RefundState.APPROVED, 2)
    assert (refund.card_ids, refund.amount_fen) == ((first, third), order.payable_fen * 2 // 3)
    shop.send_refund(order.order_id, shop.now)
    assert now_is(order).state is OrderState.PARTIALLY_REFUNDED
    states = [card(card_id).state for card_id in order.card_ids]
    assert states == [CardState.CLOSED, CardState.SOLD, CardState.CLOSED]
    with pytest.raises(SecretRevealed):
        shop.refund(order)
    assert now_is(order).state is OrderState.PARTIALLY_REFUNDED
    assert broken(Tables.read(world.items)) == []


def test_cards_nobody_has_seen_the_secret_of_wait_with_the_one_that_was_seen(
    world: World, shop: Shop
) -> None:
    shop.stocked(AGENT_STOCK, 2)
    order = shop.bought(AGENT_STOCK, quantity=2, expected_fen=2 * AGENT_STOCK.price_fen)
    seen, unseen = order.card_ids
    bootstrap.books().commit(None, [CardChange(seen, (CardState.SOLD,), revealed_at=shop.now)])
    before, cards_before = now_is(order), [card(seen), card(unseen)]
    shop.issuer.used_cards.add(seen)
    with pytest.raises(SecretRevealed):
        shop.refund(order)
    is_as_before(world, before, cards_before)
    assert shop.refund(order, card_ids=(unseen,)).refunded_units == 1
    assert list(shop.issuer.closures.done) == [f"close_{seen}"], "the other one is nobody's to be asked about"
