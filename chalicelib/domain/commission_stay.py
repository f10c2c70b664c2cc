"""Stays: in which pots did an entry's money lie, what brought it there, and what was taken of it there?

An entry lies in the pot of its release day, or in the risk pot while a check looks at its order. A check
moves all that is left of it; refunds take their part from where it lies. What is left in its last
pot is released together with all else that lies there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from chalicelib.domain.ledger import account_type
from chalicelib.domain.record import Record

FROZEN = "L:COMM_FROZEN"


class Stay(NamedTuple):
    """An entry's money in one filling of one pot. `record` brought it there, `taken` took parts of it."""

    record: Record
    fen: int
    taken: tuple[tuple[Record, int], ...] = ()

    @property
    def left_fen(self) -> int:
        """What nobody has taken by name: it is released, or waits to be."""
        return self.fen - sum(fen for _, fen in self.taken)


def stays_of(records: Iterable[Record], entry_id: str) -> list[Stay]:
    """The stays of an entry in their order, by all records of it; none before it is written.

    A hold moves exactly what is left, which tells the refunds before it from those after it.
    """
    mine = {record.entry_id: record for record in records}
    if entry_id not in mine:
        return []
    bringing, fen = mine[entry_id], frozen_fen(mine[entry_id], -1)
    reversals = sorted(
        (record for name, record in mine.items() if name.startswith(f"{entry_id}#r")),
        key=lambda record: (record.at, record.entry_id),
    )
    waiting = [(record, frozen_fen(record, 1)) for record in reversals if frozen_fen(record, 1)]
    stays: list[Stay] = []
    for hold in _holds(mine, entry_id):
        moved_fen, taken = frozen_fen(hold, -1), list[tuple[Record, int]]()
        while fen - sum(part for _, part in taken) > moved_fen:
            taken.append(waiting.pop(0))
        stays.append(Stay(bringing, fen, (*taken, (hold, moved_fen))))
        bringing, fen = hold, moved_fen
    return [*stays, Stay(bringing, fen, tuple(waiting))]


def frozen_fen(record: Record, sign: int) -> int:
    """What a record takes from pots (1) or puts into them (−1)."""
    legs = (line for line in record.lines if account_type(line.account) == FROZEN)
    return sum(abs(line.amount_fen) for line in legs if line.amount_fen * sign > 0)


def _holds(mine: Mapping[str, Record], entry_id: str) -> Sequence[Record]:
    numbers = range(1, len(mine) + 1)
    return [mine[name] for number in numbers if (name := f"{entry_id}#h{number}") in mine]
