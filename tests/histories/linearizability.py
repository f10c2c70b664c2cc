"""Linearizability: is there one order of the calls in which the clerk gives every answer that was given?

Wing and Gong's search with a memory of what was tried (Lowe): a call may come next
if no other one that is still open was answered before it was asked. Calls without
an answer may come late or never. Calls that change nothing in a state in which
their answer is right are taken at once: the model promises that they would change
nothing later either, so taking them early forbids nothing.

`rank` says which of two calls to try first, and nothing else: a wrong rank costs
time. When the search is at its end without an order, there is none.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.histories.history import NEVER_NS, Call

State = Any
Outcomes = Callable[[State, Call], Iterable[tuple[Any, State]]]
TRIED_MAX = 200_000


class Undecided(Exception):
    """The search was given up: no order was found, and none was excluded."""


@dataclass
class Search:
    """One search for an order of these calls."""

    calls: Sequence[Call]
    outcomes: Outcomes
    rank: Callable[[Call], Any] = lambda call: call.ends_ns
    tried_max: int = TRIED_MAX
    tried: set[tuple[int, Any]] = field(default_factory=set)
    longest: list[Call] = field(default_factory=list)  # the most known calls that were explained

    def order(self, start: State) -> list[Call] | None:
        """Calls in an order that explains every answer, or None. Raises: Undecided."""
        self._by_rank = sorted(range(len(self.calls)), key=lambda i: self.rank(self.calls[i]))
        self._known = sum(1 << i for i, call in enumerate(self.calls) if call.is_known)
        self._by_end = sorted(range(len(self.calls)), key=lambda i: self.calls[i].ends_ns)
        taken: list[int] = []
        # Each level: how many calls were taken before it, and the ways that are left to try.
        levels = [(0, self._ways(0, start, taken))]
        while levels:
            length, ways = levels[-1]
            del taken[length:]
            found = next(ways, None)
            if found is None:
                levels.pop()
                continue
            done, state = found
            if done & self._known == self._known:
                return [self.calls[i] for i in taken]
            levels.append((len(taken), self._ways(done, state, taken)))
        return None

    def _ways(self, done: int, state: State, taken: list[int]) -> Iterator[tuple[int, State]]:
        """Every state that one more changing call leads to, after all that change nothing were taken."""
        length = len(taken)
        done = self._settled(done, state, taken)
        self._note(taken)
        if done & self._known == self._known:
            yield done, state
            return
        mark = (done, _frozen(state))
        if mark in self.tried:
            return
        self.tried.add(mark)
        if len(self.tried) > self.tried_max:
            raise Undecided(f"{len(self.tried)} places were tried")
        settled = taken[length:]
        for i, after in self._changes(done, state):
            taken[length:] = [*settled, i]
            yield done | 1 << i, after

    def _settled(self, done: int, state: State, taken: list[int]) -> int:
        """Take every call that may come now, changes nothing, and was answered so."""
        progressed = True
        while progressed:
            progressed = False
            for i in self._next(done):
                call = self.calls[i]
                if call.is_known and any(
                    after is state and answer == call.answer for answer, after in self.outcomes(state, call)
                ):
                    done |= 1 << i
                    taken.append(i)
                    progressed = True
        return done

    def _changes(self, done: int, state: State) -> Iterator[tuple[int, State]]:
        for i in self._next(done):
            call = self.calls[i]
            for answer, after in self.outcomes(state, call):
                if after is not state and call.answer in (None, answer):
                    yield i, after

    def _next(self, done: int) -> list[int]:
        """The calls that may come next, those of the best rank first."""
        first_end_ns = next((self.calls[i].ends_ns for i in self._by_end if not done >> i & 1), NEVER_NS)
        return [i for i in self._by_rank if not done >> i & 1 and self.calls[i].asked_ns <= first_end_ns]

    def _note(self, taken: list[int]) -> None:
        if len(taken) > len(self.longest):
            self.longest = [self.calls[i] for i in taken]


def _frozen(state: State) -> Any:
    return frozenset(state.items()) if isinstance(state, dict) else state
