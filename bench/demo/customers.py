"""Customers: what does each kind of customer do on the demo day?

A story is told by one customer, from the registration on. Each goes through a
corner of the trade in which money was lost elsewhere.
"""

from collections.abc import Callable

from bench.demo.client import Person
from bench.demo.day import Day
from bench.demo.shop import (
    PAID,
    asked_at_once,
    bought,
    ordered,
    paid_from_card,
    refund,
    settled,
    wish_of,
)
from local import demo_world as goods

CustomerStory = Callable[[Day, str, Person], None]

LATE_SECONDS = 4
REFUNDED = ("REFUNDED", "PARTIALLY_REFUNDED")


def paying(*callbacks: str, delay_seconds: float = 0) -> CustomerStory:
    """A card through the channel, whose word comes in this way."""

    def story(day: Day, name: str, person: Person) -> None:
        product = day.chance(name).choice((goods.VIRTUAL_100, goods.VIRTUAL_200))
        region = day.chance(name).choice(("530102", "5101", ""))
        wish = {"region": region} if region else {}
        bought(day, f"{name}: card", person, product, callbacks, delay_seconds, **wish)
        day.replay(f"{name}: card", person, {"quantity": 2, "expected_fen": 2 * product.price_fen})

    return story


def losing_the_callback(day: Day, name: str, person: Person) -> None:
    """The channel never tells: when the customer is back at the shop, the shop asks."""
    order, pay_url = ordered(day, f"{name}: card", person, wish_of(goods.VIRTUAL_100))
    day.outside.pay(pay_url, "lost")
    day.done(f"{name}: paid?", person, f"/v1/orders/{order['order_id']}/payment-check")
    settled(day, person, order["order_id"])


def living_from_a_card(day: Day, name: str, person: Person) -> None:
    """A card account of 1 000 yuan, and small cards bought from it; one key sent by four clients."""
    card_id = bought(day, f"{name}: account", person, goods.NAMED_1000)["card_ids"][0]
    paid_from_card(day, f"{name}: one", person, goods.VIRTUAL_100, card_id)
    paid_from_card(day, f"{name}: two", person, goods.VIRTUAL_200, card_id, quantity=2)
    wish = wish_of(goods.VIRTUAL_100, pay_card_id=card_id)
    intent = day.client.intents.wish(f"{name}: four clients", person.name, "POST", "/v1/orders", wish)
    answers = day.together([lambda: day.client.sent(intent, person)] * 4)
    day.client.intents.answered(intent.name, answers[0])
    if {answer.body.get("order", {}).get("order_id") for answer in answers} != {person.order_id(intent.key)}:
        day.surprise(f"{name}: one key sent by four clients was not one order")
    day.replay(f"{name}: one", person, {"quantity": 2, "expected_fen": 20_000})


def spending_too_much(day: Day, name: str, person: Person) -> None:
    """Eight orders of 199 yuan at once from 1 000 yuan: exactly five are paid."""
    card_id = bought(day, f"{name}: account", person, goods.NAMED_1000)["card_ids"][0]
    wish = wish_of(goods.VIRTUAL_200, pay_card_id=card_id)
    answers = asked_at_once(day, person, [(f"{name}: order {n}", wish) for n in range(8)])
    paid = sum(answer.is_done for answer in answers)
    if paid != 5:
        day.surprise(f"{name}: {paid} of eight orders were paid, not 5")
    for number, answer in enumerate(answers):
        day.met(f"{name}: order {number}", answer, "", "INSUFFICIENT_BALANCE")


def topping_up(day: Day, name: str, person: Person) -> None:
    """A named card topped up through the channel; a bearer card topped up from it."""
    card_id = bought(day, f"{name}: account", person, goods.NAMED_1000)["card_ids"][0]
    bought(day, f"{name}: top-up", person, goods.TOPUP_NAMED, amount_fen=50_000, card_id=card_id)
    small_id = paid_from_card(day, f"{name}: small", person, goods.VIRTUAL_100, card_id)["card_ids"][0]
    paid_from_card(
        day, f"{name}: small top-up", person, goods.TOPUP_BEARER, card_id, amount_fen=12_345, card_id=small_id
    )


def passing_the_cap(day: Day, name: str, person: Person) -> None:
    """Two top-ups of 3 000 yuan on a card of 1 000, paid at once: one passes, the other goes back."""
    card_id = bought(day, f"{name}: account", person, goods.NAMED_1000)["card_ids"][0]
    wish = wish_of(goods.TOPUP_NAMED, amount_fen=300_000, card_id=card_id)
    placed = [ordered(day, f"{name}: top-up {n}", person, wish) for n in range(2)]
    for _, pay_url in placed:
        day.outside.pay(pay_url, "parallel")
    states = sorted(
        settled(day, person, order["order_id"], ("COMPLETED", *REFUNDED))["state"] for order, _ in placed
    )
    if states != ["COMPLETED", "REFUNDED"]:
        day.surprise(f"{name}: two top-ups over the cap ended as {states}")
    wish = wish_of(goods.TOPUP_NAMED, amount_fen=300_000, card_id=card_id)
    day.refused(f"{name}: third", person, "/v1/orders", wish, "CARD_BALANCE_CAP")


def buying_plastic(day: Day, name: str, person: Person) -> None:
    """Two plastic cards; one goes back."""
    order = bought(day, f"{name}: plastic", person, goods.STOCK_200, "twice", quantity=2)
    refund(day, f"{name}: one back", person, order["order_id"], card_ids=order["card_ids"][:1])
    settled(day, person, order["order_id"], REFUNDED)


def petro_topped_up(**script: object) -> CustomerStory:
    """An oil company's card, and a top-up at the oil company, which answers as the script says."""

    def story(day: Day, name: str, person: Person) -> None:
        card_id = bought(day, f"{name}: petro", person, goods.PETRO_500)["card_ids"][0]
        wish = wish_of(goods.TOPUP_PETRO, amount_fen=20_000, card_id=card_id)
        order, pay_url = ordered(day, f"{name}: top-up", person, wish)
        if script:
            day.scripted(name, party="issuer", reference=order["order_id"], **script)
        day.outside.pay(pay_url, "parallel")

    return story


def giving_back(day: Day, name: str, person: Person) -> None:
    """A card given back whole; the channel does the refund and loses its answer. Twice is once."""
    order, pay_url = ordered(day, f"{name}: card", person, wish_of(goods.VIRTUAL_200))
    day.scripted(name, party="refund", amount_fen=19_900, answer="lost")
    day.outside.pay(pay_url, "normal")
    settled(day, person, order["order_id"])
    refund(day, f"{name}: back", person, order["order_id"])
    day.replay(f"{name}: back", person)
    path = f"/v1/orders/{order['order_id']}/refunds"
    day.refused(f"{name}: back again", person, path, {}, "ILLEGAL_STATE", "NOTHING_TO_REFUND")


def giving_back_a_part(day: Day, name: str, person: Person) -> None:
    """A card of 1 000 yuan, of which 300 and then the rest go back."""
    order = bought(day, f"{name}: account", person, goods.NAMED_1000)
    refund(day, f"{name}: part", person, order["order_id"], amount_fen=30_000)
    settled(day, person, order["order_id"], REFUNDED)
    too_much = {"amount_fen": 90_000}
    path = f"/v1/orders/{order['order_id']}/refunds"
    day.refused(f"{name}: too much", person, path, too_much, "REFUND_EXCEEDS")
    if day.chance(name).random() < 0.5:
        refund(day, f"{name}: rest", person, order["order_id"])
        settled(day, person, order["order_id"], ("REFUNDED",))


def giving_back_to_a_card(day: Day, name: str, person: Person) -> None:
    """A card bought from a card account and given back onto it; the office says it was our fault."""
    card_id = bought(day, f"{name}: account", person, goods.NAMED_1000)["card_ids"][0]
    order = paid_from_card(day, f"{name}: card", person, goods.VIRTUAL_200, card_id)
    path = f"/v1/office/orders/{order['order_id']}/refunds"
    wish = {"cause": "ISSUER", "reason": "the card was sold by mistake"}
    day.done(f"{name}: back by the office", day.cast["support"], path, wish)


def changing_the_mind(day: Day, name: str, person: Person) -> None:
    """An order is cancelled, and paid all the same: the money goes back by itself."""
    order, pay_url = ordered(day, f"{name}: card", person, wish_of(goods.STOCK_200))
    day.done(f"{name}: cancel", person, f"/v1/orders/{order['order_id']}/cancellation")
    day.outside.pay(pay_url, "twice")


def paying_twice(day: Day, name: str, person: Person) -> None:
    """An order paid from a card account while its pay page is open, and there too."""
    card_id = bought(day, f"{name}: account", person, goods.NAMED_1000)["card_ids"][0]
    order, pay_url = ordered(day, f"{name}: card", person, wish_of(goods.VIRTUAL_200))
    path = f"/v1/orders/{order['order_id']}/payment-from-card"
    day.done(f"{name}: from the card", person, path, {"card_id": card_id})
    day.outside.pay(pay_url, "normal")


def caring_for_a_card(day: Day, name: str, person: Person) -> None:
    """Frozen, it pays nothing; lost, it is replaced, and the new one pays."""
    order = bought(day, f"{name}: account", person, goods.NAMED_1000)
    card_id = order["card_ids"][0]
    day.done(f"{name}: freeze", person, f"/v1/cards/{card_id}/freeze")
    wish = wish_of(goods.VIRTUAL_100, pay_card_id=card_id)
    day.refused(f"{name}: frozen", person, "/v1/orders", wish, "CARD_NOT_SPENDABLE")
    day.done(f"{name}: unfreeze", person, f"/v1/cards/{card_id}/unfreeze")
    day.done(f"{name}: lost", person, f"/v1/cards/{card_id}/loss")
    replaced = day.done(f"{name}: replace", person, f"/v1/cards/{card_id}/replacement")
    new_id = replaced.get("replaced_by") or replaced["card_id"]
    paid_from_card(day, f"{name}: new card", person, goods.VIRTUAL_100, new_id)


def hurrying(day: Day, name: str, person: Person) -> None:
    """Seven top-ups in a row: frequent top-ups are an alert."""
    card_id = bought(day, f"{name}: petro", person, goods.PETRO_500)["card_ids"][0]
    for number in range(7):
        wish = wish_of(goods.TOPUP_PETRO, amount_fen=10_000 + number, card_id=card_id)
        order, pay_url = ordered(day, f"{name}: top-up {number}", person, wish)
        day.outside.pay(pay_url, "normal")
        settled(day, person, order["order_id"], ("PAID", "FULFILLING", "RISK_HOLD", *PAID))


def collecting_cards(day: Day, name: str, person: Person) -> None:
    """One payer, many cards: an alert, and commission that waits."""
    for number in range(4):
        bought(day, f"{name}: cards {number}", person, goods.VIRTUAL_100, quantity=2)


def asking_for_nonsense(day: Day, name: str, person: Person) -> None:
    """Wrong prices, unknown goods and strangers' orders change nothing."""
    wish = wish_of(goods.VIRTUAL_100)
    for what, change, code in (
        ("price", {"expected_fen": 9_999}, "PRICE_CHANGED"),
        ("product", {"sku_id": "sku_nothing"}, "PRODUCT_UNKNOWN"),
        ("quantity", {"quantity": -1}, "REQUEST_INVALID"),
        ("fraction", {"quantity": 1.5}, "REQUEST_INVALID"),
        ("field", {"discount_fen": 5_000}, "REQUEST_INVALID"),
        ("named", {"sku_id": goods.NAMED_1000.sku_id, "expected_fen": 98_500}, "REAL_NAME_REQUIRED"),
    ):
        day.refused(f"{name}: {what}", person, "/v1/orders", {**wish, **change}, code)
    stranger = f"/v1/orders/ord_{'2' * 12}{'0' * 26}/refunds"
    day.refused(f"{name}: stranger", person, stranger, {}, "ORDER_UNKNOWN")


# Each customer takes the next one; True: the real name is confirmed first.
STORIES: tuple[tuple[CustomerStory, bool], ...] = (
    (living_from_a_card, True),
    (paying("normal"), False),
    (passing_the_cap, True),
    (paying("twice"), False),
    (petro_topped_up(), False),
    (giving_back, False),
    (paying("parallel"), False),
    (petro_topped_up(answer="lost"), False),
    (spending_too_much, True),
    (paying("late", delay_seconds=LATE_SECONDS), False),
    (petro_topped_up(state="FAILED"), False),
    (changing_the_mind, False),
    (paying("wrong_amount", "normal"), False),
    (giving_back_a_part, True),
    (petro_topped_up(answer="dropped"), False),
    (topping_up, True),
    (paying("wrong_signature", "parallel"), False),
    (paying_twice, True),
    (hurrying, False),
    (buying_plastic, False),
    (losing_the_callback, False),
    (giving_back_to_a_card, True),
    (collecting_cards, False),
    (caring_for_a_card, True),
    (asking_for_nonsense, False),
)
