"""Sizes: how many bytes does DynamoDB count for an item, and how many units for a call?

By the rules of its developer guide ("DynamoDB item sizes and formats", "Read and write
operations"), written here once more so that the engine's own arithmetic is checked by it.
"""

from collections.abc import Mapping
from typing import Any

WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096

Item = Mapping[str, Mapping[str, Any]]


def item_bytes(item: Item | None) -> int:
    """The bytes of an item in DynamoDB's own form; nothing for none."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in (item or {}).items())


def value_bytes(value: Mapping[str, Any]) -> int:
    """The bytes of one typed value."""
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return _number_bytes(content)
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "L":
        return 3 + sum(1 + value_bytes(member) for member in content)
    assert kind == "M", f"no item of ours holds a {kind}"
    return 3 + sum(1 + len(name.encode()) + value_bytes(member) for name, member in content.items())


def _number_bytes(text: str) -> int:
    """One byte for two significant digits, one more, and one for a sign."""
    digits = text.lstrip("-").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")


def write_units(bytes_before: int, bytes_after: int, in_transaction: bool) -> int:
    """A write costs by the larger of the item before and after it; twice that in a transaction."""
    units = max(1, -(-max(bytes_before, bytes_after) // WRITE_UNIT_BYTES))
    return 2 * units if in_transaction else units


def read_units(bytes_read: int, is_consistent: bool) -> float:
    """A read costs by what it touched, found or not; half of it where it may be a little old."""
    return max(1, -(-bytes_read // READ_UNIT_BYTES)) * (1.0 if is_consistent else 0.5)
