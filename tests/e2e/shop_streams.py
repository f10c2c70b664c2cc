"""The streams of a shop: what follows a sale, read as AWS reads it, done by the shop's own use cases.

The mappings (filters, batches, retries) are those of the template; the shop's fakes
stand for the counterparties that the deployed functions would call.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chalice.app import DynamoDBEvent

from chalicelib import bootstrap
from chalicelib.handlers.stream_batch import ItemChange, handle_each
from chalicelib.store import orders
from chalicelib.usecases.watch_orders import WatchOrders
from local.checkpoints import Checkpoints
from local.pump import StreamPump
from local.stream import StreamReader
from local.testing import World
from tests.e2e.shop import Shop
from tests.fakes.queue import FakeQueue

# What the deployed readers do by themselves, without any counterparty.
VIEWS = ("project_cards", "project_accounts", "project_journal")


@dataclass(frozen=True)
class OwnFunction:
    """A function of the template whose work is done by a test's own handler."""

    name: str
    handle: Callable[[ItemChange], None]
    deployed_name: str = ""

    def call(self, event: dict[str, Any], request_id: str) -> Any:
        return handle_each(DynamoDBEvent(json.loads(json.dumps(event)), None), self.handle)


class ShopStreams:
    """The order stream of one world, read by a shop."""

    def __init__(self, world: World, shop: Shop) -> None:
        self.world, self.shop, self.timers = world, shop, FakeQueue()
        self.watch = WatchOrders(
            bootstrap.documents(),
            self.timers,
            lambda order, now: None,
            lambda: shop.submit_top_up,
            shop.send_refund,
        )
        self.pump = self._pump("watch_orders", self._follow)

    def drain(self) -> None:
        """Read everything to its end: refunds are sent, top-ups submitted, statements written."""
        while self.pump.step():
            assert self.pump.failures == []
        self.world.drain(only=VIEWS)

    def _pump(self, name: str, handle: Callable[[ItemChange], None]) -> StreamPump:
        known = next(pump for pump in self.world.pumps.streams if pump.mapping.function.name == name)
        mapping = replace(known.mapping, function=OwnFunction(name, handle))  # type: ignore[arg-type]
        reader = StreamReader(self.world.client("dynamodbstreams"), mapping)
        return StreamPump(mapping, reader, Checkpoints(), known.destination, lambda seconds: None)

    def _follow(self, change: ItemChange) -> None:
        if change.after is None:
            return
        before = orders.from_values(change.before) if change.before else None
        after = orders.from_values(change.after)
        if before is None:
            self.watch.set_timers([after], self.shop.now)
        self.watch.follow(before, after, self.shop.now)
