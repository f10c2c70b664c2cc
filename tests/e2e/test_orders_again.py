"""Orders placed again, and orders that should never have been taken: one answer, and nothing half done."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardState, CardUnknown, IssuerDiffers
from chalicelib.domain.catalog import CardKind, PriceChanged, Product, ProductNotOffered
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.payment import ChannelUnknown
from chalicelib.domain.stock import OutOfStock
from chalicelib.usecases.ports import Command
from local.testing import World
from tests.e2e.shop import AGENT_STOCK, NAMED, STOCK, TOPUP, VIRTUAL, Shop, balance_fen, product


@pytest.fixture
def shop(world: World) -> Shop:
    return Shop()


@pytest.fixture
def stocked_shop(world: World) -> Shop:
    """A shop with the real stock, as a process sees it that has just begun."""
    bootstrap.stock.forget()
    return Shop(stock=bootstrap.stock())


def test_the_buyer_of_the_last_card_who_asks_again_is_told_of_it(world: World, shop: Shop) -> None:
    payer = shop.card_with(30_000)
    (card_id,) = shop.stocked(STOCK, 1)
    command = shop.command()
    first = shop.buy(STOCK, command, pay_card_id=payer).order
    again = shop.buy(STOCK, command, pay_card_id=payer).order
    assert again == first and again.card_ids == (card_id,)
    with pytest.raises(OutOfStock):
        shop.buy(STOCK, pay_card_id=payer)
    with pytest.raises(KeyReused):
        shop.buy(STOCK, shop.command(command.key, request="other"), pay_card_id=payer)


def test_whoever_wants_more_cards_than_there_are_is_refused_and_every_item_stays_as_it_was(
    world: World, stocked_shop: Shop
) -> None:
    payer = stocked_shop.card_with(100_000)
    stocked_shop.shelved(STOCK, 4)
    stocked_shop.buy(STOCK)
    before = [world.items(table) for table in ("stock", "cards", "orders", "work", "journal")]
    wish = {"quantity": 4, "expected_fen": 4 * STOCK.price_fen}
    with world.metered() as reading:
        for payment in ({}, {"pay_card_id": payer}):
            with pytest.raises(OutOfStock):
                stocked_shop.buy(STOCK, **wish, **payment)
    assert reading().write_units == {}
    assert [world.items(table) for table in ("stock", "cards", "orders", "work", "journal")] == before
    assert len(stocked_shop.buy(STOCK, quantity=3, expected_fen=3 * STOCK.price_fen).order.card_ids) == 3


def test_an_order_of_several_cards_that_is_sent_again_when_none_are_left_is_still_that_order(
    world: World, stocked_shop: Shop
) -> None:
    stocked_shop.shelved(STOCK, 3)
    command, wish = stocked_shop.command(), {"quantity": 3, "expected_fen": 3 * STOCK.price_fen}
    first = stocked_shop.buy(STOCK, command, **wish)
    assert stocked_shop.buy(STOCK, command, **wish) == first


@pytest.mark.race
def test_of_buyers_who_contend_for_too_few_cards_each_has_all_or_none_and_no_card_is_lost(
    world: World, stocked_shop: Shop
) -> None:
    """Who truly lost a race gives back what it had: its cards are for sale again, if not where they lay."""
    stocked_shop.shelved(STOCK, 10)
    commands = [stocked_shop.command(person_id=f"cus_{number:012}") for number in range(6)]

    def buy(command: Command) -> int:
        try:
            return len(
                stocked_shop.buy(STOCK, command, quantity=4, expected_fen=4 * STOCK.price_fen).order.card_ids
            )
        except (OutOfStock, Unavailable):
            return 0

    with ThreadPoolExecutor(6) as crowd:
        sold = list(crowd.map(buy, commands))
    assert set(sold) <= {0, 4}
    assert stocked_shop.stock.count(STOCK.sku_id) == 10 - sum(sold)


def test_an_order_sent_again_after_its_price_moved_is_still_that_order(world: World, shop: Shop) -> None:
    command = shop.command()
    first = shop.buy(NAMED, command)
    shop.catalog.shelf[NAMED.sku_id] = replace(NAMED, price_fen=99_000, price_version=2)
    again = shop.buy(NAMED, command)
    assert again == first
    with pytest.raises(PriceChanged):
        shop.buy(NAMED)


def test_a_top_up_sent_again_after_it_filled_the_card_is_still_that_order(world: World, shop: Shop) -> None:
    card_id = shop.card_with(450_000)
    command = shop.command()
    wish = {"card_id": card_id, "amount_fen": 50_000, "expected_fen": 50_000}
    paid = shop.pay(shop.buy(TOPUP, command, **wish).order.order_id)
    again = shop.buy(TOPUP, command, **wish)
    assert (again.order, again.pay_url) == (paid, "")


def test_a_channel_that_is_not_offered_reserves_nothing(world: World, shop: Shop) -> None:
    def no_channel(name: str) -> object:
        raise ChannelUnknown(channel=name)

    (card_id,) = shop.stocked(STOCK, 1)
    refusing = replace(shop.place_order, channels=no_channel)  # type: ignore[arg-type]
    shop.place_order = refusing
    with pytest.raises(ChannelUnknown):
        shop.buy(STOCK, channel="nobody")
    card = bootstrap.cards().get(card_id)
    assert card is not None and card.state is CardState.IN_STOCK
    assert world.items("orders") == []


@pytest.mark.parametrize("channel", ["sandbox", ""])
def test_a_top_up_names_its_card(world: World, shop: Shop, channel: str) -> None:
    payer = {} if channel else {"pay_card_id": shop.card_with(30_000)}
    with pytest.raises(CardUnknown):
        shop.buy(TOPUP, amount_fen=10_000, expected_fen=10_000, **payer)
    assert world.items("orders") == []


def test_a_card_that_is_sold_is_not_named_by_its_buyer(world: World, shop: Shop) -> None:
    others = shop.card_with(30_000, "B", "cus_SSSSSSSSSSSS")
    with pytest.raises(ProductNotOffered):
        shop.buy(VIRTUAL, card_id=others)
    assert world.items("orders") == []


BEARER_ACCOUNT = product("sku_bearer_topup", use="TOPUP", face_fen=0, price_fen=0, cost_fen=0)


@pytest.mark.parametrize("topped_up", [VIRTUAL, AGENT_STOCK], ids=["bearer", "another's"])
def test_a_card_account_tops_up_only_what_the_product_is_made_for(
    world: World, shop: Shop, topped_up: Product
) -> None:
    """A bearer card may never hold 1 000 yuan: the cap is the card's, not the product's."""
    payer = shop.card_with(300_000)
    if topped_up is VIRTUAL:
        (card_id,) = shop.bought(VIRTUAL).card_ids
    else:
        (card_id,) = shop.stocked(AGENT_STOCK, 1)
        shop.bought(AGENT_STOCK)
    before = balance_fen(card_id)
    with pytest.raises(IssuerDiffers):
        shop.buy(TOPUP, card_id=card_id, amount_fen=200_000, expected_fen=200_000, pay_card_id=payer)
    assert (balance_fen(payer), balance_fen(card_id)) == (300_000, before)


def test_a_bearer_card_is_topped_up_from_an_account_of_its_issuer(world: World, shop: Shop) -> None:
    shop.catalog.shelf[BEARER_ACCOUNT.sku_id] = BEARER_ACCOUNT
    payer = shop.card_with(300_000)
    (card_id,) = shop.bought(VIRTUAL).card_ids
    shop.buy(BEARER_ACCOUNT, card_id=card_id, amount_fen=90_000, expected_fen=90_000, pay_card_id=payer)
    assert (balance_fen(payer), balance_fen(card_id)) == (210_000, 100_000)
    assert BEARER_ACCOUNT.kind is CardKind.BEARER


def test_a_chosen_amount_is_one_unit(world: World, shop: Shop) -> None:
    """Pay per unit would multiply what was paid once."""
    card_id = shop.card_with(0)
    with pytest.raises(ProductNotOffered):
        shop.buy(TOPUP, card_id=card_id, amount_fen=100, expected_fen=100, quantity=20)
    assert world.items("orders") == []


def test_a_card_reserved_for_one_buyer_is_not_sold_to_another(world: World, shop: Shop) -> None:
    (card_id,) = shop.stocked(STOCK, 1)
    waiting = shop.buy(STOCK).order
    shop.stock.give_back(STOCK.sku_id, card_id)  # a hint gone wrong: it is offered a second time
    payer = shop.card_with(30_000)
    with pytest.raises(OutOfStock):
        shop.buy(STOCK, pay_card_id=payer)
    assert balance_fen(payer) == 30_000
    assert shop.pay(waiting.order_id).card_ids == (card_id,)
