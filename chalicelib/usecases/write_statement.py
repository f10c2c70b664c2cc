"""Write statements: one line for each version of an item, each with the hash of the one before.

The reader of a stream writes them, so no request waits for its line. A line whose
forerunner is not there yet is not written, nor any later one of its owner: those
changes are given back, and come again. A line that was rebuilt meanwhile stays as it is,
and nothing follows it but what begins where it ends: of changes that were written in one
moment the journal does not tell the order, so the lines behind it are rebuilt too.

    table views   pk <owner>   sk <version, twelve digits>   the line and its hash
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from chalicelib.domain.statement import Changed, StatementLine, line_of, version_text
from chalicelib.domain.statement_repair import LATE_AFTER
from chalicelib.usecases.ports import Documents

TABLE = "views"
READ_AT_ONCE = 100


class ItemChanged(Changed, Protocol):
    """A change of one item, and the partition that it lies in."""

    @property
    def pk(self) -> str: ...


Item = TypeVar("Item", bound=ItemChanged)


@dataclass(frozen=True, slots=True)
class ToWrite(Generic[Item]):
    """A change whose line goes into the statement of `owner`, with the columns that are balances."""

    owner: str
    columns: Sequence[str]
    change: Item


@dataclass(slots=True)
class _Hashes:
    """The hashes of lines by their keys, as far as this batch knows them."""

    documents: Documents
    known: dict[tuple[str, str], str | None] = field(default_factory=dict)
    rebuilt: dict[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)  # its balances

    def before(self, owner: str, version: int) -> str | None:
        """The hash of the line before this version: "" before the first, None while it is not written."""
        if version <= 1:
            return ""
        key = (owner, version_text(version - 1))
        if key not in self.known:
            self.read(key)
        return self.known[key]

    def read(self, key: tuple[str, str]) -> str | None:
        """The hash of a line as it stands there."""
        item = self.documents.get(TABLE, *key, consistent=True)
        self.known[key] = item["hash"] if item else None
        if item and item.get("rebuilt"):
            self.rebuilt[key] = item["balances"]
        return self.known[key]

    def keep(self, key: tuple[str, str], item: Mapping[str, Any]) -> None:
        """This line stays as it is."""
        self.known[key], self.rebuilt[key] = item["hash"], item["balances"]

    def follows(self, one: "ToWrite[Item]", version: int) -> bool:
        """Whether the change begins where the line before it ends, if that was rebuilt."""
        ended = self.rebuilt.get((one.owner, version_text(version - 1)))
        before = one.change.before or {}
        return ended is None or all(before.get(name, 0) == ended.get(name, 0) for name in one.columns)

    def is_rebuilt_too(self, owner: str, version: int) -> bool:
        """Whether this line was rebuilt together with the one before: then it stays."""
        key = (owner, version_text(version))
        if not self.is_behind_rebuilt(owner, version):
            return False
        self.read(key)
        return key in self.rebuilt

    def is_behind_rebuilt(self, owner: str, version: int) -> bool:
        return (owner, version_text(version - 1)) in self.rebuilt

    def put_new(self, line: StatementLine) -> bool:
        """Write a line where none is: its statement may be rebuilt at this moment. Whether it is there."""
        if self.documents.put_new(TABLE, *line.key, line.values()):
            self.known[line.key] = line.hash
        return self.known.get(line.key) == line.hash or self.read(line.key) == line.hash


def write_lines(documents: Documents, wanted: Sequence[ToWrite[Item]], now: datetime) -> list[Item]:
    """The changes whose lines could not be written yet. Writing a line again changes nothing.

    An item that has no version yet (a card that was only imported) has no line.
    """
    hashes = _Hashes(documents)
    kept = _rebuilt_lines(documents, wanted, now)
    failed: list[Item] = []
    lines: dict[tuple[str, str], dict[str, object]] = {}
    for one in wanted:
        version = (one.change.after or {}).get("version", 0)
        if version == 0:
            continue
        hash_before = hashes.before(one.owner, version)
        if hash_before is None:
            hashes.known[one.owner, version_text(version)] = None
            failed.append(one.change)
            continue
        line = line_of(one.owner, one.columns, one.change, hash_before)
        if line.key in kept:
            hashes.keep(line.key, kept[line.key])
        elif hashes.is_rebuilt_too(one.owner, version):
            continue
        elif not hashes.follows(one, version):
            hashes.known[line.key] = None
            failed.append(one.change)
        elif not _may_be_rebuilt(one, now) and not hashes.is_behind_rebuilt(one.owner, version):
            lines[line.key] = line.values()
            hashes.known[line.key] = line.hash
        elif not hashes.put_new(line):
            failed.append(one.change)
    documents.put_many(TABLE, [(*key, values) for key, values in lines.items()])
    return failed


def _rebuilt_lines(
    documents: Documents, wanted: Sequence[ToWrite[Item]], now: datetime
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The lines that were rebuilt before their change came after all.

    A statement is rebuilt when the stream can no longer bring its first missing line: that one is
    late. Younger lines that were rebuilt along with it lie right behind it.
    """
    late = [one for one in wanted if _may_be_rebuilt(one, now)]
    keys = [(one.owner, version_text((one.change.after or {}).get("version", 0))) for one in late]
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for start in range(0, len(keys), READ_AT_ONCE):
        items = documents.get_many(TABLE, keys[start : start + READ_AT_ONCE])
        found |= {key: item for key, item in items.items() if item.get("rebuilt")}
    return found


def _may_be_rebuilt(one: ToWrite[Item], now: datetime) -> bool:
    return now - one.change.written_at > LATE_AFTER
