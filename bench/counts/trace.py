"""The trace: which items did an operation read and write, and how large were they before and after?

Listens at the client that the store speaks through. Around each call it looks at the
items themselves by another client, so nothing is taken from the engine's meter.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.counts.sizes import item_bytes, read_units, write_units

KEY_NAMES = ("pk", "sk")
SINGLE_WRITES = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}


@dataclass(frozen=True)
class Written:
    """One write: where, what kind, the larger size in bytes, the units it cost."""

    table: str
    kind: str
    pk: str
    sk: str
    bytes_max: int
    units: int


@dataclass(frozen=True)
class _Wanted:
    table: str
    kind: str
    key: Mapping[str, Any]
    in_transaction: bool
    bytes_before: int


@dataclass
class Trace:
    """What one operation did. `looker`: a client of its own. Not for several threads."""

    looker: Any
    short_names: Mapping[str, str]
    calls: Counter[str] = field(default_factory=Counter)
    writes: list[Written] = field(default_factory=list)
    reads: dict[str, float] = field(default_factory=dict)
    _wanted: list[_Wanted] = field(default_factory=list)
    _request: Mapping[str, Any] = field(default_factory=dict)

    @property
    def write_units(self) -> int:
        return sum(write.units for write in self.writes)

    @property
    def read_units(self) -> float:
        return sum(self.reads.values())

    def before(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """The call is about to be made."""
        self.calls[model.name] += 1
        self._request = params
        self._wanted = [
            _Wanted(table, kind, key, in_transaction, item_bytes(self._look(table, key)))
            for table, kind, key, in_transaction in _writes_of(model.name, params)
        ]

    def after(self, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        """The call was answered."""
        if "Error" in parsed:
            self._charge_refused(parsed)
            return
        for wanted in self._wanted:
            bytes_after = item_bytes(self._look(wanted.table, wanted.key))
            self._note(wanted, max(wanted.bytes_before, bytes_after))
        for table, bytes_read, is_consistent in self._reads_of(model.name, parsed):
            name = self.short_names[table]
            self.reads[name] = self.reads.get(name, 0.0) + read_units(bytes_read, is_consistent)

    def _charge_refused(self, parsed: Mapping[str, Any]) -> None:
        """A failed condition costs as if it had been written over what was there."""
        codes = {reason.get("Code") for reason in parsed.get("CancellationReasons", ())}
        if "ConditionalCheckFailed" in codes or parsed["Error"]["Code"] == "ConditionalCheckFailedException":
            for wanted in self._wanted:
                self._note(wanted, wanted.bytes_before)

    def _note(self, wanted: _Wanted, bytes_max: int) -> None:
        units = write_units(bytes_max, 0, wanted.in_transaction)
        pk, sk = (wanted.key.get(name, {}).get("S", "") for name in KEY_NAMES)
        self.writes.append(Written(self.short_names[wanted.table], wanted.kind, pk, sk, bytes_max, units))

    def _reads_of(self, action: str, parsed: Mapping[str, Any]) -> Iterator[tuple[str, int, bool]]:
        request = self._request
        if action == "GetItem":
            consistent = request.get("ConsistentRead", False)
            yield request["TableName"], item_bytes(parsed.get("Item")), consistent
        elif action in ("Query", "Scan"):
            bytes_read = sum(item_bytes(item) for item in parsed["Items"])
            yield request["TableName"], bytes_read, request.get("ConsistentRead", False)
        elif action == "BatchGetItem":
            for table, wanted in request["RequestItems"].items():
                for key in wanted["Keys"]:
                    found = item_bytes(self._look(table, key))
                    yield table, found, wanted.get("ConsistentRead", False)

    def _look(self, table: str, key: Mapping[str, Any]) -> Any:
        return self.looker.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def _writes_of(action: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, bool]]:
    """Table, kind, key, and whether it is part of a transaction, for each item that is written."""
    if action in SINGLE_WRITES:
        yield params["TableName"], SINGLE_WRITES[action], _key(params), False
    elif action == "TransactWriteItems":
        for member in params["TransactItems"]:
            ((kind, write),) = member.items()
            yield write["TableName"], kind, _key(write), True
    elif action == "BatchWriteItem":
        for table, requests in params["RequestItems"].items():
            for request in requests:
                ((kind, write),) = request.items()
                yield table, kind.removesuffix("Request"), _key(write), False


def _key(write: Mapping[str, Any]) -> dict[str, Any]:
    if "Key" in write:
        return dict(write["Key"])
    return {name: write["Item"][name] for name in KEY_NAMES if name in write["Item"]}


@contextmanager
def traced(client: Any, looker: Any, table_names: Mapping[str, str]) -> Iterator[Trace]:
    """Listen to every call that this DynamoDB client makes in the block."""
    trace = Trace(looker, {name: short for short, name in table_names.items()})
    events = client.meta.events
    events.register("provide-client-params.dynamodb", trace.before, unique_id="counts-before")
    events.register("after-call.dynamodb", trace.after, unique_id="counts-after")
    try:
        yield trace
    finally:
        events.unregister("provide-client-params.dynamodb", unique_id="counts-before")
        events.unregister("after-call.dynamodb", unique_id="counts-after")
