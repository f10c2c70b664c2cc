"""Orders: what is sold to whom at which price, with which card, and what forbids it?"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain import unpaid
from chalicelib.domain.card import CardState, CardStateConflict
from chalicelib.domain.catalog import CardKind, Mode
from chalicelib.domain.change import Stale
from chalicelib.domain.errors import KeyReused, Unavailable
from chalicelib.domain.order import Order, OrderState
from chalicelib.domain.stock import OutOfStock
from chalicelib.usecases.place_order import Placed, PlaceOrder, Purchase
from tests.simulation import quiet_scene
from tests.simulation.failing import FailingBooks, NoPlanYet, OtherProduct
from tests.simulation.ground import AGENT_STOCK, AGENT_TOPUP, NAMED, STOCK, TOPUP, VIRTUAL
from tests.simulation.one_run import OF_WORTH, Scene
from tests.simulation.operation import account_card, paying, purchase_of
from tests.simulation.quiet_scene import card_of, order_of
from tests.simulation.small_ground import BRANCH, BUYER, STRANGER, TWIG

# A card that was taken and given back lies elsewhere in the stock; that it can be taken again is counted.
BESIDE_STOCK = tuple(table for table in OF_WORTH if table != "stock")


def place(scene: Scene, purchase: Purchase, person_id: str = BUYER) -> Placed:
    return bootstrap.place_order()(scene.command(person_id), purchase)


def refuses(scene: Scene, code: str, deed: Callable[[], object]) -> dict[str, Any]:
    """What the refusal tells; nothing of worth has changed, and no card is missing from the stock."""
    in_stock = counted()
    facts = quiet_scene.refuses(scene, code, deed, BESIDE_STOCK)
    assert counted() == in_stock
    return facts


def counted() -> dict[str, int]:
    return {item.sku_id: bootstrap.stock().count(item.sku_id) for item in (STOCK, AGENT_STOCK)}


# ---------------------------------------------------------------- from a card


def test_a_card_pays_a_card_at_once_and_to_the_fen(scene: Scene) -> None:
    payer = account_card(scene)
    before_fen = card_of(payer).available_fen
    placed = place(scene, purchase_of(NAMED, 1, pay_card_id=payer))
    order = order_of(placed.order.order_id)
    assert (placed.order, placed.pay_url) == (order, "")
    assert (order.state, order.version, order.paid_at) == (OrderState.COMPLETED, 1, scene.now())
    assert [step.state for step in order.steps] == ["PENDING_PAY", "PAID", "FULFILLING", "COMPLETED"]
    (made,) = order.card_ids
    assert card_of(payer).available_fen == before_fen - NAMED.price_fen
    assert (card_of(made).available_fen, card_of(made).holder_id) == (NAMED.face_fen, BUYER)
    assert (order.plan_id, [link.active for link in order.chain]) == ("p1", [True, True])


def test_a_card_tops_up_another_and_not_itself(scene: Scene) -> None:
    payer, target = account_card(scene), account_card(scene, STRANGER)
    wish = purchase_of(TOPUP, pay_card_id=payer, card_id=payer, amount_fen=100)
    refuses(scene, "PRODUCT_NOT_OFFERED", lambda: place(scene, wish))
    refuses(scene, "CARD_UNKNOWN", lambda: place(scene, replace(wish, card_id=target)))
    refuses(scene, "CARD_UNKNOWN", lambda: place(scene, replace(wish, pay_card_id=target, card_id=payer)))


def test_a_sale_leaves_one_record_that_says_who_bought_what_by_which_command(scene: Scene) -> None:
    command = replace(scene.command(BUYER), request_hash="asked")
    wish = purchase_of(VIRTUAL, pay_card_id=account_card(scene))
    order = bootstrap.place_order()(command, wish).order
    record = bootstrap.books().record(BUYER, order.order_id)
    assert record is not None
    assert (record.action, record.actor, record.at) == ("SALE_FROM_CARD", BUYER, command.now)
    assert (record.request_hash, record.client) == ("asked", command.actor.client)
    assert record.about == {"order": order.order_id, "sku": VIRTUAL.sku_id}
    assert {step.actor for step in order.steps} == {BUYER}


def test_a_card_of_another_issuer_pays_nothing(scene: Scene) -> None:
    sell = replace(bootstrap.place_order(), catalog=OtherProduct(replace(VIRTUAL, issuer="petro")))  # type: ignore[arg-type]
    wish = purchase_of(VIRTUAL, pay_card_id=account_card(scene))
    facts = refuses(scene, "ISSUER_DIFFERS", lambda: sell(scene.command(BUYER), wish))
    assert facts == {"card_issuer": "ours", "needed": "petro"}


def test_a_card_credits_another_only_of_its_own_kind_and_up_to_its_cap(scene: Scene) -> None:
    payer = account_card(scene)
    target = place(scene, purchase_of(NAMED, pay_card_id=payer)).order.card_ids[0]
    bearer = place(scene, purchase_of(VIRTUAL, pay_card_id=payer)).order.card_ids[0]
    refuses(scene, "ISSUER_DIFFERS", lambda: place(scene, topping_up(bearer, pay_card_id=payer)))
    room_fen = card_of(target).cap_fen - card_of(target).balance_fen
    waiting = place(scene, topping_up(target, room_fen - 100)).order
    paying(waiting.order_id).do(scene)
    facts = refuses(
        scene, "CARD_BALANCE_CAP", lambda: place(scene, topping_up(target, 101, pay_card_id=payer))
    )
    assert facts["allowed_fen"] == 100
    assert place(scene, topping_up(target, 100, pay_card_id=payer)).order.state is OrderState.COMPLETED
    assert card_of(target).balance_fen == card_of(target).cap_fen


def test_before_any_plan_a_sale_earns_nobody_anything(scene: Scene) -> None:
    sell = replace(bootstrap.place_order(), catalog=NoPlanYet())  # type: ignore[arg-type]
    order = sell(scene.command(BUYER), purchase_of(VIRTUAL, pay_card_id=account_card(scene))).order
    assert (order.plan_id, order.state) == ("", OrderState.COMPLETED)


# ---------------------------------------------------------------- what is asked for


WRONG: list[tuple[str, str]] = [
    ("another use than the product's", "PRODUCT_NOT_OFFERED"),
    ("another's card paid for from a card of ours", "PRODUCT_NOT_OFFERED"),
    ("a top-up of no card", "CARD_UNKNOWN"),
    ("a card onto a card", "PRODUCT_NOT_OFFERED"),
    ("another price", "PRICE_CHANGED"),
]


@pytest.mark.parametrize("name, code", WRONG)
def test_what_is_not_offered_is_not_sold(scene: Scene, name: str, code: str) -> None:
    payer = account_card(scene)
    wishes = {
        WRONG[0][0]: replace(purchase_of(VIRTUAL), use="TOPUP", card_id=payer),
        WRONG[1][0]: purchase_of(AGENT_STOCK, pay_card_id=payer),
        WRONG[2][0]: purchase_of(TOPUP),
        WRONG[3][0]: replace(purchase_of(VIRTUAL), card_id=payer),
        WRONG[4][0]: replace(purchase_of(VIRTUAL), expected_fen=VIRTUAL.price_fen - 1),
    }
    facts = refuses(scene, code, lambda: place(scene, wishes[name]))
    if code == "PRICE_CHANGED":
        assert facts == {"payable_fen": VIRTUAL.price_fen}


def test_a_product_of_a_province_is_sold_there_alone_and_the_order_says_where(scene: Scene) -> None:
    here = replace(VIRTUAL, regions=("53",), category="gift", price_version=7)
    sell = replace(bootstrap.place_order(), catalog=OtherProduct(here))  # type: ignore[arg-type]
    wish = replace(purchase_of(VIRTUAL), region="440100")
    facts = refuses(scene, "PRODUCT_NOT_OFFERED", lambda: sell(scene.command(BUYER), wish))
    assert facts == {"sku_id": VIRTUAL.sku_id, "region": "440100"}
    order = sell(scene.command(BUYER), replace(wish, region="530102")).order
    assert (order.region, order.category, order.price_version) == ("530102", "gift", 7)
    assert (order.issuer, order.mode, order.quantity) == (VIRTUAL.issuer, VIRTUAL.mode, 1)
    assert {step.actor for step in order.steps} == {BUYER}


def test_a_named_card_is_sold_to_a_known_name_and_a_bearer_card_to_anybody(scene: Scene) -> None:
    nameless = replace(scene.ground.actors[BUYER], real_name=False)
    sell = bootstrap.place_order()
    refuses(scene, "REAL_NAME_REQUIRED", lambda: sell(scene.command(nameless), purchase_of(NAMED)))
    assert sell(scene.command(nameless), purchase_of(VIRTUAL)).order.state is OrderState.PENDING_PAY


def test_nothing_is_reserved_for_a_channel_that_is_not_there(scene: Scene) -> None:
    asked: list[str] = []

    def channels(name: str) -> Any:
        asked.append(name)
        raise Unavailable()

    sell = replace(bootstrap.place_order(), channels=channels)
    refuses(scene, Unavailable.code, lambda: sell(scene.command(BUYER), purchase_of(STOCK)))
    assert asked == ["sandbox"]
    sold = sell(scene.command(BUYER), purchase_of(STOCK, pay_card_id=account_card(scene)))
    assert (sold.order.state, asked) == (OrderState.COMPLETED, ["sandbox"])


def topping_up(card_id: str, amount_fen: int = 100, item: Any = TOPUP, **fields: str) -> Purchase:
    return purchase_of(item, card_id=card_id, amount_fen=amount_fen, **fields)


def test_a_top_up_is_refused_before_anybody_pays_it_where_it_could_not_be_credited(scene: Scene) -> None:
    own, agents = account_card(scene), scene.ground.agent_cards[BUYER]
    room_fen = card_of(own).cap_fen - card_of(own).balance_fen
    others = account_card(scene, BRANCH)
    for card_id in ("crd_none", others):
        refuses(scene, "CARD_UNKNOWN", lambda one=card_id: place(scene, topping_up(one)))
    differs = refuses(scene, "ISSUER_DIFFERS", lambda: place(scene, topping_up(agents)))
    assert differs == {"card_issuer": AGENT_TOPUP.issuer, "needed": "ours"}
    refuses(scene, "ISSUER_DIFFERS", lambda: place(scene, topping_up(own, item=AGENT_TOPUP)))
    facts = refuses(scene, "CARD_BALANCE_CAP", lambda: place(scene, topping_up(own, room_fen + 1)))
    assert facts == {"cap_fen": 500_000, "allowed_fen": room_fen}
    waiting = place(scene, topping_up(own, room_fen)).order
    assert waiting.state is OrderState.PENDING_PAY
    paying(waiting.order_id).do(scene)
    assert refuses(scene, "CARD_BALANCE_CAP", lambda: place(scene, topping_up(own, 1)))["allowed_fen"] == 0
    assert place(scene, topping_up(agents, 600_000, AGENT_TOPUP)).order.state is OrderState.PENDING_PAY


@pytest.mark.parametrize("other", [{"issuer": "petro"}, {"mode": Mode.AGENT}, {"kind": CardKind.BEARER}])
def test_a_top_up_is_of_the_cards_own_issuer_mode_and_kind(scene: Scene, other: dict[str, Any]) -> None:
    sell = replace(bootstrap.place_order(), catalog=OtherProduct(replace(TOPUP, **other)))  # type: ignore[arg-type]
    wish = topping_up(account_card(scene))
    refuses(scene, "ISSUER_DIFFERS", lambda: sell(scene.command(BUYER), wish))


# ---------------------------------------------------------------- through a channel


def test_an_order_through_a_channel_waits_with_its_page(scene: Scene) -> None:
    placed = place(scene, purchase_of(VIRTUAL))
    order = order_of(placed.order.order_id)
    assert (placed.order, order.state, order.version) == (order, OrderState.PENDING_PAY, 1)
    assert placed.pay_url == f"http://localhost/pay/PY-{order.order_id}"
    payment = scene.payment.payments[order.order_id]
    assert (payment.amount_fen, payment.expires_at) == (
        VIRTUAL.price_fen,
        order.created_at + unpaid.UNPAID_TERM,
    )
    page = bootstrap.place_order().pay_page
    assert page(scene.ground.actors[BUYER], order.order_id) == placed
    for actor, order_id in ((BRANCH, order.order_id), (BUYER, f"{order.order_id[:-1]}0")):
        refuses(scene, "ORDER_UNKNOWN", lambda a=actor, o=order_id: page(scene.ground.actors[a], o))


def test_a_reserved_card_has_a_row_that_ends_its_reservation(scene: Scene) -> None:
    order = place(scene, purchase_of(STOCK)).order
    (card_id,) = order.card_ids
    assert (card_of(card_id).state, card_of(card_id).order_id) == (CardState.RESERVED, order.order_id)
    pk, sk, _ = unpaid.row_of(order, order.created_at)
    assert bootstrap.documents().get(unpaid.TABLE, pk, sk) is not None
    assert counted()[STOCK.sku_id] == 2


# ---------------------------------------------------------------- the same command again


def test_an_order_is_placed_once_however_often_its_command_comes(scene: Scene) -> None:
    command, wish = scene.command(BUYER), purchase_of(STOCK)
    sell = bootstrap.place_order()
    first = sell(command, wish)
    assert sell(command, wish) == first
    assert counted()[STOCK.sku_id] == 2
    refuses(scene, KeyReused.code, lambda: sell(replace(command, request_hash="other"), wish))


def test_what_forbids_an_order_now_forbids_nothing_that_was_done(scene: Scene) -> None:
    command, wish = scene.command(BUYER), purchase_of(VIRTUAL)
    sell = bootstrap.place_order()
    first = sell(command, wish)
    dearer = replace(wish, expected_fen=1)
    assert sell(command, dearer) == first
    refuses(scene, KeyReused.code, lambda: sell(replace(command, request_hash="other"), dearer))
    refuses(scene, "PRICE_CHANGED", lambda: sell(scene.command(BUYER), dearer))


def test_an_invited_buyer_is_bound_once_and_whoever_is_bound_already_is_not_asked(scene: Scene) -> None:
    asked: list[str] = []

    def bind(command: Any, code: str) -> Any:
        asked.append(code)
        return replace(command.actor, referrers=scene.ground.actors[BUYER].referrers)

    sell = replace(bootstrap.place_order(), bind_referrer=bind)
    wish = purchase_of(VIRTUAL)
    assert sell(scene.command(STRANGER), wish).order.chain == ()
    assert len(sell(scene.command(STRANGER), wish, "CODE").order.chain) == 2
    assert len(sell(scene.command(BUYER), wish, "CODE").order.chain) == 2
    assert asked == ["CODE"]


# ---------------------------------------------------------------- cards of the stock


def test_as_many_cards_are_sold_as_were_ordered_or_none(scene: Scene) -> None:
    payer = account_card(scene)
    refuses(scene, "OUT_OF_STOCK", lambda: place(scene, purchase_of(STOCK, 4)))
    order = place(scene, purchase_of(STOCK, 2, pay_card_id=payer)).order
    assert len(set(order.card_ids)) == 2
    assert [card_of(card_id).state for card_id in order.card_ids] == [CardState.SOLD] * 2
    assert [card_of(card_id).available_fen for card_id in order.card_ids] == [STOCK.face_fen] * 2
    assert counted()[STOCK.sku_id] == 1


def test_a_payer_that_may_not_pay_gets_no_card_and_the_stock_keeps_all(scene: Scene) -> None:
    wish = purchase_of(STOCK, 2, pay_card_id=account_card(scene, STRANGER))
    refuses(scene, "CARD_UNKNOWN", lambda: place(scene, wish))


@dataclass
class Claimed:
    """A stock that hands out these cards; what was given back is noted."""

    cards: list[str]
    back: list[str] = field(default_factory=list)
    counted: int = 0
    unseen: int = 0  # so many of those that are counted are gone when they are asked for

    def claim(self, sku_id: str) -> str:
        if not self.cards:
            raise OutOfStock(sku_id=sku_id)
        return self.cards.pop(0)

    def give_back(self, sku_id: str, card_id: str) -> None:
        assert sku_id == STOCK.sku_id
        self.back.append(card_id)

    def count(self, sku_id: str) -> int:
        self.counted += 1
        return len(self.cards) + self.unseen


def with_stock(cards: list[str], books: Any = None) -> tuple[PlaceOrder, Claimed]:
    stock, sell = Claimed(cards), bootstrap.place_order()
    return replace(sell, stock=stock, books=books or sell.books), stock  # type: ignore[arg-type]


def test_the_stock_is_counted_before_several_cards_are_taken_and_for_one_it_is_not(scene: Scene) -> None:
    sell, stock = with_stock(["crd_STOCK0000"])
    with pytest.raises(OutOfStock) as refused:
        sell(scene.command(BUYER), purchase_of(STOCK, 2))
    assert refused.value.facts == {"sku_id": STOCK.sku_id}
    assert (stock.cards, stock.back, stock.counted) == (["crd_STOCK0000"], [], 1)
    one, stock = with_stock([bootstrap.stock().claim(STOCK.sku_id)])
    assert one(scene.command(BUYER), purchase_of(STOCK)).order.state is OrderState.PENDING_PAY
    assert stock.counted == 0


def test_what_was_taken_before_the_stock_ran_out_goes_back(scene: Scene) -> None:
    sell, stock = with_stock(["crd_STOCK0000", "crd_STOCK0001"])
    stock.unseen = 1
    with pytest.raises(OutOfStock):
        sell(scene.command(BUYER), purchase_of(STOCK, 3))
    assert stock.back == ["crd_STOCK0000", "crd_STOCK0001"]


def test_what_was_taken_goes_back_when_another_card_is_in_the_way(scene: Scene) -> None:
    """The paying card, of which nobody has taken anything."""
    sell, stock = with_stock(["crd_STOCK0000"], FailingBooks([CardStateConflict(card_id="crd_payer")]))
    with pytest.raises(CardStateConflict):
        sell(scene.command(BUYER), purchase_of(STOCK))
    assert stock.back == ["crd_STOCK0000"]


def sold_card(scene: Scene) -> str:
    """A card of the stock that was sold, whatever the stock may say."""
    (card_id,) = place(scene, purchase_of(STOCK, pay_card_id=account_card(scene))).order.card_ids
    return card_id


@pytest.mark.parametrize("pay_by", ["card", "channel"])
def test_a_claimed_card_that_turns_out_to_be_sold_is_dropped_and_another_taken(
    scene: Scene, pay_by: str
) -> None:
    sold = sold_card(scene)
    good, better = (bootstrap.stock().claim(STOCK.sku_id) for _ in range(2))
    sell, stock = with_stock([good, sold, good, better])
    wish = purchase_of(STOCK, 2, pay_card_id=account_card(scene) if pay_by == "card" else "")
    assert sell(scene.command(BUYER), wish).order.card_ids == (good, better)
    assert (stock.cards, stock.back) == ([], [good])


def test_a_stock_whose_cards_are_all_sold_is_given_up_and_none_of_them_goes_back(scene: Scene) -> None:
    sell, stock = with_stock([sold_card(scene)] * 9)
    with pytest.raises(Unavailable):
        sell(scene.command(BUYER), purchase_of(STOCK))
    assert stock.back == []
    assert 0 < len(stock.cards) < 9


def test_what_was_claimed_for_an_order_that_stands_already_goes_back(scene: Scene) -> None:
    command = scene.command(BUYER)
    first = bootstrap.place_order()(command, purchase_of(STOCK)).order
    again, stock = with_stock(["crd_STOCK0002"])
    assert again(command, purchase_of(STOCK)).order == first
    assert stock.back == ["crd_STOCK0002"]


def selling(books: FailingBooks) -> PlaceOrder:
    return replace(bootstrap.place_order(), books=books)  # type: ignore[arg-type]


def test_a_card_number_that_exists_already_is_drawn_again_and_not_for_ever(scene: Scene) -> None:
    wish = purchase_of(VIRTUAL, pay_card_id=account_card(scene))
    order = selling(FailingBooks([Stale("the card exists already")]))(scene.command(BUYER), wish).order
    assert order.state is OrderState.COMPLETED
    books = FailingBooks([Stale("the card exists already") for _ in range(9)])
    refuses(scene, Unavailable.code, lambda: selling(books)(scene.command(BUYER), wish))
    assert 1 < books.tries < 9


def test_cards_whose_order_may_have_been_written_are_not_given_back(scene: Scene) -> None:
    sell, stock = with_stock(["crd_STOCK0000"], FailingBooks([Unavailable()]))
    with pytest.raises(Unavailable):
        sell(scene.command(BUYER), purchase_of(STOCK))
    assert stock.back == []


def test_a_distributor_who_buys_below_itself_says_so(scene: Scene) -> None:
    order: Order = place(scene, purchase_of(VIRTUAL), TWIG).order
    assert order.self_purchase is True
    assert place(scene, purchase_of(VIRTUAL)).order.self_purchase is False
