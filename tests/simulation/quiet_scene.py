"""A quiet scene: how does a test do one thing after the other on the small ground, and look at the money?"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.account import Balances
from chalicelib.domain.card import Card
from chalicelib.domain.errors import Refusal
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.order import Order
from chalicelib.domain.outside import PaymentNotice
from chalicelib.domain.record import Record
from chalicelib.usecases.place_order import Purchase
from tests.simulation import judgement
from tests.simulation.ground import VIRTUAL
from tests.simulation.one_by_one import ARCHIVE
from tests.simulation.one_run import OF_WORTH, SCHEDULES, Scene, Step
from tests.simulation.operation import notice_of, purchase_of
from tests.simulation.small_ground import BRANCH, BUYER, ROOT

NEAREST, ABOVE = distributor_id_of(BRANCH), distributor_id_of(ROOT)


@contextmanager
def quiet_scene() -> Iterator[Scene]:
    """The small ground, on which nothing happens by itself; at the end all laws must hold."""
    scene = Scene(ARCHIVE, SCHEDULES, 1, judgement.judged)
    with scene.opened():
        scene.calm_down()
        yield scene
        scene.calm_down()
        assert scene.violations() == []


def done(scene: Scene, *steps: Step) -> None:
    """Each step, and what its readers make of it."""
    for step in steps:
        step.do(scene)
        scene.calm_down()


def balances(distributor_id: str = NEAREST) -> Balances:
    return bootstrap.accounts().balances(distributor_id)


def waiting_order(scene: Scene, purchase: Purchase | None = None) -> Order:
    """An order through the channel that waits for its payment."""
    order: Order = bootstrap.place_order()(scene.command(BUYER), purchase or purchase_of(VIRTUAL)).order
    scene.calm_down()
    return order


def order_of(order_id: str) -> Order:
    order = bootstrap.orders().get(order_id)
    assert order is not None
    return order


def card_of(card_id: str) -> Card:
    card = bootstrap.cards().get(card_id)
    assert card is not None
    return card


def paid(scene: Scene, order: Order, wrong_fen: int = 0) -> PaymentNotice:
    """The buyer has paid at the channel, perhaps another amount; its word."""
    payment = scene.payment.payments[order.order_id]
    scene.payment.payments[order.order_id] = replace(payment, amount_fen=payment.amount_fen + wrong_fen)
    scene.payment.pay(order.order_id)
    return notice_of(scene, order.order_id)


def refuses(
    scene: Scene, code: str, deed: Callable[[], object], tables: Sequence[str] = OF_WORTH
) -> dict[str, Any]:
    """What the refusal tells; nothing of worth, or of these tables, has changed."""
    before = scene.tables.change_number
    with pytest.raises(Refusal) as refused:
        deed()
    assert refused.value.code == code
    assert scene.changed_since(before, tables) == []
    return dict(refused.value.facts)


def posted(distributor_id: str, prefix: str = "cme_") -> list[Record]:
    """The records of a distributor, as the journal has them."""
    return bootstrap.books().records(distributor_id, prefix)


def moved(record: Record) -> dict[str, int]:
    """What a record moves, by the kind of account: debits above nothing, credits below."""
    return {":".join(line.account.split(":")[:2]): line.amount_fen for line in record.lines}
