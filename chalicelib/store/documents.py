"""Plain items of the tables people, catalog, stock, edges, views and work: put, get, query, change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.change import DocumentChange, DocumentGone, NewDocument, Stale
from chalicelib.store.dynamo import Dynamo, Write, path, value


def write(dynamo: Dynamo, change: NewDocument | DocumentChange | DocumentGone) -> Write:
    """The write of one change of a plain item."""
    key = (change.pk, change.sk)
    match change:
        case NewDocument():
            return dynamo.put_write(change.table, key, change.values, path("pk").does_not_exist())
        case DocumentGone():
            expected = _all(map(_as_expected, (change.expected or {}).items()))
            return dynamo.delete_write(change.table, key, expected)
        case DocumentChange() if not change.set_values and not change.add:
            return dynamo.check_write(change.table, key, condition_of(change))
        case DocumentChange():
            return dynamo.update_write(change.table, key, actions_of(change), condition_of(change))


def actions_of(change: DocumentChange) -> list[Any]:
    """What is written: set values, then added numbers."""
    actions = [path(name).set(value(content)) for name, content in change.set_values.items()]
    return actions + [path(name).add(value(number)) for name, number in (change.add or {}).items()]


def condition_of(change: DocumentChange) -> Any:
    """Every expectation holds. An item that is not there equals no value, and reaches no number."""
    parts = [_as_expected(pair) for pair in change.expected.items()]
    return _all(parts + [path(name) >= value(number) for name, number in (change.at_least or {}).items()])


def _as_expected(pair: tuple[str, Any]) -> Any:
    name, content = pair
    return path(name).does_not_exist() if content is None else path(name) == value(content)


def _all(parts: Iterable[Any]) -> Any:
    condition: Any = None
    for part in parts:
        condition &= part  # pynamodb: None and a condition are the condition
    return condition


def why_failed(item: Mapping[str, Any] | None) -> Exception:
    return Stale(f"{item['pk']} {item['sk']} has moved on" if item else "it is gone, or not there yet")


@dataclass(frozen=True, slots=True)
class DynamoDocuments:
    """The port Documents."""

    dynamo: Dynamo

    def get(self, table: str, pk: str, sk: str, consistent: bool = False) -> dict[str, Any] | None:
        return self.dynamo.get(table, (pk, sk), consistent)

    def get_many(
        self, table: str, keys: Sequence[tuple[str, str]], consistent: bool = False
    ) -> dict[tuple[str, str], dict[str, Any]]:
        return self.dynamo.get_many(table, keys, consistent)

    def query(
        self,
        table: str,
        pk: str,
        prefix: str = "",
        after: str = "",
        limit: int = 0,
        newest: bool = False,
        consistent: bool = False,
    ) -> list[dict[str, Any]]:
        """The items whose sort key has the prefix, behind `after` in the direction of reading."""
        sort = path("sk").startswith(prefix) if prefix else None
        if after and prefix:
            bounds = (after + "\0", prefix + "\U0010ffff") if not newest else (prefix, _before(after))
            sort = path("sk").between(value(bounds[0]), value(bounds[1]))
        elif after:
            sort = path("sk") < value(after) if newest else path("sk") > value(after)
        return self.dynamo.query(table, pk, sort, limit=limit, newest=newest, consistent=consistent)

    def put(self, table: str, pk: str, sk: str, values: Mapping[str, Any]) -> None:
        self.dynamo.put(table, (pk, sk), values)

    def put_new(self, table: str, pk: str, sk: str, values: Mapping[str, Any]) -> bool:
        return self.dynamo.put(table, (pk, sk), values, path("pk").does_not_exist())

    def put_many(self, table: str, items: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        self.dynamo.put_many(table, [((pk, sk), values) for pk, sk, values in items])

    def change(self, change: DocumentChange) -> dict[str, Any] | None:
        """The item after the change, or None when its condition did not hold."""
        return self.dynamo.update(
            change.table, (change.pk, change.sk), actions_of(change), condition_of(change)
        )

    def delete(self, table: str, pk: str, sk: str) -> None:
        self.dynamo.delete(table, (pk, sk))


def _before(sort_key: str) -> str:
    """A text just below another one in UTF-8 order (sort keys are plain ASCII)."""
    return sort_key[:-1] + chr(ord(sort_key[-1]) - 1) + "\U0010ffff"
