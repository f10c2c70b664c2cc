"""The points: where does a task touch the outside, and what happens to it there?

Every call to the store, a counterparty, a queue or a bucket comes through here: it
pauses, so that others may run; it may be hit by a fault; and one line of it goes
into the trace, whose hash says whether two runs were the same run.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from tests.simulation import faults
from tests.simulation.faults import Fault, Faults, Place
from tests.simulation.scheduler import Scheduler, Task, draw

Answer = TypeVar("Answer")
Apply = Callable[[str, Mapping[str, Any]], dict[str, Any]]

TIMEOUT_US = 2_000_000  # the store's read timeout
LATE_MS_MAX = 8_000  # how long after its caller gave up a request may still take effect
_LATENCY, _DETAIL = 0x5151, 0x7A7A  # draws of their own: a fault does not change how long a call takes
_NOTHING: Mapping[str, Any] = {}


class Points:
    """Everything that tasks call passes here. `stale` answers a read from before a recent write."""

    def __init__(self, scheduler: Scheduler, decided_by: Faults, apply: Apply, stale: Apply) -> None:
        self.scheduler, self.faults = scheduler, decided_by
        self.apply, self.stale = apply, stale
        self.calls = 0
        self.hits: dict[Place, Fault] = {}
        self.counts: Counter[str] = Counter()
        self.lines: list[str] | None = None  # kept only where somebody wants to read them
        self._digest = hashlib.sha256()

    # the store

    def store(self, call: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """One call of DynamoDB's, as the shipped store makes it."""
        task = self.scheduler.current
        if task is None:
            return self.apply(call, arguments)
        fault = self._reached(task, call, arguments)
        if fault is None:
            return self.apply(call, arguments)
        bits = draw(task.base ^ _DETAIL, task.calls)
        match fault:
            case Fault.REFUSED:
                raise faults.refused(call, bits)
            case Fault.CONFLICT:
                raise faults.conflict(call, arguments, bits)
            case Fault.STALE:
                return self.stale(call, arguments)
            case Fault.PARTIAL:
                return self._in_part(call, arguments, bits)
        self._vanishes(task, fault, lambda: self.apply(call, arguments), bits)
        raise faults.lost()

    # somebody outside

    def ask(self, call: str, perform: Callable[[], Answer], unanswered: Callable[[], Answer]) -> Answer:
        """One call to a counterparty, queue or bucket; `unanswered` is what its gateway makes of silence."""
        task = self.scheduler.current
        if task is None:
            return perform()
        fault = self._reached(task, call, _NOTHING)
        if fault is None:
            return perform()
        if fault is not Fault.REFUSED:
            self._vanishes(task, fault, perform, draw(task.base ^ _DETAIL, task.calls))
        return unanswered()

    # what both share

    def note(self, line: str) -> None:
        """A line of the trace."""
        self._digest.update(line.encode())
        if self.lines is not None:
            self.lines.append(line)

    @property
    def trace_hash(self) -> str:
        return self._digest.hexdigest()

    def _reached(self, task: Task, call: str, arguments: Mapping[str, Any]) -> Fault | None:
        if task.crashed:
            self.scheduler.crash(task)
        task.calls += 1
        number = task.calls
        self.calls += 1
        self.scheduler.pause_us(_latency_us(draw(task.base ^ _LATENCY, number)))
        fault = self.faults.decide(task, number, call, arguments)
        self.note(f"{self.scheduler.now_us} {task.name} {number} {call} {fault or ''}\n")
        if fault is not None:
            self.hits[task.name, number] = fault
            self.counts[fault] += 1
        return fault

    def _vanishes(self, task: Task, fault: Fault, perform: Callable[[], Any], bits: int) -> None:
        """Nobody will hear the answer: it was done, or is done later, or not. Raises: Crash."""
        if fault in (Fault.LOST_AFTER, Fault.CRASH_AFTER):
            _quietly(perform)
        if fault in (Fault.CRASH, Fault.CRASH_AFTER):
            self.scheduler.crash(task)
        if fault is Fault.LATE:
            moment = self.scheduler.now_ms + TIMEOUT_US // 1000 + bits % LATE_MS_MAX
            self.scheduler.at(moment, f"late/{task.name}/{task.calls}", lambda: _quietly(perform))
        self.scheduler.pause_us(TIMEOUT_US)

    def _in_part(self, call: str, arguments: Mapping[str, Any], bits: int) -> dict[str, Any]:
        """Do the first of a batch, and give the rest back as DynamoDB does."""
        ((table, asked),) = arguments["RequestItems"].items()
        if call == "BatchWriteItem":
            kept = bits % len(asked)
            if kept:
                self.apply(call, {**arguments, "RequestItems": {table: asked[:kept]}})
            return {"UnprocessedItems": {table: asked[kept:]}}
        keys = asked["Keys"]
        kept = bits % len(keys)
        unread = {"UnprocessedKeys": {table: {**asked, "Keys": keys[kept:]}}}
        if not kept:
            return {"Responses": {}, **unread}
        answer = self.apply(call, {**arguments, "RequestItems": {table: {**asked, "Keys": keys[:kept]}}})
        return {**answer, **unread}


def _latency_us(bits: int) -> int:
    """Mostly some milliseconds; one call in sixteen takes up to half a second."""
    if bits & 15:
        return 500 + (bits >> 8) % 12_000
    return 500 + (bits >> 8) % 500_000


def _quietly(perform: Callable[[], Any]) -> None:
    """Nobody hears how it ended."""
    with suppress(Exception):
        perform()
