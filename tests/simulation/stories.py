"""The stories: what do people do in a simulated world, when, and to what?

A story is a list of operations. Each carries its own draws, and speaks of earlier
ones by their index: so every subset of a story is a story, and what was left out
changes nothing of the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from tests.simulation.features import HOUR_MS, Features
from tests.simulation.scheduler import base_of

Choice = TypeVar("Choice")

ORDERS = frozenset({"buy", "top_up", "agent_top_up"})
WITHDRAWALS = frozenset({"withdraw"})
ABOUT_WITHDRAWALS = frozenset({"approve", "reject", "pay_out", "give_back", "cancel_withdrawal"})
ABOUT_PEOPLE = frozenset({"sign_in", "real_name"})
REGISTERED = frozenset({"register"})
ABOUT_PAYMENTS = frozenset({"pay", "check", "cancel", "pay_from_card"})
RECENT = 8
DRAWS = 6
ALL_BITS = 1 << 30
BY_CHANNEL = 3  # which draw says how a buyer pays


@dataclass(frozen=True)
class Operation:
    """One call by a customer, by somebody of the office or by a channel; or one tick of a schedule."""

    index: int
    kind: str
    at_ms: int  # after the story's beginning
    who: int
    about: int  # the index of an earlier operation, or -1
    draws: tuple[int, ...]

    def one_of(self, choices: Sequence[Choice], number: int) -> Choice:
        """One of these, by the draw of this number."""
        return choices[self.draws[number] % len(choices)]

    def chance(self, percent: int, number: int) -> bool:
        return self.draws[number] % 100 < percent


def is_by_channel(operation: Operation) -> bool:
    """Whether the buyer means to pay through the channel: told by the operation alone."""
    return operation.kind != "buy" or operation.chance(60, BY_CHANNEL)


def told(seed: int, features: Features) -> list[Operation]:
    """The story of a seed."""
    chance = Random(base_of(seed, "story"))
    kinds, weights = list(features.weights), list(features.weights.values())
    leaps = {chance.randrange(1, features.operations) for _ in range(features.leaps)}
    story: list[Operation] = []
    at_ms = 0
    for index in range(features.operations):
        kind = chance.choices(kinds, weights)[0]
        at_ms += chance.randrange(0, 2 * features.gap_ms) if chance.random() < 0.8 else 0
        if index in leaps:
            at_ms += chance.randrange(HOUR_MS // 4, 14 * HOUR_MS)
        draws = tuple(chance.randrange(ALL_BITS) for _ in range(DRAWS))
        about, who = _about(chance, kind, story)
        story.append(Operation(index, kind, at_ms, who, about, draws))
    return story


def _about(chance: Random, kind: str, story: list[Operation]) -> tuple[int, int]:
    """Which earlier operation it is about, mostly a recent one, and who does it: mostly the same person."""
    who = chance.randrange(ALL_BITS)
    if kind == "again":
        wanted = [one for one in story if one.kind != "again"]
    else:
        wanted = [one for one in story if one.kind in _kinds_about(kind)]
    if kind in ABOUT_PAYMENTS and chance.random() < 0.9:
        paid = {one.about for one in story if one.kind == "pay"}
        wanted = [one for one in wanted if is_by_channel(one) and (kind != "pay" or one.index not in paid)]
    if not wanted:
        return -1, who
    recent = wanted[-RECENT:] if chance.random() < 0.85 else wanted
    earlier = chance.choice(recent)
    same = kind not in ORDERS | WITHDRAWALS | {"bind"} and chance.random() < 0.97
    return earlier.index, earlier.who if same else who


def _kinds_about(kind: str) -> frozenset[str]:
    if kind in ABOUT_WITHDRAWALS:
        return WITHDRAWALS
    return REGISTERED if kind in ABOUT_PEOPLE else ORDERS
