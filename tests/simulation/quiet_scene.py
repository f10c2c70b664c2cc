"""A quiet scene: how does a test do one thing after the other on the small ground, and look at the money?"""

from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib import bootstrap
from chalicelib.domain.account import Balances
from chalicelib.domain.ids import distributor_id_of
from chalicelib.domain.order import Order
from chalicelib.domain.record import Record
from chalicelib.usecases.place_order import Purchase
from tests.simulation import judgement
from tests.simulation.ground import VIRTUAL
from tests.simulation.one_by_one import ARCHIVE
from tests.simulation.one_run import SCHEDULES, Scene, Step
from tests.simulation.operation import purchase_of
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


def posted(distributor_id: str, prefix: str = "cme_") -> list[Record]:
    """The records of a distributor, as the journal has them."""
    return bootstrap.books().records(distributor_id, prefix)


def moved(record: Record) -> dict[str, int]:
    """What a record moves, by the kind of account: debits above nothing, credits below."""
    return {":".join(line.account.split(":")[:2]): line.amount_fen for line in record.lines}
