"""The troubles: in which ways can one call to the outside fail, and what does its caller see?

    THROTTLED     one try is refused for its rate; nothing was done
    CONFLICT      one try meets another transaction on the same item; nothing was done
    LOST          one try is never answered; nothing was done
    LOST_AFTER    one try is never answered; it was done
    REFUSED       every try is refused until the caller gives up; nothing was done
    SILENT        every try is unanswered until the caller gives up; it was done
    CRASH         the caller dies before it
    CRASH_AFTER   the caller dies after it

A call to somebody outside is made once: it can be LOST, LOST_AFTER, or its caller die.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from tests.simulation import faults
from tests.simulation.faults import CONFLICTING, READS, NoFaults
from tests.simulation.points import Answer, Apply, Points
from tests.simulation.scheduler import Crash, Scheduler


class Trouble(StrEnum):
    """One way in which one call fails."""

    THROTTLED = "throttled"
    CONFLICT = "conflict"
    LOST = "lost"
    LOST_AFTER = "lost_after"
    REFUSED = "refused"
    SILENT = "silent"
    CRASH = "crash"
    CRASH_AFTER = "crash_after"


_OUTSIDE = (Trouble.LOST, Trouble.LOST_AFTER, Trouble.CRASH, Trouble.CRASH_AFTER)
_READ = (Trouble.THROTTLED, Trouble.LOST, Trouble.REFUSED, Trouble.CRASH, Trouble.CRASH_AFTER)
_WRITE = (*_READ, Trouble.LOST_AFTER, Trouble.SILENT)
_DEADLY = (Trouble.CRASH, Trouble.CRASH_AFTER)
_DONE = (Trouble.LOST_AFTER, Trouble.SILENT, Trouble.CRASH_AFTER)
HEALING = (Trouble.THROTTLED, Trouble.CONFLICT, Trouble.LOST)  # where the store tries again, all is as before
TRIES_MAX = 3  # of the store's own, here: two may fail, and the third tells

Schedule = Mapping[int, Trouble]  # which trouble meets which call, counted from 1 over a whole run


def possible(call: str) -> tuple[Trouble, ...]:
    """What can happen to a call of this name."""
    if "." in call:
        return _OUTSIDE
    if call in READS:
        return _READ
    return (*_WRITE, Trouble.CONFLICT) if call in CONFLICTING else _WRITE


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was made: its number in the run, and its name."""

    number: int
    name: str


class TroubledPoints(Points):
    """Points at which nobody waits, and exactly the calls of `schedule` meet their trouble."""

    def __init__(self, scheduler: Scheduler, apply: Apply) -> None:
        super().__init__(scheduler, NoFaults(), apply, apply)
        self.schedule: Schedule = {}
        self.made: list[Call] = []
        self.is_listening = False
        self.meanwhile: tuple[int, Callable[[], None]] | None = None  # what somebody does before which call
        self._is_dead = False
        self._given_up: tuple[str, Mapping[str, Any], Trouble] | None = None

    def begin(self) -> None:
        """A new process: what the last one met is over."""
        self.made = []
        self._is_dead, self._given_up = False, None

    def store(self, call: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not self.is_listening:
            return self.apply(call, arguments)
        if self._given_up is not None and self._given_up[:2] == (call, arguments):
            raise _seen(self._given_up[2], call, arguments)
        trouble = self._met(call)
        if trouble is None:
            return self.apply(call, arguments)
        if trouble in _DONE:
            faults_quietly(lambda: self.apply(call, arguments))
        if trouble in _DEADLY:
            self._die()
        if trouble in (Trouble.REFUSED, Trouble.SILENT):
            self._given_up = (call, arguments, trouble)
        raise _seen(trouble, call, arguments)

    def ask(self, call: str, perform: Callable[[], Answer], unanswered: Callable[[], Answer]) -> Answer:
        if not self.is_listening:
            return perform()
        trouble = self._met(call)
        if trouble is None:
            return perform()
        if trouble in _DONE:
            faults_quietly(perform)
        if trouble in _DEADLY:
            self._die()
        return unanswered()

    def _met(self, call: str) -> Trouble | None:
        """Count the call; what happens to it. Raises: Crash, where the caller is dead already."""
        if self._is_dead:
            self._die()
        self.calls += 1
        self.made.append(Call(self.calls, call))
        if self.meanwhile is not None and self.meanwhile[0] == self.calls:
            self._others_act(self.meanwhile[1])
        if self.lines is not None:
            self.lines.append(f"{self.calls} {call} {self.schedule.get(self.calls, '')}")
        return self.schedule.get(self.calls)

    def _others_act(self, act: Callable[[], None]) -> None:
        """Somebody else does something to its end, before this call reaches anybody."""
        self.is_listening = False
        try:
            act()
        finally:
            self.is_listening = True

    def _die(self) -> NoReturn:
        self._is_dead = True
        raise Crash("a process")


def faults_quietly(perform: Callable[[], Any]) -> None:
    """Do it; nobody hears how it ended."""
    try:
        perform()
    except Exception:  # noqa: BLE001 - its answer is lost, whatever it was
        return


def _seen(trouble: Trouble, call: str, arguments: Mapping[str, Any]) -> Exception:
    """What botocore raises for it."""
    if trouble is Trouble.THROTTLED:
        return faults.refused(call, 0)
    if trouble is Trouble.REFUSED:
        return faults.refused(call, 1)
    if trouble is Trouble.CONFLICT:
        return faults.conflict(call, arguments, 0)
    return faults.lost()
