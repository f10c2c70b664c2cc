"""The day: what everybody who trades shares, and what did not go as it should?"""

import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.demo.cast import Cast
from bench.demo.client import Client, GaveUp, Person
from bench.demo.intents import Answer
from bench.demo.outside import Outside
from local.people import Authenticator, Phones, secret_of

CLIENTS = 8
SETTLED_SECONDS = 120

Story = Callable[[], None]


class Unexpected(Exception):
    """A story cannot go on: the system answered otherwise than it should. It is in the report."""


def authenticator_of(person: Person) -> str:
    """Under which name its secret is kept."""
    return f"{person.name}: authenticator"


@dataclass
class Day:
    """One day of trade. Stories run at the same time; what surprises them is told at the end."""

    client: Client
    outside: Outside
    cast: Cast
    seed: int
    phones: Phones
    surprises: list[str] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)  # as they were meant to come, by code
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def chance(self, name: str) -> random.Random:
        """The chance of one story: the same on every run of the same day."""
        return random.Random(f"{self.seed} {name}")  # noqa: S311  a story needs no secret

    def code_of(self, name: str, phone: str, spent: str = "") -> str:
        """A code for a phone; none is asked for where the command has its answer already."""
        is_answered = name in self.client.intents.answers
        return "" if is_answered else self.client.code_of(phone, self.phones, spent)

    def secured(self, person: Person) -> None:
        """An authenticator for somebody new; its secret is kept before it is in force. Raises: Unexpected."""
        intents, mark = self.client.intents, authenticator_of(person)
        if mark not in intents.answers:
            offer = self.client.told(person, "/v1/me/second-factor", {"password": person.password})
            if not offer.is_done:
                raise Unexpected(f"{mark}: {offer.code}")
            intents.answered(mark, Answer(201, {"secret": secret_of(offer.body["uri"])}))
        authenticator = self.remembered(person)
        assert authenticator is not None
        on = self.client.told(person, "/v1/me/second-factor/confirmation", {"code": authenticator.digits()})
        if not on.is_done and on.code != "SECOND_FACTOR_NOT_OFFERED":  # it is on, and its answer was lost
            raise Unexpected(f"{mark}: {on.code}")

    def remembered(self, person: Person) -> Authenticator | None:
        """The person has the authenticator of a day that was cut off, whether or not it is in force."""
        kept = self.client.intents.answers.get(authenticator_of(person))
        if kept is not None and person.authenticator is None:
            person.authenticator = Authenticator(str(kept.body["secret"]))
        return person.authenticator

    def surprise(self, text: str) -> None:
        with self._lock:
            self.surprises.append(text)

    def done(
        self,
        name: str,
        person: Person | None,
        path: str,
        body: Mapping[str, Any] | None = None,
        method: str = "POST",
    ) -> Any:
        """The answer's body of a command that must succeed. Raises: Unexpected, GaveUp."""
        answer = self.client.write(name, person, path, body, method)
        if not answer.is_done:
            raise Unexpected(f"{name}: {answer.code} instead of success")
        return answer.body

    def refused(
        self,
        name: str,
        person: Person | None,
        path: str,
        body: Mapping[str, Any] | None,
        *codes: str,
        method: str = "POST",
        confirmed: bool = False,
    ) -> None:
        """A command that must be refused, with one of these codes."""
        self.met(name, self.client.write(name, person, path, body, method, confirmed), *codes)

    def met(self, name: str, answer: Answer, *codes: str) -> None:
        """An answer that must be one of these refusals ("" is success)."""
        if answer.code not in codes:
            self.surprise(f"{name}: {answer.code or 'success'} instead of {' or '.join(codes)}")
        elif answer.code:
            with self._lock:
                self.refusals[answer.code] = self.refusals.get(answer.code, 0) + 1

    def replay(self, name: str, person: Person, altered: Mapping[str, Any] | None = None) -> None:
        """Send an answered command again: the same answer; an altered body under its key: refused."""
        intent, first = self.client.intents.wishes[name], self.client.intents.answers[name]
        again = self.client.sent(intent, person)
        if again.status != first.status or _name_in(again) != _name_in(first):
            self.surprise(
                f"{name}: sent again, it was answered {again.status} {again.code} otherwise than before"
            )
        if altered is not None:
            answer = self.client.sent(intent, person, {**(intent.body or {}), **altered})
            self.met(f"{name}, altered", answer, "IDEMPOTENCY_KEY_REUSED")

    def scripted(self, name: str, **script: Any) -> None:
        """Tell a third party how to behave, once in the life of this day."""
        mark = f"{name}: {script['party']} is told how to behave"
        if mark not in self.client.intents.answers:
            self.outside.script(**script)
            self.client.intents.answered(mark, Answer(200, {}))

    def until(self, what: str, look: Callable[[], Any], seconds: float = SETTLED_SECONDS) -> Any:
        """What `look` finds once it finds something. Raises: Unexpected."""
        deadline = time.monotonic() + seconds
        pause_seconds = 0.1
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise Unexpected(f"{what}: not within {seconds:.0f} seconds")
            time.sleep(pause_seconds)
            pause_seconds = min(1.0, pause_seconds * 1.5)

    def together(self, calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
        """The answers of calls that are made at the same moment."""
        with ThreadPoolExecutor(len(calls)) as pool:
            return [future.result() for future in [pool.submit(call) for call in calls]]

    def play(self, stories: Iterable[tuple[str, Story]], at_end: Callable[[str], None]) -> None:
        """Run the stories, a few at a time; one that goes wrong leaves the others alone."""

        def run(name: str, story: Story) -> None:
            try:
                story()
            except (Unexpected, GaveUp) as wrong:
                self.surprise(f"{name}: {wrong}")
            except Exception as wrong:
                self.surprise(f"{name}: {type(wrong).__name__} {wrong}")
            at_end(name)

        with ThreadPoolExecutor(CLIENTS) as pool:
            for future in [pool.submit(run, name, story) for name, story in stories]:
                future.result()


def _name_in(answer: Answer) -> Any:
    """What an answer is about: the first id in it."""
    body: Any = answer.body.get("order", answer.body.get("batch", answer.body))
    return next((value for name, value in sorted(body.items()) if name.endswith("_id")), None)
