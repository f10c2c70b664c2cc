"""Measure: what did each operation cost, by both ways of counting?"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from bench.counts.operations import OPERATIONS, Operation
from bench.counts.stand import Stand
from bench.counts.trace import Trace, Written, traced
from chalicelib import bootstrap
from local.testing import Reading, World

# A reader's own polling is Lambda's, and free; everything else is a trip that somebody waits for.
NOT_A_TRIP = "dynamodb_streams."


@dataclass(frozen=True)
class Counted:
    """One operation. `writes`: table, kind, larger size in bytes, units, in the order of the calls.

    `shared_writes`: how many items a second one of somebody else wrote too, where that was compared.
    """

    name: str
    part: str
    calls: dict[str, int]
    write_units: int
    read_units: float
    writes: tuple[tuple[str, str, str, int, int], ...]
    shared_writes: int = 0

    @property
    def round_trips(self) -> int:
        return sum(self.calls.values())

    @property
    def bytes_max(self) -> int:
        return max((size for *_, size, _ in self.writes), default=0)

    def plain(self) -> dict[str, Any]:
        return asdict(self) | {"writes": [list(write) for write in self.writes]}


class CountsDiffer(AssertionError):
    """The engine and the sizes of the items say different things about one operation."""


def measure(world: World, stand: Stand, operations: Iterable[Operation] = OPERATIONS) -> list[Counted]:
    """Every operation, begun twice: once for the engine's meter, once for the trace.

    Raises: CountsDiffer.
    """
    return [_counted(world, stand, operation) for operation in operations]


def metered(world: World, stand: Stand, operation: Operation) -> Reading:
    """One operation by the engine's meter alone."""
    call = operation.begin(stand)
    stand.look_at_the_catalogue()
    with world.metered() as reading:
        call()
    return reading()


def trips_of(reading: Reading) -> dict[str, int]:
    """The calls that somebody waits for, by name."""
    return {name: n for name, n in sorted(reading.calls.items()) if not name.startswith(NOT_A_TRIP)}


def _counted(world: World, stand: Stand, operation: Operation) -> Counted:
    reading = metered(world, stand, operation)
    trace = _traced(world, stand, operation)
    calls = trips_of(reading)
    _check_same(operation.name, reading, calls, trace)
    return Counted(
        name=operation.name,
        part=operation.part,
        calls=calls,
        write_units=reading.write_units_sum,
        read_units=reading.read_units_sum,
        writes=tuple(_described(write) for write in trace.writes),
        shared_writes=_shared(trace, _traced(world, stand, operation)) if operation.is_compared else 0,
    )


def _traced(world: World, stand: Stand, operation: Operation) -> Trace:
    call = operation.begin(stand)
    stand.look_at_the_catalogue()
    client = bootstrap.dynamo().connection.client
    with traced(client, world.client("dynamodb"), bootstrap.settings().table_names) as trace:
        call()
    return trace


def _shared(one: Trace, other: Trace) -> int:
    """How many items both wrote."""
    items = [{(write.table, write.pk, write.sk) for write in trace.writes} for trace in (one, other)]
    return len(items[0] & items[1])


def _described(write: Written) -> tuple[str, str, str, int, int]:
    return write.table, write.kind, buys(write), write.bytes_max, write.units


def _check_same(name: str, reading: Reading, calls: dict[str, int], trace: Trace) -> None:
    of_dynamodb = {call.removeprefix("dynamodb."): n for call, n in calls.items() if "dynamodb." in call}
    by_engine = (of_dynamodb, reading.write_units_sum, reading.read_units_sum)
    by_sizes = (dict(trace.calls), trace.write_units, trace.read_units)
    if by_engine != by_sizes:
        raise CountsDiffer(f"{name}: the engine says {by_engine}, the items say {by_sizes}")


# What a write buys: table, kind, how "partition sort-key" begins. The first that fits; every one must fit.
PURPOSES: tuple[tuple[str, str, str, str], ...] = (
    ("journal", "Put", r"\S+ cme_", "the entry: posting, explanation and effect key in one item"),
    ("journal", "Put", r"\S+ wdr_", "a step of the withdrawal: record, state and decision key in one item"),
    ("journal", "Put", r"", "the record: postings, audit and idempotency for ever in one item"),
    ("orders", "Put", r"", "the order: goods, payment, top-up, refunds and history in one item"),
    ("cards", "Put", r"", "a new card: its key makes its number unique, its balance is in it"),
    ("cards", "Update", r"", "a card's balance or state, under its conditions"),
    ("stock", "Update", r"", "a card of the stock that nobody else gets"),
    ("accounts", "Update", r"\S+ frozen#", "commission frozen until the day of its pot"),
    ("accounts", "Update", r"\S+ main", "a promoter's balance, under its conditions"),
    ("edges", "Put", r"\S+ self", "the promoter's place"),
    ("edges", "Put", r"\S+ child#", "the edge to the parent, which is the audit record of the joining"),
    ("work", "Put", r"release", "the row by which a day finds its pot"),
    ("work", "Delete", r"release", "the end of that row"),
    ("work", "Update", r"release", "up to which day all pots are released"),
    ("work", "Update", r"bearer#", "what somebody unknown bought within 24 hours, under its version"),
    ("work", "Put", r"unpaid#", "a waiting order, for the sweep behind its timer"),
    ("work", "Put", r"due#", "what is asked about until its answer is final"),
    ("work", "Delete", r"due#", "the end of that question"),
    (
        "views",
        "Put",
        r"(crd|dst)_\S+ \d{12}$",
        "a line of a statement: balance as of a moment, no gap unseen",
    ),
    ("views", "Put", r"\S+ card#", "the card in its holder's list"),
    (
        "views",
        "Put",
        r"platform#",
        "a batch's lines of an account of the platform, which no request may write",
    ),
    ("views", "Put", r"archive head", "where the archive ends: the next object follows from it"),
    ("views", "Put", r"archived#", "which records of a second an object of the archive holds: each once"),
)


def buys(write: Written) -> str:
    """What this write is for."""
    place = f"{write.pk} {write.sk}"
    for table, kind, pattern, purpose in PURPOSES:
        if (table, kind) == (write.table, write.kind) and re.match(pattern, place):
            return purpose
    raise LookupError(f"nobody says what {write} buys")
