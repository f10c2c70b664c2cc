"""The jobs: what is each function given, and which calls does it make?

A small world on the engine gives the events: P as the HTTP function gets it from API
Gateway, and the records that one P leaves in each stream. Each function then handles
its event once uncounted, so that its `.pyc` is written, its answers are kept and its
calls are noted; the counted runs need no engine.
"""

import itertools
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.counts.stand import Size, Stand
from bench.icount import canned, valgrind
from bench.icount.canned import Canned
from chalicelib import bootstrap
from chalicelib.domain import people_items
from chalicelib.domain.ids import customer_id_of
from chalicelib.domain.person import SERVICE_NOTICE, Claims, Person, Role, masked_phone
from chalicelib.domain.session import new_session
from chalicelib.usecases.ports import Actor
from local.pump import StreamPump
from local.testing import Engine, World
from tests.e2e.shop import VIRTUAL
from tests.e2e.tree import AGREEMENT
from tests.fakes.ulids import Ulids

PROGRAM = ["-m", "bench.icount.program"]
HTTP = "app.app"
STREAMS = (
    "pay_commission",
    "watch_orders",
    "project_journal",
    "project_accounts",
    "project_cards",
    "archive_journal",
    "archive_edges",
)
FUNCTIONS = (HTTP, *STREAMS)
PHONE, AGENT = "+8613800138000", "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36"
TRIES_MAX = 3  # valgrind is fifty times as slow as what it counts, and the SDK waits two seconds
P_MAX = 20  # so many different orders are made ready

Event = Mapping[str, Any]


@dataclass
class Job:
    """A function, its events, the calls it made for each, and a file that the counted program reads."""

    function: str
    events: list[Event]
    calls: list[list[Any]]
    canned: Canned
    environment: Mapping[str, str]
    folder: Path

    def learn(self) -> None:
        """Handle the first two events on the engine, and keep what was called and answered."""
        notes = self.folder / f"{self.function}.calls"
        self.canned.begin(learns=True)
        self._run(valgrind.run_plainly, "ours", self.events[:2], note=str(notes))
        self.calls = json.loads(notes.read_text())

    def ours(self, events: int) -> int:
        """Instructions of our function with so many events."""
        return self._counted("ours", events)

    def bare(self, events: int, behind_chalice: bool = False) -> int:
        """Instructions of the same calls by boto3 alone."""
        return self._counted("bare_behind_chalice" if behind_chalice else "bare", events)

    def _counted(self, what: str, events: int) -> int:
        expected = len(self.calls[0]) + (events - 1) * len(self.calls[-1])
        for _ in range(TRIES_MAX):
            self.canned.begin()
            count = int(self._run(valgrind.instructions, what, self.events[:events]))
            if sum(self.canned.asked.values()) == expected:
                return count
        raise valgrind.ProgramFailed(
            f"{self.function} asked again: the machine is too busy to answer in time"
        )

    def _run(self, run: Any, what: str, events: list[Event], note: str = "") -> Any:
        # What a process asks only once is in its first calls.
        again = itertools.repeat(self.calls[-1] if self.calls else [])
        calls = [*self.calls[:1], *itertools.islice(again, len(events) - 1)]
        asked = {"what": what, "function": self.function, "events": events, "calls": calls, "note": note}
        path = self.folder / f"{self.function}.{what}"
        path.write_text(json.dumps(asked))
        return run([*PROGRAM, str(path)], {**self.environment, "AWS_ENDPOINT_URL": self.canned.url})


@contextmanager
def ready_jobs(engine: Engine, wanted: Collection[str] = FUNCTIONS) -> Iterator[dict[str, Job]]:
    """The wanted jobs by the names of their functions, ready to be counted."""
    with TemporaryDirectory(prefix="forecourt-icount-") as folder, ExitStack() as servers:
        stand = Stand(World(engine), Size())
        stand.world.drain()

        def job(function: str, events: list[Event]) -> Job:
            # A server each, so that two may be counted at a time.
            server = servers.enter_context(canned.serving(engine.endpoint_url))
            made = Job(function, events, [], server, engine.environment, Path(folder))
            made.learn()
            return made

        jobs = {}
        if HTTP in wanted:
            jobs[HTTP] = job(HTTP, list(itertools.islice(_purchases(stand), P_MAX)))
            stand.world.drain()
        stand.buy(VIRTUAL, command=stand.command(stand.actor()), payer=True)
        newcomer = stand.command(replace(stand.actor(), referrers=()))
        bootstrap.join_distribution()(newcomer, stand.upline[0][4:], AGREEMENT)
        for name in STREAMS:  # in the order in which one writes what the next one reads
            if name in wanted:
                jobs[name] = job(f"chalicelib.handlers.streams.{name}", [_records(stand, name)])
            stand.world.drain(only={name})
        yield jobs


def _purchases(stand: Stand) -> Iterator[Event]:
    """P by one buyer, again and again, as API Gateway hands it over."""
    actor = stand.actor()
    card_id = stand.account(actor.person_id)
    keys, token = Ulids(bootstrap.now), _token(actor)
    while True:
        yield _event(token, next(keys), card_id)


def _token(actor: Actor) -> str:
    """That of a customer who is signed in, as the profile says."""
    now = bootstrap.now()
    phone_index = bootstrap.keys().blind_index(PHONE)
    sealed = bootstrap.keys().seal(PHONE, people_items.phone_context(actor.person_id))
    person = Person(
        actor.person_id,
        (Role.CUSTOMER,),
        masked_phone(PHONE),
        True,
        actor.referrers[0],
        now,
        notice=SERVICE_NOTICE,
    )
    session = new_session(lambda limit: 0, AGENT, now)
    profile = people_items.new_person(person, phone_index, sealed, "")
    bootstrap.books().commit(None, profile)
    changed = people_items.sessions_change({"pk": actor.person_id}, {session.session_id: session})
    bootstrap.documents().change(changed)
    claims = Claims(
        person_id=actor.person_id,
        roles=actor.roles,
        referrers=actor.referrers,
        root=customer_id_of(actor.referrers[-1]),
        real_name=True,
        session_id=session.session_id,
    )
    return bootstrap.tokens().access(claims, now, now + timedelta(hours=1))


def _event(token: str, key: str, card_id: str) -> Event:
    body = {
        "use": "CARD_SALE",
        "sku_id": VIRTUAL.sku_id,
        "expected_fen": VIRTUAL.price_fen,
        "payment": {"method": "CARD", "card_id": card_id},
    }
    headers = {
        "Accept": "application/json",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        "User-Agent": AGENT,
        "X-Forwarded-For": "203.0.113.7",
    }
    return {
        "resource": "/v1/orders",
        "path": "/v1/orders",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [text] for name, text in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/v1/orders",
            "path": "/v1/orders",
            "httpMethod": "POST",
            "stage": "v1",
            "requestId": "7d0f6a1c-0000-4000-8000-000000000000",
            "identity": {"sourceIp": "203.0.113.7"},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def _records(stand: Stand, function: str) -> Event:
    """What its stream now shows to a function; handling it is left to the counted program."""
    pump = _pump(stand, function)
    found = pump.reader.read(pump.checkpoints.position(pump.mapping.name), 100)
    pump.reader.rewind()
    return {"Records": pump._wanted(found)}


def _pump(stand: Stand, function: str) -> StreamPump:
    return next(pump for pump in stand.world.pumps.streams if pump.mapping.function.name == function)
