"""The deeds of customers: what does each of their operations call?

Nothing is remembered between two operations but ids, which follow from the keys:
an order whose answer was lost is known to its buyer all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.card import CardStateConflict, Freezer
from chalicelib.domain.card_secret import number_and_secret
from chalicelib.domain.errors import Refusal
from chalicelib.domain.ids import distributor_id_of, owned_id
from chalicelib.domain.order import Order, OrderUnknown
from chalicelib.domain.refund import Cause
from chalicelib.usecases.place_order import Purchase
from chalicelib.usecases.ports import Actor, Command
from chalicelib.usecases.refund_order import RefundWish
from chalicelib.usecases.reveal_secret import AlreadyRevealed
from local.people import at_their_word
from tests.fakes.ulids import ulid_of_number
from tests.simulation.ground import AGENT_TOPUP, AGREEMENT, SALES, TOPUP
from tests.simulation.stories import Operation, is_by_channel
from tests.simulation.world import BEGIN, World


class NothingToDo(Refusal):
    """What the operation is about is not there."""

    code = "NOTHING_TO_DO"


@dataclass(frozen=True)
class Doing:
    """One try of one operation."""

    world: World
    story: Mapping[int, Operation]
    operation: Operation

    @property
    def person_id(self) -> str:
        return person_of(self.world, self.operation)

    @property
    def actor(self) -> Actor:
        return self.world.ground.actors[self.person_id]

    def command(self, actor: Actor | None = None, reason: str = "simulated") -> Command:
        """The operation's command: the same key and body at each try."""
        body = f"body {self.operation.index}"
        return Command(actor or self.actor, key_of(self.operation), self.world.now(), body, reason)

    @property
    def about(self) -> Operation:
        """The earlier operation that this one is about. Raises: NothingToDo."""
        found = self.story.get(self.operation.about)
        if found is None:
            raise NothingToDo()
        return found

    @property
    def order_id(self) -> str:
        return owned_id("ord", person_of(self.world, self.about), key_of(self.about))

    def order(self) -> Order:
        order = bootstrap.orders().get(self.order_id)
        if order is None:
            raise OrderUnknown(order_id=self.order_id)
        return order

    def own_card(self, number: int) -> str:
        return self.operation.one_of(self.world.ground.cards[self.person_id], number)

    def some_card(self, number: int) -> str:
        """A card of the order that it is about, or the account card."""
        if self.operation.about < 0 or self.operation.chance(40, number):
            return self.own_card(number)
        order = self.order()
        return self.operation.one_of(order.card_ids, number) if order.card_ids else self.own_card(number)


def key_of(operation: Operation) -> str:
    """The operation's key, as its client made it."""
    return ulid_of_number(BEGIN + timedelta(milliseconds=operation.at_ms), operation.index)


def person_of(world: World, operation: Operation) -> str:
    """Who does it: distributors withdraw, everybody buys."""
    ground = world.ground
    people = (
        ground.distributors
        if operation.kind in ("withdraw", "payee")
        else [*ground.customers, *ground.distributors]
    )
    return people[operation.who % len(people)]


def buy(doing: Doing) -> Any:
    operation = doing.operation
    item = operation.one_of(SALES, 0)
    quantity = 1 + operation.draws[1] % 3 if operation.chance(20, 2) else 1
    purchase = Purchase("CARD_SALE", item.sku_id, item.price_fen * quantity, quantity, channel="sandbox")
    if item.mode == "ISSUER" and not is_by_channel(operation):
        purchase = replace(purchase, channel="", pay_card_id=doing.own_card(4))
    return bootstrap.place_order()(doing.command(), purchase)


def top_up(doing: Doing) -> Any:
    amount_fen = 1 + doing.operation.draws[0] % (30_000 if doing.operation.chance(80, 2) else 300_000)
    card_id = doing.own_card(1)
    purchase = Purchase(
        "TOPUP", TOPUP.sku_id, amount_fen, amount_fen=amount_fen, card_id=card_id, channel="sandbox"
    )
    return bootstrap.place_order()(doing.command(), purchase)


def agent_top_up(doing: Doing) -> Any:
    amount_fen = 1 + doing.operation.draws[0] % (30_000 if doing.operation.chance(80, 2) else 300_000)
    card_id = doing.world.ground.agent_cards.get(doing.person_id, "")
    purchase = Purchase(
        "TOPUP", AGENT_TOPUP.sku_id, amount_fen, amount_fen=amount_fen, card_id=card_id, channel="sandbox"
    )
    return bootstrap.place_order()(doing.command(), purchase)


def check(doing: Doing) -> Any:
    return bootstrap.check_payment()(doing.actor, doing.order_id, doing.world.now())


def cancel(doing: Doing) -> Any:
    return bootstrap.close_order().cancelled(doing.command(), doing.order_id)


def pay_from_card(doing: Doing) -> Any:
    return bootstrap.pay_order()(doing.command(), doing.order_id, doing.own_card(0))


def wish_of(doing: Doing) -> RefundWish:
    """All that is left, a part, or one card of several."""
    operation = doing.operation
    amount_fen = operation.one_of((0, 0, 0, 1, 333, 3_000), 0)
    cause = operation.one_of((Cause.CUSTOMER, Cause.CUSTOMER, Cause.ISSUER), 1)
    card_ids: tuple[str, ...] = ()
    if operation.chance(15, 2):
        amount_fen, card_ids = 0, doing.order().card_ids[:1]
    return RefundWish(doing.order_id, cause, amount_fen, card_ids)


def refund(doing: Doing) -> Any:
    if doing.operation.chance(60, 3):
        _see_secrets(doing)
    return bootstrap.refund_order()(doing.command(), wish_of(doing))


def _see_secrets(doing: Doing) -> None:
    """The buyer looks at an oil company's cards before asking for the money: now it has a say in that."""
    order = doing.order()
    if order.mode != "AGENT" or order.use != "CARD_SALE" or order.state != "COMPLETED":
        return
    for number, card_id in enumerate(order.card_ids, start=1):
        key = ulid_of_number(doing.world.now(), number * 10**9 + doing.operation.index)
        command = replace(doing.command(), key=key)
        try:
            bootstrap.reveal_secret()(command, card_id)
        except (AlreadyRevealed, CardStateConflict):
            continue
    if doing.world.scheduler.current:  # they were seen, whatever is said of the refund
        doing.world.writes.begin(doing.world.scheduler.current.name)


def freeze(doing: Doing) -> Any:
    return bootstrap.freeze_card().freeze(doing.command(), doing.some_card(0), Freezer.HOLDER)


def lift(doing: Doing) -> Any:
    return bootstrap.freeze_card().lift(doing.command(), doing.some_card(0), Freezer.HOLDER)


def report_loss(doing: Doing) -> Any:
    return bootstrap.report_loss()(doing.command(), doing.some_card(0))


def withdraw_loss(doing: Doing) -> Any:
    return bootstrap.report_loss().withdraw(doing.command(), doing.some_card(0))


def replace_card(doing: Doing) -> Any:
    return bootstrap.replace_card()(doing.command(), doing.some_card(0))


def activate(doing: Doing) -> Any:
    """Mostly with the secret under the scratch field."""
    card_id = doing.some_card(0)
    card = bootstrap.cards().get(card_id)
    secret = "Guess-0-word"
    if card is not None and card.sealed and doing.operation.chance(80, 1):
        secret = number_and_secret(doing.world.keys.open(card.sealed, card_id))[1] or secret
    return bootstrap.activate_card()(doing.command(), card_id, secret)


def reveal(doing: Doing) -> Any:
    return bootstrap.reveal_secret()(doing.command(), doing.some_card(0))


def join(doing: Doing) -> Any:
    parent = doing.operation.one_of(doing.world.ground.distributors, 0)
    return bootstrap.join_distribution()(doing.command(), parent[4:], AGREEMENT)


def withdraw(doing: Doing) -> Any:
    distributor_id = distributor_id_of(doing.person_id)
    available_fen = bootstrap.accounts().balances(distributor_id, with_pots=False).available_fen
    part = doing.operation.one_of((1, 1, 2, 3), 0)
    return at_their_word(bootstrap.request_withdrawal())(doing.command(), max(1, available_fen // part))


def cancel_withdrawal(doing: Doing) -> Any:
    about = doing.about
    withdrawal_id = owned_id("wdr", person_of(doing.world, about), key_of(about))
    return bootstrap.cancel_withdrawal()(doing.command(), withdrawal_id)


DEEDS: dict[str, Callable[[Doing], Any]] = {
    "buy": buy,
    "top_up": top_up,
    "agent_top_up": agent_top_up,
    "check": check,
    "cancel": cancel,
    "pay_from_card": pay_from_card,
    "refund": refund,
    "freeze": freeze,
    "lift": lift,
    "report_loss": report_loss,
    "withdraw_loss": withdraw_loss,
    "replace": replace_card,
    "activate": activate,
    "reveal": reveal,
    "join": join,
    "withdraw": withdraw,
    "cancel_withdrawal": cancel_withdrawal,
}
