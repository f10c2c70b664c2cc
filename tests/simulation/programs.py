"""Programs: which sequences of calls must the simulated tables and the embedded engine answer alike?

    program(seed, number, key_schemas) -> calls      the same arguments give the same calls

Half of the calls are what the store sends when it is used at random
(store_programs.py), the others are every operation with every operator
(words_of_requests.py). Each program begins with empty tables.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.spoiling import spoiled
from tests.simulation.store_programs import StoreUser
from tests.simulation.words_of_requests import ATTRIBUTES, PARTITIONS, SORT_KEYS, Placeholders, Words

Call = tuple[str, dict[str, Any]]

CALLS_MIN = 24
SCAN = "ScanEverything"  # a scan from its first page to its last, in segments: not one call, but one question


def program(seed: int, number: int, key_schemas: Mapping[str, bool]) -> list[Call]:
    """At least twenty calls, and some for those that a known difference takes away."""
    random = Random(f"{seed}/{number}")
    user = StoreUser(random, key_schemas)
    tables = {name: key_schemas[name] for name in key_schemas if name.endswith(("accounts", "cards"))}
    requests = Requests(Words(random, tables))
    calls = requests.opening()
    while len(calls) < CALLS_MIN:
        if random.random() < 0.5:
            calls += user.step()
            continue
        call = requests.call()
        calls.append(spoiled(call, random) if random.random() < 0.04 else call)
    return calls


@dataclass
class Requests:
    """`call()` is one request, by chance."""

    words: Words
    transactions: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = self.words.random
        self.chance = self.words.chance

    def call(self) -> Call:
        operations = list(_WEIGHTS)
        (operation,) = self.random.choices(operations, [_WEIGHTS[o] for o in operations])
        return operation, getattr(self, _METHODS[operation])()

    def opening(self) -> list[Call]:
        """Some items to begin with."""
        put = ({"TableName": table, "Item": self.words.item(table)} for table in self.words.key_schemas)
        return [("PutItem", arguments) for arguments in put]

    # ---------------------------------------------------------------- writes

    def _guarded(self, used: Placeholders, share: float = 0.6) -> dict[str, Any]:
        if not self.chance(share):
            return {}
        returned = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if self.chance(0.6) else {}
        return {"ConditionExpression": self.words.condition(used), **returned}

    def _returned(self, *choices: str) -> dict[str, Any]:
        return {"ReturnValues": self.random.choice(choices)} if self.chance(0.5) else {}

    def _put(self) -> dict[str, Any]:
        table, used = self.words.table(), Placeholders(self.random)
        put = {"TableName": table, "Item": self.words.item(table), **self._guarded(used)}
        return put | used.arguments()

    def _put_item(self) -> dict[str, Any]:
        return self._put() | self._returned("ALL_OLD", "NONE")

    def _delete(self) -> dict[str, Any]:
        table, used = self.words.table(), Placeholders(self.random)
        return {"TableName": table, "Key": self.words.key(table), **self._guarded(used)} | used.arguments()

    def _delete_item(self) -> dict[str, Any]:
        return self._delete() | self._returned("ALL_OLD", "NONE")

    def _update(self) -> dict[str, Any]:
        table, used = self.words.table(), Placeholders(self.random)
        update = {
            "TableName": table,
            "Key": self.words.key(table),
            "UpdateExpression": self.words.update(used),
            **self._guarded(used),
        }
        return update | used.arguments()

    def _update_item(self) -> dict[str, Any]:
        return self._update() | self._returned("ALL_NEW", "ALL_OLD", "UPDATED_NEW", "UPDATED_OLD")

    def _check(self) -> dict[str, Any]:
        table, used = self.words.table(), Placeholders(self.random)
        check = {"TableName": table, "Key": self.words.key(table), **self._guarded(used, share=1)}
        return check | used.arguments()

    def _batch_write(self) -> dict[str, Any]:
        requests: dict[str, list[Any]] = {}
        for _ in range(self.random.randint(1, 4)):
            table = self.words.table()
            if self.chance(0.7):
                request = {"PutRequest": {"Item": self.words.item(table)}}
            else:
                request = {"DeleteRequest": {"Key": self.words.key(table)}}
            requests.setdefault(table, []).append(request)
        return {"RequestItems": requests}

    def _transact_write(self) -> dict[str, Any]:
        if self.transactions and self.chance(0.15):
            return self._sent_again(self.random.choice(self.transactions))
        makers = {"ConditionCheck": self._check, "Delete": self._delete, "Put": self._put}
        members: dict[Any, Any] = {}
        for _ in range(self.random.randint(1, 4)):
            kind = self.random.choice(
                ("ConditionCheck", "Delete", "Put", "Put", "Update", "Update", "Update")
            )
            action = makers.get(kind, self._update)()
            target = str((action["TableName"], self._key_of(action)))
            if target not in members or self.chance(0.03):
                members[target if target not in members else len(members)] = {kind: action}
        transaction: dict[str, Any] = {"TransactItems": list(members.values())}
        if self.chance(0.5):
            transaction["ClientRequestToken"] = f"token-{len(self.transactions)}"
            self.transactions.append(transaction)
        return transaction

    def _key_of(self, action: dict[str, Any]) -> list[Any]:
        key = action.get("Key") or action["Item"]
        return [key.get("pk"), key.get("sk")]

    def _sent_again(self, transaction: dict[str, Any]) -> dict[str, Any]:
        """The same request, or another one under the same token."""
        if self.chance(0.7):
            return transaction
        return {
            "TransactItems": [{"Put": self._put()}],
            "ClientRequestToken": transaction["ClientRequestToken"],
        }

    # ---------------------------------------------------------------- reads

    def _shown(self, used: Placeholders) -> dict[str, Any]:
        if not self.chance(0.2):
            return {}
        places = [used.name(name) for name in self.random.sample(["pk", *ATTRIBUTES], 2)]
        if self.chance(0.3) and "d" not in (*used.names.values(), *places):
            places += [f"{used.name('d')}.{used.name(name)}" for name in self.random.sample("xyz", 2)]
        if self.chance(0.3) and "l" not in (*used.names.values(), *places):
            places += [f"{used.name('l')}[{position}]" for position in (2, 0)]
        return {"ProjectionExpression": ", ".join(places)}

    def _get_item(self) -> dict[str, Any]:
        table, used = self.words.table(), Placeholders(self.random)
        get = {"TableName": table, "Key": self.words.key(table), **self._shown(used)}
        return get | used.arguments()

    def _consistent_get(self) -> dict[str, Any]:
        return self._get_item() | {"ConsistentRead": True}

    def _batch_get(self) -> dict[str, Any]:
        requests: dict[str, Any] = {}
        for _ in range(self.random.randint(1, 2)):
            table = self.words.table()
            keys = [self.words.key(table) for _ in range(self.random.randint(1, 3))]
            if not self.chance(0.05):
                keys = [key for i, key in enumerate(keys) if key not in keys[:i]]
            requests[table] = {"Keys": keys, "ConsistentRead": True}
        return {"RequestItems": requests}

    def _transact_get(self) -> dict[str, Any]:
        gets = [self._get_item() for _ in range(self.random.randint(1, 3))]
        return {"TransactItems": [{"Get": get} for get in gets]}

    def _query(self) -> dict[str, Any]:
        table, used = self.words.table(), Placeholders(self.random)
        partition = f"{used.name('pk')} = {used.value({'S': self.random.choice(PARTITIONS)})}"
        query: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": partition,
            "ConsistentRead": True,
        }
        if self.words.key_schemas[table] and self.chance(0.85):
            query["KeyConditionExpression"] = f"({partition} AND {self._sort(used)})"
        if self.chance(0.3):
            query["FilterExpression"] = self._filter(used)
        query |= self._shown(used) | self._paged(table)
        return query | used.arguments()

    def _sort(self, used: Placeholders) -> str:
        name = used.name("sk")
        first, second = sorted(self.random.choices((*SORT_KEYS, "w", "x#", "z"), k=2))
        match self.random.choice(("sign", "between", "prefix")):
            case "sign":
                sign = self.random.choice(("=", "<", "<=", ">", ">="))
                return f"{name} {sign} {used.value({'S': self.random.choice((first, second))})}"
            case "between":
                bounds = [used.value({"S": first}), used.value({"S": second})]
                return f"{name} BETWEEN {bounds[0]} AND {bounds[1]}"
        return f"begins_with ({name}, {used.value({'S': self.random.choice(('x', 'x#', 'y', 'w'))})})"

    def _filter(self, used: Placeholders) -> str:
        return f"{used.name('n')} {self.random.choice(('=', '<>', '<', '>='))} {used.value({'N': '2'})}"

    def _paged(self, table: str) -> dict[str, Any]:
        paged: dict[str, Any] = {}
        if self.chance(0.5):
            paged["Limit"] = self.random.randint(1, 3)
        if self.chance(0.5):
            paged["ScanIndexForward"] = self.chance(0.5)
        if self.chance(0.2):
            paged["ExclusiveStartKey"] = self.words.key(table)
        return paged

    def _scan(self) -> dict[str, Any]:
        used = Placeholders(self.random)
        scan: dict[str, Any] = {"TableName": self.words.table(), "ConsistentRead": True}
        if self.chance(0.5):
            scan["Limit"] = self.random.randint(1, 3)
        if self.chance(0.4):
            scan["TotalSegments"] = self.random.randint(1, 3)
        if self.chance(0.4):
            scan["FilterExpression"] = self.words.condition(used, depth=1)
        return scan | used.arguments()


_METHODS = {
    "PutItem": "_put_item",
    "UpdateItem": "_update_item",
    "DeleteItem": "_delete_item",
    "GetItem": "_consistent_get",
    "BatchGetItem": "_batch_get",
    "BatchWriteItem": "_batch_write",
    "Query": "_query",
    "TransactWriteItems": "_transact_write",
    "TransactGetItems": "_transact_get",
    SCAN: "_scan",
}
_WEIGHTS = {
    "PutItem": 14,
    "UpdateItem": 28,
    "DeleteItem": 5,
    "GetItem": 5,
    "BatchGetItem": 4,
    "BatchWriteItem": 4,
    "Query": 16,
    "TransactWriteItems": 22,
    "TransactGetItems": 3,
    SCAN: 3,
}


def pages(call: Any, scan: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every page of a scan in every segment; `call(operation, arguments)` asks for one."""
    segments = scan.get("TotalSegments", 0)
    for segment in range(segments or 1):
        asked = dict(scan) | ({"Segment": segment} if segments else {})
        while True:
            page = call("Scan", asked)
            yield page
            if "LastEvaluatedKey" not in page:
                break
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
