"""Update expressions: what does an item become under SET, REMOVE, ADD and DELETE?

`update(text)` reads an expression once and remembers it by its text. Everything is
read from the item as it was; the places that are written must not overlap. Only
the containers on the way to a written place are copied, the rest is shared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any

from tests.simulation.expression_parser import (
    MEMORY,
    Checks,
    Names,
    Operand,
    Path,
    Read,
    Reader,
    Values,
    at,
    resolved,
)
from tests.simulation.typed_values import SETS, Invalid, Item, Typed, comparable, kind, number, number_text

_ARITHMETIC = Context(prec=80)
_MISSING = "The provided expression refers to an attribute that does not exist in the item"
_WRONG_TYPE = "An operand in the update expression has an incorrect data type"
_WRONG_PATH = "The document path provided in the update expression is invalid for update"
_GONE: Typed = {}


@dataclass(frozen=True, slots=True)
class Action:
    """One write: `make(before, item, names, values)` is what lies there afterwards, _GONE for nothing."""

    path: Path
    make: Callable[[Typed | None, Item, Names, Values], Typed]


@dataclass(frozen=True, slots=True)
class Update:
    """`apply(item, names, values)`; `names` and `values` are the placeholders it uses."""

    actions: tuple[Action, ...]
    names: frozenset[str]
    values: frozenset[str]
    checks: Checks
    is_flat: bool

    def check(self, names: Names, values: Values) -> None:
        """What is wrong whatever the item holds. Raises: Invalid."""
        for look in self.checks:
            look(values)
        paths = self.targets(names)
        if not self.is_flat:
            _refuse_overlaps(paths)
        elif len(set(paths)) < len(paths):
            raise _overlap(paths[0], paths[-1])

    def targets(self, names: Names) -> list[Path]:
        """The places that are written."""
        return [resolved(action.path, names) for action in self.actions]

    def apply(self, item: Item, names: Names, values: Values) -> Item:
        """The item afterwards. Raises: Invalid."""
        made: list[tuple[Path, Typed]] = []
        for action in self.actions:
            path = resolved(action.path, names)
            made.append((path, action.make(at(item, path), item, names, values)))
        changed: dict[str, Any] = dict(item)
        if not self.is_flat:
            _write_nested(changed, item, made)
            return changed
        for path, value in made:
            name = str(path[0])
            if value is not _GONE:
                changed[name] = value
            else:
                changed.pop(name, None)
        return changed


@lru_cache(MEMORY)
def update(text: str) -> Update:
    """The meaning of an update expression. Raises: Invalid."""
    reader = Reader(text, "UpdateExpression")
    actions: list[Action] = []
    seen: set[str] = set()
    while clause := reader.word(*_CLAUSES):
        if clause in seen:
            raise reader.wrong(f'The "{clause}" section can only be used once in an update expression;')
        seen.add(clause)
        actions.append(_CLAUSES[clause](reader))
        while reader.take(","):
            actions.append(_CLAUSES[clause](reader))
    reader.end()
    if not actions:
        raise reader.unexpected(reader.peek())
    return Update(
        tuple(actions),
        frozenset(reader.names),
        frozenset(reader.values),
        tuple(reader.checks),
        all(len(action.path) == 1 for action in actions),
    )


# ---------------------------------------------------------------- SET


def _set(reader: Reader) -> Action:
    path = reader.path()
    reader.expect("=")
    read = _sum(reader)
    return Action(path, lambda before, item, names, values: read(item, names, values))


def _sum(reader: Reader) -> Callable[[Item, Names, Values], Typed]:
    left = _set_operand(reader)
    sign = reader.peek()
    if sign not in ("+", "-"):
        return _required(left.read)
    reader.next()
    right = _set_operand(reader)
    reader.needs(sign, frozenset("N"), left, right)
    read_left, read_right = _required(left.read), _required(right.read)

    def total(item: Item, names: Names, values: Values) -> Typed:
        first, second = read_left(item, names, values), read_right(item, names, values)
        if "N" not in first or "N" not in second:
            raise Invalid(_WRONG_TYPE)
        return {"N": _added(first["N"], second["N"], sign)}

    return total


def _added(first: str, second: str, sign: str) -> str:
    left, right = number(first), number(second)
    if isinstance(left, int) and isinstance(right, int):
        return number_text(left + right if sign == "+" else left - right)
    exact = _ARITHMETIC.add if sign == "+" else _ARITHMETIC.subtract
    return number_text(exact(Decimal(left), Decimal(right)))


def _required(read: Read) -> Callable[[Item, Names, Values], Typed]:
    def required(item: Item, names: Names, values: Values) -> Typed:
        value = read(item, names, values)
        if value is None:
            raise Invalid(_MISSING)
        return value

    return required


def _set_operand(reader: Reader) -> Operand:
    name = reader.peek()
    if reader.peek(1) != "(":
        return reader.operand()
    reader.next()
    reader.expect("(")
    if name not in ("if_not_exists", "list_append"):
        raise reader.wrong(f"Invalid function name; function: {name}")
    first = reader.path_operand() if name == "if_not_exists" else _set_operand(reader)
    reader.expect(",")
    second = _set_operand(reader)
    reader.expect(")")
    if name == "if_not_exists":
        return Operand(_default(first.read, second.read))
    reader.needs(name, frozenset("L"), first, second)
    return Operand(_joined(_required(first.read), _required(second.read)))


def _default(first: Read, second: Read) -> Read:
    def read(item: Item, names: Names, values: Values) -> Typed | None:
        found = first(item, names, values)
        return second(item, names, values) if found is None else found

    return read


def _joined(first: Callable[..., Typed], second: Callable[..., Typed]) -> Read:
    def read(item: Item, names: Names, values: Values) -> Typed:
        left, right = first(item, names, values), second(item, names, values)
        if "L" not in left or "L" not in right:
            raise Invalid(_WRONG_TYPE)
        return {"L": [*left["L"], *right["L"]]}

    return read


# ---------------------------------------------------------------- REMOVE, ADD, DELETE


def _remove(reader: Reader) -> Action:
    return Action(reader.path(), lambda before, item, names, values: _GONE)


def _add(reader: Reader) -> Action:
    path, value = _path_and_value(reader, "ADD", SETS | {"N"})

    def make(before: Typed | None, item: Item, names: Names, values: Values) -> Typed:
        addend = values[value]
        if before is None:
            return addend
        found = kind(before)
        if found != kind(addend):
            raise Invalid(_WRONG_TYPE)
        if found == "N":
            return {"N": _added(before["N"], addend["N"], "+")}
        there = {comparable({found[0]: member}) for member in before[found]}
        return {
            found: [*before[found], *(m for m in addend[found] if comparable({found[0]: m}) not in there)]
        }

    return Action(path, make)


def _delete(reader: Reader) -> Action:
    path, value = _path_and_value(reader, "DELETE", SETS)

    def make(before: Typed | None, item: Item, names: Names, values: Values) -> Typed:
        taken = values[value]
        if before is None:
            return _GONE
        found = kind(before)
        if found != kind(taken):
            raise Invalid(_WRONG_TYPE)
        gone = {comparable({found[0]: member}) for member in taken[found]}
        left = [member for member in before[found] if comparable({found[0]: member}) not in gone]
        return {found: left} if left else _GONE

    return Action(path, make)


def _path_and_value(reader: Reader, operator: str, kinds: frozenset[str]) -> tuple[Path, str]:
    path = reader.path()
    operand = reader.operand()
    if not operand.value:
        raise reader.unexpected(str(operand.path[0]))
    reader.needs(operator, kinds, operand)
    return path, operand.value


_CLAUSES: dict[str, Callable[[Reader], Action]] = {
    "SET": _set,
    "REMOVE": _remove,
    "ADD": _add,
    "DELETE": _delete,
}


# ---------------------------------------------------------------- places that are written


def _refuse_overlaps(paths: Sequence[Path]) -> None:
    for position, later in enumerate(paths):
        for earlier in paths[:position]:
            shared = min(len(earlier), len(later))
            same = next((i for i in range(shared) if earlier[i] != later[i]), shared)
            if same == shared:
                raise _overlap(earlier, later)
            if type(earlier[same]) is not type(later[same]):
                raise Invalid(
                    "Invalid UpdateExpression: Two document paths conflict with each other; "
                    f"path one: {list(earlier)}, path two: {list(later)}"
                )


def _overlap(one: Path, two: Path) -> Invalid:
    return Invalid(
        "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of "
        f"these paths; path one: {list(one)}, path two: {list(two)}"
    )


def _write_nested(changed: dict[str, Any], item: Item, made: Sequence[tuple[Path, Typed]]) -> None:
    """First what is set, lists from their front; then what goes, lists from their end."""
    for path, _ in made:
        if len(path) > 1:
            _refuse_missing_parent(at(item, path[:-1]), path)
    in_order = sorted(made, key=lambda write: [(isinstance(part, int), part) for part in write[0]])
    for path, value in in_order:
        if value is not _GONE:
            _put_at(changed, path, value)
    for path, value in reversed(in_order):
        if value is _GONE:
            _put_at(changed, path, None)


def _refuse_missing_parent(parent: Typed | None, path: Path) -> None:
    wanted = "L" if isinstance(path[-1], int) else "M"
    if parent is None or wanted not in parent:
        raise Invalid(_WRONG_PATH)


def _put_at(container: Any, path: Path, value: Typed | None) -> None:
    """Write into a container of our own; the containers below it are copied on the way."""
    first = path[0]
    if len(path) == 1:
        _put_in(container, first, value)
        return
    (found,) = container[first]
    own = dict(container[first][found]) if found == "M" else list(container[first][found])
    container[first] = {found: own}
    _put_at(own, path[1:], value)


def _put_in(container: Any, part: str | int, value: Typed | None) -> None:
    if isinstance(part, int):
        if value is None:
            del container[part : part + 1]
        elif part < len(container):
            container[part] = value
        else:
            container.append(value)  # a position behind the end is the end
    elif value is None:
        container.pop(part, None)
    else:
        container[part] = value
