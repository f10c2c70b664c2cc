"""Refunds that no machine can bring to their payer: a person does, once, and everybody sees that it waits."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from chalicelib import bootstrap
from chalicelib.domain import due, manual_refund
from chalicelib.domain.approval import FourEyes, Kind, Request
from chalicelib.domain.card import CardBalanceCap, CardChange, CardState, CardStateConflict
from chalicelib.domain.errors import IllegalState, KeyReused, Refusal, Unavailable
from chalicelib.domain.ledger import fold
from chalicelib.domain.manual_refund import FAILURES_MAX, Cause, ManualRefund, RefundUnknown
from chalicelib.domain.order import Order, OrderState, RefundState, refund_reference
from chalicelib.domain.outside import Outcome
from chalicelib.usecases.ports import Command
from chalicelib.usecases.settle_by_bank import SettleByBank
from chalicelib.usecases.settle_refund import SettleRefund
from local.testing import World
from tests.e2e.invariants import Tables, broken
from tests.e2e.shop import NAMED, NOW, TOPUP, VIRTUAL, Shop, all_records, balance_fen
from tests.fakes.operations import Script

FINANCE = "stf_FFFFFFFFFFFF"
BANK = "20261122-000017"


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop()


def settle(shop: Shop) -> SettleRefund:
    return SettleRefund(bootstrap.books(), bootstrap.orders(), bootstrap.cards(), lambda name: shop.channel)


def office(shop: Shop, key: str = "", request: str = "same", person_id: str = FINANCE) -> Command:
    command = shop.command(key, person_id, request)
    actor = replace(command.actor, roles=frozenset({"finance"}))
    return replace(command, actor=actor, reason="looked into it")


def by_bank(shop: Shop) -> SettleByBank:
    """Who asks and who agrees, beside the shop's own channel."""
    settling = SettleByBank(settle(shop), bootstrap.catalog(), bootstrap.approvals())
    subjects = {Kind.BANK_REFUND: lambda: settling}
    return replace(settling, approvals=replace(bootstrap.approvals(), subjects=subjects))


def asked(shop: Shop, order: Order) -> Request:
    """Somebody says that the order's refund is sent from the bank."""
    command = office(shop, person_id="stf_AAAAAAAAAAAA")
    return by_bank(shop).ask(command, order.order_id, order.refunds[0].refund_id, BANK)


def agree(shop: Shop, request: Request, command: Command | None = None) -> None:
    by_bank(shop).approvals.decide(command or office(shop), request.request_id, agrees=True)


def sent(shop: Shop, order: Order) -> Order:
    """The order, whose refund was sent from the bank, as two people say."""
    agree(shop, asked(shop, now_is(order)))
    return now_is(order)


def now_is(order: Order) -> Order:
    found = bootstrap.orders().get(order.order_id)
    assert found is not None
    return found


def waiting() -> list[ManualRefund]:
    items = bootstrap.documents().query("work", manual_refund.PARTITION, consistent=True)
    return [manual_refund.from_item(item) for item in items]


def asked_about() -> list[due.Due]:
    rows = [item for pk in due.partitions() for item in bootstrap.documents().query("work", pk)]
    return [due.from_item(row) for row in rows]


def books_of(world: World) -> dict[str, int]:
    assert broken(Tables.read(world.items)) == []
    return fold(all_records(world.items("journal")))


def refused(shop: Shop, order: Order) -> Order:
    """The order, whose refund its channel refuses until nobody asks any more."""
    refunded = shop.refund(order)
    refund_id = refunded.refunds[0].refund_id
    for _ in range(FAILURES_MAX + 3):
        reference = refund_reference(order.order_id, refund_id)
        shop.channel.refunds.done.pop(reference, None)  # sent again, it is looked at again
        shop.channel.script_refund(Script(state="FAILED", reason="MERCHANT_BALANCE_LOW"))
        shop.send_refund.ask_again(order.order_id, refund_id, shop.now)
    shop.channel.refunds.scripts.clear()
    shop.channel.refunds.done.pop(reference, None)
    return now_is(order)


# ---------------------------------------------------------------- a channel that refuses


def test_what_a_channel_refuses_again_and_again_waits_for_a_person(world: World, shop: Shop) -> None:
    order = refused(shop, shop.bought(NAMED))
    (refund,) = order.refunds
    assert (order.state, refund.state, refund.failures) == (
        OrderState.REFUNDING,
        RefundState.MANUAL,
        FAILURES_MAX,
    )
    (row,) = waiting()
    assert (row.order_id, row.refund_id, row.cause) == (
        order.order_id,
        refund.refund_id,
        Cause.CHANNEL_REFUSES,
    )
    assert (row.amount_fen, row.reason) == (98_500, "MERCHANT_BALANCE_LOW")
    assert asked_about() == [], "no machine asks for it any more"
    assert books_of(world)["L:REFUND_PAYABLE"] == -98_500


def test_it_is_refused_for_more_than_an_hour_before_a_person_is_called() -> None:
    row, asked = due.Due(due.REFUND, "x", NOW, {}), []
    for minute in range(60 * 24):
        while due.is_asked_now(replace(row, tries=len(asked)), NOW + timedelta(minutes=minute)):
            asked.append(minute)
    assert asked[FAILURES_MAX - 1] > 40
    assert {later - earlier for earlier, later in pairwise(asked[9:])} == {60}, "and then every hour"


def test_a_person_lets_it_go_its_way_once_more_and_it_arrives(world: World, shop: Shop) -> None:
    order = refused(shop, shop.bought(NAMED))
    refund_id, command = order.refunds[0].refund_id, office(shop)
    for _ in range(2):
        again = settle(shop).retry(command, order.order_id, refund_id)
    assert (again.refunds[0].state, again.refunds[0].failures) == (RefundState.APPROVED, 0)
    assert waiting() == []
    assert [row.about["refund"] for row in asked_about()] == [refund_id]
    with pytest.raises(IllegalState):
        settle(shop).retry(office(shop), order.order_id, refund_id)
    with pytest.raises(KeyReused):
        settle(shop).retry(office(shop, command.key, "other"), order.order_id, refund_id)
    shop.send_refund(order.order_id, shop.now)
    done = now_is(order)
    assert (done.state, done.refunds[0].state) == (OrderState.REFUNDED, RefundState.SUCCEEDED)
    assert settle(shop).retry(command, order.order_id, refund_id) == done, "the first answer stands"
    assert shop.channel.refunded_fen == {order.order_id: 98_500}
    assert (books_of(world), asked_about()) == ({}, [])


def test_one_that_is_refused_again_after_a_person_tried_waits_again(world: World, shop: Shop) -> None:
    order = refused(shop, shop.bought(NAMED))
    refund_id = order.refunds[0].refund_id
    settle(shop).retry(office(shop), order.order_id, refund_id)
    for _ in range(FAILURES_MAX):
        shop.channel.refunds.done.clear()
        shop.channel.script_refund(Script(state="FAILED", reason="ACCOUNT_CLOSED"))
        shop.send_refund.ask_again(order.order_id, refund_id, shop.now)
    assert [(row.reason, row.amount_fen) for row in waiting()] == [("ACCOUNT_CLOSED", 98_500)]
    assert books_of(world)["L:REFUND_PAYABLE"] == -98_500


def test_what_was_sent_from_the_bank_is_booked_once_and_closes_the_card(world: World, shop: Shop) -> None:
    order = refused(shop, shop.bought(NAMED))
    refund_id, command = order.refunds[0].refund_id, office(shop)
    first, second = asked(shop, order), asked(shop, order)
    assert books_of(world)["L:REFUND_PAYABLE"] == -98_500, "nobody has agreed yet"
    for _ in range(2):
        agree(shop, first, command)
        done = now_is(order)
        assert (done.state, done.refunds[0].state) == (OrderState.REFUNDED, RefundState.SUCCEEDED)
    with pytest.raises(IllegalState):
        agree(shop, second)
    with pytest.raises(IllegalState):
        asked(shop, order)
    card = bootstrap.cards().get(order.card_ids[0])
    assert card is not None and card.state is CardState.CLOSED
    assert books_of(world) == {"A:CHANNEL:sandbox": 98_500, "A:BANK_CUSTODY": -98_500}
    assert waiting() == []
    shop.send_refund.ask_again(order.order_id, refund_id, shop.now)
    assert shop.channel.refunded_fen == {}


@pytest.mark.parametrize(
    "told, refusal", [("SUCCEEDED", IllegalState), ("PENDING", IllegalState), ("UNKNOWN", Unavailable)]
)
def test_nobody_sends_from_the_bank_what_the_channel_may_have_sent(
    world: World, shop: Shop, told: str, refusal: type[Refusal]
) -> None:
    order = refused(shop, shop.bought(NAMED))
    refund_id = order.refunds[0].refund_id
    request, reference = asked(shop, order), refund_reference(order.order_id, refund_id)
    shop.channel.refunds.done[reference] = ((order.order_id, 98_500), Outcome(told))
    with pytest.raises(refusal):
        agree(shop, request)
    with pytest.raises(refusal):
        asked(shop, order)
    assert now_is(order) == order
    shop.send_refund.ask_again(order.order_id, refund_id, shop.now)
    expected = RefundState.SUCCEEDED if told == "SUCCEEDED" else RefundState.MANUAL
    assert now_is(order).refunds[0].state is expected
    assert len(waiting()) == (told != "SUCCEEDED")


def test_a_surplus_that_cannot_go_back_waits_too(world: World, shop: Shop) -> None:
    payer, order = shop.card_with(30_000), shop.buy(VIRTUAL).order
    callback = shop.channel.pay(order.order_id)
    shop.pay_order(shop.command(), order.order_id, payer)
    paid = shop.settle_payment(shop.channel.verify(*callback), shop.now)
    (refund,) = paid.refunds
    for _ in range(FAILURES_MAX):
        shop.channel.refunds.done.clear()
        shop.channel.script_refund(Script(state="FAILED"))
        shop.send_refund.ask_again(order.order_id, refund.refund_id, shop.now)
    shop.channel.refunds.done.clear()
    assert [row.amount_fen for row in waiting()] == [10_000]
    settle(shop).retry(office(shop), order.order_id, refund.refund_id)
    shop.send_refund(order.order_id, shop.now)
    assert now_is(order).refunds[0].state is RefundState.SUCCEEDED
    assert "L:REFUND_PAYABLE" not in books_of(world)


def test_a_refund_that_is_not_there_is_unknown(world: World, shop: Shop) -> None:
    order = shop.bought(NAMED)
    for order_id in (order.order_id, order.order_id[:-1] + "Z"):
        with pytest.raises(RefundUnknown):
            settle(shop).retry(office(shop), order_id, "0" * 26)


# ---------------------------------------------------------------- a card that cannot take it


def beyond_the_cap(shop: Shop) -> Order:
    """An order whose paying card was filled to 4 000 fen below its cap since, and that is refunded."""
    payer = shop.card_with(30_000)
    order = shop.buy(VIRTUAL, pay_card_id=payer).order
    fen = 500_000 - 20_000 - 4_000
    shop.bought(TOPUP, card_id=payer, amount_fen=fen, expected_fen=fen)
    return shop.refund(order)


def test_what_the_cap_keeps_out_is_seen_to_be_owed_and_waits_for_a_person(world: World, shop: Shop) -> None:
    order = beyond_the_cap(shop)
    (refund,) = order.refunds
    assert (order.state, refund.state) == (OrderState.REFUNDING, RefundState.MANUAL)
    assert (refund.amount_fen, refund.open_fen) == (10_000, 6_000)
    assert balance_fen(order.payer_card_id) == 500_000
    assert [(row.cause, row.amount_fen) for row in waiting()] == [(Cause.CARD_CANNOT_TAKE_IT, 6_000)]
    assert books_of(world)["L:REFUND_PAYABLE"] == -6_000


def test_it_goes_onto_the_card_as_soon_as_that_has_room(world: World, shop: Shop) -> None:
    order, command = beyond_the_cap(shop), office(shop)
    refund_id = order.refunds[0].refund_id
    with pytest.raises(CardBalanceCap):
        settle(shop).retry(command, order.order_id, refund_id)
    shop.buy(VIRTUAL, pay_card_id=order.payer_card_id)
    for _ in range(2):
        done = settle(shop).retry(command, order.order_id, refund_id)
    assert (done.state, done.refunds[0].open_fen) == (OrderState.REFUNDED, 0)
    assert balance_fen(order.payer_card_id) == 496_000
    card = bootstrap.cards().get(order.card_ids[0])
    assert card is not None and card.state is CardState.CLOSED
    assert "L:REFUND_PAYABLE" not in books_of(world)
    assert waiting() == []


def test_of_a_closed_card_all_is_owed_and_sent_from_the_bank(world: World, shop: Shop) -> None:
    payer = shop.card_with(10_000)
    order = shop.buy(VIRTUAL, pay_card_id=payer).order
    for before, after in (
        (CardState.ACTIVE, CardState.REFUND_PENDING),
        (CardState.REFUND_PENDING, CardState.CLOSED),
    ):
        bootstrap.books().commit(None, [CardChange(payer, (before,), move_to=after)])
    refunded = shop.refund(order)
    assert refunded.refunds[0].open_fen == 10_000
    refund_id = refunded.refunds[0].refund_id
    with pytest.raises(CardStateConflict):
        settle(shop).retry(office(shop), order.order_id, refund_id)
    done = sent(shop, order)
    assert done.state is OrderState.REFUNDED
    books = books_of(world)
    assert (books["A:BANK_CUSTODY"], books.get("L:REFUND_PAYABLE", 0)) == (-10_000, 0)


def test_one_key_settles_one_refund(world: World, shop: Shop) -> None:
    first, second = refused(shop, shop.bought(NAMED)), refused(shop, shop.bought(NAMED))
    command, requests = office(shop), [asked(shop, order) for order in (first, second)]
    agree(shop, requests[0], command)
    with pytest.raises(KeyReused):
        agree(shop, requests[1], command)
    assert now_is(second) == second


def test_who_says_that_it_was_sent_does_not_agree_to_it(world: World, shop: Shop) -> None:
    order = refused(shop, shop.bought(NAMED))
    request = asked(shop, order)
    with pytest.raises(FourEyes):
        agree(shop, request, office(shop, person_id=request.requested_by))
    assert now_is(order) == order


def test_the_schedule_tells_which_calls_have_had_no_answer_for_a_day(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    row = due.opened(due.PAYOUT, "wdr_X", bootstrap.now() - timedelta(days=2))
    bootstrap.documents().put(row.table, row.pk, row.sk, {**row.values, "tries": 99})  # not asked about now
    world.tick("query_unknown")
    told = capsys.readouterr().out
    assert '"CallsOverdue":[1' in told.replace(" ", "")
