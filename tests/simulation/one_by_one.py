"""One by one: a simulated world in which one thing happens at a time, and all of it can be taken back.

No two things run at once and nobody waits, so what happens follows from which calls
meet which trouble, and from nothing else. Two worlds with the same `fingerprint` go
on alike: it covers every item, every record that a reader has not read, every
message under way, what the parties outside know, and the time.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any

from chalicelib import bootstrap
from chalicelib.bootstrap import basics
from chalicelib.bootstrap.part import replaced
from chalicelib.domain.business_time import to_ms
from chalicelib.store.backoff import Backoff
from local import filters
from local.batch_rules import failed_from
from tests.fakes.issuer import FakeIssuer
from tests.fakes.keys import FakeKeys
from tests.fakes.objects import FakeObjects
from tests.fakes.payment import FakePaymentChannel
from tests.fakes.payout import FakePayout
from tests.fakes.text_messages import FakeTextMessages
from tests.simulation import small_ground
from tests.simulation.faults import NoFaults
from tests.simulation.features import Features
from tests.simulation.parties import PointObjects
from tests.simulation.queues import SimulatedQueue
from tests.simulation.records import as_lambda_hands_it_over
from tests.simulation.scheduler import base_of, draw
from tests.simulation.streams import Streams, Weather
from tests.simulation.table import Change
from tests.simulation.tables import Tables
from tests.simulation.transactions import Tokens
from tests.simulation.troubles import TRIES_MAX, TroubledPoints
from tests.simulation.typed_values import Item
from tests.simulation.world import BEGIN, TABLES, World

SEED = 1
ARCHIVE = frozenset({"archive_journal", "archive_edges"})

Unread = tuple[tuple[str, dict[str, Any]], ...]  # a digest and the record itself


class ErasableTables(Tables):
    """Tables whose latest changes can be taken back."""

    def take_back(self, number: int) -> None:
        """Undo every change after so many."""
        while len(self.changes) > number:
            change = self.changes.pop()
            pk, sk = (change.keys[name]["S"] if name in change.keys else "" for name in ("pk", "sk"))
            before = Change(change.number, change.table, change.keys, None, change.old_image, change.at_ms)
            self._tables[change.table].apply((pk, sk), before)
        self.change_number = number

    def forget_tokens(self) -> None:
        """Every process makes tokens of its own."""
        self._tokens = Tokens(self._clock_ms)


class Readers(Streams):
    """Each reader of a stream, and what it has not read."""

    unread: dict[str, Unread]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.unread = {}

    def feed_change(self, change: Change, ordinal: int) -> None:
        """Every reader whose filter it passes will see it."""
        mappings = self._by_table.get(change.table, ())
        if not mappings:
            return
        record = as_lambda_hands_it_over(change, ordinal)
        digest = _digest((change.table, change.keys, change.old_image, change.new_image, change.at_ms))
        for mapping in mappings:
            if filters.matches_any(mapping.patterns, record):
                name = mapping.function.name
                self.unread[name] = (*self.unread.get(name, ()), (digest, record))

    def hand_over(self, name: str) -> BaseException | None:
        """Let a reader read a batch; what failed, and all after it, stays unread. What it raised."""
        waiting = self.unread[name]
        size = next(one.batch_size for one in self.mapped if one.function.name == name)
        batch = tuple(record for _, record in waiting[:size])
        error: BaseException | None = None
        try:
            done = failed_from(batch, self.call(name, {"Records": list(batch)}))
        except BaseException as raised:  # noqa: BLE001 - a crash too: the batch comes again
            done, error = 0, raised
        self.unread[name] = (*waiting[done:size], *self.unread[name][size:])
        if not self.unread[name]:
            del self.unread[name]
        return error

    @property
    def quiet(self) -> bool:
        return not self.unread


class Mailbox(SimulatedQueue):
    """A queue whose messages wait until somebody hands them over."""

    waiting: tuple[tuple[int, str], ...] = ()  # when each is due, and its body

    def _sent(self, body: str, delay_ms: int) -> None:
        self.waiting = (*self.waiting, (self.scheduler.now_ms + delay_ms, body))
        self.in_flight = len(self.waiting)

    def due(self, now_ms: int) -> list[str]:
        return [body for due_ms, body in self.waiting if due_ms <= now_ms]

    def hand_over(self, body: str, hidden_ms: int) -> BaseException | None:
        """Let the worker do one; it comes back after a while where it failed. What it raised."""
        message = {"messageId": "m", "receiptHandle": "m", "body": body, "attributes": {}}
        error: BaseException | None = None
        try:
            answer = self.call({"Records": [message]})
        except BaseException as raised:  # noqa: BLE001 - a crash too: the message comes again
            answer, error = {"batchItemFailures": [{"itemIdentifier": "m"}]}, raised
        position = next(i for i, (_, known) in enumerate(self.waiting) if known == body)
        kept = [*self.waiting[:position], *self.waiting[position + 1 :]]
        if answer["batchItemFailures"]:
            kept.append((self.scheduler.now_ms + hidden_ms, body))
        self.waiting = tuple(kept)
        self.in_flight = len(kept)
        return error


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a world was at a moment."""

    changes: int
    kept: tuple[Any, ...]


class OneByOne(World):
    """The simulated world with one thing at a time. `kept` names what is not in the tables and changes."""

    def __init__(self, silent: frozenset[str] = ARCHIVE) -> None:
        super().__init__(SEED, Features(weather=Weather(silent=silent)), NoFaults())
        self.tables: ErasableTables = ErasableTables(
            {table: table != "cards" for table in TABLES}, lambda: self.scheduler.now_ms
        )
        self.content = 0
        self.progress: tuple[Any, ...] = ()  # whoever drives the world says here how far it is
        self.points: TroubledPoints = TroubledPoints(self.scheduler, self._apply)
        self.streams: Readers = Readers(
            self.scheduler, self.features.weather, self.streams.mapped, self._call_reader
        )
        self.timers: Mailbox = self._mailbox("order_timers", self.timers.call)
        self.imports: Mailbox = self._mailbox("imports", self.imports.call)
        self.kept: list[tuple[Any, str]] = list(self._changing())

    def _mailbox(self, name: str, call: Callable[[dict[str, Any]], Any]) -> Mailbox:
        return Mailbox(name, self.scheduler, self.points, call)

    def _outside(self, features: Features) -> None:
        self.payment, self.oil_company, self.bank = FakePaymentChannel(self.now), FakeIssuer(), FakePayout()
        self.objects, self.keys, self.phones = FakeObjects(), FakeKeys(), FakeTextMessages()

    def _changing(self) -> Iterator[tuple[Any, str]]:
        yield from ((self, name) for name in ("content", "progress", "_changes_of"))
        yield from ((self.scheduler, "now_us"), (self.points, "calls"), (self.streams, "unread"))
        yield from (
            (box, name) for box in (self.timers, self.imports) for name in ("waiting", "in_flight", "missed")
        )
        yield from ((self.payment, name) for name in ("payments", "asked_fen", "refunded_fen", "refunded_at"))
        yield from ((self.oil_company, "closed_cards"), (self.bank, "paid_fen"), (self.objects, "contents"))
        parties = (
            self.payment.refunds, self.oil_company.topups, self.oil_company.closures, self.bank.payouts,
        )  # fmt: skip
        yield from ((party, name) for party in parties for name in ("scripts", "done", "later"))
        yield from ((self.watch, "broken"), (self.complaints, "found"), (self.phones, "sent"))

    @contextmanager
    def opened(self) -> Iterator["OneByOne"]:
        patient = Backoff(lambda ms: None, lambda most: 0, attempts_max=TRIES_MAX)
        objects = PointObjects(self.points, self.objects)
        parts: Mapping[Any, Callable[..., Any]] = {
            basics.backoff: lambda: patient,
            bootstrap.uploads: lambda: objects,
            bootstrap.archive_objects: lambda: objects,
        }
        with replaced(parts), super().opened():
            yield self

    def _lay_ground(self) -> None:
        self.scheduler.run(to_ms(BEGIN))
        self.ground = small_ground.laid(self.now())

    # what a process needs

    def begin_process(self) -> None:
        """Another invocation: its caches are cold, and its chance is its own."""
        bootstrap.catalog().forget()
        self.tables.forget_tokens()
        self.points.begin()
        self._chances = 0
        self.keys.sealed_count = self.tables.change_number * 1_000

    def _chance(self) -> int:
        self._chances += 1
        return draw(base_of(SEED, f"{self.tables.change_number}/{self.now()}"), self._chances)

    def _feed(self) -> None:
        changes = self.tables.changes
        while self._fed < len(changes):
            change = changes[self._fed]
            self._fed += 1
            place = (change.table, *(key["S"] for key in change.keys.values()))
            self.watch.see(change, "/".join(place))
            self._changes_of[place] += 1
            self.content ^= _number(place, change.old_image) ^ _number(place, change.new_image)
            self.streams.feed_change(change, self._changes_of[place])

    # back and forth

    def mark(self) -> Mark:
        """Where it is now."""
        return Mark(len(self.tables.changes), tuple(copy(getattr(thing, name)) for thing, name in self.kept))

    def back_to(self, mark: Mark) -> None:
        """Be again as at an earlier moment."""
        self.tables.take_back(mark.changes)
        self._fed = mark.changes
        for (thing, name), value in zip(self.kept, mark.kept, strict=True):
            setattr(thing, name, copy(value))

    def fingerprint(self) -> bytes:
        """What everything from here on follows from."""
        unread = sorted(
            (name, [digest for digest, _ in known]) for name, known in self.streams.unread.items()
        )
        others = [
            getattr(thing, name)
            for thing, name in self.kept
            if name not in ("calls", "unread", "_changes_of", "found")
        ]
        told = repr((unread, others, len(self.complaints.found)))
        return hashlib.blake2b(told.encode(), digest_size=16).digest()

    def changed_since(self, number: int, tables: Sequence[str]) -> list[str]:
        """The items of these tables that are not what they were after so many changes."""
        return ["/".join(place) for place in self.images_since(number, tables)]

    def images_since(
        self, number: int, tables: Sequence[str]
    ) -> dict[tuple[str, ...], tuple[Item | None, Item | None]]:
        """Of each such item what it was then, and what it is now."""
        first: dict[tuple[str, ...], Item | None] = {}
        last: dict[tuple[str, ...], Item | None] = {}
        for change in self.tables.changes[number:]:
            if change.table in tables:
                place = (change.table, *(key["S"] for key in change.keys.values()))
                first.setdefault(place, change.old_image)
                last[place] = change.new_image
        return {place: (first[place], item) for place, item in last.items() if item != first[place]}


def _digest(value: Any) -> str:
    return hashlib.blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=12).hexdigest()


def _number(place: tuple[str, ...], image: Item | None) -> int:
    """What an item adds to the content of the tables; an item that is not there adds nothing."""
    if image is None:
        return 0
    told = json.dumps((place, image), sort_keys=True, default=repr).encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=16).digest())
