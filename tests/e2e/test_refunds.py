"""Refunds that go wrong if nobody looks: cards that moved on, were named twice, or used meanwhile."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import Card, CardChange, CardState, CardStateConflict, CardUnknown
from chalicelib.domain.catalog import CardKind
from chalicelib.domain.change import Change, NewCard
from chalicelib.domain.errors import IllegalState, KeyReused
from chalicelib.domain.ledger import checked_lines, credit, debit, fold
from chalicelib.domain.order import Order, OrderState
from chalicelib.domain.record import Record
from chalicelib.domain.refund import NothingToRefund
from chalicelib.domain.worked_refund import ChooseOneCard
from chalicelib.store.books import DynamoBooks
from chalicelib.usecases.audit import audit_record
from chalicelib.usecases.ports import Command
from chalicelib.usecases.refund_order import RefundWish, TooManyRefunds
from local.testing import World
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import AGENT_STOCK, BUYER, NAMED, VIRTUAL, Shop, all_records, balance_fen, product


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop()


def order_now(order_id: str) -> Order:
    order = bootstrap.orders().get(order_id)
    assert order is not None
    return order


def books_of(world: World) -> dict[str, int]:
    assert broken(Tables.read(world.items)) == []
    return fold(all_records(world.items("journal")))


def sent(shop: Shop, order: Order) -> Order:
    shop.send_refund(order.order_id, shop.now)
    return order_now(order.order_id)


def moved(card_id: str, before: CardState, after: CardState, **change: object) -> None:
    """Somebody else changed the card."""
    bootstrap.books().commit(None, [CardChange(card_id, (before,), move_to=after, **change)])  # type: ignore[arg-type]


def replaced(shop: Shop, card_id: str, new_id: str) -> None:
    """The card was lost, and its holder has a new one."""
    moved(card_id, CardState.ACTIVE, CardState.LOST)
    old = bootstrap.cards().get(card_id)
    assert old is not None
    lines = [
        debit(f"L:PREPAID:{card_id}", old.available_fen),
        credit(f"L:PREPAID:{new_id}", old.available_fen),
    ]
    record = Record(
        BUYER, f"replace {card_id}", "REPLACE_CARD", shop.now, BUYER,
        lines=checked_lines("REPLACE_CARD", lines),
    )  # fmt: skip
    new = replace(old, card_id=new_id, state=CardState.ACTIVE)
    gone = CardChange(card_id, (CardState.LOST,), move_to=CardState.REPLACED, replaced_by=new_id)
    bootstrap.books().commit(record, [gone, NewCard(new)])


# ---------------------------------------------------------------- cards that moved on


def test_the_balance_of_a_replaced_card_is_refunded_from_the_new_one(world: World, shop: Shop) -> None:
    order = shop.bought(NAMED)
    replaced(shop, order.card_ids[0], "crd_NEW")
    replaced(shop, "crd_NEW", "crd_NEWER")
    after = sent(shop, shop.refund(order))
    card = bootstrap.cards().get("crd_NEWER")
    assert card is not None and card.state is CardState.CLOSED
    assert (after.state, books_of(world)) == (OrderState.REFUNDED, {})


def test_a_card_of_several_that_was_refunded_is_not_refunded_through_its_successor(
    world: World, shop: Shop
) -> None:
    order = shop.bought(NAMED, quantity=2, expected_fen=2 * NAMED.price_fen)
    first, second = order.card_ids
    extra = {"card_id": first, "amount_fen": 50_000, "expected_fen": 50_000}
    shop.bought(TOPUP_OF_NAMED, **extra)
    after = sent(shop, shop.refund(order, card_ids=(first,)))
    assert after.state is OrderState.PARTIALLY_REFUNDED
    left_fen = balance_fen(first)
    replaced(shop, first, "crd_NEW")
    for asked in ("crd_NEW", first):
        with pytest.raises(ChooseOneCard):
            shop.refund(after, card_ids=(asked,))
    done = sent(shop, shop.refund(after))
    assert (done.state, balance_fen("crd_NEW"), balance_fen(second)) == (OrderState.REFUNDED, left_fen, 0)
    books_of(world)


TOPUP_OF_NAMED = product("sku_topup", use="TOPUP", face_fen=0, price_fen=0, cost_fen=0, kind=CardKind.NAMED)


def test_a_lost_card_is_refunded(world: World, shop: Shop) -> None:
    order = shop.bought(NAMED)
    moved(order.card_ids[0], CardState.ACTIVE, CardState.LOST)
    after = sent(shop, shop.refund(order))
    assert (after.state, books_of(world)) == (OrderState.REFUNDED, {})


def test_money_goes_back_to_the_card_that_took_the_place_of_the_payer(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    order = shop.buy(VIRTUAL, pay_card_id=payer).order
    replaced(shop, payer, "crd_NEW")
    shop.refund(order)
    assert balance_fen("crd_NEW") == 30_000
    assert "L:REFUND_PAYABLE" not in books_of(world)


def test_money_goes_back_to_a_lost_card_and_with_it_to_its_successor(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    order = shop.buy(VIRTUAL, pay_card_id=payer).order
    moved(payer, CardState.ACTIVE, CardState.LOST)
    shop.refund(order)
    assert balance_fen(payer) == 30_000
    assert "L:REFUND_PAYABLE" not in books_of(world)


def test_a_card_on_its_way_out_is_an_illegal_state_and_no_reason_to_try_again(
    world: World, shop: Shop
) -> None:
    order = shop.bought(VIRTUAL)
    moved(order.card_ids[0], CardState.ACTIVE, CardState.REFUND_PENDING)
    with pytest.raises(CardStateConflict):
        shop.refund(order)


def test_a_card_that_another_holds_now_is_not_refunded_and_not_closed_at_its_issuer(
    world: World, shop: Shop
) -> None:
    """Bought, given away, and bound by whoever holds it: it is not the buyer's to send back."""
    (card_id,) = shop.stocked(AGENT_STOCK, 1)
    order = shop.bought(AGENT_STOCK)
    bound = CardChange(card_id, (CardState.SOLD,), assign_to="cus_SSSSSSSSSSSS", revealed_at=shop.now)
    bootstrap.books().commit(None, [bound])
    with pytest.raises(CardUnknown):
        shop.refund(order)
    assert shop.issuer.closed_cards == set()


def test_a_card_that_cannot_be_sent_back_is_not_closed_at_its_issuer_first(world: World, shop: Shop) -> None:
    (card_id,) = shop.stocked(AGENT_STOCK, 1)
    order = shop.bought(AGENT_STOCK)
    bootstrap.books().commit(None, [CardChange(card_id, (CardState.SOLD,), revealed_at=shop.now)])
    moved(card_id, CardState.SOLD, CardState.REFUND_PENDING)
    with pytest.raises(CardStateConflict):
        shop.refund(order)
    assert shop.issuer.closed_cards == set()


def test_a_part_of_an_oil_companys_card_cannot_be_asked_back(world: World, shop: Shop) -> None:
    """It goes back as a whole or not at all: who asks for one fen is not given everything."""
    shop.stocked(AGENT_STOCK, 1)
    order = shop.bought(AGENT_STOCK)
    with pytest.raises(ChooseOneCard):
        shop.refund(order, amount_fen=1)
    assert bootstrap.orders().get(order.order_id) == order
    assert shop.refund(order, amount_fen=order.payable_fen).refunded_fen == order.payable_fen


# ---------------------------------------------------------------- cards named twice, spends in between


@pytest.mark.parametrize("item", [AGENT_STOCK, VIRTUAL], ids=["another's", "ours"])
def test_a_card_named_twice_is_refunded_once(world: World, shop: Shop, item: object) -> None:
    if item is AGENT_STOCK:
        shop.stocked(AGENT_STOCK, 2)
        order = shop.bought(AGENT_STOCK, quantity=2, expected_fen=2 * AGENT_STOCK.price_fen)
    else:
        order = shop.bought(VIRTUAL, quantity=2, expected_fen=2 * VIRTUAL.price_fen)
    first = order.card_ids[0]
    after = sent(shop, shop.refund(order, card_ids=(first, first)))
    assert (after.refunded_fen, after.refunded_units) == (order.payable_fen // 2, 1)
    assert after.state is OrderState.PARTIALLY_REFUNDED
    books_of(world)


class SpendingBooks:
    """Books before whose first write the card is used."""

    def __init__(self, books: DynamoBooks, spend: object) -> None:
        self.books, self.spend = books, spend

    def commit(self, record: Record | None, changes: list[Change], token: str = "") -> None:
        spend, self.spend = self.spend, None
        if spend:
            spend()  # type: ignore[operator]
        self.books.commit(record, changes, token)


def test_a_card_used_while_it_is_refunded_gives_back_what_is_left(world: World, shop: Shop) -> None:
    order = shop.bought(NAMED)
    (card_id,) = order.card_ids
    spend = SpendingBooks(bootstrap.books(), lambda: shop.buy(VIRTUAL, pay_card_id=card_id))
    shop.refund_order = replace(shop.refund_order, books=spend)  # type: ignore[arg-type]
    after = sent(shop, shop.refund(order))
    assert (after.state, after.refunded_fen, after.withdrawn_fen) == (OrderState.REFUNDED, 88_500, 90_000)
    books_of(world)


# ---------------------------------------------------------------- one key, one refund


@pytest.mark.parametrize("who", ["the buyer", "the office"])
def test_one_key_of_one_person_is_one_refund_whatever_the_order(world: World, shop: Shop, who: str) -> None:
    first, second = shop.bought(NAMED), shop.bought(NAMED)
    person = {"person_id": BUYER if who == "the buyer" else "stf_SSSSSSSSSSSS"}
    command = shop.command(**person)

    def ask(order: Order, with_command: Command = command) -> Order:
        return shop.refund_order(with_command, RefundWish(order.order_id), own=who == "the buyer")

    refunded = ask(first)
    with pytest.raises(KeyReused):
        ask(second)
    assert order_now(second.order_id) == second
    assert ask(first) == refunded, "the same order again is the same answer"
    with pytest.raises(KeyReused):
        ask(first, shop.command(command.key, request="other", **person))
    assert ask(second, shop.command(**person)).state is OrderState.REFUNDING
    sent(shop, first)
    sent(shop, second)
    assert books_of(world) == {}


def test_the_equal_key_of_another_person_is_no_answer_to_it(world: World, shop: Shop) -> None:
    order = shop.bought(NAMED)
    command = shop.command(person_id="stf_SSSSSSSSSSSS")
    shop.refund_order(command, RefundWish(order.order_id, amount_fen=100), own=False)
    sent(shop, order)
    with pytest.raises(KeyReused):
        shop.refund(order, shop.command(command.key))
    assert order_now(order.order_id).refunded_fen == 100
    books_of(world)


def test_the_key_of_another_command_refunds_nothing(world: World, shop: Shop) -> None:
    order, command = shop.bought(NAMED), shop.command()
    bootstrap.books().commit(audit_record(command, "card.freeze", card=order.card_ids[0]), [])
    with pytest.raises(KeyReused):
        shop.refund(order, command)
    assert order_now(order.order_id) == order


# ---------------------------------------------------------------- units, last fen, many parts


THREE_TIMES = product(
    "sku_thrice", use="TOPUP", kind=CardKind.NAMED, face_fen=10_000, price_fen=10_000, cost_fen=9_700
)


def test_a_top_up_of_several_units_that_is_used_up_in_part_is_refunded_whole(
    world: World, shop: Shop
) -> None:
    shop.catalog.shelf[THREE_TIMES.sku_id] = THREE_TIMES
    card_id = shop.card_with(0)
    order = shop.bought(THREE_TIMES, card_id=card_id, quantity=3, expected_fen=30_000)
    shop.buy(VIRTUAL, pay_card_id=card_id)
    after = sent(shop, shop.refund(order))
    assert (after.refunded_fen, after.refunded_units) == (20_000, 3)
    assert after.state is OrderState.REFUNDED


def test_an_order_is_refunded_in_so_many_parts_and_then_as_a_whole(world: World, shop: Shop) -> None:
    """Its item must never outgrow the store: a buyer could ask for one fen after the other."""
    order = shop.bought(VIRTUAL)
    for _ in range(50):
        after = sent(shop, shop.refund(order, amount_fen=1))
    with pytest.raises(TooManyRefunds):
        shop.refund(after, amount_fen=1)
    done = sent(shop, shop.refund(after))
    assert (done.state, books_of(world)) == (OrderState.REFUNDED, {})
    with pytest.raises(Exception, match=NothingToRefund.code + "|ILLEGAL_STATE"):
        shop.refund(done)


class CardsReadLate:
    """Cards that somebody else refunds between the reading of their order and their own."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = [meanwhile]

    def get(self, card_id: str) -> Card | None:
        if self.meanwhile:
            self.meanwhile.pop()()
        return bootstrap.cards().get(card_id)


def test_a_refund_sent_again_while_it_is_done_is_answered_as_done(world: World, shop: Shop) -> None:
    """The order is read before it and its card after: together they would look refunded by somebody else."""
    payer = shop.card_with(50_000)
    order = shop.buy(VIRTUAL, pay_card_id=payer).order
    command = shop.command()
    again = replace(shop.refund_order, cards=CardsReadLate(lambda: shop.refund(order, command)))
    answer = again(command, RefundWish(order.order_id))
    assert answer == order_now(order.order_id)
    assert [refund.refund_id for refund in answer.refunds] == [command.key]
    assert balance_fen(payer) == 50_000
    assert broken(Tables.read(world.items)) == []


def test_a_refund_that_somebody_else_did_meanwhile_is_refused_by_the_order_as_it_is(
    world: World, shop: Shop
) -> None:
    order = shop.buy(VIRTUAL, pay_card_id=shop.card_with(50_000)).order
    late = replace(shop.refund_order, cards=CardsReadLate(lambda: shop.refund(order)))
    with pytest.raises(IllegalState) as refused:
        late(shop.command(), RefundWish(order.order_id))
    assert refused.value.facts["entity"] == order.order_id
    assert broken(Tables.read(world.items)) == []


def test_a_key_that_was_used_for_something_else_about_the_order_is_no_refund(shop: Shop) -> None:
    order, command = shop.bought(NAMED), shop.command()
    bootstrap.books().commit(audit_record(command, "order.other", order=order.order_id), [])
    with pytest.raises(KeyReused):
        shop.refund(order, replace(command, request_hash="other"))
