"""An operation of the trade: what was there before, and which steps does it have?

    @operation
    def a_card_is_sold(scene) -> Steps: ...       what it does before it returns is undisturbed

Its name is the function's. `schedules` run in every round, beside the usual ones, and
at least so many rounds are waited for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain import card_secret
from chalicelib.domain.card import CardChange, CardState
from chalicelib.domain.catalog import Product
from chalicelib.domain.ids import owned_id
from chalicelib.domain.outside import PaymentNotice
from chalicelib.domain.refund import Cause
from chalicelib.usecases.place_order import Purchase
from chalicelib.usecases.ports import Command
from chalicelib.usecases.refund_order import RefundWish
from tests.simulation import judgement
from tests.simulation.one_by_one import ARCHIVE
from tests.simulation.one_run import SCHEDULES, Scene, Step
from tests.simulation.small_ground import BUYER

Steps = tuple[Step, ...]
Prepare = Callable[[Scene], Steps]


@dataclass(frozen=True)
class Operation:
    """What is tried under every trouble."""

    name: str
    prepare: Prepare
    silent: frozenset[str] = ARCHIVE
    schedules: tuple[str, ...] = SCHEDULES
    rounds_min: int = 1
    judged: Callable[[Any], list[str]] = judgement.judged

    @contextmanager
    def staged(self) -> Iterator[Scene]:
        """A scene in which it is about to begin."""
        scene = Scene(self.silent, self.schedules, self.rounds_min, self.judged)
        with scene.opened():
            scene.calm_down()
            scene.begin(self.prepare(scene))
            yield scene


OPERATIONS: dict[str, Operation] = {}


def operation(prepare: Prepare) -> Prepare:
    """One with the usual readers and schedules."""
    return operation_with()(prepare)


def operation_with(**fields: Any) -> Callable[[Prepare], Prepare]:
    """One that needs other readers or schedules."""

    def noted(prepare: Prepare) -> Prepare:
        name = prepare.__name__.replace("_", " ")
        assert name not in OPERATIONS, name
        OPERATIONS[name] = Operation(name, prepare, **fields)
        return prepare

    return noted


# ---------------------------------------------------------------- steps that many have


def purchase_of(item: Product, quantity: int = 1, **fields: Any) -> Purchase:
    """A wish to buy; through the channel unless `pay_card_id` says otherwise."""
    values: dict[str, Any] = {"channel": "" if fields.get("pay_card_id") else "sandbox"} | fields
    if item.use == "TOPUP":
        values.setdefault("amount_fen", 20_000)
        return Purchase("TOPUP", item.sku_id, values["amount_fen"], **values)
    return Purchase("CARD_SALE", item.sku_id, item.price_fen * quantity, quantity, **values)


def ordering(scene: Scene, purchase: Purchase, person_id: str = BUYER, refused: str = "") -> tuple[str, Step]:
    """The order's id, and the step that places it."""
    command = scene.command(person_id)
    step = doing("the order", command, lambda c: bootstrap.place_order()(c, purchase), refused)
    return owned_id("ord", person_id, command.key), step


def paying(order_id: str) -> Step:
    """The buyer pays on the channel's page, and the channel says so until it is thanked."""

    def pay(scene: Scene) -> Any:
        payment = scene.payment.payments.get(order_id)
        if payment is None:
            return None
        if payment.state == "PENDING":
            scene.payment.pay(order_id)
        return bootstrap.settle_payment()(notice_of(scene, order_id), scene.now())

    return Step("the channel's word", pay, persists=True)


def notice_of(scene: Scene, order_id: str) -> PaymentNotice:
    paid = scene.payment.payments[order_id]
    assert paid.at is not None
    return PaymentNotice("sandbox", order_id, paid.payment_id, paid.amount_fen, "SUCCEEDED", paid.at)


def bought(scene: Scene, purchase: Purchase, person_id: str = BUYER, calm: bool = True) -> str:
    """An order that was placed and paid before; its readers have read it, if all is `calm`."""
    order_id, order = ordering(scene, purchase, person_id)
    order.do(scene)
    if not purchase.pay_card_id:
        paying(order_id).do(scene)
    if calm:
        scene.calm_down()
    return order_id


def refunding(
    scene: Scene,
    order_id: str,
    amount_fen: int = 0,
    cause: Cause = Cause.CUSTOMER,
    by: str = BUYER,
    refused: str = "",
    is_outside: bool = False,
) -> Step:
    command = scene.command(by)
    wish = RefundWish(order_id, cause, amount_fen, ())
    own = by == BUYER
    step = doing("the refund", command, lambda c: bootstrap.refund_order()(c, wish, own=own), refused)
    return replace(step, is_outside=is_outside)


def doing(name: str, command: Command, do: Callable[[Command], Any], refused: str = "") -> Step:
    """A step that carries out one command; each time it is sent, it is given at that moment."""
    return Step(name, lambda scene: do(replace(command, now=scene.now())), refused=refused)


def account_card(scene: Scene, person_id: str = BUYER) -> str:
    return scene.ground.cards[person_id][0]


def number_and_secret(card_id: str) -> tuple[str, str]:
    """What is printed on a card."""
    card = bootstrap.cards().get(card_id)
    assert card is not None
    return card_secret.number_and_secret(bootstrap.keys().open(card.sealed, card_id))


def reveal(scene: Scene, order_id: str) -> None:
    """The secrets of an order's cards are known."""
    order = bootstrap.orders().get(order_id)
    assert order is not None
    changes = [CardChange(card_id, (CardState.SOLD,), revealed_at=scene.now()) for card_id in order.card_ids]
    bootstrap.books().commit(None, changes)
    scene.calm_down()
