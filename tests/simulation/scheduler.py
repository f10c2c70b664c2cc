"""The scheduler: which of many tasks runs next, and what time is it then?

A task is a greenlet that pauses at every call to the outside. How long each pause
takes is drawn from the seed, the task's name and the number of its call, and from
nothing else: so a story with one operation less leaves the others as they were.
The clock stands still while a task computes, and jumps to the next one that wakes.

A task that crashed goes on to nothing: whatever it still calls crashes again, so
that its `finally` blocks do no more than those of a process that was killed.
"""

import hashlib
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from greenlet import greenlet

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


def base_of(seed: int, name: str) -> int:
    """Where the draws of a name begin: 64 bits, the same in every process."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest())


def draw(base: int, number: int) -> int:
    """The 64 bits of this number (splitmix64)."""
    bits = (base + number * _STEP) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return bits ^ (bits >> 31)


class Crash(BaseException):
    """The process is gone. Nobody catches it, and nothing that is cleaned up after it reaches anybody."""


@dataclass(eq=False)
class Task:
    """One thing that is being done. `calls` counts its calls to the outside, `chances` its draws."""

    name: str
    base: int
    work: Callable[[], Any]
    ended: Callable[["Task"], None]
    calls: int = 0
    chances: int = 0
    crashed: bool = False
    answer: Any = None
    error: BaseException | None = None
    thread: Any = field(default=None, repr=False)

    def chance(self) -> int:
        """64 bits for the product's own use of chance in this task."""
        self.chances += 1
        return draw(self.base ^ _MASK, self.chances)


class Scheduler:
    """Tasks and events in the order of their times; equal times in an order of the seed."""

    def __init__(self, seed: int, start_ms: int) -> None:
        self.seed, self.now_us, self.until_us = seed, start_ms * 1000, 0
        self.current: Task | None = None
        self.alive: dict[str, Task] = {}
        self._waiting: list[tuple[int, int, int, Task | Callable[[], None]]] = []
        self._count = 0

    @property
    def now_ms(self) -> int:
        return self.now_us // 1000

    @property
    def next_ms(self) -> int | None:
        """When something happens next, if anything does."""
        return self._waiting[0][0] // 1000 if self._waiting else None

    def spawn(
        self,
        name: str,
        work: Callable[[], Any],
        at_ms: int,
        ended: Callable[[Task], None] = lambda task: None,
    ) -> Task:
        """Do something at a time; `ended` is told when it is done or dead."""
        task = Task(name, base_of(self.seed, name), work, ended)
        self.alive[name] = task
        self._put(at_ms * 1000, task.base, task)
        return task

    def at(self, moment_ms: int, name: str, event: Callable[[], None]) -> None:
        """Let something happen at a time, all at once; it must not pause."""
        self._put(moment_ms * 1000, base_of(self.seed, name), event)

    def pause_us(self, microseconds: int) -> None:
        """Let others run for so long. Where no task runs, nobody waits."""
        task = self.current
        if task is None:
            return
        wake_us = self.now_us + microseconds
        if wake_us <= self.until_us and (not self._waiting or self._waiting[0][0] > wake_us):
            self.now_us = wake_us  # nobody else would run meanwhile
            return
        self._put(wake_us, task.base, task)
        self.current = None
        task.thread.parent.switch()

    def crash(self, task: Task) -> None:
        """End a task here. Raises: Crash."""
        task.crashed = True
        raise Crash(task.name)

    def run(self, until_ms: int) -> None:
        """Let everything happen that happens up to this time, which it then is."""
        self.until_us = until_ms * 1000
        while self._waiting and self._waiting[0][0] <= self.until_us:
            at_us, _, _, what = heapq.heappop(self._waiting)
            self.now_us = max(self.now_us, at_us)
            if isinstance(what, Task):
                self._resume(what)
            else:
                what()
        self.now_us = max(self.now_us, self.until_us)

    def _resume(self, task: Task) -> None:
        self.current = task
        if task.thread is None:
            task.thread = greenlet(self._body)
            task.thread.switch(task)
        else:
            task.thread.switch()
        self.current = None

    def _body(self, task: Task) -> None:
        try:
            task.answer = task.work()
        except BaseException as error:  # noqa: BLE001 - told to whoever asked for the task
            task.error = error
        self.current = None
        del self.alive[task.name]
        task.ended(task)

    def _put(self, at_us: int, order: int, what: Task | Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._waiting, (at_us, order, self._count, what))
