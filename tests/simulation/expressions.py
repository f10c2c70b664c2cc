"""Expressions: does a condition or a filter hold of an item?

`condition(text)` reads an expression once and remembers it by its text; it is then
evaluated over DynamoDB's own values with the placeholders of the request. What is
not there makes every comparison false, and `<>` true. The other expressions:
update_expressions.py changes an item, key_expressions.py picks and projects items.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.simulation.expression_parser import MEMORY, Checks, Names, Operand, Reader, Values
from tests.simulation.typed_values import ORDERED, Item, Typed, equal, kind, pair

Test = Callable[[Item, Names, Values], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """`holds(item, names, values)`; `names` and `values` are the placeholders it uses."""

    holds: Test
    names: frozenset[str]
    values: frozenset[str]
    checks: Checks

    def check(self, values: Values) -> None:
        """What is wrong whatever the item holds. Raises: Invalid."""
        for look in self.checks:
            look(values)


@lru_cache(MEMORY)
def condition(text: str, slot: str = "ConditionExpression") -> Condition:
    """The meaning of a condition or filter. Raises: Invalid."""
    reader = Reader(text, slot)
    holds = _either(reader)
    reader.end()
    return Condition(holds, frozenset(reader.names), frozenset(reader.values), tuple(reader.checks))


# ---------------------------------------------------------------- AND, OR, NOT, parentheses


def _either(reader: Reader) -> Test:
    tests = [_both(reader)]
    while reader.word("OR"):
        tests.append(_both(reader))
    if len(tests) == 1:
        return tests[0]
    return lambda item, names, values: any(test(item, names, values) for test in tests)


def _both(reader: Reader) -> Test:
    tests = [_unless(reader)]
    while reader.word("AND"):
        tests.append(_unless(reader))
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda item, names, values: first(item, names, values) and second(item, names, values)
    return lambda item, names, values: all(test(item, names, values) for test in tests)


def _unless(reader: Reader) -> Test:
    if reader.word("NOT"):
        test = _unless(reader)
        return lambda item, names, values: not test(item, names, values)
    if not reader.opens():
        return _plain(reader)
    test = _either(reader)
    reader.expect(")")
    return test


# ---------------------------------------------------------------- functions and comparisons


def _plain(reader: Reader) -> Test:
    name = reader.peek()
    if name in _FUNCTIONS and reader.peek(1) == "(":
        reader.next()
        reader.expect("(")
        test = _FUNCTIONS[name](reader)
        reader.expect(")")
        return test
    left = _operand(reader)
    if reader.word("BETWEEN"):
        return _between(reader, left)
    if reader.word("IN"):
        return _one_of(reader, left)
    sign = reader.next()
    if sign not in _SIGNS:
        raise reader.unexpected(sign)
    right = _operand(reader)
    if sign in ("<", "<=", ">", ">="):
        reader.needs(sign, ORDERED, left, right)
    return _compared(left.read, sign, right.read)


def _compared(left: Callable[..., Any], sign: str, right: Callable[..., Any]) -> Test:
    if sign == "=":
        return lambda item, names, values: equal(left(item, names, values), right(item, names, values))
    if sign == "<>":
        return lambda item, names, values: not equal(left(item, names, values), right(item, names, values))
    in_order = _SIGNS[sign]

    def holds(item: Item, names: Names, values: Values) -> bool:
        both = pair(left(item, names, values), right(item, names, values))
        return both is not None and in_order(*both)

    return holds


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _between(reader: Reader, operand: Operand) -> Test:
    low = _operand(reader)
    if not reader.word("AND"):
        raise reader.unexpected(reader.peek())
    high = _operand(reader)
    reader.needs("BETWEEN", ORDERED, operand, low, high)
    if low.value and high.value:
        reader.checks.append(_bounds(reader, low.value, high.value))
    above = _compared(operand.read, ">=", low.read)
    below = _compared(operand.read, "<=", high.read)
    return lambda item, names, values: above(item, names, values) and below(item, names, values)


def _bounds(reader: Reader, low: str, high: str) -> Callable[[Values], None]:
    def look(values: Values) -> None:
        both = pair(values[low], values[high])
        if both is None or both[0] > both[1]:
            raise reader.wrong(
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
            )

    return look


def _one_of(reader: Reader, operand: Operand) -> Test:
    reader.expect("(")
    choices = [_operand(reader).read]
    while reader.take(","):
        choices.append(_operand(reader).read)
    reader.expect(")")
    read = operand.read

    def holds(item: Item, names: Names, values: Values) -> bool:
        wanted = read(item, names, values)
        return any(equal(wanted, choice(item, names, values)) for choice in choices)

    return holds


def _operand(reader: Reader) -> Operand:
    if reader.peek() == "size" and reader.peek(1) == "(":
        reader.next()
        reader.expect("(")
        operand = reader.operand()
        reader.expect(")")
        read = operand.read
        return Operand(lambda item, names, values: _size(read(item, names, values)))
    return reader.operand()


def _size(value: Typed | None) -> Typed | None:
    """UTF-16 units of a text, bytes, or members; numbers and marks have no size."""
    if value is None:
        return None
    ((found, content),) = value.items()
    if found in ("N", "BOOL", "NULL"):
        return None
    length = len(content) if found != "S" else sum(2 if ord(letter) > 0xFFFF else 1 for letter in content)
    return {"N": str(length)}


def _exists(reader: Reader) -> Test:
    read = reader.path_operand().read
    return lambda item, names, values: read(item, names, values) is not None


def _not_exists(reader: Reader) -> Test:
    read = reader.path_operand().read
    return lambda item, names, values: read(item, names, values) is None


def _begins_with(reader: Reader) -> Test:
    read, start = _two(reader, "begins_with", frozenset({"S", "B"}))

    def holds(item: Item, names: Names, values: Values) -> bool:
        both = pair(read(item, names, values), start(item, names, values))
        return both is not None and hasattr(both[0], "startswith") and bool(both[0].startswith(both[1]))

    return holds


def _contains(reader: Reader) -> Test:
    read, searched = _two(reader, "contains", None)

    def holds(item: Item, names: Names, values: Values) -> bool:
        place, wanted = read(item, names, values), searched(item, names, values)
        return place is not None and wanted is not None and _is_in(place, wanted)

    return holds


def _is_in(place: Typed, wanted: Typed) -> bool:
    ((found, content),) = place.items()
    wanted_kind = kind(wanted)
    if found in ("S", "B") and found == wanted_kind:
        return bool(wanted[found] in content)
    if found in ("SS", "NS", "BS"):
        return wanted_kind == found[0] and any(equal({found[0]: member}, wanted) for member in content)
    return found == "L" and any(equal(member, wanted) for member in content)


def _is_of_kind(reader: Reader) -> Test:
    read, wanted = _two(reader, "attribute_type", frozenset({"S"}))

    def holds(item: Item, names: Names, values: Values) -> bool:
        value, wanted_kind = read(item, names, values), wanted(item, names, values)
        return value is not None and wanted_kind is not None and kind(value) == wanted_kind.get("S")

    return holds


def _two(reader: Reader, name: str, kinds: frozenset[str] | None) -> tuple[Any, Any]:
    """Both arguments of a function: a place in the item, and what it is held against."""
    first = reader.operand()
    reader.expect(",")
    second = reader.operand()
    if kinds is not None:
        reader.needs(name, kinds, second)
    return first.read, second.read


_FUNCTIONS: dict[str, Callable[[Reader], Test]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _not_exists,
    "attribute_type": _is_of_kind,
    "begins_with": _begins_with,
    "contains": _contains,
}
