"""The archive: in which order did everything happen, and what proves that nothing was altered since?

One chain over all records, in the order in which they were archived:

    hash(n) = SHA-256(hash(n-1) || SHA-256(canonical body of record n)),  hash(0) = 32 zero bytes

Objects in the bucket, each written once and locked:

    records/YYYY/MM/DD/HH/<first sequence, 12 digits>.jsonl.gz   Shanghai time of archiving
    roots/YYYY-MM-DD.json                                        what seals a finished day

The head says where the chain ends. To write, a key is opened in the head first;
whoever puts the object of that key first has written it, and everybody else
adopts it. Its records are in the index before the head moves on. So each record
is archived once, whoever dies or doubles at whichever moment.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.domain.business_time import SHANGHAI
from chalicelib.domain.merkle import MerkleTree
from chalicelib.domain.record import canonical, digest_of

RECORDS = "records/"
ROOTS = "roots/"
BEGINNING = "00" * 32

_HASH = re.compile(r"[0-9a-f]{64}")
_HOUR = "%Y/%m/%d/%H"
_HOUR_LENGTH = len("YYYY/MM/DD/HH")


class Link(NamedTuple):
    """One archived record: its place, the hash before it, its own hash, and its body."""

    sequence: int
    previous: str
    hash: str
    body: dict[str, Any]

    @property
    def record_id(self) -> str:
        return str(self.body.get("id", ""))


def link_hash(previous: str, body_digest: str) -> str:
    """The hash of a link: two hashes in, one out, all hexadecimal."""
    return hashlib.sha256(bytes.fromhex(previous) + bytes.fromhex(body_digest)).hexdigest()


def linked(sequence: int, previous: str, bodies: Iterable[dict[str, Any]]) -> list[Link]:
    """The links that continue a chain which ended with `sequence` and `previous`."""
    links: list[Link] = []
    for body in bodies:
        sequence += 1
        link = Link(sequence, previous, link_hash(previous, digest_of(body)), body)
        links.append(link)
        previous = link.hash
    return links


def to_lines(links: Iterable[Link]) -> bytes:
    """One line of canonical JSON a link."""
    return b"".join(
        canonical(
            {"sequence": link.sequence, "previous": link.previous, "hash": link.hash, "record": link.body}
        )
        + b"\n"
        for link in links
    )


def from_lines(lines: bytes) -> Iterator[Link]:
    """The links of an object. Raises: ValueError when it is no such object."""
    for line in lines.splitlines():
        found = json.loads(line)
        if not isinstance(found, dict) or set(found) != {"sequence", "previous", "hash", "record"}:
            raise ValueError("a line is no link")
        link = Link(found["sequence"], found["previous"], found["hash"], found["record"])
        if type(link.sequence) is not int or not isinstance(link.body, dict):
            raise ValueError("a link has no sequence or no record")
        if not _HASH.fullmatch(str(link.previous)) or not _HASH.fullmatch(str(link.hash)):
            raise ValueError("a link has no hashes")
        yield link


# ---------------------------------------------------------------- keys


def records_key(hour: str, first_sequence: int) -> str:
    return f"{RECORDS}{hour}/{first_sequence:012d}.jsonl.gz"


def records_prefix(day: date) -> str:
    """Below which all objects of a business day lie."""
    return f"{RECORDS}{day:%Y/%m/%d}/"


def root_key(day: date) -> str:
    return f"{ROOTS}{day.isoformat()}.json"


def hour_of(key: str) -> str:
    """`YYYY/MM/DD/HH` of the key of an object of records, "" of none."""
    return key.removeprefix(RECORDS)[:_HOUR_LENGTH]


def day_of(key: str) -> date:
    """The business day of the key of an object of records."""
    return datetime.strptime(hour_of(key), _HOUR).replace(tzinfo=UTC).date()


# ---------------------------------------------------------------- the head


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends.

    `open_key` is set while an object is being written: it may exist already, and
    then it comes before anything else. No key is opened any more in `closed_day`
    or earlier; the days up to `sealed_day` have their root, the last of which has
    the digest `sealed_digest`.
    """

    sequence: int = 0
    hash: str = BEGINNING
    object_key: str = ""
    open_key: str = ""
    first_day: str = ""
    closed_day: str = ""
    sealed_day: str = ""
    sealed_digest: str = ""
    version: int = 0

    def opened(self, now: datetime) -> "Head":
        """The head with a key for the next object: never in an hour before the last one, nor in a closed day.

        The clock of one writer may be behind that of another; the chain and its
        hours still go the same way.
        """
        hour = max(now.astimezone(SHANGHAI).strftime(_HOUR), hour_of(self.object_key), self._first_open_hour)
        key = records_key(hour, self.sequence + 1)
        return replace(self, open_key=key, first_day=self.first_day or day_of(key).isoformat())

    def after(self, last: Link) -> "Head":
        """The head after the opened object was written and indexed."""
        return replace(self, sequence=last.sequence, hash=last.hash, object_key=self.open_key, open_key="")

    def closed(self, day: date) -> "Head":
        """The head that opens no key in this day any more."""
        return replace(self, closed_day=max(self.closed_day, day.isoformat()))

    def sealed(self, root: "DayRoot") -> "Head":
        return replace(self, sealed_day=root.day, sealed_digest=root.digest)

    def is_open_in(self, day: date) -> bool:
        """Whether an object of this day, or of an earlier one, may still be written."""
        return bool(self.open_key) and day_of(self.open_key) <= day

    def next_day_to_seal(self) -> date | None:
        """The day after the last sealed one, or the first day of all; None before the first record."""
        if self.sealed_day:
            return date.fromisoformat(self.sealed_day) + timedelta(days=1)
        return date.fromisoformat(self.first_day) if self.first_day else None

    @property
    def _first_open_hour(self) -> str:
        if not self.closed_day:
            return ""
        return f"{date.fromisoformat(self.closed_day) + timedelta(days=1):%Y/%m/%d}/00"


# ---------------------------------------------------------------- the seal of a day


@dataclass(frozen=True, slots=True)
class DayRoot:
    """What seals a business day: the Merkle root over its records, and the seal before it.

    The leaves are the canonical bodies in the order of their sequence. A day on
    which nothing was archived is sealed too: its `last_sequence` is that of the
    day before, `first_sequence` one more. `previous` is the digest of the seal
    of the day before, or of nothing at the beginning.
    """

    day: str
    root: str
    count: int
    first_sequence: int
    last_sequence: int
    last_hash: str
    previous: str

    def document(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def digest(self) -> str:
        return digest_of(self.document())


def root_from(document: bytes) -> DayRoot:
    """The seal that was written as this document. Raises: ValueError or TypeError when it is none."""
    return DayRoot(**json.loads(document))


EMPTY = MerkleTree()


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A day while its records are gone through: from the end of the day before to its own."""

    day: str
    previous: str
    first_sequence: int
    last_hash: str
    tree: MerkleTree = EMPTY

    def grown(self, link: Link) -> "OpenDay":
        """The day with one more record. The link must follow: whoever calls has checked it."""
        return replace(self, tree=self.tree.grown(canonical(link.body)), last_hash=link.hash)

    @property
    def last_sequence(self) -> int:
        return self.first_sequence + self.tree.count - 1

    def root(self) -> DayRoot:
        return DayRoot(
            day=self.day,
            root=self.tree.root,
            count=self.tree.count,
            first_sequence=self.first_sequence,
            last_sequence=self.last_sequence,
            last_hash=self.last_hash,
            previous=self.previous,
        )
