"""One run: an operation of the trade from its first call until everything that followed from it is final.

    the steps       who asks does them; whoever gets no answer asks again, or is gone
    the readers     of every stream, and the queues, as soon as they have something
    the rounds      minutes, then hours: timers, schedules and repair jobs, verdicts of the office

Each of these is a stage: one process with its calls. A run is over when nothing is
left that must become final; it has failed when the rounds are used up before, when
something was logged or written that never may, or when a refused step changed
anything of worth.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from chalicelib import bootstrap
from chalicelib.domain.errors import Refusal, Unavailable
from chalicelib.usecases.ports import Actor, Command
from tests.fakes.ulids import ulid_of_number
from tests.simulation import settling
from tests.simulation.ground import STAFF
from tests.simulation.one_by_one import OneByOne
from tests.simulation.scheduler import Crash
from tests.simulation.traces import left_beside_traces
from tests.simulation.troubles import Schedule

ROUNDS = (1, 5, 16, 30, 120, 24 * 60, 60, 24 * 60)  # minutes, each after the one before
SCHEDULES = ("query_unknown", "sweep_unpaid", "release_commission", "reconcile_commission")
TRIES_MAX = 5
HIDDEN_MS = 90_000
OF_WORTH = ("accounts", "orders", "cards", "stock", "journal")
AT_ONCE, LATER, GONE = "asks again at once", "asks again later", "is gone"
CLIENTS = (AT_ONCE, LATER, GONE)

Stage = tuple[str, str]


@dataclass(frozen=True)
class Step:
    """One thing that somebody does. `persists`: whoever it is asks again in every case, as a channel does.

    `is_outside`: somebody outside refuses it, which leaves traces (traces.py) of the whole run.
    """

    name: str
    do: Callable[["Scene"], Any]
    persists: bool = False
    refused: str = ""  # the code of the refusal that is the right answer
    is_outside: bool = False
    afterwards: str = ""  # the code that may also answer whoever has not heard an earlier answer


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    client: str = AT_ONCE  # forgotten once its steps are over: what follows is the same
    step: int = 0
    tries: int = 0
    round: int = -1
    agenda: tuple[Stage, ...] = ()
    failures: tuple[tuple[str, int], ...] = ()  # how often a reader failed in this round
    is_over: bool = False


class Scene(OneByOne):
    """A world in which one operation is run."""

    def __init__(
        self,
        silent: frozenset[str],
        schedules: tuple[str, ...],
        rounds_min: int,
        judged: Callable[[Any], list[str]],
    ) -> None:
        super().__init__(silent)
        self.steps: tuple[Step, ...] = ()
        self.schedules, self.rounds_min, self.judged = schedules, rounds_min, judged
        self.numbers, self.began = 0, 0
        self.wrong: tuple[str, ...] = ()
        self.stages: list[str] = []
        self.kept.append((self, "wrong"))

    def command(self, actor: Actor | str = "office", reason: str = "simulated") -> Command:
        """A new command; a step that makes one makes it before the run, so that its key stays."""
        self.numbers += 1
        who = self.ground.actors.get(actor) or STAFF[actor] if isinstance(actor, str) else actor
        return Command(who, ulid_of_number(self.now(), self.numbers), self.now(), "same", reason)

    # ---------------------------------------------------------------- preparing

    def calm_down(self) -> None:
        """Let every reader read and every message arrive, undisturbed."""
        for _ in range(100):
            stage = self._reader(())
            if stage is None:
                return
            self._do(stage)
        raise AssertionError("the readers do not come to an end")

    def pass_time(self, **delta: float) -> None:
        """Later, when all is calm; no schedule runs."""
        self.calm_down()
        self.scheduler.run(self.scheduler.now_ms + int(timedelta(**delta).total_seconds() * 1000))

    def begin(self, steps: tuple[Step, ...]) -> None:
        """From here on calls are counted, and can meet trouble."""
        self.steps, self.progress = steps, (Progress(),)
        assert not self.watch.broken and not self.complaints.found, self.faults_so_far()
        self.points.is_listening, self.points.calls = True, 0
        self.began = len(self.tables.changes)

    # ---------------------------------------------------------------- stages

    @property
    def state(self) -> Progress:
        state: Progress = self.progress[0]
        return state

    def _moved(self, **changed: Any) -> None:
        state = replace(self.state, **changed)
        self.progress = (state if state.step < len(self.steps) else replace(state, client=""),)

    def asked_by(self, client: str) -> None:
        """Whoever does the steps behaves like this when it gets no answer."""
        self._moved(client=client)

    @property
    def is_over(self) -> bool:
        return self.state.is_over or bool(self.faults_so_far())

    def faults_so_far(self) -> list[str]:
        return [*self.watch.broken, *self.complaints.found, *self.wrong]

    def run_stage(self, schedule: Schedule) -> str:
        """Do the next thing, with these troubles; its name. The run may be over after it."""
        self.points.schedule = schedule
        stage = self._next()
        if stage is None:
            self._moved(is_over=True)
            return "end"
        self._do(stage)
        return f"{stage[0]} {stage[1]}"

    def _next(self) -> Stage | None:
        state = self.state
        waits = state.tries > 0 and state.client == AT_ONCE
        reader = None if waits else self._reader(state.failures)
        if reader is not None:
            return reader
        if state.step < len(self.steps):
            return "step", str(state.step)
        if state.agenda:
            self._moved(agenda=state.agenda[1:])
            return state.agenda[0]
        return self._next_round()

    def _reader(self, failures: tuple[tuple[str, int], ...]) -> Stage | None:
        tired = {name for name, count in failures if count >= TRIES_MAX}
        for name in sorted(self.streams.unread):
            if name not in tired:
                return "reader", name
        due = self.imports.due(self.scheduler.now_ms)
        return ("imports", due[0]) if due else None

    def _next_round(self) -> Stage | None:
        """Time passes to the next round, unless all is final."""
        number = self.state.round + 1
        left = self._looked(lambda: list(settling.pending(self)))
        if number >= self.rounds_min and not left:
            return None
        if number == len(ROUNDS):
            self.wrong += tuple(f"not final: {what}" for what in left)
            return None
        self.scheduler.run(self.scheduler.now_ms + ROUNDS[number] * 60_000)
        ticks = tuple(("schedule", name) for name in self.schedules)
        timers = tuple(("order_timers", body) for body in self.timers.due(self.scheduler.now_ms))
        self._moved(round=number, agenda=(*timers, *self._verdicts(), *ticks), failures=())
        return self._next()

    def _verdicts(self) -> Iterator[Stage]:
        """The office looks at every open alert."""
        for item in self.items("work"):
            if item["pk"]["S"].startswith("alerts#") and item["state"]["S"] == "OPEN":
                yield "verdict", item["alert_id"]["S"]

    def _do(self, stage: Stage) -> None:
        kind, name = stage
        self.begin_process()
        if kind == "step":
            self._step(self.steps[int(name)])
            return
        works: dict[str, Callable[[], BaseException | None]] = {
            "reader": lambda: self.streams.hand_over(name),
            "imports": lambda: self.imports.hand_over(name, HIDDEN_MS),
            "order_timers": lambda: self.timers.hand_over(name, HIDDEN_MS),
            "schedule": lambda: _raised(lambda: self.tick(name)),
            "verdict": lambda: _raised(lambda: self._clear(name)),
        }
        error = works[kind]()
        self.complaints.raised(f"{kind} {name}", error)
        if kind == "reader" and self.progress and name in self.streams.unread:
            failures = dict(self.state.failures)
            failures[name] = failures.get(name, 0) + 1
            self._moved(failures=tuple(sorted(failures.items())))
        if kind in ("schedule", "verdict") and isinstance(error, Crash | Unavailable):
            self._again(stage)

    def _again(self, stage: Stage) -> None:
        """A schedule's function that failed is called again: by Lambda's own retries."""
        if self.progress:
            self._moved(agenda=(stage, *self.state.agenda))

    def _clear(self, alert_id: str) -> None:
        number = 10**12 + self.state.round
        key = ulid_of_number(self.now(), number)
        command = Command(STAFF["risk"], key, self.now(), "verdict", "looked at")
        bootstrap.clear_alert()(command, alert_id, False)

    def _step(self, step: Step) -> None:
        """One try. Unanswered, it is tried again; a refusal is an answer, and changes nothing of worth."""
        state, changes = self.state, len(self.tables.changes)
        error = _raised(lambda: step.do(self))
        self.complaints.raised(step.name, error)
        if isinstance(error, Crash | Unavailable):
            if state.client == GONE and not step.persists:
                self._moved(step=len(self.steps), tries=0)
            elif state.tries + 1 < TRIES_MAX:
                self._moved(tries=state.tries + 1)
            else:
                self.wrong += (f"{step.name} is never answered",)
            return
        self._moved(step=state.step + 1, tries=0)
        self._judge_answer(step, error, changes, state.tries)

    def _judge_answer(self, step: Step, error: BaseException | None, changes: int, tries: int) -> None:
        code = error.code if isinstance(error, Refusal) else ""
        if code:
            changed = self.beside_traces() if step.is_outside else self.changed_since(changes, OF_WORTH)
            self.wrong += tuple(f"{step.name} was refused ({code}) and changed {one}" for one in changed)
        if code != step.refused and not (tries and code and code == step.afterwards):
            self.wrong += (f"{step.name} is answered {code or 'done'}, not {step.refused or 'done'}",)

    def beside_traces(self) -> list[str]:
        """What of worth is not as it was when the run began, beside what a refusal from outside may leave."""
        return list(left_beside_traces(self.images_since(self.began, OF_WORTH)))

    # ---------------------------------------------------------------- the end

    def violations(self) -> list[str]:
        """Everything that is wrong with a run that is over."""
        return self.faults_so_far() or self._looked(lambda: self.judged(self))

    def _looked(self, at: Callable[[], list[str]]) -> list[str]:
        """What a look from outside finds, which is no call of the run."""
        self.points.is_listening = False
        try:
            return at()
        finally:
            self.points.is_listening = True


def _raised(do: Callable[[], Any]) -> BaseException | None:
    try:
        do()
    except BaseException as error:  # noqa: BLE001 - a crash too; the caller sorts them
        return error
    return None
