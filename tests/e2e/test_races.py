"""Races: do many clients at once, on a quiet and on a busy table, ever lose, overspend or double a fen?

Every client asks with one key until it has an answer, as a client of the API does.
After each race every invariant of the books is checked, and every statement.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardState, InsufficientBalance
from chalicelib.domain.catalog import Product
from chalicelib.domain.errors import IllegalState, Refusal
from chalicelib.domain.ids import KEY_ALPHABET
from chalicelib.domain.ledger import fold
from chalicelib.domain.order import Order, OrderState, RefundState
from chalicelib.domain.outside import PaymentNotice
from chalicelib.domain.stock import LEAK_TERM, OutOfStock
from chalicelib.store.stock import DynamoStock
from chalicelib.usecases.place_order import Placed
from chalicelib.usecases.sweep_stock import SweepStock
from local.testing import World
from tests.e2e.crowd import answered, at_once, disturbed
from tests.e2e.invariants import Tables, broken, broken_views
from tests.e2e.shop import BEARER_TOPUP, NAMED, STOCK, TOPUP, VIRTUAL, Shop, balance_fen, product
from tests.e2e.shop_streams import ShopStreams

pytestmark = [
    pytest.mark.race,
    pytest.mark.parametrize("clients", [8, 32]),
    pytest.mark.parametrize("is_disturbed", [False, True], ids=["quiet", "disturbed"]),
]


SMALL = product("sku_small", face_fen=5_000, price_fen=5_000, cost_fen=4_900)


@pytest.fixture
def shop(world: World) -> Shop:
    open_shop = Shop(stock=a_process())
    open_shop.catalog.shelf["sku_small"] = SMALL
    return open_shop


def a_process() -> DynamoStock:
    """A stock as a process sees it that has just begun."""
    known = bootstrap.stock()
    return DynamoStock(known.dynamo, known.pick, known.new_token)


def check_everything(world: World, shop: Shop) -> Tables:
    """Every law of the books, before and after the streams have done their part."""
    assert broken(Tables.read(world.items)) == []
    ShopStreams(world, shop).drain()
    tables = Tables.read(world.items)
    assert broken(tables) + broken_views(tables) == []
    return tables


def paid(answers: list[Placed | Order | Refusal]) -> list[Order]:
    placed = [answer.order for answer in answers if isinstance(answer, Placed)]
    return placed + [answer for answer in answers if isinstance(answer, Order)]


def refusals(answers: list[Placed | Order | Refusal]) -> set[type]:
    return {type(answer) for answer in answers if isinstance(answer, Refusal)}


def notice(order: Order, payment_id: str, shop: Shop) -> PaymentNotice:
    return PaymentNotice("sandbox", order.order_id, payment_id, order.payable_fen, "SUCCEEDED", shop.now)


def now_is(order_id: str) -> Order:
    order = bootstrap.orders().get(order_id)
    assert order is not None
    return order


def test_of_80_orders_of_one_buyer_none_is_lost(
    world: World, shop: Shop, clients: int, is_disturbed: bool
) -> None:
    payer = shop.card_with(500_000)
    buys = [partial(shop.buy, SMALL, shop.command(), pay_card_id=payer) for _ in range(80)]
    with disturbed(world, is_disturbed):
        answers = at_once(clients, buys)
    assert len({order.order_id for order in paid(answers)}) == 80
    assert balance_fen(payer) == 500_000 - 80 * 5_000
    tables = check_everything(world, shop)
    assert len(tables.orders) == 80
    assert len(tables.cards) == 81


def test_a_balance_of_300_pays_exactly_three_of_eight_orders_of_100(
    world: World, shop: Shop, clients: int, is_disturbed: bool
) -> None:
    payer = shop.card_with(30_000)
    eight = [partial(shop.buy, VIRTUAL, shop.command(), pay_card_id=payer) for _ in range(8)]
    with disturbed(world, is_disturbed):
        answers = at_once(clients, eight * (clients // 8))
    assert refusals(answers) == {InsufficientBalance}
    assert len({order.order_id for order in paid(answers)}) == 3
    assert balance_fen(payer) == 0
    assert len(check_everything(world, shop).orders) == 3


def test_one_order_sent_again_and_again_with_one_key_is_one_debit(
    world: World, shop: Shop, clients: int, is_disturbed: bool
) -> None:
    payer = shop.card_with(100_000)
    buy = partial(shop.buy, VIRTUAL, shop.command(), pay_card_id=payer)
    with disturbed(world, is_disturbed):
        answers = at_once(clients, [buy] * clients)
    assert len({(order.order_id, order.card_ids) for order in paid(answers)}) == 1
    assert len(paid(answers)) == clients
    assert balance_fen(payer) == 90_000
    assert len(check_everything(world, shop).cards) == 2


def test_one_waiting_order_paid_again_and_again_with_one_key_is_one_debit(
    world: World, shop: Shop, clients: int, is_disturbed: bool
) -> None:
    payer = shop.card_with(400_000)
    order_id = shop.buy(VIRTUAL).order.order_id
    pay = partial(shop.pay_order, shop.command(), order_id, payer)
    with disturbed(world, is_disturbed):
        answers = at_once(clients, [pay] * clients)
    assert len(paid(answers)) == clients
    assert len({order.card_ids for order in paid(answers)}) == 1
    assert balance_fen(payer) == 390_000
    assert len(check_everything(world, shop).cards) == 2


def test_one_order_paid_with_as_many_keys_as_clients_is_one_debit(
    world: World, shop: Shop, clients: int, is_disturbed: bool
) -> None:
    payer = shop.card_with(400_000)
    order_id = shop.buy(VIRTUAL).order.order_id
    pays = [partial(shop.pay_order, shop.command(), order_id, payer) for _ in range(clients)]
    with disturbed(world, is_disturbed):
        answers = at_once(clients, pays)
    assert len(paid(answers)) == 1
    assert refusals(answers) == {IllegalState}
    assert balance_fen(payer) == 390_000
    assert len(check_everything(world, shop).cards) == 2


def test_one_order_paid_by_channel_and_card_at_once_keeps_one_payment_and_returns_the_others(
    world: World, shop: Shop, clients: int, is_disturbed: bool
) -> None:
    payer = shop.card_with(400_000)
    order = shop.buy(VIRTUAL).order
    half = clients // 2
    pays = [partial(shop.pay_order, shop.command(), order.order_id, payer) for _ in range(half)]
    told = [partial(shop.settle_payment, notice(order, f"PY-{n}", shop), shop.now) for n in range(half)]
    with disturbed(world, is_disturbed):
        at_once(clients, [ask for pair in zip(told, pays, strict=True) for ask in pair])
    won_by_card = now_is(order.order_id).payer_card_id == payer
    assert balance_fen(payer) == (390_000 if won_by_card else 400_000)
    tables = Tables.read(world.items)
    assert broken(tables) == []
    books = fold(tables.records)
    surplus_fen = 10_000 * (half if won_by_card else half - 1)
    assert books["A:CHANNEL:sandbox"] == 10_000 * half
    assert books["L:REFUND_PAYABLE"] == -surplus_fen
    assert len(now_is(order.order_id).refunds) * 10_000 == surplus_fen


def test_one_word_of_a_channel_told_by_many_at_once_posts_once(
    world: World, shop: Shop, clients: int, is_disturbed: bool
) -> None:
    order = shop.buy(NAMED).order
    told = partial(shop.settle_payment, notice(order, "PY-1", shop), shop.now)
    with disturbed(world, is_disturbed):
        answers = at_once(clients, [told] * clients)
    assert {(one.state, one.card_ids) for one in paid(answers)} == {
        (OrderState.COMPLETED, now_is(order.order_id).card_ids)
    }
    assert fold(check_everything(world, shop).records)["A:CHANNEL:sandbox"] == 98_500


@pytest.mark.capability("S-016", "S-025")
def test_200_buyers_on_100_cards_buy_exactly_100(
    world: World, shop: Shop, clients: int, is_disturbed: bool
) -> None:
    shop.shelved(STOCK, 100)
    buys = [stock_purchase(shop, number) for number in range(200)]
    with disturbed(world, is_disturbed):
        answers = at_once(clients, buys)
        # A claim whose answer was lost lies aside until the sweep has seen it twice.
        for _ in range(3 if is_disturbed else 0):
            come_again(shop, buys, answers)
    assert refusals(answers) == {OutOfStock}
    assert len(paid(answers)) == 100
    tables = check_everything(world, shop)
    states = [card.state for card in tables.stock_cards(STOCK.sku_id)]
    assert states == [CardState.SOLD] * 100
    assert shop.stock.count(STOCK.sku_id) == 0


@pytest.mark.capability("S-016")
def test_after_100_of_130_cards_are_sold_the_count_is_that_of_the_cards_in_stock(
    world: World, shop: Shop, clients: int, is_disturbed: bool
) -> None:
    shop.shelved(STOCK, 130)
    with disturbed(world, is_disturbed):
        answers = at_once(clients, [stock_purchase(shop, number) for number in range(100)])
    assert len(paid(answers)) == 100
    shop.later(minutes=30)
    sweep(shop)  # a claim whose answer was lost took a card that nobody has: it comes back
    states = Counter(card.state for card in check_everything(world, shop).stock_cards(STOCK.sku_id))
    assert states == {CardState.SOLD: 100, CardState.IN_STOCK: 30}
    assert a_process().count(STOCK.sku_id) == shop.stock.count(STOCK.sku_id) == 30


def stock_purchase(shop: Shop, number: int) -> Callable[[], Order]:
    """Every second buyer pays from a card account, the others through the channel."""
    buyer_id = buyer(number)
    command = shop.command(person_id=buyer_id)
    if number % 2:
        payer = shop.card_with(10_000, f"P{number}", buyer_id)
        return lambda: shop.buy(STOCK, command, pay_card_id=payer).order

    def reserve_and_pay() -> Order:
        order = shop.buy(STOCK, command).order
        return shop.settle_payment(notice(order, f"PY-{number}", shop), shop.now)

    return reserve_and_pay


def sweep(shop: Shop) -> None:
    """Seen twice, as long apart as no sale takes, a card that was taken and not sold is put back."""
    for after in (timedelta(), LEAK_TERM):
        SweepStock(bootstrap.documents(), a_process())(shop.now + after)


def come_again(shop: Shop, buys: list[Callable[[], Order]], answers: list[Order | Refusal]) -> None:
    """The stock is swept, and those who had found nothing ask once more."""
    sweep(shop)
    for number, answer in enumerate(answers):
        if isinstance(answer, OutOfStock):
            answers[number] = answered(buys[number])


@pytest.mark.capability("S-092")
@pytest.mark.parametrize(
    "top_up, before_fen", [(TOPUP, 450_000), (BEARER_TOPUP, 60_000)], ids=["named", "bearer"]
)
def test_of_two_top_ups_over_the_cap_one_passes_and_the_other_is_refunded_by_itself(
    world: World, shop: Shop, clients: int, is_disturbed: bool, top_up: Product, before_fen: int
) -> None:
    cards = range(clients // 2)
    card_ids = [shop.card_with(before_fen, f"C{number}", kind=top_up.kind) for number in cards]
    wish = {"amount_fen": 30_000, "expected_fen": 30_000}
    orders = [shop.buy(top_up, card_id=card_id, **wish).order for card_id in card_ids for _ in range(2)]
    callbacks = [shop.channel.pay(order.order_id) for order in orders]
    notices = [shop.channel.verify(*callback) for callback in callbacks]
    with disturbed(world, is_disturbed):
        at_once(clients, [partial(shop.settle_payment, told, shop.now) for told in notices])
    assert [balance_fen(card_id) for card_id in card_ids] == [before_fen + 30_000] * len(card_ids)
    tables = check_everything(world, shop)
    ends = Counter(
        (order.state, order.steps[-1].reason, _refund_states(order)) for order in tables.all_orders
    )
    assert ends == {
        (OrderState.COMPLETED, "", ()): len(card_ids),
        (OrderState.REFUNDED, "", (RefundState.SUCCEEDED,)): len(card_ids),
    }
    refused = [order for order in tables.all_orders if order.refunds]
    assert {step.reason for order in refused for step in order.steps[1:3]} == {"CARD_BALANCE_CAP"}
    books = fold(tables.records)
    assert books["A:CHANNEL:sandbox"] == 30_000 * len(card_ids)
    assert "L:REFUND_PAYABLE" not in books


def _refund_states(order: Order) -> tuple[RefundState, ...]:
    return tuple(refund.state for refund in order.refunds)


def buyer(number: int) -> str:
    """Customers, each with a name of its own."""
    return f"cus_{''.join(KEY_ALPHABET[int(digit)] for digit in f'{number:012}')}"
