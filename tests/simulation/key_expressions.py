"""Key expressions: which partition and sort keys does a key condition mean, and what of an item is projected?

Keys are texts: `pk`, and `sk` where the table has one. A range of sort keys is
given as a `KeyRange` that Python's own order of texts (that of UTF-8) understands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.simulation.expression_parser import MEMORY, Names, Path, Reader, Values, resolved
from tests.simulation.typed_values import Invalid, Item

_SLOT = "KeyConditionExpression"


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The sort keys from `low` to `high` (None: no bound); a prefix is the range of what begins with it."""

    low: str = ""
    high: str | None = None
    with_low: bool = True
    with_high: bool = True
    prefix: str | None = None

    def holds(self, sort_key: str) -> bool:
        if self.prefix is not None:
            return sort_key.startswith(self.prefix)
        if sort_key < self.low or (sort_key == self.low and not self.with_low):
            return False
        return self.high is None or sort_key < self.high or (sort_key == self.high and self.with_high)


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One comparison of a key condition: `sign` is =, <, <=, >, >=, BETWEEN or begins_with."""

    path: Path
    sign: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """`picked(names, values)` gives the partition and the range of sort keys."""

    parts: tuple[KeyPart, ...]
    names: frozenset[str]
    values: frozenset[str]

    def picked(self, names: Names, values: Values) -> tuple[str, KeyRange]:
        """Raises: Invalid unless it is one partition and at most one range."""
        by_name: dict[Any, KeyPart] = {}
        for part in self.parts:
            (name,) = resolved(part.path, names)
            if name in by_name:
                raise _wrong("KeyConditionExpressions must only contain one condition per key")
            by_name[name] = part
        hash_part, range_part = by_name.pop("pk", None), by_name.pop("sk", None)
        if hash_part is None or hash_part.sign != "=" or by_name:
            raise Invalid(f"Query condition missed key schema element: {next(iter(by_name), 'pk')}")
        (partition,) = _texts(hash_part, "pk", values)
        return partition, _range(range_part, values) if range_part else KeyRange()


@lru_cache(MEMORY)
def key_condition(text: str) -> KeyCondition:
    """The meaning of a key condition. Raises: Invalid."""
    reader = Reader(text, _SLOT)
    parts = _parts(reader)
    reader.end()
    return KeyCondition(tuple(parts), frozenset(reader.names), frozenset(reader.values))


def _parts(reader: Reader) -> list[KeyPart]:
    if reader.opens():
        parts = _parts(reader)
        reader.expect(")")
    else:
        parts = [_part(reader)]
    while reader.word("AND"):
        parts += _parts(reader)
    return parts


def _part(reader: Reader) -> KeyPart:
    if reader.peek() == "begins_with" and reader.peek(1) == "(":
        reader.next()
        reader.expect("(")
        path = _key(reader)
        reader.expect(",")
        prefix = _value(reader)
        reader.expect(")")
        return KeyPart(path, "begins_with", (prefix,))
    path = _key(reader)
    if reader.word("BETWEEN"):
        low = _value(reader)
        if not reader.word("AND"):
            raise reader.unexpected(reader.peek())
        return KeyPart(path, "BETWEEN", (low, _value(reader)))
    sign = reader.next()
    if sign not in ("=", "<", "<=", ">", ">="):
        raise reader.wrong(f"Invalid operator used in {_SLOT}: {sign}")
    return KeyPart(path, sign, (_value(reader),))


def _key(reader: Reader) -> Path:
    path = reader.path()
    if len(path) > 1:
        raise Invalid("KeyConditionExpressions cannot have conditions on nested attributes")
    return path


def _value(reader: Reader) -> str:
    operand = reader.operand()
    if not operand.value:
        raise reader.unexpected(str(operand.path[0]))
    return operand.value


def _texts(part: KeyPart, name: str, values: Values) -> list[str]:
    typed = [values[placeholder] for placeholder in part.values]
    if any("S" not in value for value in typed):
        raise Invalid(
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
        )
    if any(value["S"] == "" for value in typed):
        raise Invalid(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot"
            f" contain an empty string value. Key: {name}"
        )
    return [value["S"] for value in typed]


def _range(part: KeyPart, values: Values) -> KeyRange:
    first, *more = _texts(part, "sk", values)
    match part.sign:
        case "=":
            return KeyRange(low=first, high=first)
        case "<" | "<=":
            return KeyRange(high=first, with_high=part.sign == "<=")
        case ">" | ">=":
            return KeyRange(low=first, with_low=part.sign == ">=")
        case "begins_with":
            return KeyRange(low=first, prefix=first)
    if first > more[0]:
        raise _wrong("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")
    return KeyRange(low=first, high=more[0])


def _wrong(message: str) -> Invalid:
    return Invalid(f"Invalid {_SLOT}: {message}")


# ---------------------------------------------------------------- projection


@dataclass(frozen=True, slots=True)
class Projection:
    """`of(item, names)`: the named places of an item, and nothing else."""

    paths: tuple[Path, ...]
    names: frozenset[str]
    values: frozenset[str] = frozenset()

    def of(self, item: Item, names: Names) -> dict[str, Any]:
        """Raises: Invalid for places that overlap."""
        paths = [resolved(path, names) for path in self.paths]
        for position, later in enumerate(paths):
            for earlier in paths[:position]:
                shared = min(len(earlier), len(later))
                if earlier[:shared] == later[:shared]:
                    raise Invalid(
                        "Invalid ProjectionExpression: Two document paths overlap with each other; "
                        f"path one: {list(earlier)}, path two: {list(later)}"
                    )
        return picked_map(item, paths)


@lru_cache(MEMORY)
def projection(text: str) -> Projection:
    """The meaning of a projection. Raises: Invalid."""
    reader = Reader(text, "ProjectionExpression")
    paths = [reader.path()]
    while reader.take(","):
        paths.append(reader.path())
    reader.end()
    return Projection(tuple(paths), frozenset(reader.names))


def picked_map(members: Any, paths: Sequence[Path]) -> dict[str, Any]:
    """Of a map, what lies at these places."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys(path[0] for path in paths):
        if isinstance(name, str) and name in members:
            below = [path[1:] for path in paths if path[0] == name]
            picked = _picked(members[name], below)
            if picked is not None:
                found[name] = picked
    return found


def _picked(value: Any, paths: Sequence[Path]) -> Any:
    if paths == [()]:
        return value
    if "M" in value:
        members = picked_map(value["M"], paths)
        return {"M": members} if members else None
    if "L" in value:
        positions = sorted({path[0] for path in paths if isinstance(path[0], int)})
        in_list = [
            _picked(value["L"][position], [path[1:] for path in paths if path[0] == position])
            for position in positions
            if position < len(value["L"])
        ]
        kept = [member for member in in_list if member is not None]
        return {"L": kept} if kept else None
    return None
