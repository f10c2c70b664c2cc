"""The expression parser: which words, places in an item and placeholders does an expression name?

place   name | #alias, then .name | .#alias | [3]
value   :placeholder
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.simulation.typed_values import Invalid, Item, Typed, kind

Names = Mapping[str, str]
Values = Mapping[str, Typed]
Path = tuple[str | int, ...]  # names, aliases as they are written, positions in lists
Read = Callable[[Item, Names, Values], Typed | None]
Checks = tuple[Callable[[Values], None], ...]

MEMORY = 4096  # expressions that are kept readable
_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),.\[\]+-]|[#:][A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*|[0-9]+)")
_END = "<EOF>"


@dataclass(frozen=True, slots=True)
class Operand:
    """A place in the item or a value of the request, or what a function makes of one."""

    read: Read
    value: str = ""  # the placeholder, if it is one
    path: Path = ()  # the place, if it is one


class Reader:
    """The tokens of one expression, read from left to right; remembers the placeholders it met."""

    def __init__(self, text: str, slot: str) -> None:
        self.slot = slot
        self.names: set[str] = set()
        self.values: set[str] = set()
        self.checks: list[Callable[[Values], None]] = []
        self._tokens = self._split(text)
        self._position = 0

    def _split(self, text: str) -> list[str]:
        tokens, position, end = [], 0, len(text.rstrip())
        if not end:
            raise self.wrong("The expression can not be empty;")
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.unexpected(text[position])
            tokens.append(match.group(1))
            position = match.end()
        return tokens

    def wrong(self, message: str) -> Invalid:
        return Invalid(f"Invalid {self.slot}: {message}")

    def unexpected(self, token: str) -> Invalid:
        return self.wrong(f'Syntax error; token: "{token}"')

    # tokens

    def peek(self, ahead: int = 0) -> str:
        position = self._position + ahead
        return self._tokens[position] if position < len(self._tokens) else _END

    def next(self) -> str:
        token = self.peek()
        self._position += 1
        return token

    def take(self, token: str) -> bool:
        """Whether this token stood here; then it is read."""
        found = self.peek() == token
        self._position += found
        return found

    def word(self, *words: str) -> str:
        """The keyword that stood here, in capitals, or nothing: keywords know no case."""
        found = self.peek().upper()
        if found not in words:
            return ""
        self._position += 1
        return found

    def expect(self, token: str) -> None:
        if not self.take(token):
            raise self.unexpected(self.peek())

    def end(self) -> None:
        if self.peek() != _END:
            raise self.unexpected(self.peek())

    def opens(self) -> bool:
        """Whether a parenthesis is opened here; two around the same are refused."""
        if self.peek() != "(":
            return False
        if self.peek(1) == "(" and self._closing(1) + 1 == self._closing(0):
            raise self.wrong("The expression has redundant parentheses;")
        self.next()
        return True

    def _closing(self, ahead: int) -> int:
        """The position at which the parenthesis that opens here is closed."""
        depth = 0
        for position in range(self._position + ahead, len(self._tokens)):
            depth += (self._tokens[position] == "(") - (self._tokens[position] == ")")
            if depth == 0:
                return position
        raise self.unexpected(_END)

    # places and values

    def operand(self) -> Operand:
        token = self.peek()
        if token.startswith(":"):
            self.next()
            self.values.add(token)
            return Operand(lambda item, names, values: values[token], value=token)
        return self.path_operand()

    def path_operand(self) -> Operand:
        path = self.path()
        return Operand(reading(path), path=path)

    def path(self) -> Path:
        parts: list[str | int] = [self._name()]
        while True:
            if self.take("."):
                parts.append(self._name())
            elif self.take("["):
                position = self.next()
                if not position.isdigit():
                    raise self.unexpected(position)
                parts.append(int(position))
                self.expect("]")
            else:
                return tuple(parts)

    def _name(self) -> str:
        token = self.next()
        if token.startswith("#"):
            self.names.add(token)
        elif not token.isidentifier():
            raise self.unexpected(token)
        return token

    def needs(self, operator: str, kinds: frozenset[str], *operands: Operand) -> None:
        """Values of the request must be of these kinds, whatever the item holds."""
        placeholders = [operand.value for operand in operands if operand.value]

        def look(values: Values) -> None:
            for placeholder in placeholders:
                found = kind(values[placeholder])
                if found not in kinds:
                    raise self.wrong(
                        "Incorrect operand type for operator or function; "
                        f"operator or function: {operator}, operand type: {found}"
                    )

        if placeholders:
            self.checks.append(look)


def resolved(path: Path, names: Names) -> Path:
    """The place with its aliases replaced."""
    return tuple(names[part] if isinstance(part, str) and part[0] == "#" else part for part in path)


def reading(path: Path) -> Read:
    """Reads what lies at a place, or None."""
    first = path[0]
    if len(path) == 1 and isinstance(first, str):
        if first[0] == "#":
            return lambda item, names, values: item.get(names[first])
        return lambda item, names, values: item.get(first)
    return lambda item, names, values: at(item, resolved(path, names))


def at(item: Item, path: Path) -> Typed | None:
    """What lies at a resolved place, or None."""
    value = item.get(str(path[0]))
    for part in path[1:]:
        if value is None:
            return None
        if isinstance(part, int):
            members = value.get("L", ())
            value = members[part] if part < len(members) else None
        else:
            value = value.get("M", {}).get(part)
    return value
