"""The meter: how many calls of AWS were made, and how many units did DynamoDB charge?

Write units are the engine's own, which are AWS's. Read units are computed here from
the sizes of the items read, since the engine's do not depend on size. A refused
write is charged as AWS does: by the item that stood in the way.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local import engine_private
from local.faults import WRITES, Answer

_READ_UNIT_BYTES = 4096
_WRITE_UNIT_BYTES = 1024


@dataclass(slots=True)
class Meter:
    """Sums since the last reset."""

    calls: Counter[str] = field(default_factory=Counter)  # by service.action
    write_units: Counter[str] = field(default_factory=Counter)  # by table
    read_units: dict[str, float] = field(default_factory=dict)  # by table
    bytes_scanned: int = 0  # of the Query or Scan under way

    def count(self, service: str, action: str) -> None:
        """One call of AWS."""
        self.calls[f"{service}.{action}"] += 1

    def charge_write(self, action: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """What a write that was answered consumed."""
        consumed = answer.get("ConsumedCapacity")
        if consumed is None:
            for table, units in _refused(action, request, answer):
                self.write_units[table] += units
            return
        for entry in consumed if isinstance(consumed, list) else [consumed]:
            self.write_units[entry["TableName"]] += int(entry["CapacityUnits"])

    def charge_read(self, action: str, request: Mapping[str, Any]) -> None:
        """What a read consumed, by the sizes of the items it touched."""
        for table, units in self._read(action, request):
            self.read_units[table] = self.read_units.get(table, 0.0) + units

    def _read(self, action: str, request: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
        if action == "GetItem":
            yield (
                request["TableName"],
                _read_units(_size(request["TableName"], request["Key"]), _factor(request)),
            )
        elif action in ("Query", "Scan"):
            yield request["TableName"], _read_units(self.bytes_scanned, _factor(request))
        elif action == "BatchGetItem":
            for table, wanted in request["RequestItems"].items():
                for key in wanted["Keys"]:
                    yield table, _read_units(_size(table, key), _factor(wanted))
        elif action == "TransactGetItems":
            for member in request["TransactItems"]:
                get = member["Get"]
                yield get["TableName"], _read_units(_size(get["TableName"], get["Key"]), 2.0)

    def report(self) -> dict[str, Any]:
        """Everything, for GET."""
        return {
            "calls": dict(self.calls),
            "write_units": dict(self.write_units),
            "read_units": self.read_units,
        }


def _factor(request: Mapping[str, Any]) -> float:
    return 1.0 if request.get("ConsistentRead") else 0.5


def _read_units(size_bytes: int, factor: float) -> float:
    """Every read costs at least one unit, found or not."""
    return max(1, -(-size_bytes // _READ_UNIT_BYTES)) * factor


def _size(table_name: str, key: Mapping[str, Any]) -> int:
    return engine_private.item_size_bytes(table_name, key)


def _refused(action: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """A failed condition is charged; a request that was malformed, throttled or in conflict is not."""
    kind = answer.get("__type", "").rsplit("#", 1)[-1]
    if kind == "ConditionalCheckFailedException":
        yield request["TableName"], _write_units(request["TableName"], request.get("Key") or request["Item"])
    codes = {reason.get("Code") for reason in answer.get("CancellationReasons", ())}
    if action == "TransactWriteItems" and "ConditionalCheckFailed" in codes:
        for member in request["TransactItems"]:
            (operation,) = member.values()
            yield (
                operation["TableName"],
                2 * _write_units(operation["TableName"], operation.get("Key") or operation["Item"]),
            )


def _write_units(table_name: str, key: Mapping[str, Any]) -> int:
    return max(1, -(-_size(table_name, key) // _WRITE_UNIT_BYTES))


def metered_call(action: str, request: dict[str, Any]) -> tuple[bytes, bool]:
    """The request's body with consumed capacity asked for, and whether the caller asked for it itself."""
    asked = request.get("ReturnConsumedCapacity", "NONE") != "NONE"
    if action in WRITES and not asked:
        request = {**request, "ReturnConsumedCapacity": "INDEXES"}
    return json.dumps(request).encode(), asked


def without_capacity(answer: Answer, document: dict[str, Any]) -> Answer:
    """The answer as the caller expects it, who did not ask for consumed capacity."""
    document.pop("ConsumedCapacity", None)
    status, headers, _ = answer
    return status, headers, json.dumps(document, ensure_ascii=False).encode()
