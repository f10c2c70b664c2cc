"""Typed values: what are DynamoDB's own values ({"N": "5"}) worth, in kind, order, size and form?

Stored values are never changed in place. Numbers are exact: whole ones are Python
integers, others decimals of at most 38 digits.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, Inexact, Overflow, Underflow
from functools import lru_cache
from typing import Any

Typed = Mapping[str, Any]
Item = Mapping[str, Typed]

ITEM_BYTES_MAX = 400 * 1024
LEVELS_MAX = 32
SETS = frozenset({"SS", "NS", "BS"})
ORDERED = frozenset({"S", "N", "B"})
KINDS = frozenset({"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"})

_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]{0,37})\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?\Z")
_EXACT = Context(prec=38, Emin=-130, Emax=125, traps=[Inexact, Overflow, Underflow])


class Invalid(Exception):
    """The request is refused with a ValidationException; its text is the message."""


# ---------------------------------------------------------------- numbers


def number(text: str) -> int | Decimal:
    """The number that a stored text means."""
    return int(text) if _WHOLE.match(text) else Decimal(text)


def number_text(value: int | Decimal) -> str:
    """The form in which DynamoDB gives a number back. Raises: Invalid beyond 38 digits or the magnitudes."""
    if isinstance(value, int) and -(10**38) < value < 10**38:
        return str(value)
    try:
        exact = _EXACT.plus(Decimal(value))
    except (Inexact, Overflow, Underflow) as error:
        raise Invalid("Number overflow. Attempting to store a number beyond the supported range") from error
    text = format(exact, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _canonical_number(text: Any) -> str:
    if not isinstance(text, str) or not _NUMBER.match(text):
        raise Invalid(f"The parameter cannot be converted to a numeric value: {text}")
    return number_text(Decimal(text))


# ---------------------------------------------------------------- comparing


def kind(value: Typed) -> str:
    for found in value:
        return found
    raise Invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")


def equal(left: Typed | None, right: Typed | None) -> bool:
    """What is not there equals nothing, not even another thing that is not there."""
    if left is None or right is None:
        return False
    ((left_kind, left_content),) = left.items()
    ((right_kind, right_content),) = right.items()
    if left_kind != right_kind:
        return False
    if left_kind in _COMPARABLE:
        return bool(_COMPARABLE[left_kind](left_content) == _COMPARABLE[left_kind](right_content))
    return bool(left_content == right_content)


def same(left: Item, right: Item) -> bool:
    """Whether two images are the same to DynamoDB: the members of a set have no order."""
    return left.keys() == right.keys() and all(
        value is right[name] or equal(value, right[name]) for name, value in left.items()
    )


def comparable(value: Typed) -> Any:
    """The value in a form that Python compares for equality."""
    ((found, content),) = value.items()
    return found, _COMPARABLE[found](content) if found in _COMPARABLE else content


_COMPARABLE: dict[str, Callable[[Any], Any]] = {
    "N": number,
    "NS": lambda members: frozenset(map(number, members)),
    "SS": frozenset,
    "BS": frozenset,
    "L": lambda members: [comparable(member) for member in members],
    "M": lambda members: {name: comparable(member) for name, member in members.items()},
}


def pair(left: Typed | None, right: Typed | None) -> tuple[Any, Any] | None:
    """Two values that have an order among them, as Python orders them; None where they have none."""
    if left is None or right is None:
        return None
    ((left_kind, left_content),) = left.items()
    ((right_kind, right_content),) = right.items()
    if left_kind != right_kind or left_kind not in ORDERED:
        return None
    if left_kind == "N":
        return number(left_content), number(right_content)
    return left_content, right_content


# ---------------------------------------------------------------- form and size


def checked(value: Any, level: int = 1) -> tuple[Typed, int]:
    """The value as DynamoDB keeps it, and its bytes. Raises: Invalid for what it would not keep."""
    if not _is_map(value) or len(value) != 1:
        raise Invalid(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the"
            " supported datatypes"
        )
    ((found, content),) = value.items()
    if level > LEVELS_MAX:
        raise Invalid("Nesting Levels have exceeded supported limits")
    if found == "S" and isinstance(content, str):
        return value, len(content) if content.isascii() else len(content.encode())
    if found == "N":
        if isinstance(content, str) and _WHOLE.match(content):
            return value, _number_bytes(content)
        text = _canonical_number(content)
        return {"N": text}, _number_bytes(text)
    if found not in _CHECKS:
        raise Invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    return _CHECKS[found](value, content, level)


def _is_map(value: Any) -> bool:
    """A dict is asked for first: asking any mapping costs more than all the rest."""
    return type(value) is dict or isinstance(value, Mapping)


def checked_item(item: Mapping[str, Any]) -> tuple[Item, int]:
    """The item as DynamoDB keeps it, and its bytes."""
    kept: dict[str, Typed] | None = None
    size = 0
    for name, value in item.items():
        as_kept, value_bytes = checked(value)
        size += value_bytes + (len(name) if name.isascii() else len(name.encode()))
        if as_kept is not value:
            kept = dict(item) if kept is None else kept
            kept[name] = as_kept
    return kept or item, size


@lru_cache(65536)
def _number_bytes(text: str) -> int:
    """One byte for two decimal places, aligned at the point, one more, and one for a sign."""
    if text == "0":
        return 1
    whole, _, fraction = text.lstrip("-").partition(".")
    places = whole.zfill(len(whole) + len(whole) % 2) + fraction + "0" * (len(fraction) % 2)
    leading = (len(places) - len(places.lstrip("0"))) // 2
    trailing = (len(places) - len(places.rstrip("0"))) // 2
    return 1 + len(places) // 2 - leading - trailing + text.startswith("-")


def _bytes(value: Typed, content: Any, level: int) -> tuple[Typed, int]:
    if not isinstance(content, bytes):
        raise Invalid("One or more parameter values were invalid: Binary attribute value type mismatch")
    return value, len(content)


def _mark(value: Typed, content: Any, level: int) -> tuple[Typed, int]:
    if not isinstance(content, bool) or ("NULL" in value and content is not True):
        raise Invalid("One or more parameter values were invalid: a mark is true, or false if it is a BOOL")
    return value, 1


def _set(value: Typed, content: Any, level: int) -> tuple[Typed, int]:
    found = kind(value)
    if not isinstance(content, list) or not content:
        raise Invalid(f"One or more parameter values were invalid: An {found} set may not be empty")
    members = [checked({found[0]: member}) for member in content]
    kept = [member[found[0]] for member, _ in members]
    if len(set(kept)) != len(kept):
        raise Invalid("One or more parameter values were invalid: Input collection contains duplicates.")
    return {found: kept}, sum(size for _, size in members)


def _list(value: Typed, content: Any, level: int) -> tuple[Typed, int]:
    if not isinstance(content, list):
        raise Invalid("One or more parameter values were invalid: List must be a list")
    members = [checked(member, level + 1) for member in content]
    size = 3 + sum(1 + member_bytes for _, member_bytes in members)
    if all(kept is member for (kept, _), member in zip(members, content, strict=True)):
        return value, size
    return {"L": [kept for kept, _ in members]}, size


def _map(value: Typed, content: Any, level: int) -> tuple[Typed, int]:
    if not _is_map(content):
        raise Invalid("One or more parameter values were invalid: Map must be a map")
    members = {name: checked(member, level + 1) for name, member in content.items()}
    size = 3 + sum(1 + len(name.encode()) + member_bytes for name, (_, member_bytes) in members.items())
    if all(kept is content[name] for name, (kept, _) in members.items()):
        return value, size
    return {"M": {name: kept for name, (kept, _) in members.items()}}, size


_CHECKS: dict[str, Callable[[Typed, Any, int], tuple[Typed, int]]] = {
    "B": _bytes,
    "BOOL": _mark,
    "NULL": _mark,
    "SS": _set,
    "NS": _set,
    "BS": _set,
    "L": _list,
    "M": _map,
}
