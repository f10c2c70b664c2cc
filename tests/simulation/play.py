"""The play: a story happens in a world, everything calms down, and what is there is judged."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.closure import SecretRevealed
from chalicelib.domain.errors import Refusal, Unavailable
from tests.simulation import archived, bills, deeds, deeds_of_people, judgement, office
from tests.simulation.deeds import Doing, NothingToDo
from tests.simulation.faults import Fault, Faults, Place
from tests.simulation.features import Features
from tests.simulation.refused import left_behind
from tests.simulation.scheduler import Crash, Task, draw
from tests.simulation.settling import settle
from tests.simulation.stories import Operation
from tests.simulation.world import BEGIN, World

DEEDS: dict[str, Callable[[Doing], Any]] = {**deeds.DEEDS, **deeds_of_people.DEEDS, **office.DEEDS}
TRIES_MAX = 6
GIVES_UP_PERCENT = 8


@dataclass
class Outcome:
    """What a play came to: nothing in `violations`, if all is well."""

    seed: int
    violations: list[str]
    hits: dict[Place, Fault]
    trace: str
    answers: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    streams: Counter[str] = field(default_factory=Counter)
    operations: int = 0
    calls: int = 0
    lines: list[str] = field(default_factory=list)


def play(
    seed: int, features: Features, story: Iterable[Operation], faults: Faults, with_lines: bool = False
) -> Outcome:
    """Let the story happen, with these faults; the same arguments give the same outcome in any process."""
    operations = list(story)
    world = World(seed, features, faults)
    if with_lines:
        world.points.lines = []
    with world.opened():
        by_index = happen(world, operations)
        unsettled = settle(world, by_index)
        violations = [
            *world.watch.broken,
            *world.complaints.found,
            *unsettled,
            *judgement.judged(world),
            *bills.bills_agree(world),
            *archived.the_archive_is_whole(world),
            *world.secrets.told(),
        ]
        points = world.points
        for table in ("accounts", "orders", "cards", "journal"):
            points.note(repr(sorted(world.items(table), key=repr)))
    return Outcome(
        seed=seed,
        violations=violations,
        hits=points.hits,
        trace=points.trace_hash,
        answers=world.answers,
        faults=points.counts,
        streams=world.streams.counts,
        operations=len(operations),
        calls=points.calls,
        lines=points.lines or [],
    )


def happen(world: World, operations: Iterable[Operation]) -> dict[int, Operation]:
    """Let the story happen; its operations by index."""
    by_index = {operation.index: operation for operation in operations}
    for operation in by_index.values():
        _begin(Doing(world, by_index, operation), 1, to_ms(BEGIN) + 1_000 + operation.at_ms)
    last_ms = max((operation.at_ms for operation in by_index.values()), default=0)
    world.scheduler.run(to_ms(BEGIN) + 61_000 + last_ms)
    return by_index


def _begin(doing: Doing, number: int, at_ms: int) -> None:
    """One try; whoever gets no answer tries again with the same key, a few times."""
    world, operation = doing.world, doing.operation
    if operation.kind == "again":
        doing = _repeated(doing)
    name = f"op{operation.index}/{number}"
    world.writes.begin(name)
    world.scheduler.spawn(
        name, lambda: _do(doing), at_ms, lambda task: _ended(doing, operation, number, task)
    )


def _repeated(doing: Doing) -> Doing:
    """The earlier operation once more, with its own key."""
    earlier = doing.story.get(doing.operation.about)
    return Doing(doing.world, doing.story, earlier) if earlier else doing


def _do(doing: Doing) -> Any:
    if doing.operation.kind == "again":
        raise NothingToDo()
    return DEEDS[doing.operation.kind](doing)


def _ended(doing: Doing, operation: Operation, number: int, task: Task) -> None:
    world, error = doing.world, task.error
    world.complaints.raised(f"op{operation.index} {operation.kind}", error)
    code = error.code if isinstance(error, Refusal) else type(error).__name__ if error else "done"
    world.answers[f"{operation.kind} {code}"] += 1
    world.points.note(f"{task.name} {code}\n")
    written = world.writes.end(task.name)
    is_outside = isinstance(error, SecretRevealed)
    is_begun_before = is_outside and number > 1  # then an earlier try put aside what this one puts back
    if isinstance(error, Refusal) and not isinstance(error, Unavailable) and not is_begun_before:
        hits = {world.points.hits.get((task.name, call)) for call in range(1, task.calls + 1)}
        is_lost = not hits.isdisjoint((Fault.LOST_AFTER, Fault.LATE))
        left = "; ".join(left_behind(written, is_lost, is_outside))
        if left:
            told = f"op{operation.index} {operation.kind} was refused ({code}), and changed {left}"
            world.watch.broken.append(told)
    if not isinstance(error, Unavailable | Crash) or number >= TRIES_MAX:
        return
    bits = draw(task.base, 0)
    if bits % 100 >= GIVES_UP_PERCENT:
        _begin(
            Doing(world, doing.story, operation),
            number + 1,
            world.scheduler.now_ms + 200 + (bits >> 8) % 5_000,
        )
