"""Sent twice: what is a command answered when something comes to its end while it is under way?

Its own first sending, say: its answer was lost, and its caller, who cannot know what
became of it, sends it again under the same key. The request that hung somewhere takes
effect before one of the calls of the second one: before each of them, in a run of its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.errors import Refusal, Unavailable
from tests.simulation.every_fault import followed
from tests.simulation.one_run import Scene, Step
from tests.simulation.operation import Operation

TRIES_MAX = 3
APART_MS = 1_500  # the one is given so much earlier than the other
Act = Callable[[Scene], Any]


@dataclass(frozen=True)
class Met:
    """What a step was answered, and what became of the other thing, done to its end before this call."""

    step: Step
    call: int
    other: Any
    answer: Any


def answer_of(act: Act, scene: Scene) -> Any:
    """What it gives, or the code of its refusal; whoever is told to try again does."""
    for _ in range(TRIES_MAX):
        try:
            return act(scene)
        except Unavailable:
            continue
        except Refusal as refusal:
            return refusal.code
    return Unavailable.code


def met(scene: Scene, step: Step, other: Act, wrong: list[str]) -> Iterator[Met]:
    """Every way in which the step meets the other thing. Adds what is wrong when all is over to `wrong`."""
    mark, ends, call = scene.mark(), set[bytes](), 1
    while (found := _met_once(scene, step, other, call)) is not None:
        yield found
        place = scene.fingerprint()
        if place not in ends:
            ends.add(place)
            wrong += [f"{step.name}, met before call {call}: {what}" for what in _at_the_end(scene)]
        scene.back_to(mark)
        call += 1
    scene.back_to(mark)


def _met_once(scene: Scene, step: Step, other: Act, call: int) -> Met | None:
    """None where the step makes fewer calls than that."""
    others: list[Any] = []

    def act() -> None:
        scene.scheduler.run(scene.scheduler.now_ms + APART_MS)
        others.append(answer_of(other, scene))

    scene.begin_process()
    scene.points.schedule = {}
    scene.points.meanwhile = (scene.points.calls + call, act)
    try:
        answer = answer_of(step.do, scene)
    finally:
        scene.points.meanwhile = None
    return Met(step, call, others[0], answer) if others else None


def _at_the_end(scene: Scene) -> list[str]:
    """What is wrong when everything has followed; whoever asked asks once more before."""
    for _ in followed(scene, {}):
        pass
    return scene.violations()


def sent_twice(operation: Operation, wrong: list[str]) -> Iterator[Met]:
    """Every way in which the two sendings of each step of an operation meet."""
    with operation.staged() as scene:
        for number, step in enumerate(scene.steps):
            yield from met(scene, step, step.do, wrong)
            while scene.state.step == number:
                scene.run_stage({})
