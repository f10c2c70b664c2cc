"""The simulated tables: what does DynamoDB answer to one call, after all the calls before it?

    Tables(key_schemas, clock_ms)         key_schemas: table name -> whether it has a sort key
        .call(operation, arguments, as_of=None) -> answer    raises botocore's ClientError
        .changes                          every applied change in order: what the streams are made of
        .change_number                    the number of the newest change
        .items(table)                     every item of a table
        .page_items_max                   pages of queries and scans end after so many (0: by Limit alone)

Keys are the texts `pk` and `sk`. Stored items are never changed in place, so that
answers and changes share them: who gets one must not change it either. One call is
one moment: nothing is ever half done, and what a call refuses it leaves untouched.

`as_of=n` answers a read that need not be consistent as a replica would that has not
heard of the changes after number n: what was changed since is read as it was before
its latest change. A consistent read ignores it.

`python -m bench.simulated_tables` measures some 30,000 calls of the store a second of
one processor.

How it differs from the embedded engine, and why, stands in known_differences.py.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.simulation import reads
from tests.simulation.refusals import Refused, client_error, condition_failed
from tests.simulation.table import Change, Key, Table
from tests.simulation.transactions import Tokens, transact_get, transact_write
from tests.simulation.typed_values import Invalid, Item, same
from tests.simulation.writes import Write, batch_writes

Arguments = Mapping[str, Any]
Answer = dict[str, Any]


class Tables:
    """All tables of one simulated world."""

    def __init__(self, key_schemas: Mapping[str, bool], clock_ms: Callable[[], int]) -> None:
        self.changes: list[Change] = []
        self.change_number = 0
        self.page_items_max = 0
        self._clock_ms = clock_ms
        self._tables = {name: Table(name, has_sort_key) for name, has_sort_key in key_schemas.items()}
        self._tokens = Tokens(clock_ms)
        self._writes = {
            "PutItem": ("Put", ("NONE", "ALL_OLD")),
            "DeleteItem": ("Delete", ("NONE", "ALL_OLD")),
            "UpdateItem": ("Update", ("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")),
        }

    def call(self, operation: str, arguments: Arguments, as_of: int | None = None) -> Answer:
        """The answer of DynamoDB. Raises: ClientError as botocore raises it."""
        try:
            if operation in self._writes:
                return self._write(*self._writes[operation], arguments)
            return self._others(operation, arguments, as_of)
        except Invalid as invalid:
            raise client_error(operation, "ValidationException", str(invalid)) from invalid
        except Refused as refused:
            raise client_error(operation, refused.code, str(refused), **refused.more) from refused

    def _others(self, operation: str, arguments: Arguments, as_of: int | None) -> Answer:
        match operation:
            case "GetItem":
                return reads.get_item(self._table(arguments["TableName"]), arguments, as_of)
            case "Query":
                table = self._table(arguments["TableName"])
                return reads.query(table, arguments, as_of, self.page_items_max)
            case "TransactWriteItems":
                return transact_write(self._table, self._apply, self._tokens, arguments)
            case "BatchGetItem":
                return reads.batch_get(self._table, arguments, as_of)
            case "BatchWriteItem":
                return self._batch_write(arguments)
            case "TransactGetItems":
                return transact_get(self._table, arguments)
            case "Scan":
                table = self._table(arguments["TableName"])
                return reads.scan(table, arguments, as_of, self.page_items_max)
        raise NotImplementedError(f"the simulated tables do not know {operation}")

    def items(self, table_name: str) -> Iterator[Item]:
        """Every item of a table, in no order that means anything."""
        for partition in self._tables[table_name].partitions.values():
            yield from partition.items.values()

    def get(self, table_name: str, key: Key) -> Item | None:
        """The item with a key, as it is now; ("pk", "") where the table has no sort key."""
        return self._tables[table_name].get(key)

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            raise Refused("ResourceNotFoundException", "Requested resource not found")
        return self._tables[name]

    # writes

    def _write(self, kind: str, returnable: tuple[str, ...], arguments: Arguments) -> Answer:
        wanted = arguments.get("ReturnValues", "NONE")
        if wanted not in returnable:
            raise Invalid(f"1 validation error detected: ReturnValues can only be one of {returnable}")
        table = self._table(arguments["TableName"])
        write = Write.of(kind, table, arguments)
        old = table.get(write.key)
        if not write.holds(old):
            raise condition_failed(old if write.returns_old else None)
        new = write.result(old)
        self._apply(table, write.key, old, new)
        if wanted == "NONE":
            return {}
        attributes = write.attributes(wanted, old, new)
        return {"Attributes": attributes} if attributes else {}

    def _batch_write(self, arguments: Arguments) -> Answer:
        for table, key, item in batch_writes(self._table, arguments["RequestItems"]):
            self._apply(table, key, table.get(key), item)
        return {"UnprocessedItems": {}}

    def _apply(self, table: Table, key: Key, old: Item | None, new: Item | None) -> None:
        """A write that changes nothing leaves no change behind, as it leaves no record in a stream."""
        if old is new or (old is not None and new is not None and same(old, new)):
            return
        shown = old if new is None else new
        assert shown is not None
        self.change_number += 1
        change = Change(self.change_number, table.name, table.keys_of(shown), old, new, self._clock_ms())
        table.apply(key, change)
        self.changes.append(change)
