"""The shrinking: what is the smallest story, with the fewest faults, that still goes wrong?

Delta debugging: halves, then quarters, down to single ones are left out for as long
as the same kind of sentence is still said. Operations first, then the faults that
were left.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

from tests.simulation.faults import Fault, ListedFaults, Place
from tests.simulation.features import Features
from tests.simulation.play import Outcome, play
from tests.simulation.stories import Operation

Thing = TypeVar("Thing")
SECONDS_MAX = 120.0


@dataclass(frozen=True)
class Shrunken:
    """What is left of a failure."""

    story: list[Operation]
    faults: dict[Place, Fault]
    outcome: Outcome


def shrink(seed: int, features: Features, story: Sequence[Operation], failed: Outcome) -> Shrunken:
    """The least that still breaks what `failed` broke first, within two minutes."""
    wanted = kind_of(failed.violations[0])
    ends = monotonic() + SECONDS_MAX
    best = failed

    def fails(operations: Sequence[Operation], faults: dict[Place, Fault]) -> bool:
        nonlocal best
        outcome = play(seed, features, operations, ListedFaults(faults))
        found = wanted in {kind_of(sentence) for sentence in outcome.violations}
        best = outcome if found else best
        return found

    faults = dict(failed.hits)
    if not fails(story, faults):
        return Shrunken(list(story), faults, failed)
    left = _fewest(list(story), lambda some: fails(some, faults), ends)
    places = _fewest(list(faults.items()), lambda some: fails(left, dict(some)), ends)
    left = _fewest(left, lambda some: fails(some, dict(places)), ends)
    return Shrunken(left, dict(places), best)


def kind_of(sentence: str) -> str:
    """A violation without ids and figures: two with the same kind are taken for the same."""
    plain = re.sub(r"\b(?:ord|cus|crd|dst|wdr|cme|alr|stf|pay|rel)_\S+|[A-Z0-9]{12,}|\d+", "_", sentence)
    return plain.splitlines()[-1][:160] if plain.strip() else plain


def _fewest(things: list[Thing], fails: Callable[[list[Thing]], bool], ends: float) -> list[Thing]:
    parts = 2
    while things and monotonic() < ends:
        size = max(1, len(things) // parts)
        for start in range(0, len(things), size):
            fewer = things[:start] + things[start + size :]
            if monotonic() < ends and fails(fewer):
                things, parts = fewer, max(2, parts - 1)
                break
        else:
            if size == 1:
                return things
            parts = min(len(things), parts * 2)
    return things
