"""A consumer dies with work in its hands: it comes again, to another process, and has its effect once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.domain.card import CardState
from chalicelib.domain.order import Order, OrderState
from local.children import Child
from local.testing import World
from tests.contract.outside import wait_until
from tests.e2e.shop import STOCK, Shop
from tests.e2e.tree import Tree, a_plan
from tests.kills.holding import IsMeant, Road

TIMERS = "QUEUE_ORDER_TIMERS_URL"
PATIENCE_SECONDS = 30
WRITE = "TransactWriteItems"


@pytest.fixture
def road(world: World) -> Iterator[Road]:
    with Road(world.endpoint_url).travelled() as found:
        yield found


@contextmanager
def worker(world: World, road: Road, state: Path) -> Iterator[Child]:
    """The worker of `make run`, whose functions reach everything by the road."""
    environment = {**world.environment, "AWS_ENDPOINT_URL": road.url, "COUNTERPARTIES_URL": road.url}
    where = ["--state", str(state), "--engine-port", str(world.engine.process.port)]
    child = Child.start("local.worker", where, environment, state / "worker.log")
    try:
        yield child
    finally:
        child.stop()


def writes(*words: str) -> IsMeant:
    """A transaction in which each of these stands."""
    return lambda action, body: action == WRITE and all(word.encode() in body for word in words)


def in_queue(world: World, which: str = "") -> int:
    name = f"ApproximateNumberOfMessages{which}"
    asked = {"QueueUrl": world.environment[TIMERS], "AttributeNames": [name]}
    return int(world.client("sqs").get_queue_attributes(**asked)["Attributes"][name])


def state_of(order: Order) -> OrderState:
    found = bootstrap.orders().get(order.order_id)
    assert found is not None
    return found.state


def until(is_so: Callable[[], bool]) -> None:
    wait_until(is_so, PATIENCE_SECONDS)


def entries(tree: Tree, distributor_id: str) -> list[str]:
    """The commission records of a distributor."""
    return [one.entry_id for one in tree.records() if one.partition == distributor_id]


def letters(world: World) -> Any:
    bucket = world.environment["BUCKET_DEAD_LETTERS"]
    return world.client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])


@pytest.mark.capability("S-023")
def test_what_a_killed_consumer_held_comes_again_and_is_done_once(
    world: World, road: Road, tmp_path: Path
) -> None:
    tree = Tree(world)
    tree.publish(a_plan())
    seller, root = tree.line(2)[::-1]
    shop = Shop(now=tree.now - timedelta(minutes=16), stock=bootstrap.stock())
    (card_id,) = shop.shelved(STOCK, 1)
    with worker(world, road, tmp_path) as first:
        unpaid = shop.buy(STOCK).order
        until(lambda: in_queue(world, "Delayed") == 1)

        batch = road.keep(writes("cme_", f'"S": "{seller}"'), is_done=True)
        message = road.keep(writes(unpaid.order_id, "CLOSED"), is_done=False)
        paid = tree.order(seller, root)
        world.hasten()
        batch.wait()
        message.wait()
        first.kill()
    road.let_go()

    # The batch had its first effect, and nobody knows; the message had none, and nobody else sees it.
    assert (len(entries(tree, seller)), entries(tree, root)) == (1, [])
    assert state_of(unpaid) is OrderState.PENDING_PAY
    assert (in_queue(world), in_queue(world, "NotVisible")) == (0, 1)

    world.hasten()  # its visibility ends, as it does by itself after three minutes
    with worker(world, road, tmp_path):
        until(lambda: len(entries(tree, root)) == 1 and state_of(unpaid) is OrderState.CLOSED)
        until(lambda: in_queue(world) + in_queue(world, "NotVisible") == 0)

    assert (batch.again, message.again) == (1, 1)
    assert (tree.balances(seller), tree.balances(root)) == ((0, 800, 0, 0), (0, 300, 0, 0))
    assert len(entries(tree, seller)) == 1 and paid.order_id.endswith(entries(tree, seller)[0][4:30])
    card = bootstrap.cards().get(card_id)
    assert card is not None and card.state is CardState.IN_STOCK
    assert shop.buy(STOCK).order.card_ids == (card_id,)
    assert letters(world) == []
    tree.check_books()
