"""Write statements: one line for each version of an item, each with the hash of the one before.

The reader of a stream writes them, so no request waits for its line. A line whose
forerunner is not there yet is not written: the change comes again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.domain.statement import Changed, StatementLine, line_of, version_text
from chalicelib.usecases.ports import Documents

TABLE = "views"


class LineBeforeMissing(RuntimeError):
    """The line of the version before is not written yet."""


@dataclass(frozen=True)
class WriteStatement:
    documents: Documents

    def __call__(self, changes: Iterable[tuple[str, Sequence[str], Changed]]) -> list[StatementLine]:
        """The lines of (owner, columns, change) in their order, written together.

        Raises: LineBeforeMissing; then nothing is written.
        """
        hashes: dict[tuple[str, str], str] = {}
        lines: list[StatementLine] = []
        for owner, columns, change in changes:
            assert change.after is not None
            line = line_of(owner, columns, change, self._hash_before(owner, change.after["version"], hashes))
            hashes[line.key] = line.hash
            lines.append(line)
        self.documents.put_many(TABLE, _once({line.key: line for line in lines}))
        return lines

    def _hash_before(self, owner: str, version: int, hashes: dict[tuple[str, str], str]) -> str:
        if version == 1:
            return ""
        key = (owner, version_text(version - 1))
        if key not in hashes:
            item = self.documents.get(TABLE, *key, consistent=True)
            if item is None:
                raise LineBeforeMissing(f"{owner} {version - 1}")
            hashes[key] = item["hash"]
        return hashes[key]


def _once(lines: dict[tuple[str, str], StatementLine]) -> list[tuple[str, str, dict[str, object]]]:
    """A batch may hold the same change twice; a request may not put one key twice."""
    return [(*key, line.values()) for key, line in lines.items()]
