"""A batch: what does an order use, when orders come as thick as batches are?"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bench.counts.stand import Stand
from chalicelib.usecases.ports import Actor
from local.pump import StreamPump
from local.testing import Reading, World
from local.wiring import Function
from tests.e2e.shop import VIRTUAL

ORDERS = 100
HTTP = "api_handler"


@dataclass(frozen=True)
class Used:
    """What one function used for all orders of the batch."""

    function: str
    invocations: int
    cpu_ms: float  # of this machine, around the function alone; reported, never a gate
    write_units: int
    read_units: float
    calls: Mapping[str, int]


@dataclass(frozen=True)
class Batch:
    """What a batch of orders used, function by function, the synchronous one first."""

    orders: int
    used: tuple[Used, ...]

    @property
    def invocations_per_order(self) -> float:
        return sum(one.invocations for one in self.used) / self.orders

    @property
    def write_units_per_order(self) -> float:
        return sum(one.write_units for one in self.used) / self.orders

    @property
    def read_units_per_order(self) -> float:
        return sum(one.read_units for one in self.used) / self.orders

    def calls_per_order(self, name: str) -> float:
        return sum(one.calls.get(name, 0) for one in self.used) / self.orders


@dataclass(frozen=True, slots=True)
class Watched(Function):
    """A function whose calls are counted and timed."""

    times_ms: Any = None

    def call(self, event: Mapping[str, Any], request_id: str) -> Any:
        begun = time.process_time_ns()
        try:
            return Function.call(self, event, request_id)
        finally:
            self.times_ms.append((time.process_time_ns() - begun) / 1e6)


def count(world: World, stand: Stand, orders: int = ORDERS) -> Batch:
    """Sell a batch of orders, and let every reader take what they left in its stream."""
    buyers = [_buyer(stand) for _ in range(orders)]
    cards = [stand.account(buyer.person_id) for buyer in buyers]
    for buyer, card_id in zip(
        buyers, cards, strict=True
    ):  # a pot of today has its row from its first sale on
        stand.buy(VIRTUAL, command=stand.command(buyer), card_id=card_id)
    world.drain()
    stand.look_at_the_catalogue()
    with world.metered() as reading:
        begun = time.process_time_ns()
        for buyer, card_id in zip(buyers, cards, strict=True):
            stand.buy(VIRTUAL, command=stand.command(buyer), card_id=card_id)
        cpu_ms = (time.process_time_ns() - begun) / 1e6
    sold = _used(HTTP, orders, cpu_ms, reading())
    return Batch(orders, (sold, *_follow(world)))


def _buyer(stand: Stand) -> Actor:
    """A buyer below two promoters who have no other: nothing is shared within the batch."""
    root = stand.tree.root()
    person_id = next(stand.people)
    upline = (stand.tree.join(root), root)
    return Actor(person_id, frozenset({"customer"}), referrers=upline, real_name=True)


def _follow(world: World) -> list[Used]:
    """Round after round, until no reader finds anything: readers write what others read."""
    found: dict[str, Used] = {}
    while True:
        taken = 0
        for pump in world.pumps.streams:
            one = _run(world, pump)
            taken += one.invocations
            found[one.function] = _sum(found[one.function], one) if one.function in found else one
        if not taken:
            return [one for one in found.values() if one.invocations]


def _run(world: World, pump: StreamPump) -> Used:
    """One reader takes all that its stream holds now."""
    mapping, times_ms = pump.mapping, []
    function = mapping.function
    fields = {name: getattr(function, name) for name in Function.__dataclass_fields__}
    pump.mapping = replace(mapping, function=Watched(**fields, times_ms=times_ms))
    try:
        with world.metered() as reading:
            world.drain(only={function.name})
    finally:
        pump.mapping = mapping
    return _used(function.name, len(times_ms), sum(times_ms), reading())


def _used(function: str, invocations: int, cpu_ms: float, reading: Reading) -> Used:
    calls = {name: n for name, n in reading.calls.items() if not name.startswith("dynamodb_streams.")}
    return Used(function, invocations, cpu_ms, reading.write_units_sum, reading.read_units_sum, calls)


def _sum(one: Used, other: Used) -> Used:
    calls = {name: one.calls.get(name, 0) + other.calls.get(name, 0) for name in {*one.calls, *other.calls}}
    return Used(
        one.function,
        one.invocations + other.invocations,
        one.cpu_ms + other.cpu_ms,
        one.write_units + other.write_units,
        one.read_units + other.read_units,
        calls,
    )
