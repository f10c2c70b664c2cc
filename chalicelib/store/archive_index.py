"""The archive's index in the table `views`: where the chain ends, and which records are in it.

    pk archive             sk head                    the end of the chain, guarded by its version
    pk archived#<minute>   sk <second>#<object key>   marks: the records of this second in this object

A record is looked for under the time that its body tells, which never changes: records
that come together were made together, so a batch reads and writes a few items however
many records it has. A mark is 25 letters: 20 for a record's id and 5 for its digest.

    id       128 bits of SHA-256. Two ids of one second that a stranger chose would have to agree in
             them; that takes 2^64 tries, and ends in a refusal, never in a record that is left out.
    digest   32 bits. They tell that a record comes again with another body; the archive has all 256.

An item holds what one object has of one second: at most a batch of a stream, 500 records
or 12.5 KB.
"""

from base64 import b85decode, b85encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256

from chalicelib.domain.archive import Head, Link
from chalicelib.domain.record import digest_of
from chalicelib.store.dynamo import Dynamo, path, value

TABLE = "views"
HEAD_KEY = ("archive", "head")
_KEY_NAMES = ("pk", "sk")
_ID_BYTES, _ID_LETTERS = 16, 20
_DIGEST_BYTES, _MARK_LETTERS = 4, 25


@dataclass(frozen=True, slots=True)
class DynamoArchiveIndex:
    """The port ArchiveIndex."""

    dynamo: Dynamo

    def head(self) -> Head:
        item = self.dynamo.get(TABLE, HEAD_KEY, consistent=True) or {}
        return Head(**{name: content for name, content in item.items() if name not in _KEY_NAMES})

    def moved(self, head: Head, to: Head) -> Head | None:
        """The first head has version 1; a head that was never written is the empty one."""
        moved = replace(to, version=head.version + 1)
        unmoved = path("version") == value(head.version) if head.version else path("pk").does_not_exist()
        return moved if self.dynamo.put(TABLE, HEAD_KEY, asdict(moved), unmoved) else None

    def archived(self, at_ms: Mapping[str, int]) -> Mapping[str, str]:
        wanted = {_id_letters(record_id): record_id for record_id in at_ms}
        found: dict[str, str] = {}
        for minute, first, last in _runs(one // 1_000 for one in at_ms.values()):
            sort = path("sk").between(f"{first:02}", f"{last + 1:02}")
            for item in self.dynamo.query(TABLE, _partition(minute), sort, consistent=True):
                marks = _split(item["marks"])
                found |= {wanted[one]: b85decode(digest).hex() for one, digest in marks if one in wanted}
        return found

    def add(self, object_key: str, links: Sequence[Link]) -> None:
        marks: dict[tuple[int, int], str] = defaultdict(str)
        for link in links:
            marks[divmod(link.body["at"] // 1_000, 60)] += _mark(link)
        self.dynamo.put_many(
            TABLE,
            [
                ((_partition(minute), f"{second:02}#{object_key}"), {"marks": letters})
                for (minute, second), letters in marks.items()
            ],
        )


def _partition(minute: int) -> str:
    """Minutes are whole ones since 1970."""
    return f"archived#{minute}"


def _runs(seconds: Iterable[int]) -> list[list[int]]:
    """Minute, first and last second of it, of seconds since 1970 that lie side by side."""
    runs: list[list[int]] = []
    for minute, second in (divmod(one, 60) for one in sorted(set(seconds))):
        if runs and runs[-1][0] == minute and runs[-1][2] == second - 1:
            runs[-1][2] = second
        else:
            runs.append([minute, second, second])
    return runs


def _mark(link: Link) -> str:
    digest = bytes.fromhex(digest_of(link.body))
    return _id_letters(link.record_id) + b85encode(digest[:_DIGEST_BYTES]).decode()


def _id_letters(record_id: str) -> str:
    return b85encode(sha256(record_id.encode()).digest()[:_ID_BYTES]).decode()


def _split(marks: str) -> Iterator[tuple[str, str]]:
    """The letters of id and digest of each record."""
    for start in range(0, len(marks), _MARK_LETTERS):
        mark = marks[start : start + _MARK_LETTERS]
        yield mark[:_ID_LETTERS], mark[_ID_LETTERS:]
