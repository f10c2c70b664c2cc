"""Values: how does a plain Python value stand in a DynamoDB item?

Only text, whole numbers, truth values, nothing, lists and maps: a float or a
Decimal never gets in, and comes out of no item. Money is exact or an error.
"""

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]


def to_value(value: Any) -> dict[str, Any]:
    """The typed form of one value. Raises: TypeError for a float, bytes, or anything else unknown."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(int(value))}
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, list | tuple):
        return {"L": [to_value(member) for member in value]}
    if isinstance(value, Mapping):
        return {"M": to_item(value)}
    raise TypeError(f"{type(value).__name__} has no place in an item")


def from_value(value: Mapping[str, Any]) -> Any:
    """The plain value of a typed one."""
    ((kind, content),) = value.items()
    if kind == "N":
        return int(content)
    if kind == "L":
        return [from_value(member) for member in content]
    if kind == "M":
        return from_item(content)
    if kind == "NULL":
        return None
    if kind in ("S", "BOOL"):
        return content
    raise TypeError(f"an item holds a value of the kind {kind}")


def to_item(values: Mapping[str, Any]) -> Item:
    """The typed form of an item."""
    return {name: to_value(value) for name, value in values.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The plain form of an item."""
    # Most values are texts: asking for those first saves a call each, in everything that reads.
    return {name: value["S"] if "S" in value else from_value(value) for name, value in item.items()}
