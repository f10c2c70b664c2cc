"""Random requests: does the API keep its description, whatever it is sent and whoever sends it?

    make schemathesis REQUESTS=50000 SEED=7

schemathesis makes requests from the description, right and wrong ones; half of them get the ids of
things that are there. Whoever may call a route makes the call that must succeed first. Exit code 1:
an answer that is not described, a failure of ours, a route that never says yes, or too many refusals.
"""

import argparse
import itertools
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from chalicelib import bootstrap
from chalicelib.handlers.api.every import DECLARED
from chalicelib.handlers.openapi import document
from chalicelib.handlers.route import Route
from local.testing import Engine
from tests.fakes.ulids import ulid_of_number
from tests.handlers.api_client import Reply
from tests.handlers.everybody import NEVER, Everybody, captured
from tests.handlers.market import Attempt, Trader
from tests.handlers.test_accesses import address_of, query_of

HERE = "http://127.0.0.1"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DONE_PERCENT_MIN = 20
SEEDS = 1_000_000
TOLD_EVERY = 2_500
A_TURN = 25  # random requests of a pair, then it is the next one's turn
# What they do to their own account: somebody new does it.
TO_ONESELF = (
    "end_session",
    "end_other_sessions",
    "choose_password",
    "correct_phone",
    "close_my_account",
    "keep_my_account",
    "give_up_place",
)
UNSETTLED = settings(
    database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


class Pair(NamedTuple):
    """A route, and somebody who may call it; "" is anybody."""

    route: Route
    role: str


PAIRS = [Pair(route, role) for route in DECLARED for role in (route.roles or ("",))]
DOABLE = [pair for pair in PAIRS if (pair.route.name, pair.role) not in NEVER]


@dataclass
class Heard:
    """What came of all requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    done: set[tuple[str, str]] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)  # one example of each

    @property
    def requests(self) -> int:
        return self.statuses.total()

    @property
    def done_percent(self) -> float:
        done = sum(count for status, count in self.statuses.items() if status < 400)
        return 100 * done / max(1, self.requests)

    @property
    def never_done(self) -> list[str]:
        return [
            f"{pair.route.name} {pair.role}"
            for pair in DOABLE
            if (pair.route.name, pair.role) not in self.done
        ]

    @property
    def missed(self) -> list[str]:
        """Every promise that was not kept; none when all were."""
        failed = sum(count for status, count in self.statuses.items() if status >= 500)
        few = self.done_percent < DONE_PERCENT_MIN
        return [
            *(f"{fault}\n    {example}" for fault, example in self.faults.items()),
            *(f"never done: {pair}" for pair in self.never_done),
            *([f"{failed} failures of ours"] if failed else []),
            *([f"{self.done_percent:.1f} % done, of {DONE_PERCENT_MIN} % at least"] if few else []),
        ]

    @property
    def summary(self) -> str:
        statuses = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        done = f"{len(DOABLE) - len(self.never_done)} of {len(DOABLE)} operations × roles"
        return (
            f"{self.requests} requests, {self.done_percent:.1f} % done, {done} done at least once, "
            f"{len(self.faults)} kinds of faults ({statuses})"
        )


@dataclass
class Caller:
    """Makes requests as everybody, and compares each answer with the description."""

    everybody: Everybody
    seed: int
    heard: Heard = field(default_factory=Heard)
    operations: dict[str, APIOperation] = field(default_factory=lambda: dict(_operations()))
    newcomers: dict[str, Trader] = field(default_factory=dict)

    def everything(self, count: int) -> Heard:
        """Each pair's own call, then random requests, each pair alike and by turns, so many in all."""
        for pair in PAIRS:
            self.own(pair)
        turns = itertools.count()
        while self.heard.requests < count:
            turn, left = next(turns), -(-(count - self.heard.requests) // len(PAIRS))
            for pair in PAIRS:
                began = self.heard.requests
                self.random(pair, min(left, A_TURN), f"{self.seed} {turn} {pair.route.name} {pair.role}")
                if self.heard.requests // TOLD_EVERY > began // TOLD_EVERY:
                    print(self.heard.summary, flush=True)
        return self.heard

    def own(self, pair: Pair) -> None:
        """The call that must be done."""
        attempt = self._own_attempt(pair)
        operation = self.operations[pair.route.name]
        request = requests.Request(pair.route.method, HERE + attempt.path, json=attempt.body).prepare()
        case = operation.Case(path_parameters=captured(pair.route, attempt.path))
        self.note(pair, case, request, self.everybody.make(attempt))

    def random(self, pair: Pair, count: int, seed_text: str) -> None:
        """Requests made from the description, as many as asked for."""
        operation = self.operations[pair.route.name]
        positive = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        negative = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        @seed(seed_text)
        @settings(UNSETTLED, max_examples=count)
        @given(
            case=positive if not _may_be_wrong(pair.route) else positive | negative, turn=st.integers(0, 7)
        )
        def tried(case: Case, turn: int) -> None:
            self.send(pair, case, turn)

        tried()

    def send(self, pair: Pair, case: Case, turn: int) -> None:
        """`turn` says how much of the request is made right: the ids, the query, the key."""
        things = self.everybody.things.ids
        if turn >= 4 and pair.route.path:
            case.path_parameters = captured(pair.route, address_of(pair.route, things))
        if turn >= 6 and pair.route.query:
            case.query = dict(parse_qsl(query_of(pair.route, things)))
        arguments = case.as_transport_kwargs(base_url=HERE)
        request = requests.Request(
            **{name: arguments.get(name) for name in ("method", "url", "headers", "params", "json", "data")}
        ).prepare()
        headers = {str(name): _text(told) for name, told in request.headers.items()}
        if turn and pair.route.keyed:
            headers["Idempotency-Key"] = ulid_of_number(bootstrap.now(), next(self.everybody.calls))
        if pair.role:
            headers["Authorization"] = f"Bearer {self._who(pair).token}"
        body = request.body.encode() if isinstance(request.body, str) else request.body
        answer = self.everybody.api.call(
            str(request.method), request.path_url, raw=body or b"", headers=headers
        )
        self.note(pair, case, request, answer)

    def note(self, pair: Pair, case: Case, request: requests.PreparedRequest, answer: Reply) -> None:
        self.heard.statuses[answer.status] += 1
        if answer.status < 400:
            self.heard.done.add((pair.route.name, pair.role))
        headers = {name.lower(): [told] for name, told in answer.headers.items()}
        response = Response(answer.status, headers, answer.text.encode(), request, 0.0, False)
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            asked = f"{request.method} {request.path_url} {_text(request.body or b'')[:300]}"
            for failure in group.exceptions:
                fault = f"{pair.route.name}: {answer.status} {failure.title}"
                if fault not in self.heard.faults:
                    print(fault, flush=True)
                self.heard.faults.setdefault(fault, f"{asked} → {answer.text[:300]}")

    def _own_attempt(self, pair: Pair) -> Attempt:
        if pair.role:
            return self.everybody.own(pair.route, pair.role)
        return self.everybody.anybodys(pair.route)

    def _who(self, pair: Pair) -> Trader:
        if pair.route.name not in TO_ONESELF:
            return self.everybody.of(pair.role).trader
        key = f"{pair.route.name} {pair.role}"
        if key not in self.newcomers:
            self.newcomers[key] = self.everybody.newly(pair.role)
        return self.newcomers[key]


def _operations() -> Iterator[tuple[str, APIOperation]]:
    for found in schemathesis.openapi.from_dict(document(DECLARED)).get_all_operations():
        operation = found.ok()
        yield operation.definition.raw["operationId"], operation


def _may_be_wrong(route: Route) -> bool:
    return bool(route.body or route.query or route.path or route.keyed)


def _text(told: Any) -> str:
    return told.decode("latin-1") if isinstance(told, bytes) else str(told)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.handlers.random_requests")
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(SEEDS))
    options = parser.parse_args(arguments)
    print(f"{options.requests} requests, seed {options.seed}", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="forecourt-") as directory,
        Engine.running() as engine,
        engine.environment_set(),
        Everybody.there(engine, Path(directory)) as everybody,
    ):
        heard = Caller(everybody, options.seed).everything(options.requests)
    print(*heard.missed, heard.summary, sep="\n")
    return 1 if heard.missed else 0


if __name__ == "__main__":
    sys.exit(main())
