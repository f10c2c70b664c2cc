"""Many worlds: which worlds come of one seed, and who plays them until it is enough?"""

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import count
from typing import TypeVar

from local.children import end_with_starter
from tests.simulation.scheduler import base_of

Result = TypeVar("Result")

WORLDS_AT_ONCE = 8
SEED_BITS = (1 << 48) - 1


def world_seed(seed: int, number: int) -> int:
    """The seed of one of the worlds of a big simulation."""
    return base_of(seed, f"world/{number}") & SEED_BITS


def played(
    play: Callable[[int], Result], seed: int, processes: int, is_enough: Callable[[], bool]
) -> Iterator[Result]:
    """What became of one world after the other, as `play` tells it of a world's seed.

    No more are begun once it is enough; those that were begun are told all the same.
    """
    firsts = count(step=WORLDS_AT_ONCE)

    def next_seeds() -> list[int]:
        first = next(firsts)
        return [world_seed(seed, first + number) for number in range(WORLDS_AT_ONCE)]

    with ProcessPoolExecutor(processes, initializer=end_with_starter) as pool:
        waiting = {pool.submit(_some, play, next_seeds()) for _ in range(2 * processes)}
        while waiting:
            ready = next(as_completed(waiting))
            waiting.remove(ready)
            yield from ready.result()
            if not is_enough():
                waiting.add(pool.submit(_some, play, next_seeds()))


def _some(play: Callable[[int], Result], seeds: list[int]) -> list[Result]:
    gc.disable()  # what a world leaves behind goes all at once, which saves an eighth of the time
    found = [play(seed) for seed in seeds]
    gc.collect()
    return found
