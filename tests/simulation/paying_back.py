"""Paying back: who asks for a refund, what happens to its cards and its channel, and what waits then?"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain import due, manual_refund
from chalicelib.domain.card import Card, CardChange, CardState
from chalicelib.domain.catalog import Product
from chalicelib.domain.manual_refund import FAILURES_MAX, ManualRefund
from chalicelib.domain.order import Order, Refund, refund_reference
from chalicelib.domain.outside import Outcome
from chalicelib.domain.record import Record
from chalicelib.usecases.ports import Command
from chalicelib.usecases.refund_order import RefundOrder, RefundWish
from chalicelib.usecases.send_refund import SendRefund
from tests.fakes.issuer import FakeIssuer
from tests.fakes.operations import Script
from tests.fakes.payment import FakePaymentChannel
from tests.simulation import quiet_scene
from tests.simulation.ground import TOPUP
from tests.simulation.one_run import OF_WORTH, Scene
from tests.simulation.operation import account_card, bought, notice_of, purchase_of
from tests.simulation.quiet_scene import card_of, order_of, waiting_order
from tests.simulation.small_ground import BUYER

# The tables that a refusal leaves as they are: what waits for a machine or a person is among them.
KEPT = (*OF_WORTH, "work")


def sold(scene: Scene, item: Product, quantity: int = 1, **wish: Any) -> Order:
    """An order that is paid and delivered."""
    return order_of(bought(scene, purchase_of(item, quantity, **wish)))


def paid_from_card(scene: Scene, item: Product, quantity: int = 1) -> Order:
    """The same, paid from the account card of its buyer."""
    return sold(scene, item, quantity, pay_card_id=account_card(scene))


def refunding_with(**parts: Any) -> RefundOrder:
    return replace(bootstrap.refund_order(), **parts)


def ask_back(scene: Scene, order: Order, by: str = BUYER, **wish: Any) -> Order:
    """The order, refunded; the answer is what stands."""
    command = scene.command(by)
    after = bootstrap.refund_order()(command, RefundWish(order.order_id, **wish), own=by == BUYER)
    assert after == order_of(order.order_id)
    assert after.refunds[-1].refund_id == command.key
    return after


def refuses(scene: Scene, code: str, deed: Callable[[], object]) -> dict[str, Any]:
    """What the refusal tells; nothing of worth has changed, and nothing more waits."""
    return quiet_scene.refuses(scene, code, deed, KEPT)


# ---------------------------------------------------------------- what is there


def record_of(command: Command) -> Record:
    """What stands in the journal under the key of the command."""
    record = bootstrap.books().record(command.actor.person_id, command.key)
    assert record is not None
    return record


def last_record(order: Order) -> Record:
    """The same of the buyer's last refund of an order."""
    record = bootstrap.books().record(BUYER, order.refunds[-1].refund_id)
    assert record is not None
    return record


def prepaid(card_id: str) -> str:
    """The account of a card."""
    return f"L:PREPAID:{card_id}"


def fen_of(record: Record) -> dict[str, int]:
    """What a record moves, by the whole name of the account."""
    assert len({account for account, _ in record.lines}) == len(record.lines)
    return dict(record.lines)


def refund_in(order: Order) -> Refund:
    """The only refund, as it stands now."""
    (refund,) = order_of(order.order_id).refunds
    return refund


def states_of(order: Order) -> list[CardState]:
    return [card_of(card_id).state for card_id in order.card_ids]


def available_fen(card_id: str) -> int:
    return card_of(card_id).available_fen


def to_send() -> list[due.Due]:
    """The refunds that a schedule sends, or asks about."""
    rows = [
        row
        for partition in due.partitions()
        for row in bootstrap.documents().query(due.TABLE, partition, f"{due.REFUND}#", consistent=True)
    ]
    return [due.from_item(row) for row in rows]


def by_hand() -> list[ManualRefund]:
    """The refunds that wait for a person."""
    rows = bootstrap.documents().query(manual_refund.TABLE, manual_refund.PARTITION, consistent=True)
    return [manual_refund.from_item(row) for row in rows]


# ---------------------------------------------------------------- what happens to cards


def change_card(card_id: str, **change: Any) -> None:
    """Somebody changes the card, whatever state it is in."""
    bootstrap.books().commit(None, [CardChange(card_id, (card_of(card_id).state,), **change)])


def top_up(scene: Scene, card_id: str, fen: int) -> Order:
    return sold(scene, TOPUP, card_id=card_id, amount_fen=fen)


def use(scene: Scene, card_id: str, fen: int) -> None:
    """The card pays so much, to the account card of its holder."""
    sold(scene, TOPUP, card_id=account_card(scene), amount_fen=fen, pay_card_id=card_id)


def replaced(scene: Scene, card_id: str) -> str:
    """The card is lost, and its holder has a new one."""
    bootstrap.report_loss()(scene.command(BUYER), card_id)
    new = bootstrap.replace_card()(scene.command(BUYER), card_id)
    scene.calm_down()
    return new.card_id


@dataclass
class CardsReadLate:
    """Cards before whose first reading somebody does something about their order."""

    meanwhile: list[Callable[[], object]]

    def get(self, card_id: str) -> Card | None:
        if self.meanwhile:
            self.meanwhile.pop()()
        return bootstrap.cards().get(card_id)


# ---------------------------------------------------------------- what is said outside


@dataclass
class HeardChannel:
    """A channel, and what it is asked, in order."""

    party: FakePaymentChannel
    heard: list[tuple[Any, ...]] = field(default_factory=list)

    def refund(self, order_id: str, refund_id: str, amount_fen: int, payment_id: str) -> Outcome:
        self.heard.append(("refund", order_id, refund_id, amount_fen, payment_id))
        return self.party.refund(order_id, refund_id, amount_fen, payment_id)

    def query_refund(self, refund_id: str) -> Outcome:
        self.heard.append(("query", refund_id))
        return self.party.query_refund(refund_id)


@dataclass
class HeardIssuer:
    """An oil company, and what it is asked, in order."""

    party: FakeIssuer
    heard: list[str] = field(default_factory=list)

    def close_unused(self, operation_id: str, card_number: str) -> Outcome:
        self.heard.append(f"{operation_id} is to be done")
        return self.party.close_unused(operation_id, card_number)

    def query(self, operation_id: str) -> Outcome:
        self.heard.append(f"was {operation_id} done?")
        return self.party.query(operation_id)


def reference_of(order: Order) -> str:
    """The name at its channel of the order's only refund."""
    return refund_reference(order.order_id, refund_in(order).refund_id)


def sending_with(**parts: Any) -> SendRefund:
    return replace(bootstrap.send_refund(), **parts)


def refused_for_good(scene: Scene, order: Order, reason: str = "ACCOUNT_CLOSED") -> Order:
    """The order, whose refund its channel refuses until a person is called; it would not any more."""
    scene.payment.script_refund(Script("FAILED", reason))
    refund_id = ask_back(scene, order).refunds[-1].refund_id
    for _ in range(FAILURES_MAX):
        bootstrap.send_refund().ask_again(order.order_id, refund_id, scene.now())
    scene.calm_down()
    del scene.payment.refunds.done[refund_reference(order.order_id, refund_id)]
    return order_of(order.order_id)


def paid_twice(scene: Scene) -> Order:
    """An order that a card has paid, and then its channel: that payment is to go back."""
    order = waiting_order(scene)
    scene.payment.pay(order.order_id)
    bootstrap.pay_order()(scene.command(BUYER), order.order_id, account_card(scene))
    scene.calm_down()
    bootstrap.settle_payment()(notice_of(scene, order.order_id), scene.now())
    return order_of(order.order_id)
