"""The table of the rounds: how does a reader see them, with what must be known to read them?"""

from collections.abc import Iterable

from bench.paired.rounds import ORDERS, ROUNDS, Compared

READING = """\
The engine is an emulator in Python, metered, and takes the place of DynamoDB, which takes no CPU of
ours: the first row bounds what one machine can do and says nothing about AWS. SQLite keeps three
entries and no proof, without fsync."""


def text(compared: Iterable[Compared], load: str, left_out: str = "") -> str:
    rows = [
        f"| {one.name} | {one.median_ms:.2f} | {one.least_ms:.2f} to {one.most_ms:.2f} | {one.turns} |"
        for one in compared
    ]
    told = [
        "| CPU of a paid order, all processes | Median, ms | Turns | |",
        "|---|---:|---|---:|",
        *rows,
        "",
        f"{ROUNDS} rounds A B B A of {ORDERS} orders a turn; load average {load}.",
        READING,
    ]
    return "\n".join([*told, *([left_out] if left_out else [])])
