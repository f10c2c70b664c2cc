"""The shop: how does a customer register, buy, pay and ask for money back?"""

from collections.abc import Callable, Sequence
from typing import Any

from bench.demo.client import Person
from bench.demo.day import Day, Unexpected
from bench.demo.intents import Answer
from chalicelib.domain.catalog import Product
from local import demo_world

CHANNEL = "sandbox"
PAID = ("COMPLETED", "REFUNDING", "REFUNDED", "PARTIALLY_REFUNDED")  # a day that goes on finds it further

Order = dict[str, Any]


def registered(day: Day, name: str, number: int, invite_code: str, real_name: bool = False) -> Person:
    """A new customer, below whoever has this invite code, signed in."""
    person = day.cast.newcomer(name, number)
    day.remembered(person)
    person.person_id = _register(day, person, f"{name}: register", invite_code)
    if real_name:
        identity = {"name": f"测试{number}", "id_number": day.cast.id_number(number)}
        day.done(f"{name}: real name", person, "/v1/me/real-name", identity)
        person.forget_token()
    return person


def _register(day: Day, person: Person, wish: str, invite_code: str) -> str:
    """The new person's id. Who was cut off between the code and the answer asks for another code."""
    code = ""
    for again in ("", " again"):
        code = day.code_of(wish + again, person.phone, code)
        body = {
            "phone": person.phone,
            "code": code,
            "password": person.password,
            "device": demo_world.DEVICE,
            "invite_code": invite_code,
        }
        answer = day.client.write(wish + again, None, "/v1/people", body)
        if answer.code != "CODE_WRONG":
            break
    if not answer.is_done:
        raise Unexpected(f"{wish}: {answer.code} instead of success")
    return str(answer.body["person_id"])


def price_fen(product: Product, quantity: int, amount_fen: int) -> int:
    """What is shown to the customer: of a free amount a rate, rounded up."""
    if product.face_fen:
        return product.price_fen * quantity
    return -(-amount_fen * product.price_bps // 10_000)


def wish_of(product: Product, quantity: int = 1, amount_fen: int = 0, **more: str) -> dict[str, Any]:
    """The body of an order. `pay_card_id`: paid from that card account; else through the channel."""
    card_id = more.pop("pay_card_id", "")
    payment = {"method": "CARD", "card_id": card_id} if card_id else {"method": "CHANNEL", "channel": CHANNEL}
    wish: dict[str, Any] = {
        "use": product.use,
        "sku_id": product.sku_id,
        "expected_fen": price_fen(product, quantity, amount_fen),
        "quantity": quantity,
        "payment": payment,
        **more,
    }
    return {**wish, "amount_fen": amount_fen} if amount_fen else wish


def ordered(day: Day, name: str, person: Person, wish: dict[str, Any]) -> tuple[Order, str]:
    """A new order, and its pay page ("" when it is paid)."""
    body = day.done(name, person, "/v1/orders", wish)
    if body["pay_url"]:
        day.outside.learn(body["pay_url"])
    return body["order"], body["pay_url"]


def bought(
    day: Day,
    name: str,
    person: Person,
    product: Product,
    callback: str | Sequence[str] = "normal",
    delay_seconds: float = 0,
    **wish: Any,
) -> Order:
    """A purchase through the channel, paid and delivered."""
    order, pay_url = ordered(day, name, person, wish_of(product, **wish))
    day.outside.pay(pay_url, callback, delay_seconds)
    return settled(day, person, order["order_id"])


def settled(day: Day, person: Person, order_id: str, states: Sequence[str] = PAID) -> Order:
    """The order once it is in one of these states."""

    def look() -> Order | None:
        order = dict(day.client.read(person, f"/v1/orders/{order_id}"))
        return order if order["state"] in states else None

    found: Order = day.until(f"{order_id} in {' or '.join(states)}", look)
    return found


def paid_from_card(
    day: Day, name: str, person: Person, product: Product, payer_id: str, **wish: Any
) -> Order:
    """A purchase from a card account, paid and delivered at once."""
    order, _ = ordered(day, name, person, wish_of(product, pay_card_id=payer_id, **wish))
    if order["state"] != "COMPLETED":
        day.surprise(f"{name}: paid from a card, it is {order['state']}")
    return order


def refund(day: Day, name: str, person: Person, order_id: str, **wish: Any) -> Any:
    """The order after its refund was decided."""
    return day.done(name, person, f"/v1/orders/{order_id}/refunds", wish)


def asked_at_once(day: Day, person: Person, wishes: Sequence[tuple[str, dict[str, Any]]]) -> list[Answer]:
    """The answers to orders that are placed at the same moment."""

    def call(name: str, wish: dict[str, Any]) -> Callable[[], Answer]:
        return lambda: day.client.write(name, person, "/v1/orders", wish)

    return day.together([call(name, wish) for name, wish in wishes])
