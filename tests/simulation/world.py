"""The simulated world: the product as it ships, and everything around it made of one seed.

Bootstrap wires the real use cases, the real store and the real handlers; what they
reach out to is replaced: the tables, the clock, chance, queues, buckets, keys and the
three parties outside. Nothing waits, and nothing happens that the seed did not say.
"""

import importlib
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timedelta
from random import Random
from typing import Any

from chalicelib import bootstrap
from chalicelib.bootstrap import basics
from chalicelib.bootstrap.part import replaced
from chalicelib.config import Settings, read_settings, required_variables
from chalicelib.domain.business_time import from_ms, to_ms
from tests.fakes.captcha_artist import PlainArtist
from tests.fakes.issuer import FakeIssuer
from tests.fakes.keys import FakeKeys
from tests.fakes.objects import FakeObjects
from tests.fakes.payment import FakePaymentChannel
from tests.fakes.payout import FakePayout
from tests.fakes.text_messages import FakeTextMessages
from tests.fakes.ulids import ulid_of_number
from tests.simulation import ground
from tests.simulation.connection import SimulatedConnection
from tests.simulation.faults import Faults, NoFaults
from tests.simulation.features import Features
from tests.simulation.parties import PointChannel, PointIssuer, PointObjects, PointPayout, SeededOperations
from tests.simulation.points import Points
from tests.simulation.queues import SimulatedQueue
from tests.simulation.records import as_lambda_hands_it_over
from tests.simulation.refused import Writes
from tests.simulation.scheduler import Scheduler, base_of, draw
from tests.simulation.secrecy import HeardKeys, HeardPasswords, HeardTokens, Secrets
from tests.simulation.streams import Streams, mappings
from tests.simulation.tables import Tables
from tests.simulation.watch import Complaints, Watch

START = datetime.fromisoformat("2026-11-22T08:00:00+00:00")
BEGIN = START + timedelta(minutes=5)  # of every story
TABLES = ("accounts", "orders", "cards", "journal", "edges", "people", "catalog", "stock", "views", "work")
MEASURED_AT = re.compile(r'"Timestamp":\d+')
_MAPPINGS = mappings()


def settings() -> Settings:
    """What a function is told about its surroundings: every table is called by its short name."""
    named = {name: f"simulated-{name.lower()}" for name in required_variables()}
    named |= {f"TABLE_{table.upper()}": table for table in TABLES}
    named |= {"FORECOURT_STAGE": "simulated", "PUBLIC_URL": "http://localhost"}
    named |= {"COUNTERPARTIES_URL": "http://outside.simulated"}
    return read_settings(named)


class World:
    """One small world. `faults` decides what goes wrong with a call; see `opened`."""

    def __init__(self, seed: int, features: Features, faults: Faults) -> None:
        self.seed, self.features = seed, features
        self.scheduler = Scheduler(seed, to_ms(START))
        self.tables = Tables({table: table != "cards" for table in TABLES}, lambda: self.scheduler.now_ms)
        self.points = Points(self.scheduler, faults, self._apply, self._apply_stale)
        self.secrets = Secrets()
        self.complaints = Complaints(say=self.secrets.say)
        self.watch = Watch()
        self.writes = Writes()
        self.answers: Counter[str] = Counter()
        self.ground: ground.Ground
        self._fed = 0
        self._changes_of: Counter[tuple[str, ...]] = Counter()
        self._chances = 0
        self._outside(features)
        self.streams = Streams(self.scheduler, features.weather, _MAPPINGS, self._call_reader)
        self.timers = self._queue("order_timers", "close_unpaid_order")
        self.imports = self._queue("imports", "import_cards")

    def _outside(self, features: Features) -> None:
        def operations() -> SeededOperations:
            return SeededOperations(
                seed=self.seed,
                now_ms=lambda: self.scheduler.now_ms,
                refused=features.refused,
                pending=features.pending,
                sent_back=0,
            )

        self.payment = FakePaymentChannel(self.now, refunds=operations())
        assert isinstance(self.payment.refunds, SeededOperations)
        self.payment.refunds.refused = 0  # a channel that refuses for good is for the office to settle
        self.oil_company = FakeIssuer(topups=operations(), closures=operations())
        self.bank = FakePayout(payouts=operations())
        assert isinstance(self.bank.payouts, SeededOperations)
        self.bank.payouts.sent_back = features.sent_back
        self.objects = FakeObjects()
        self.keys: FakeKeys = HeardKeys(secrets=self.secrets)
        self.phones = FakeTextMessages()

    def _queue(self, name: str, worker: str) -> SimulatedQueue:
        call = _handler("queues", worker)
        return SimulatedQueue(
            name, self.scheduler, self.points, lambda event: call(event, None), self.features.doubled
        )

    @contextmanager
    def opened(self) -> Iterator["World"]:
        """The product stands in this world, on its ground, until the block ends."""
        passwords, tokens = HeardPasswords(secrets=self.secrets), HeardTokens(self.secrets)
        channel = PointChannel(self.points, self.payment)
        issuer = PointIssuer(self.points, self.oil_company)
        payout = PointPayout(self.points, self.bank)
        objects = PointObjects(self.points, self.objects)
        connection = SimulatedConnection(self.points.store)
        parts: dict[Any, Callable[..., Any]] = {
            basics.settings: _settings,
            basics.connection: lambda: connection,
            basics.now: self.now,
            basics.sleep_ms: lambda ms: self.scheduler.pause_us(ms * 1000),
            basics.elapsed_ms: lambda: self.scheduler.now_ms,
            basics.random_below: lambda limit: self._chance() % limit,
            basics.random_text: lambda: f"{self._chance():016x}",
            basics.random_digits: lambda count: f"{self._chance() % 10**count:0{count}d}",
            basics.new_token: lambda: f"{self._chance():016x}{self._chance():016x}",
            basics.new_key: lambda moment: ulid_of_number(moment, self._chance() % 10**16),
            bootstrap.channel: lambda name: channel,
            bootstrap.issuer: lambda: issuer,
            bootstrap.payout: lambda: payout,
            bootstrap.order_timers: lambda: self.timers,
            bootstrap.imports_queue: lambda: self.imports,
            bootstrap.uploads: lambda: objects,
            bootstrap.archive_objects: lambda: objects,
            bootstrap.keys: lambda: self.keys,
            bootstrap.passwords: lambda: passwords,
            bootstrap.tokens: lambda: tokens,
            bootstrap.text_messages: lambda: self.phones,
            bootstrap.captcha_artist: PlainArtist,
        }
        with replaced(parts), self.complaints.heard(), redirect_stdout(_Paper(self.secrets.say)):
            self._lay_ground()
            yield self

    def _lay_ground(self) -> None:
        """What was there before, written while nothing went wrong."""
        later, self.points.faults, self.streams.calm = self.points.faults, NoFaults(), True
        self.ground = ground.laid(Random(base_of(self.seed, "ground")), self.now())
        ground.earn(self.ground, self.payment)
        self.run_for(240_000)
        self.tick("release_commission")
        self.scheduler.run(to_ms(BEGIN))
        self.points.faults, self.streams.calm = later, False

    def now(self) -> datetime:
        return from_ms(self.scheduler.now_ms)

    def _chance(self) -> int:
        task = self.scheduler.current
        if task is not None:
            return task.chance()
        self._chances += 1
        return draw(self.seed, self._chances)

    # time passes

    def tick(self, function: str) -> Any:
        """Run one schedule's function, as its rule does."""
        return _handler("schedules", function)(_tick_event(self.now()), None)

    def run_for(self, milliseconds: int) -> None:
        self.scheduler.run(self.scheduler.now_ms + milliseconds)

    def heal(self) -> None:
        """From now on nothing goes wrong any more."""
        self.points.faults = NoFaults()
        self.streams.calm = True

    @property
    def quiet(self) -> bool:
        """Whether nobody is doing anything, and no reader has anything left to read."""
        return not self.scheduler.alive and self.streams.quiet

    def items(self, table: str) -> list[dict[str, Any]]:
        """A whole table, in DynamoDB's own form."""
        return [dict(item) for item in self.tables.items(table)]

    # the tables behind the points

    def _apply(self, call: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self.tables.call(call, arguments)
        finally:
            self._feed()

    def _apply_stale(self, call: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """As a replica answers that has not heard of the latest writes."""
        behind = 1 + self._chances % 20
        return self.tables.call(call, arguments, as_of=max(0, len(self.tables.changes) - behind))

    def _feed(self) -> None:
        """Let the watch and the readers see what was written since the last time."""
        changes = self.tables.changes
        if self.scheduler.current is not None and self._fed < len(changes):
            self.writes.see(self.scheduler.current.name, changes[self._fed :])
        while self._fed < len(changes):
            change = changes[self._fed]
            self._fed += 1
            item = (change.table, *(key["S"] for key in change.keys.values()))
            self.watch.see(change, "/".join(item))
            self._changes_of[item] += 1
            record = as_lambda_hands_it_over(change, self._changes_of[item])
            self.points.note(f"{item} {change.event_name}\n")
            self.streams.feed(change.table, record)

    def _call_reader(self, name: str, event: dict[str, Any]) -> Any:
        return _handler("streams", name)(event, None)


class _Paper(io.TextIOBase):
    """Where the product's metrics go, which are lines of its output."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def write(self, text: str, /) -> int:
        self.say(MEASURED_AT.sub("", text))  # which this machine's clock says, and is no fact of the world
        return len(text)


_SETTINGS = settings()


def _settings() -> Settings:
    return _SETTINGS


def _handler(module: str, name: str) -> Callable[[Any, Any], Any]:
    found: Callable[[Any, Any], Any] = getattr(importlib.import_module(f"chalicelib.handlers.{module}"), name)
    return found


def _tick_event(now: datetime) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "tick",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "0",
        "time": now.isoformat(),
        "region": "simulated",
        "resources": [],
        "detail": {},
    }
