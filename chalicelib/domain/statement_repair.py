"""The statement's repair: which lines did the stream lose, and how are they made anew from the journal?

A line whose forerunner is missing is never written, so what a lost record leaves is a
statement that ends early. The journal says what moved; it does not say which change
was which version. The lines that are made anew bear its records in the order of their
moments, say that they were rebuilt, and end exactly at the balance of the item.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.statement import StatementLine

TABLE = "work"
GAPS = "gap"
# A stream gives a record up after six hours (infra/template/mappings.yaml): what is missing then is lost.
LOST_AFTER = timedelta(hours=6, minutes=30)
LATE_AFTER = timedelta(hours=6)  # only a record that is handed over again can be later than that
GAPS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Gap:
    """A statement that ended before this version at this moment."""

    owner: str
    version: int
    first_at: datetime

    def values(self) -> dict[str, Any]:
        return {"version": self.version, "first_at": to_ms(self.first_at)}

    def is_lost(self, now: datetime) -> bool:
        return now >= self.first_at + LOST_AFTER


def gap_of(item: Mapping[str, Any]) -> Gap:
    return Gap(item["sk"], item["version"], from_ms(item["first_at"]))


@dataclass(frozen=True, slots=True)
class Touch:
    """One record that moved the owner's balances, and by how many fen."""

    record_id: str
    at_ms: int
    deltas: Mapping[str, int]

    @property
    def is_gain(self) -> bool:
        return all(moved_fen >= 0 for moved_fen in self.deltas.values())


@dataclass(frozen=True, slots=True)
class Gathered:
    """All records that moved a card, as long as the card is still at this version."""

    version: int
    touches: Sequence[Touch]


class Unexplained(Exception):
    """The journal does not lead from the last line to the balance: nothing is made up.

    Told by how far they are apart, which stays the same while the owner moves on.
    """


def rebuilt(
    owner: str,
    columns: Sequence[str],
    last: StatementLine | None,
    item: Mapping[str, Any],
    touches: Collection[Touch],
) -> list[StatementLine]:
    """The lines between the last one and the item as it is; `touches`: the records that no line names.

    Raises: Unexplained.
    """
    version = last.version if last else 0
    missing = item["version"] - version
    if missing < len(touches):
        raise Unexplained(f"{owner} has {len(touches) - missing} records more than versions without a line")
    lines: list[StatementLine] = []
    for touch in _in_order(columns, last, touches, str(item.get("last_record", "")), missing):
        last = _line(owner, columns, last, touch, str(item.get("state", "")))
        lines.append(last)
    apart = _apart(columns, last, item)
    if last is None or apart:
        raise Unexplained(f"{owner} is away from its lines by {apart} fen")
    return lines


def _apart(columns: Sequence[str], last: StatementLine | None, item: Mapping[str, Any]) -> dict[str, int]:
    """By how many fen the item is away from its last line, by column, where it is."""
    ends = last.balances if last else {}
    away_fen = {name: item.get(name, 0) - ends.get(name, 0) for name in columns}
    return {name: fen for name, fen in away_fen.items() if fen}


def _in_order(
    columns: Sequence[str],
    last: StatementLine | None,
    touches: Collection[Touch],
    last_record: str,
    missing: int,
) -> list[Touch]:
    """One for each version: changes without a record first, then by moment, the item's last record last.

    What was gained comes first where the moments alone would lead below zero: they are
    those of the commands, and may be earlier than the writes.
    """
    silent = [Touch("", 0, {})] * (missing - len(touches))
    by_moment = sorted(touches, key=lambda t: (t.record_id == last_record, t.at_ms, t.record_id))
    if _goes_below_zero(columns, last, by_moment):
        by_moment = sorted(touches, key=lambda t: (not t.is_gain, t.at_ms, t.record_id))
    return [*silent, *by_moment]


def _goes_below_zero(columns: Sequence[str], last: StatementLine | None, touches: Sequence[Touch]) -> bool:
    balances = dict.fromkeys(columns, 0) | dict(last.balances if last else {})
    for touch in touches:
        for name, moved_fen in touch.deltas.items():
            balances[name] += moved_fen
            if balances[name] < 0:
                return True
    return False


def _line(
    owner: str, columns: Sequence[str], last: StatementLine | None, touch: Touch, state: str
) -> StatementLine:
    before = dict.fromkeys(columns, 0) | dict(last.balances if last else {})
    deltas = {name: moved for name, moved in touch.deltas.items() if moved}
    return StatementLine(
        owner=owner,
        version=(last.version if last else 0) + 1,
        record=touch.record_id,
        at=from_ms(max(touch.at_ms, last.at_ms if last else 0)),
        deltas=deltas,
        balances={name: before[name] + deltas.get(name, 0) for name in columns},
        previous_hash=last.hash if last else "",
        state=state,
        rebuilt=True,
    )
