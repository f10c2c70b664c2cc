"""Rounds: A B B A, and again, so that whatever slows the machine slows both alike."""

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.paired.cpu import cpu_ms
from bench.paired.sides import Side

ROUNDS = 5
ORDERS = 100


@dataclass(frozen=True)
class Compared:
    """CPU of one side: the median of its turns, and the least and the most, in ms an order."""

    name: str
    median_ms: float
    least_ms: float
    most_ms: float
    turns: int


def orders_of_a_side(rounds: int = ROUNDS, orders: int = ORDERS) -> int:
    """How many orders each side sells in all: a turn before the rounds, and two in each."""
    return (1 + 2 * rounds) * orders


def compare(sides: Sequence[Side], rounds: int = ROUNDS, orders: int = ORDERS) -> list[Compared]:
    """Each side's CPU an order; a turn of each before the first round warms it.

    All sides are below this process, and those whose turn it is not are idle.
    """
    taken: dict[str, list[float]] = {side.name: [] for side in sides}
    for side in sides:
        side.sell(orders)
    for _ in range(rounds):
        for side in (*sides, *reversed(sides)):
            before = cpu_ms()
            side.sell(orders)
            taken[side.name].append((cpu_ms() - before) / orders)
    return [
        Compared(name, statistics.median(turns), min(turns), max(turns), len(turns))
        for name, turns in taken.items()
    ]


def load_average() -> str:
    return " ".join(f"{one:.1f}" for one in os.getloadavg())
