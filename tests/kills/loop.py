"""The loop: a run whose processes are killed one after the other, at any moment, under load.

Engine, server, worker and counterparties by turns, then all of them at once, each
with SIGKILL, and started again as the run starts them. Now and then the load ends,
everything comes to rest, and the books are read from outside: every wish that was
answered had one effect, every refused one none, and no fen is missing anywhere.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from bench.demo.cast import INVITERS, Cast
from bench.demo.checks import Check
from bench.demo.client import Client
from bench.demo.day import Day
from bench.demo.intents import Intents
from bench.demo.outside import Outside
from bench.demo.quiet import wait_until_quiet
from bench.demo.reading import Auditor
from bench.demo.verdict import all_checks
from chalicelib import bootstrap
from chalicelib.bootstrap.part import forget_everything, replaced
from infra.build import transformed_template
from local.functions import LocalFunctions
from local.people import Phones
from local.run import Run
from local.state import State
from tests.e2e.private_run import free_port
from tests.kills.load import Load

EVERYTHING = "everything"
KINDS = ("engine", "server", "worker", "counterparties", EVERYTHING)
LIFE_SECONDS_MAX = 0.5  # how long everything lives after some were answered, at most
ANSWERS_MAX = 3
PATIENCE_SECONDS = 3.0  # on a slow machine the next kill does not wait for answers much longer
REST_SECONDS = 200
# The sandbox's own pauses are minutes long, and the API is away for half of the time.
ENVIRONMENT = {"SANDBOX_RETRY_SECONDS": ",".join(["1"] * 200)}


@dataclass
class Kills:
    """A run of its own, the load on it, and what was done to it."""

    run: Run
    load: Load
    auditor: Auditor
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    restart_seconds: dict[str, float] = field(default_factory=dict)
    redriven: int = 0

    @classmethod
    @contextmanager
    def ready(cls, directory: Path, seed: int) -> Iterator["Kills"]:
        """A seeded world with everything running."""
        # The engine's port is kept, so that what was told of it stays true.
        before = dict(os.environ)
        os.environ.update(ENVIRONMENT, ENGINE_PORT=str(free_port()))
        forget_everything()
        run = Run(State.held(directory), free_port())
        try:
            run.start()
            run.seed()
            day_number = random.Random(seed).randrange(100_000)
            client = Client(f"http://localhost:{run.port}", Intents({"day": day_number}))
            phones = Phones.of_run(Auditor.of_run(directory).environment)
            day = Day(client, Outside(), Cast(day_number), seed, phones)
            for name in (*INVITERS, "auditor"):
                client.sign_in(day.cast[name])
            yield cls(run, Load(day), Auditor.of_run(directory), random.Random(seed))
        finally:
            run.stop()
            os.environ.clear()
            os.environ.update(before)
            forget_everything()

    def round(self, kills: int) -> list[Check]:
        """So many kills under load, then the books at rest."""
        self.load.begin()
        try:
            for _ in range(kills):
                self._let_live()
                self.kill(KINDS[self.done.total() % len(KINDS)])
        finally:
            self.load.end()
        return self.checked()

    def _let_live(self) -> None:
        """A moment by chance after none, one or a few answers."""
        wanted = self.load.answers + self.chance.randrange(ANSWERS_MAX)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.load.answers < wanted and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(self.chance.uniform(0, LIFE_SECONDS_MAX))

    def kill(self, kind: str) -> None:
        """One kind of process, killed and started again."""
        began = time.monotonic()
        if kind == EVERYTHING:
            for child in self.run.children:
                os.kill(child.process.pid, signal.SIGKILL)
            for child in self.run.children:
                child.process.wait()
            self.run.children.clear()
            self.run.start()
        else:
            child = next(child for child in self.run.children if child.name == kind)
            os.kill(child.process.pid, signal.SIGKILL)
            self.run.restart(child)
        self.done[kind] += 1
        took = time.monotonic() - began
        self.restart_seconds[kind] = self.restart_seconds.get(kind, 0.0) + took

    def checked(self) -> list[Check]:
        """Every check of the demo day, once everything is at rest, and what was given up was handed over."""
        day = self.load.day
        day.client.sign_in(day.cast["auditor"])  # now, for it leaves a record that is archived too
        wait_until_quiet(self.auditor, self._hasten, REST_SECONDS)
        self._redrive()
        reading, in_vain = wait_until_quiet(self.auditor, self._hasten, REST_SECONDS)
        return all_checks(day, self.auditor, reading, in_vain)

    def _redrive(self) -> None:
        """Hand over what functions gave up because the engine was away at each of their tries."""
        functions = LocalFunctions(transformed_template("local"))
        wish = {"by": "auditor", "dry_run": False}
        with replaced({bootstrap.functions: lambda: functions}), redirect_stdout(StringIO()):  # its metrics
            told = functions.known["redrive"].call(wish, "kills")
        assert not told["failed"] and not told["unreadable"] and not told["cursor"], told
        self.redriven += sum(told["done"].values())

    def _hasten(self, waited_for: str) -> None:
        """Ask the outside now for what it would be asked within the minute."""
        if "answers from outside" in waited_for or "payments without a word" in waited_for:
            bootstrap.query_unknown()(bootstrap.now())
