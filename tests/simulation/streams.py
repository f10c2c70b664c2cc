"""The streams: who hands each change of a table to its readers, how often, and after what?

The mappings are the template's own, with their filters, batch sizes and limits, and
Lambda's rules for what fails (local/batch_rules.py). A mapping reads in lanes, which
are its shards: what lies in two of them overtakes each other, what happens to one item
never does. A shard that was written to for long enough closes, and two children go on
with its items, half each: they are read once their parent has been read to its end.

A record whose retries are used up, or that grew too old, is given up: it waits in
`given_up` until somebody hands it over again. What a stream forgot, after 24 hours,
nobody brings back.
"""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from infra.build import transformed_template
from local import filters, wiring
from local.batch_rules import Batch, Record, after, failed_from
from local.resources import Resources
from local.wiring import StreamMapping
from tests.simulation.scheduler import Scheduler, Task, base_of, draw
from tests.simulation.watch import Poison

STREAM_KEEPS_MS = 24 * 3_600_000
RETRY_MS_FIRST, RETRY_MS_MAX = 200, 30_000
REMEMBERED = 12  # how far back a reader may begin anew


class NamedResources:
    """Stands for the resources of an engine: every one is called by its logical name."""

    def resolve(self, reference: Any) -> str:
        logical_id, attribute = reference["Fn::GetAtt"]
        table = logical_id.removesuffix("Table").lower()
        if attribute == "StreamArn":
            return f"arn:aws:dynamodb:simulated:0:table/{table}/stream/1"
        service = "s3:::" if "Bucket" in logical_id else "sqs:simulated:0:"
        return f"arn:aws:{service}{logical_id}"

    def client(self, service: str) -> "NamedResources":
        return self

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803 - boto3's own spelling
        return {"QueueUrl": f"https://queues.simulated/{QueueName}"}


def mappings() -> tuple[StreamMapping, ...]:
    """What listens to which table, read from the template that AWS gets."""
    template = transformed_template("local")
    return wiring.read(template, cast(Resources, NamedResources())).streams


@dataclass(frozen=True)
class Weather:
    """How a world's streams behave: in so many of 10,000 deliveries or records, and in how many lanes."""

    lanes: int = 4
    duplicated: int = 0
    cut: bool = True
    given_up: int = 0
    poison: int = 0
    vanished: int = 0  # of the records of the readers in `forgets`: nobody hands them over again
    forgets: frozenset[str] = frozenset()
    outage: tuple[int, int] = (0, 0)  # from … to …, in ms after the world began
    outage_of: frozenset[str] = frozenset()
    split_after: int = 0  # so many records close a shard; 0: it lives for ever
    silent: frozenset[str] = frozenset()  # readers that this world does without


@dataclass
class Lane:
    """What one mapping reads in order: whole records, and batches that failed before."""

    name: str
    mapping: StreamMapping
    records: deque[Record] = field(default_factory=deque)
    again: deque[Batch] = field(default_factory=deque)
    done: deque[Record] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    busy: bool = False
    deliveries: int = 0
    taken: int = 0  # records that were ever written to it
    newest: int = 0  # the newest record that was ever handed over
    parent: "Lane | None" = None
    children: "tuple[Lane, ...]" = ()

    @property
    def waits(self) -> bool:
        return bool(self.records or self.again)

    @property
    def is_read(self) -> bool:
        """Whether it, and all that it came from, was read to its end."""
        done = not self.waits and not self.busy
        return done and (self.parent is None or self.parent.is_read)

    def family(self) -> "Iterator[Lane]":
        """Itself, and all that came from it."""
        yield self
        for child in self.children:
            yield from child.family()


@dataclass
class Streams:
    """All mappings of one world. `call`: how a reader's function is called, given the event."""

    scheduler: Scheduler
    weather: Weather
    mapped: Sequence[StreamMapping]
    call: Callable[[str, dict[str, Any]], Any]
    given_up: list[tuple[Lane, Record]] = field(default_factory=list)
    forgotten: list[tuple[str, Record]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    calm: bool = False  # nothing is disturbed any more
    forgot_ms: int = 0  # when the last record grew too old

    def __post_init__(self) -> None:
        self._by_table: dict[str, list[StreamMapping]] = {}
        for mapping in self.mapped:
            if mapping.function.name not in self.weather.silent:
                self._by_table.setdefault(mapping.table_name, []).append(mapping)
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._began_ms = self.scheduler.now_ms
        self._newest: dict[str, int] = {}  # of each reader: the newest record that was handed over
        self._kept: set[str] = set()  # given up once, and so kept elsewhere than in a stream

    def feed(self, table: str, record: Record) -> None:
        """A change was written: every reader whose filter it passes will see it."""
        for mapping in self._by_table.get(table, ()):
            if not filters.matches_any(mapping.patterns, record):
                continue
            item = _item_of(record)
            lane = self._lane(mapping, item)
            self.counts["records"] += 1
            self.counts["poisoned"] += self._is_poison(lane, record)
            if self._goes_astray(lane, record):
                continue
            lane.records.append(record)
            lane.taken += 1
            if lane.taken == self.weather.split_after:
                self._split(lane)
            self._wake(lane, self._delay_ms(lane))

    @property
    def quiet(self) -> bool:
        """Whether every reader has read everything."""
        return not any(lane.waits or lane.busy for shard in self._lanes.values() for lane in shard.family())

    def redrive(self) -> int:
        """Hand over once more what was given up, as an operator does."""
        waiting, self.given_up = self.given_up, []
        for lane, record in waiting:
            self._kept.add(_kept_of(lane, record))
            lane.records.append(record)
            self._wake(lane, 1)
        return len(waiting)

    def _goes_astray(self, lane: Lane, record: Record) -> bool:
        """Whether the reader is not told of a record in its turn."""
        name = f"{lane.mapping.function.name}/{_place_of(record)}"
        reader = lane.mapping.function.name
        if reader in self.weather.forgets and self._strikes(self.weather.vanished, name):
            self.forgotten.append((reader, record))
            self.counts["forgotten"] += 1
            return True
        if self._strikes(self.weather.given_up, f"{name}/given up"):
            self.given_up.append((lane, record))
            self.counts["given up at once"] += 1
            return True
        return False

    # one lane

    def _lane(self, mapping: StreamMapping, item: str) -> Lane:
        """The open shard in which the item is now."""
        spread = int.from_bytes(hashlib.blake2b(item.encode(), digest_size=8).digest())
        spread, number = divmod(spread, self.weather.lanes)
        key = (mapping.function.name, number)
        if key not in self._lanes:
            self._lanes[key] = Lane(f"{mapping.function.name}:{number}", mapping)
        lane = self._lanes[key]
        while lane.children:
            spread, half = divmod(spread, len(lane.children))
            lane = lane.children[half]
        return lane

    def _split(self, lane: Lane) -> None:
        """Nothing more is written to it."""
        self.counts["split"] += 1
        lane.children = tuple(Lane(f"{lane.name}{half}", lane.mapping, parent=lane) for half in "ab")

    def _wake(self, lane: Lane, delay_ms: int) -> None:
        if lane.parent is not None and not lane.parent.is_read:
            return  # it is woken when its parent is at its end
        if lane.is_read:
            for child in lane.children:
                self._wake(child, delay_ms)
        if lane.busy or not lane.waits:
            return
        lane.busy = True
        self.scheduler.at(self.scheduler.now_ms + delay_ms, f"wake/{lane.name}", lambda: self._begin(lane))

    def _begin(self, lane: Lane) -> None:
        """Hand over the next batch, unless the reader is out of order for a while."""
        now_ms = self.scheduler.now_ms
        first_ms, last_ms = (self._began_ms + since_ms for since_ms in self.weather.outage)
        if first_ms <= now_ms < last_ms and lane.mapping.function.name in self.weather.outage_of:
            self.counts["out of order"] += 1
            self.scheduler.at(last_ms, f"back/{lane.name}", lambda: self._begin(lane))
            return
        batch = self._without_aged(lane, self._next(lane))
        if not batch.records:
            lane.busy = False
            self._wake(lane, 1)
            return
        lane.deliveries += 1
        self.counts["deliveries"] += 1
        name = f"{lane.mapping.function.name}/{_place_of(batch.records[0])}/{lane.deliveries}"
        self.scheduler.spawn(
            name, lambda: self._handed_over(lane, batch), now_ms, lambda task: self._end(lane, batch, task)
        )

    def _next(self, lane: Lane) -> Batch:
        if lane.again:
            return lane.again.popleft()
        most = min(len(lane.records), lane.mapping.batch_size)
        if self.weather.cut and not self.calm and most > 1:
            most = 1 + self._bits(f"cut/{_place_of(lane.records[0])}") % most
        return Batch(tuple(lane.records.popleft() for _ in range(most)))

    def _handed_over(self, lane: Lane, batch: Batch) -> Any:
        self._count(lane, batch)
        records = [spoiled(one) if self._is_poison(lane, one) else one for one in batch.records]
        return self.call(lane.mapping.function.name, {"Records": records})

    def _count(self, lane: Lane, batch: Batch) -> None:
        """What is handed over, and how much of it was overtaken by something that was written later."""
        reader = lane.mapping.function.name
        numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in batch.records]
        newest = self._newest.get(reader, 0)
        self.counts["handed over"] += len(numbers)
        self.counts["overtaken"] += sum(number < newest for number in numbers if number > lane.newest)
        lane.newest = max(lane.newest, *numbers)
        self._newest[reader] = max(newest, lane.newest)

    def _end(self, lane: Lane, batch: Batch, task: Task) -> None:
        self.counts["crashed"] += task.crashed
        failed = 0 if task.error is not None else failed_from(batch.records, task.answer)
        what = after(batch, failed, lane.mapping)
        lane.done.extend(what.done)
        lane.again.extendleft(reversed(what.again))
        if what.given_up:
            self.counts["given up"] += len(what.given_up.records)
            self.given_up += [(lane, record) for record in what.given_up.records]
        if not what.again and self._strikes(self.weather.duplicated, task.name):
            back = 1 + self._bits(f"back/{task.name}") % len(lane.done) if lane.done else 0
            self.counts["duplicated"] += back
            lane.again.append(Batch(tuple(lane.done)[-back:]))
        lane.busy = False
        retried = lane.again[0].retries if lane.again else 0
        delay_ms = min(RETRY_MS_FIRST << retried, RETRY_MS_MAX) if retried else self._delay_ms(lane)
        self._wake(lane, delay_ms)

    def _without_aged(self, lane: Lane, batch: Batch) -> Batch:
        """Give up what is too old for the mapping; what the stream has forgotten is gone."""
        now_ms, age_max = self.scheduler.now_ms, lane.mapping.record_age_seconds_max
        if age_max is None:
            return batch
        fresh: list[Record] = []
        for record in batch.records:
            age_ms = now_ms - int(record["dynamodb"]["ApproximateCreationDateTime"]) * 1000
            if _kept_of(lane, record) in self._kept:
                fresh.append(record)
            elif age_ms > STREAM_KEEPS_MS:
                self.forgotten.append((lane.mapping.function.name, record))
                self.counts["too old"] += 1
                self.forgot_ms = now_ms
            elif age_ms > age_max * 1000 and not self.calm:
                self.given_up.append((lane, record))
            else:
                fresh.append(record)
        return Batch(tuple(fresh), batch.retries, batch.calls)

    # chance

    def _bits(self, name: str) -> int:
        return draw(base_of(self.scheduler.seed, name), 0)

    def _strikes(self, rate: int, name: str) -> bool:
        return rate > 0 and not self.calm and self._bits(f"strike/{name}") % 10_000 < rate

    def _is_poison(self, lane: Lane, record: Record) -> bool:
        return self._strikes(self.weather.poison, f"{lane.mapping.function.name}/{_place_of(record)}/poison")

    def _delay_ms(self, lane: Lane) -> int:
        bits = self._bits(f"delay/{lane.name}/{lane.deliveries}")
        return 20 + bits % 300 if bits >> 60 else 20 + bits % 20_000


class Unreadable(dict[str, Any]):
    """A value of a record at which every reader fails that looks at it."""

    def __contains__(self, _: object) -> bool:
        raise Poison()


def spoiled(record: Record) -> Record:
    """The record as a reader gets it that cannot read it, whoever hands it over."""
    change = record["dynamodb"]
    images = {
        name: {**change[name], "?": Unreadable()} for name in ("OldImage", "NewImage") if name in change
    }
    return {**record, "dynamodb": {**change, **images}}


def _item_of(record: Mapping[str, Any]) -> str:
    keys = record["dynamodb"]["Keys"]
    return "/".join(keys[name]["S"] for name in sorted(keys))


def _kept_of(lane: Lane, record: Mapping[str, Any]) -> str:
    return f"{lane.mapping.function.name}/{_place_of(record)}"


def _place_of(record: Mapping[str, Any]) -> str:
    """The item and which of its changes: the same, whatever else is written beside it."""
    return f"{_item_of(record)}/{record['change']}"
