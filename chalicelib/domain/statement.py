"""The statement: which change made which balance, in which order, and is a line missing?

One line for each version of a guarded item (card, distributor account, pot of
frozen commission), derived from the item before and after the change. Versions
count without a gap and each line carries the hash of the line before it: a line
that was changed, removed or slipped in is found from the lines alone. A request
writes no line and no hash; the reader of the stream does, and writing the same
line twice changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.domain.business_time import from_ms, to_ms
from chalicelib.domain.record import digest_of

CARD_COLUMNS = ("available_fen", "held_fen")
ACCOUNT_COLUMNS = ("available_fen", "held_fen", "owed_fen")
POT_COLUMNS = ("frozen_fen",)

_VERSION_DIGITS = 12


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One change of the item `owner`: what moved, and what stood there afterwards, in fen.

    `record` names the record of the change, or is "" where a state changed and no
    record was written. `at` is when the change was written, to the second. `rebuilt`: the
    stream lost the change, and the line was made from the journal (statement_repair.py).
    """

    owner: str
    version: int
    record: str
    at: datetime
    deltas: Mapping[str, int]
    balances: Mapping[str, int]
    previous_hash: str
    state: str = ""
    rebuilt: bool = False

    @property
    def at_ms(self) -> int:
        return to_ms(self.at)

    @property
    def key(self) -> tuple[str, str]:
        """Where the line stands: (owner, version as text that sorts as the number does)."""
        return self.owner, version_text(self.version)

    @property
    def hash(self) -> str:
        """SHA-256 over everything else, the hash of the line before included."""
        return digest_of(self._content())

    def values(self) -> dict[str, Any]:
        """The line as a plain item, its hash with it."""
        return {**self._content(), "hash": self.hash}

    def _content(self) -> dict[str, Any]:
        content = {
            "owner": self.owner,
            "version": self.version,
            "record": self.record,
            "at": to_ms(self.at),
            "deltas": dict(self.deltas),
            "balances": dict(self.balances),
            "previous_hash": self.previous_hash,
            "state": self.state,
        }
        return content | {"rebuilt": True} if self.rebuilt else content


class Changed(Protocol):
    """A change of one item as a reader of a stream sees it."""

    @property
    def before(self) -> Mapping[str, Any] | None: ...

    @property
    def after(self) -> Mapping[str, Any] | None: ...

    @property
    def written_at(self) -> datetime: ...


def version_text(version: int) -> str:
    """The version as twelve digits."""
    return f"{version:0{_VERSION_DIGITS}}"


def line_of(owner: str, columns: Sequence[str], change: Changed, previous_hash: str) -> StatementLine:
    """The line that a change of an item writes.

    `owner`: the card id, the distributor id, or `<distributor>:<day>` for a pot.
    `previous_hash`: the hash of the line of the version before, "" for the first.
    """
    assert change.after is not None, "nothing that has a balance is ever deleted"
    before, after = change.before or {}, change.after
    record = after.get("last_record", "")
    return StatementLine(
        owner=owner,
        version=after["version"],
        record="" if record == before.get("last_record", "") else record,
        at=change.written_at,
        deltas={name: moved for name in columns if (moved := after.get(name, 0) - before.get(name, 0))},
        balances={name: after.get(name, 0) for name in columns},
        previous_hash=previous_hash,
        state=after.get("state", ""),
    )


def line_from(values: Mapping[str, Any]) -> StatementLine:
    """The line that a plain item holds; its stored hash is not believed but made anew."""
    return StatementLine(
        owner=values["owner"],
        version=values["version"],
        record=values["record"],
        at=from_ms(values["at"]),
        deltas=values["deltas"],
        balances=values["balances"],
        previous_hash=values["previous_hash"],
        state=values["state"],
        rebuilt=values.get("rebuilt", False),
    )


def broken_versions(items: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    """The versions of an owner's lines, oldest first, that are missing, changed, or do not add up."""
    broken: list[int] = []
    expected, previous_hash = 1, ""
    balances: Mapping[str, int] = {}
    for item in items:
        line = line_from(item)
        broken.extend(range(expected, line.version))
        adds_up = all(
            balances.get(name, 0) + line.deltas.get(name, 0) == balance
            for name, balance in line.balances.items()
        )
        follows = line.version == expected and line.previous_hash == previous_hash
        if not adds_up or not follows or line.hash != item["hash"]:
            broken.append(line.version)
        expected, previous_hash, balances = line.version + 1, item["hash"], line.balances
    return tuple(broken)


def balances_at(items: Iterable[Mapping[str, Any]], moment: datetime) -> Mapping[str, int]:
    """What stood there at the end of this moment; nothing before the first line. Oldest line first."""
    balances: Mapping[str, int] = {}
    for item in items:
        if item["at"] > to_ms(moment):
            break
        balances = item["balances"]
    return balances
