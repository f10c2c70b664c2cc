"""Writes: is one write of a request allowed, does its condition hold, and what does it leave behind?

A write is read in two steps: `Write.of` finds what is wrong whatever the tables
hold; `holds` and `result` look at the item that is there. The same steps serve
single writes and the members of a transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation.expressions import Condition, condition
from tests.simulation.key_expressions import picked_map
from tests.simulation.table import Key, Table
from tests.simulation.typed_values import ITEM_BYTES_MAX, Invalid, Item, Typed, checked_item
from tests.simulation.update_expressions import Update, update

Arguments = Mapping[str, Any]
_NONE: Mapping[str, Any] = {}
_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Write:
    """`kind` is Put, Update, Delete or ConditionCheck."""

    kind: str
    table: Table
    key: Key
    item: Item  # what is put, or the key
    names: Mapping[str, str]
    values: Mapping[str, Typed]
    condition: Condition | None
    update: Update | None
    returns_old: bool

    @classmethod
    def of(cls, kind: str, table: Table, arguments: Arguments) -> "Write":
        """Raises: KeyMismatch, Invalid."""
        names, values = placeholders(arguments)
        condition_text = arguments.get("ConditionExpression")
        update_text = arguments.get("UpdateExpression")
        holds = condition(condition_text) if condition_text is not None else None
        changes = update(update_text) if update_text is not None else None
        check_placeholders(names, values, holds, changes)
        item, key = _target(kind, table, arguments)
        if changes is not None:
            changes.check(names, values)
            _refuse_key_targets(table, changes, names)
        returned = arguments.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return cls(kind, table, key, item, names, values, holds, changes, returned)

    def holds(self, old: Item | None) -> bool:
        if self.condition is None:
            return True
        return self.condition.holds(old or _NONE, self.names, self.values)

    def result(self, old: Item | None) -> Item | None:
        """What lies there afterwards. Raises: Invalid when the update does not fit the item."""
        if self.kind == "Put":
            return self.item
        if self.kind == "Delete":
            return None
        if self.kind == "ConditionCheck":
            return old
        before = old if old is not None else self.item
        if self.update is None:
            return before
        after, size = checked_item(self.update.apply(before, self.names, self.values))
        if size > ITEM_BYTES_MAX:
            raise Invalid("Item size to update has exceeded the maximum allowed size")
        return after

    def attributes(self, wanted: str, old: Item | None, new: Item | None) -> Item | None:
        """What a single write answers with: all of an image, or the places that the update wrote."""
        image = old if wanted.endswith("_OLD") else new
        if image is None or wanted.startswith("ALL"):
            return image
        targets = self.update.targets(self.names) if self.update else []
        return picked_map(image, targets)


def _target(kind: str, table: Table, arguments: Arguments) -> tuple[Item, Key]:
    if kind != "Put":
        return arguments["Key"], table.key_of(arguments["Key"])
    return checked_put(table, arguments["Item"])


def checked_put(table: Table, item: Mapping[str, Any]) -> tuple[Item, Key]:
    """The item as it is kept, and its key."""
    kept, size = checked_item(item)
    key = table.key_of_item(kept)
    if size > ITEM_BYTES_MAX:
        raise Invalid("Item size has exceeded the maximum allowed size")
    return kept, key


def _refuse_key_targets(table: Table, changes: Update, names: Mapping[str, str]) -> None:
    for path in changes.targets(names):
        if path[0] in table.key_names:
            raise Invalid(
                f"One or more parameter values were invalid: Cannot update attribute {path[0]}. "
                "This attribute is part of the key"
            )


def placeholders(arguments: Arguments) -> tuple[Mapping[str, str], Mapping[str, Typed]]:
    """The names and values that a request defines; values as they would be kept."""
    names = arguments.get("ExpressionAttributeNames", _NONE)
    values = arguments.get("ExpressionAttributeValues", _NONE)
    return names, checked_item(values)[0] if values else values


def check_placeholders(names: Mapping[str, str], values: Mapping[str, Typed], *expressions: Any) -> None:
    """Every placeholder is used and defined, and every value fits where it stands. Raises: Invalid."""
    used = [expression for expression in expressions if expression is not None]
    used_names, used_values = _NOTHING, _NOTHING
    for expression in used:
        used_names |= expression.names
        used_values |= expression.values
    _refuse_difference("name", names.keys(), used_names)
    _refuse_difference("value", values.keys(), used_values)
    for expression in used:
        if isinstance(expression, Condition):
            expression.check(values)


def _refuse_difference(noun: str, defined: Any, used: frozenset[str]) -> None:
    if defined == used:
        return
    if missing := sorted(used - defined):
        raise Invalid(
            f"An expression attribute {noun} used in expression is not defined; "
            f"attribute {noun}: {missing[0]}"
        )
    raise Invalid(
        f"Value provided in ExpressionAttribute{noun.capitalize()}s unused in expressions: "
        f"keys: {{{', '.join(sorted(defined - used))}}}"
    )


# ---------------------------------------------------------------- batches

BATCH_MAX = 25


def batch_writes(
    table_of: Callable[[str], Table], request_items: Mapping[str, Any]
) -> list[tuple[Table, Key, Item | None]]:
    """What a batch puts (an item) and deletes (None), in order. Raises: Invalid, Refused."""
    count = sum(len(requests) for requests in request_items.values())
    if not 1 <= count <= BATCH_MAX:
        raise Invalid(
            f"1 validation error detected: a batch has 1 to {BATCH_MAX} writes, this one has {count}"
        )
    writes: list[tuple[Table, Key, Item | None]] = []
    for name, requests in request_items.items():
        table = table_of(name)
        for request in requests:
            if "PutRequest" in request:
                item, key = checked_put(table, request["PutRequest"]["Item"])
                writes.append((table, key, item))
            else:
                writes.append((table, table.key_of(request["DeleteRequest"]["Key"]), None))
    if len({(table.name, key) for table, key, _ in writes}) < len(writes):
        raise Invalid("Provided list of item keys contains duplicates")
    return writes
