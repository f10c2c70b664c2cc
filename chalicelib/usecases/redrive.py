"""Redrive: what did the functions give up, and does it go through now?

First the documents of the streams, in the order in which they were laid down and in
each item's own order; then the dead-letter queues. A record goes to the very function
that gave it up, which looks at the truth and not at the record: a newer change of the
same item does no harm. What is done is marked and never handed over again; what fails
once more stays, with its new error, and holds back the later changes of its item.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.given_up import (
    GivenUp,
    Item,
    Letter,
    Message,
    Note,
    in_order,
    letter_from,
    message_key,
    moment_of,
    note_from,
)
from chalicelib.domain.record import Plain
from chalicelib.usecases.hand_over import OVERTAKEN, HandOver
from chalicelib.usecases.operator_run import AuditRun, OperatorRun
from chalicelib.usecases.ports import DeadLetters, Functions, Letters

SLICE = 200  # records: some calls, each of which may take half a minute at worst
SHOWN_MAX = 100  # rows of an answer; the counts are of all
ACTION = "REDRIVE"
QUEUES = "queues"  # the cursor behind the last document


@dataclass
class Redriven:
    """What one run saw and did. `cursor` is set while there is more to do."""

    waiting: Counter[str] = field(default_factory=Counter)  # by function, before the run
    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    shown: list[GivenUp] = field(default_factory=list)  # waiting ones, or with a new error
    unreadable: list[str] = field(default_factory=list)
    cursor: str = ""

    def show(self, rows: Iterable[GivenUp]) -> None:
        self.shown += list(rows)[: SHOWN_MAX - len(self.shown)]


@dataclass(frozen=True)
class Redrive:
    """`retell(function, records)`: lets the function see the items of older records as they are now.

    `dead_letters`: the dead-letter queue of each worker, by its function.
    """

    letters: Letters
    dead_letters: Mapping[str, DeadLetters]
    functions: Functions
    retell: Callable[[str, Sequence[GivenUp]], None]
    audit: AuditRun
    now: Callable[[], datetime]

    def __call__(
        self,
        run: OperatorRun,
        is_over: Callable[[], bool],
        functions: Collection[str] = (),
        cursor: str = "",
    ) -> Redriven:
        """List what waits (a dry run), or hand it over, until all was looked at or the time is over.

        `functions`: only what these gave up; none: all. Raises: Unavailable.
        """
        redriven = Redriven()
        names: list[Plain] = [*sorted(functions)]
        self.audit.begun(run, ACTION, {"functions": names, "from": cursor})
        wanted = frozenset(functions)
        if cursor != QUEUES:
            redriven.cursor = self._streams(run, redriven, wanted, cursor, is_over)
        if not redriven.cursor:
            redriven.cursor = self._queues(run, redriven, wanted, is_over)
        counts = {"done": sum(redriven.done.values()), "failed": sum(redriven.failed.values())}
        self.audit.ended(run, ACTION, {**counts, "to": redriven.cursor}, self.now())
        return redriven

    # streams

    def _streams(
        self,
        run: OperatorRun,
        redriven: Redriven,
        wanted: frozenset[str],
        cursor: str,
        is_over: Callable[[], bool],
    ) -> str:
        keys = sorted(self.letters.waiting(), key=lambda key: (moment_of(key), key))
        # What stays behind the cursor failed in the run before: later changes still wait for it.
        earlier = [key for key in keys if moment_of(key) <= cursor]
        held = {one.item for letter in self._read(earlier, Redriven()) for one in letter.waiting()}
        done_to = cursor
        for moment, group in groupby(keys[len(earlier) :], key=moment_of):
            if is_over():
                return done_to or "0"
            letters = [one for one in self._read(group, redriven) if not wanted or one.function in wanted]
            waiting = in_order(one for letter in letters for one in letter.waiting())
            redriven.waiting.update(one.function for one in waiting)
            if run.is_dry:
                redriven.show(waiting)
            elif not self._hand_over(run, letters, waiting, held, redriven, is_over):
                return done_to or "0"
            done_to = moment
        return ""

    def _read(self, keys: Iterable[str], redriven: Redriven) -> Iterator[Letter]:
        for key in keys:
            document = self.letters.get(key)
            try:
                yield letter_from(key, document or b"null", note_from(self.letters.noted(key)))
            except ValueError as wrong:
                redriven.unreadable.append(f"{key}: {wrong}")

    def _hand_over(
        self,
        run: OperatorRun,
        letters: Sequence[Letter],
        waiting: Sequence[GivenUp],
        held: set[Item],
        redriven: Redriven,
        is_over: Callable[[], bool],
    ) -> bool:
        """Hand these records over, and write beside their documents what came of it; whether all were."""
        outcomes: dict[tuple[str, str], str] = {}
        for number, rows in enumerate(_slices(waiting)):
            if number and is_over():
                break
            outcomes |= self._slice(rows, held, redriven)
        for letter in letters:
            self._write_down(run, letter, outcomes)
        return len(outcomes) == len(waiting)

    def _slice(
        self, rows: Sequence[GivenUp], held: set[Item], redriven: Redriven
    ) -> dict[tuple[str, str], str]:
        """What came of each record of one function, by function and place: its error, "" where it is done."""
        function = rows[0].function
        ready = [one for one in rows if one.item not in held]
        failed = HandOver(self.functions)(function, [one.event for one in ready])
        failed |= {one.place: OVERTAKEN for one in rows if one.item in held}
        self.retell(function, [one for one in ready if one.place not in failed])
        held |= {one.item for one in rows if one.place in failed}
        redriven.done[function] += len(rows) - len(failed)
        redriven.failed[function] += len(failed)
        redriven.show(replace(one, error=failed[one.place]) for one in rows if one.place in failed)
        return {(function, one.place): failed.get(one.place, "") for one in rows}

    def _write_down(self, run: OperatorRun, letter: Letter, outcomes: Mapping[tuple[str, str], str]) -> None:
        found = {one.place: outcomes.get((letter.function, one.place)) for one in letter.waiting()}
        done = [place for place, error in found.items() if error == ""]
        if len(done) == len(found):
            self.letters.settle(letter.key, _outcome(run))
            return
        failed = {place: error for place, error in found.items() if error}
        self.letters.note(letter.key, letter.noted(done, failed).document())

    # queues

    def _queues(
        self, run: OperatorRun, redriven: Redriven, wanted: frozenset[str], is_over: Callable[[], bool]
    ) -> str:
        for function, queue in self.dead_letters.items():
            if wanted and function not in wanted:
                continue
            if not self._queue(run, redriven, function, queue, is_over):
                return QUEUES
        return ""

    def _queue(
        self,
        run: OperatorRun,
        redriven: Redriven,
        function: str,
        queue: DeadLetters,
        is_over: Callable[[], bool],
    ) -> bool:
        """Whether every message of the queue was looked at; those that stay are visible again."""
        staying: dict[str, Message] = {}
        try:
            while received := [one for one in queue.receive() if one.message_id not in staying]:
                staying |= {message.message_id: message for message in received}
                done = self._messages(run, redriven, function, received, is_over)
                for message in done:
                    queue.remove(staying.pop(message.message_id))
                if is_over():
                    return False
            return True
        finally:
            for message in staying.values():
                queue.release(message)

    def _messages(
        self,
        run: OperatorRun,
        redriven: Redriven,
        function: str,
        messages: Iterable[Message],
        is_over: Callable[[], bool],
    ) -> list[Message]:
        """Those that are done; as many were handed over as there was time for."""
        done = []
        for message in messages:
            if is_over():
                break
            if self._message(run, redriven, function, message):
                done.append(message)
        return done

    def _message(self, run: OperatorRun, redriven: Redriven, function: str, message: Message) -> bool:
        """Whether a message is done, and kept beside the documents: it can leave its queue."""
        key = message_key(function, message.message_id)
        waiting = message.given_up(function, note_from(self.letters.noted(key)))
        redriven.waiting[function] += 1
        if run.is_dry:
            redriven.show([waiting])
            return False
        error = self.functions.call(function, {"Records": [message.event]}).failed([message.message_id])
        if error:
            redriven.failed[function] += 1
            redriven.show([replace(waiting, error=error[message.message_id])])
            self.letters.note(key, Note(errors=error).document())
            return False
        redriven.done[function] += 1
        self.letters.settle(key, _outcome(run, message.event))
        return True


def _slices(waiting: Sequence[GivenUp]) -> Iterator[list[GivenUp]]:
    """Records of one function each, in order, as many as are handed over between two looks at the clock."""
    for _, group in groupby(waiting, key=lambda one: one.function):
        rows = list(group)
        yield from (rows[start : start + SLICE] for start in range(0, len(rows), SLICE))


def _outcome(run: OperatorRun, event: Any = None) -> bytes:
    """What is written beside what is done; of a message, which leaves its queue, the whole of it."""
    outcome = {"run": run.key, "by": run.by, "at": to_ms(run.at)}
    return json.dumps(outcome | ({"message": event} if event else {})).encode()
