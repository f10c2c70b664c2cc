"""A crowd: many clients that begin at the same moment, and each of them asks until it has an answer."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import TypeVar

from chalicelib.domain.errors import Refusal, Unavailable
from local.testing import World

Answer = TypeVar("Answer")
DISTURBED_RATE = 0.10
ASKED_MAX = 25


def answered(ask: Callable[[], Answer]) -> Answer | Refusal:
    """What a client ends up with: the answer or the refusal; TRY_AGAIN is asked again, the same way."""
    for _ in range(ASKED_MAX):
        try:
            return ask()
        except Unavailable:
            continue
        except Refusal as refusal:
            return refusal
    raise AssertionError(f"no answer after {ASKED_MAX} times")


def at_once(clients: int, asks: Sequence[Callable[[], Answer]]) -> list[Answer | Refusal]:
    """All answers, in the order of the questions, which so many clients put side by side."""
    clients = min(clients, len(asks))
    start = Barrier(clients)

    def begin(number: int) -> Answer | Refusal:
        if number < clients:  # the first question of each client waits for all the others'
            start.wait(timeout=30)
        return answered(asks[number])

    with ThreadPoolExecutor(clients) as crowd:
        return list(crowd.map(begin, range(len(asks))))


@contextmanager
def disturbed(world: World, is_disturbed: bool, seed: int = 7) -> Iterator[None]:
    """A table that is busy: one call in ten meets a conflict, a throttle or a lost answer."""
    if not is_disturbed:
        yield
        return
    with world.faults(rate=DISTURBED_RATE, seed=seed):
        yield
    assert world.faults_done, "nothing was disturbed"
