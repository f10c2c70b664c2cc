"""One simulated table: which items has it now, and which had it a moment ago?

A key is ("pk", "sk"), with "" where the table has no sort key. Each partition
keeps its sort keys in order, and of every item its latest change, so that a
replica that lags by one change can be read.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zlib import crc32

from tests.simulation.key_expressions import KeyRange
from tests.simulation.typed_values import Invalid, Item

Key = tuple[str, str]

KEY_BYTES_MAX = {"pk": 2048, "sk": 1024}
_SCHEMA = "The provided key element does not match the schema"


class KeyMismatch(Invalid):
    """A key of the wrong shape: a transaction tells it as the reason of its member."""


@dataclass(frozen=True, slots=True)
class Change:
    """One applied write: an image is None where there was, or is, no item."""

    number: int
    table: str
    keys: Item
    old_image: Item | None
    new_image: Item | None
    at_ms: int

    @property
    def event_name(self) -> str:
        """INSERT, MODIFY or REMOVE."""
        if self.old_image is None:
            return "INSERT"
        return "MODIFY" if self.new_image is not None else "REMOVE"


@dataclass(slots=True)
class Partition:
    """The items of one partition key, by sort key."""

    items: dict[str, Item] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    latest: dict[str, Change] = field(default_factory=dict)

    def as_of(self, number: int) -> "Partition":
        """Itself, with what was changed after this number as it was before its latest change."""
        changed = {sk: change for sk, change in self.latest.items() if change.number > number}
        if not changed:
            return self
        items = {sk: item for sk, item in self.items.items() if sk not in changed}
        items |= {sk: change.old_image for sk, change in changed.items() if change.old_image is not None}
        return Partition(items, sorted(items))

    def within(self, wanted: KeyRange, after: str | None, forward: bool) -> Iterator[Item]:
        """The items of a range in the direction of reading, behind the key `after`."""
        start, end = _positions(self.order, wanted)
        if after is not None and forward:
            start = max(start, bisect_right(self.order, after))
        elif after is not None:
            end = min(end, bisect_left(self.order, after))
        chosen = self.order[start:end]
        return (self.items[sk] for sk in (chosen if forward else reversed(chosen)))


def _positions(order: list[str], wanted: KeyRange) -> tuple[int, int]:
    start = bisect_left(order, wanted.low) if wanted.with_low else bisect_right(order, wanted.low)
    if wanted.prefix is not None:
        prefix = wanted.prefix
        return start, bisect_left(order, True, lo=start, key=lambda sk: not sk.startswith(prefix))
    if wanted.high is None:
        return start, len(order)
    return start, bisect_right(order, wanted.high) if wanted.with_high else bisect_left(order, wanted.high)


_EMPTY = Partition()


class Table:
    """The partitions of one table."""

    def __init__(self, name: str, has_sort_key: bool) -> None:
        self.name = name
        self.key_names = ("pk", "sk") if has_sort_key else ("pk",)
        self.partitions: dict[str, Partition] = {}
        self._scan_order: list[tuple[int, str]] = []

    def get(self, key: Key, as_of: int | None = None) -> Item | None:
        partition = self.partitions.get(key[0])
        if partition is None:
            return None
        change = partition.latest.get(key[1]) if as_of is not None else None
        if change is not None and as_of is not None and change.number > as_of:
            return change.old_image
        return partition.items.get(key[1])

    def partition(self, pk: str, as_of: int | None = None) -> Partition:
        found = self.partitions.get(pk, _EMPTY)
        return found if as_of is None else found.as_of(as_of)

    def apply(self, key: Key, change: Change) -> None:
        """Make the change: its new image stands there now."""
        pk, sk = key
        partition = self.partitions.get(pk)
        if partition is None:
            partition = self.partitions[pk] = Partition()
            insort(self._scan_order, (_hash(pk), pk))
        partition.latest[sk] = change
        if change.new_image is None:
            if partition.items.pop(sk, None) is not None:
                del partition.order[bisect_left(partition.order, sk)]
            return
        if sk not in partition.items:
            insort(partition.order, sk)
        partition.items[sk] = change.new_image

    def scanned(self, segment: int, segments: int, after: Key | None, as_of: int | None) -> Iterator[Item]:
        """The items of a segment in the order of their partitions' hashes, behind a key."""
        start = bisect_left(self._scan_order, (_hash(after[0]), after[0])) if after else 0
        for position in range(start, len(self._scan_order)):
            hashed, pk = self._scan_order[position]
            if hashed * segments >> 32 != segment:
                continue
            behind = after[1] if after and after[0] == pk else None
            yield from self.partition(pk, as_of).within(KeyRange(), behind, forward=True)

    # keys

    def key_of(self, key: Mapping[str, object]) -> Key:
        """The key of a request. Raises: KeyMismatch, or Invalid for an empty or too long one."""
        if key.keys() != set(self.key_names):
            raise KeyMismatch(_SCHEMA)
        return self._texts(key, _SCHEMA)

    def key_of_item(self, item: Mapping[str, object]) -> Key:
        """The key of an item that is put. Raises: as key_of."""
        for name in self.key_names:
            if name not in item:
                raise KeyMismatch(
                    f"One or more parameter values were invalid: Missing the key {name} in the item"
                )
        return self._texts(item, "")

    def _texts(self, key: Mapping[str, object], mismatch: str) -> Key:
        texts = ["", ""]
        for position, name in enumerate(self.key_names):
            typed = key[name]
            if type(typed) is not dict or len(typed) != 1 or type(typed.get("S")) is not str:
                actual = next(iter(typed), "") if isinstance(typed, Mapping) else ""
                raise KeyMismatch(
                    mismatch
                    or "One or more parameter values were invalid: "
                    f"Type mismatch for key {name} expected: S actual: {actual}"
                )
            texts[position] = _checked_key(name, typed["S"])
        return texts[0], texts[1]

    def keys_of(self, item: Item) -> Item:
        """The key attributes of an item."""
        return {name: item[name] for name in self.key_names}


def _checked_key(name: str, text: str) -> str:
    if not text:
        raise Invalid(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot"
            f" contain an empty string value. Key: {name}"
        )
    if len(text) > KEY_BYTES_MAX[name] // 4 and len(text.encode()) > KEY_BYTES_MAX[name]:
        raise Invalid(
            "One or more parameter values were invalid: Aggregated size of all"
            f" {'hash' if name == 'pk' else 'range'} keys has exceeded the size limit of"
            f" {KEY_BYTES_MAX[name]} bytes"
        )
    return text


def _hash(pk: str) -> int:
    return crc32(pk.encode())
