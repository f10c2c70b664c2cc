"""Reads: which items, and how much of each, does a get, a query or a scan answer with?"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation.expressions import Condition, condition
from tests.simulation.key_expressions import Projection, key_condition, projection
from tests.simulation.table import Key, Table
from tests.simulation.typed_values import Invalid, Item
from tests.simulation.writes import check_placeholders, placeholders

Arguments = Mapping[str, Any]
KEYS_MAX = 100
SEGMENTS_MAX = 1_000_000


def _as_of(arguments: Arguments, as_of: int | None) -> int | None:
    """A consistent read knows no lag."""
    return None if arguments.get("ConsistentRead") else as_of


def _projection(arguments: Arguments) -> Projection | None:
    text = arguments.get("ProjectionExpression")
    return projection(text) if text is not None else None


def get_item(table: Table, arguments: Arguments, as_of: int | None) -> dict[str, Any]:
    names, values = placeholders(arguments)
    wanted = _projection(arguments)
    check_placeholders(names, values, wanted)
    item = table.get(table.key_of(arguments["Key"]), _as_of(arguments, as_of))
    if item is None:
        return {}
    return {"Item": wanted.of(item, names) if wanted else item}


def batch_get(table_of: Callable[[str], Table], arguments: Arguments, as_of: int | None) -> dict[str, Any]:
    wanted = {table_of(name): request for name, request in arguments["RequestItems"].items()}
    if not wanted or not all(request["Keys"] for request in wanted.values()):
        raise Invalid("1 validation error detected: Member must have length greater than or equal to 1")
    if sum(len(request["Keys"]) for request in wanted.values()) > KEYS_MAX:
        raise Invalid("Too many items requested for the BatchGetItem call")
    responses: dict[str, Any] = {}
    for table, request in wanted.items():
        keys = [table.key_of(key) for key in request["Keys"]]
        if len(set(keys)) < len(keys):
            raise Invalid("Provided list of item keys contains duplicates")
        found = [table.get(key, _as_of(request, as_of)) for key in keys]
        names, values = placeholders(request)
        shown = _projection(request)
        check_placeholders(names, values, shown)
        responses[table.name] = [
            shown.of(item, names) if shown else item for item in found if item is not None
        ]
    return {"Responses": responses, "UnprocessedKeys": {}}


@dataclass(frozen=True, slots=True)
class _Page:
    """What of the items that are met is shown, and where the page ends."""

    table: Table
    names: Mapping[str, str]
    values: Mapping[str, Any]
    filter: Condition | None
    shown: Projection | None
    items_max: int
    counts_only: bool

    def answer(self, items: Iterable[Item]) -> dict[str, Any]:
        """A page that ends at its limit tells where, even when nothing comes after."""
        met: list[Item] = []
        for item in items:
            met.append(item)
            if len(met) == self.items_max:
                break
        found = met
        if self.filter is not None:
            holds = self.filter.holds
            found = [item for item in met if holds(item, self.names, self.values)]
        answer: dict[str, Any] = {"Count": len(found), "ScannedCount": len(met)}
        if not self.counts_only:
            shown = self.shown
            answer["Items"] = [shown.of(item, self.names) for item in found] if shown else found
        if self.items_max and len(met) == self.items_max:
            answer["LastEvaluatedKey"] = self.table.keys_of(met[-1])
        return answer


def _page(table: Table, arguments: Arguments, page_items_max: int, *others: Any) -> _Page:
    if "IndexName" in arguments:
        raise Invalid(f"The table does not have the specified index: {arguments['IndexName']}")
    limit = arguments.get("Limit")
    if limit is not None and limit < 1:
        raise Invalid("1 validation error detected: Value at 'Limit' must be greater than or equal to 1")
    names, values = placeholders(arguments)
    text = arguments.get("FilterExpression")
    chosen = condition(text, "FilterExpression") if text is not None else None
    shown = _projection(arguments)
    check_placeholders(names, values, chosen, shown, *others)
    bounds = [bound for bound in (limit, page_items_max) if bound]
    counts_only = arguments.get("Select") == "COUNT"
    return _Page(table, names, values, chosen, shown, min(bounds, default=0), counts_only)


def _start(table: Table, arguments: Arguments) -> Key | None:
    start = arguments.get("ExclusiveStartKey")
    if start is None:
        return None
    try:
        return table.key_of(start)
    except Invalid as error:
        raise Invalid(f"The provided starting key is invalid: {error}") from error


def query(table: Table, arguments: Arguments, as_of: int | None, page_items_max: int) -> dict[str, Any]:
    keys = key_condition(arguments["KeyConditionExpression"])
    page = _page(table, arguments, page_items_max, keys)
    pk, wanted = keys.picked(page.names, page.values)
    start = _start(table, arguments)
    if start is not None and start[0] != pk:
        raise Invalid("The provided starting key is outside query boundaries based on provided conditions")
    if start is not None and not wanted.holds(start[1]):
        raise Invalid("The provided starting key does not match the range key predicate")
    partition = table.partition(pk, _as_of(arguments, as_of))
    forward = arguments.get("ScanIndexForward", True)
    return page.answer(partition.within(wanted, start[1] if start else None, forward))


def scan(table: Table, arguments: Arguments, as_of: int | None, page_items_max: int) -> dict[str, Any]:
    page = _page(table, arguments, page_items_max)
    segment, segments = arguments.get("Segment", 0), arguments.get("TotalSegments", 1)
    if ("Segment" in arguments) != ("TotalSegments" in arguments):
        raise Invalid("The Segment and TotalSegments parameters are required together")
    if not 0 <= segment < segments <= SEGMENTS_MAX:
        raise Invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments")
    items = table.scanned(segment, segments, _start(table, arguments), _as_of(arguments, as_of))
    return page.answer(items)
