"""DynamoDB: how does the store speak to its tables?

One connection for all tables, plain items in and out, conditions written with
pynamodb's expressions. Timeouts are short and retries are ours (backoff.py),
because only we know which write may be sent again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from botocore.session import Session
from pynamodb.connection import Connection as Connection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from chalicelib.store.backoff import Backoff, is_failed_condition
from chalicelib.store.values import from_item, to_item, to_value

CONNECT_TIMEOUT_SECONDS = 1
READ_TIMEOUT_SECONDS = 2
BATCH_GET_MAX = 100
BATCH_WRITE_MAX = 25

Key = tuple[str, str]  # ("pk", "sk"); "" where a table has no sort key


def path(name: str) -> Any:
    """An attribute in a condition or an action."""
    return Path([name])


def value(plain: Any) -> dict[str, Any]:
    """A plain value in a condition or an action."""
    return to_value(plain)


class Write(NamedTuple):
    """One action of a transaction: `kind` is Put, Update, Delete or ConditionCheck."""

    kind: str
    arguments: dict[str, Any]


class SharedConnection(Connection):
    """A connection that makes its client by a session that others use too; pynamodb would make its own."""

    def __init__(self, session: Session, **settings: Any) -> None:
        super().__init__(**settings)
        self._session = session

    @property
    def session(self) -> Session:
        return self._session


def connect(session: Session) -> Connection:
    """A connection to the DynamoDB of this environment. It asks once: retries are ours."""
    connection = SharedConnection(
        session,
        connect_timeout_seconds=CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=READ_TIMEOUT_SECONDS,
        max_retry_attempts=0,
        max_pool_connections=64,
    )
    assert connection.client is not None  # made now: making it is not safe in parallel
    return connection


@dataclass(frozen=True)
class Dynamo:
    """All tables by their short names (`orders`), mapped to the names of this stage."""

    table_names: Mapping[str, str]
    backoff: Backoff
    connection: Connection

    def __post_init__(self) -> None:
        for short_name, table_name in self.table_names.items():
            self.connection.add_meta_table(_meta_table(table_name, has_sort_key=short_name != "cards"))

    # building blocks of transactions

    def put_write(
        self, table: str, key: Key, values: Mapping[str, Any], condition: Condition | None
    ) -> Write:
        return Write("Put", self._arguments(table, key, "Item", condition, attributes=to_item(values)))

    def update_write(
        self, table: str, key: Key, actions: Sequence[Action], condition: Condition | None
    ) -> Write:
        return Write("Update", self._arguments(table, key, "Key", condition, actions=actions))

    def delete_write(self, table: str, key: Key, condition: Condition | None = None) -> Write:
        return Write("Delete", self._arguments(table, key, "Key", condition))

    def check_write(self, table: str, key: Key, condition: Condition) -> Write:
        """A condition on an item that is not written."""
        return Write("ConditionCheck", self._arguments(table, key, "Key", condition))

    def _arguments(
        self, table: str, key: Key, place: str, condition: Condition | None, **more: Any
    ) -> dict[str, Any]:
        returned = "ALL_OLD" if condition is not None else None
        return self.connection.get_operation_kwargs(
            self.table_names[table],
            key[0],
            key[1] or None,
            key=place,
            condition=condition,
            return_values_on_condition_failure=returned,
            **more,
        )

    def transact(self, writes: Sequence[Write], token: str) -> None:
        """All writes or none. Raises: TransactWriteError whose reasons follow `in_transaction_order`."""
        by_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind in TRANSACTION_ORDER}
        for write in writes:
            by_kind[write.kind].append(write.arguments)
        self.backoff.run(
            lambda: self.connection.transact_write_items(
                by_kind["ConditionCheck"],
                by_kind["Delete"],
                by_kind["Put"],
                by_kind["Update"],
                client_request_token=token,
            )
        )

    # single calls

    def get(self, table: str, key: Key, consistent: bool = False) -> dict[str, Any] | None:
        answer = self.backoff.run(
            lambda: self.connection.get_item(
                self.table_names[table], key[0], key[1] or None, consistent_read=consistent
            )
        )
        return from_item(answer["Item"]) if "Item" in answer else None

    def put(
        self, table: str, key: Key, values: Mapping[str, Any], condition: Condition | None = None
    ) -> bool:
        """Whether the condition held."""
        return self._holds(
            lambda: self.connection.put_item(
                self.table_names[table],
                key[0],
                key[1] or None,
                attributes=to_item(values),
                condition=condition,
            )
        )

    def update(
        self, table: str, key: Key, actions: Sequence[Action], condition: Condition | None = None
    ) -> dict[str, Any] | None:
        """The whole item after the update, or None when the condition did not hold."""
        answers: list[dict[str, Any]] = []
        held = self._holds(
            lambda: answers.append(
                self.connection.update_item(
                    self.table_names[table],
                    key[0],
                    key[1] or None,
                    actions=actions,
                    condition=condition,
                    return_values="ALL_NEW",
                )
            )
        )
        return from_item(answers[-1]["Attributes"]) if held else None

    def delete(self, table: str, key: Key, condition: Condition | None = None) -> bool:
        return self._holds(
            lambda: self.connection.delete_item(
                self.table_names[table], key[0], key[1] or None, condition=condition
            )
        )

    def _holds(self, call: Any) -> bool:
        try:
            self.backoff.run(call)
        except PynamoDBException as error:
            if not is_failed_condition(error):
                raise
            return False
        return True

    # several items

    def get_many(
        self, table: str, keys: Sequence[Key], consistent: bool = False
    ) -> dict[Key, dict[str, Any]]:
        """The items that are there, by key; one round trip for up to 100."""
        assert len(keys) <= BATCH_GET_MAX
        found: dict[Key, dict[str, Any]] = {}
        table_name = self.table_names[table]
        waiting: Any = [_key_item(key) for key in dict.fromkeys(keys)]
        fruitless = 0
        while waiting:
            answer = self.backoff.run(
                partial(self.connection.batch_get_item, table_name, waiting, consistent_read=consistent)
            )
            for raw in answer["Responses"].get(table_name, []):
                item = from_item(raw)
                found[(item["pk"], item.get("sk", ""))] = item
            unread = answer.get("UnprocessedKeys", {}).get(table_name, {}).get("Keys", [])
            fruitless = self.backoff.after(fruitless, len(unread) < len(waiting))
            waiting = [from_item(key) for key in unread]
        return found

    def put_many(self, table: str, items: Iterable[tuple[Key, Mapping[str, Any]]]) -> None:
        """Put without conditions, 25 at a time, until every one is written; of one key the last counts."""
        table_name = self.table_names[table]
        raw = [to_item(_key_item(key) | dict(values)) for key, values in dict(items).items()]
        fruitless = 0
        while raw:
            chunk, raw = raw[:BATCH_WRITE_MAX], raw[BATCH_WRITE_MAX:]
            answer = self.backoff.run(partial(self.connection.batch_write_item, table_name, put_items=chunk))
            unwritten = answer.get("UnprocessedItems", {}).get(table_name, [])
            fruitless = self.backoff.after(fruitless, len(unwritten) < len(chunk))
            raw = [request["PutRequest"]["Item"] for request in unwritten] + raw

    def query(
        self,
        table: str,
        pk: str,
        sort: Condition | None = None,
        limit: int = 0,
        newest: bool = False,
        consistent: bool = False,
    ) -> list[dict[str, Any]]:
        """The items of one partition in the order of their sort keys; all of them where limit is 0."""
        found: list[dict[str, Any]] = []
        start: Any = None
        while True:
            answer = self.backoff.run(
                partial(
                    self.connection.query,
                    self.table_names[table],
                    pk,
                    range_key_condition=sort,
                    consistent_read=consistent,
                    limit=limit - len(found) if limit else None,
                    scan_index_forward=not newest,
                    exclusive_start_key=start,
                )
            )
            found.extend(from_item(raw) for raw in answer["Items"])
            start = answer.get("LastEvaluatedKey")
            if not start or (limit and len(found) >= limit):
                return found

    def scan(self, table: str, after: Key, limit: int) -> tuple[list[dict[str, Any]], Key | None]:
        """Up to so many items behind a key, consistent, and the key to go on from; None at the end."""
        start: Any = to_item(_key_item(after)) if after[0] else None
        answer = self.backoff.run(
            lambda: self.connection.scan(
                self.table_names[table], limit=limit, exclusive_start_key=start, consistent_read=True
            )
        )
        last = answer.get("LastEvaluatedKey")
        key = from_item(last) if last else None
        return [from_item(raw) for raw in answer["Items"]], (key["pk"], key.get("sk", "")) if key else None


TRANSACTION_ORDER = ("ConditionCheck", "Delete", "Put", "Update")


def in_transaction_order(writes: Sequence[Write]) -> list[int]:
    """The positions of the writes in the order in which DynamoDB gives its reasons."""
    return sorted(range(len(writes)), key=lambda i: TRANSACTION_ORDER.index(writes[i].kind))


def _key_item(key: Key) -> dict[str, Any]:
    return {"pk": key[0], "sk": key[1]} if key[1] else {"pk": key[0]}


def _meta_table(table_name: str, has_sort_key: bool) -> MetaTable:
    names = ["pk", "sk"] if has_sort_key else ["pk"]
    roles = ["HASH", "RANGE"]
    return MetaTable(
        {
            "TableName": table_name,
            "KeySchema": [{"AttributeName": n, "KeyType": roles[i]} for i, n in enumerate(names)],
            "AttributeDefinitions": [{"AttributeName": n, "AttributeType": "S"} for n in names],
        }
    )
