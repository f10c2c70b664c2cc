"""The calls of the store: what is asked of DynamoDB, and what becomes of an answer that is only a part?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from botocore.session import get_session
from pynamodb.exceptions import PynamoDBException

from chalicelib.domain.errors import Unavailable
from chalicelib.store.backoff import ATTEMPTS_MAX, Backoff
from chalicelib.store.dynamo import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    Dynamo,
    connect,
    in_transaction_order,
    path,
    value,
)
from tests.simulation.connection import SimulatedConnection
from tests.simulation.refusals import client_error
from tests.simulation.store_on_tables import TABLES, new_tables

WORK = TABLES["work"]
CALLS_MAX = 150
Answers = Callable[[str, Mapping[str, Any]], dict[str, Any] | None]


class Line:
    """The store on simulated tables; `instead` may answer for them, None: they answer themselves."""

    def __init__(self) -> None:
        self.tables = new_tables()
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.waits: list[int] = []
        self.instead: Answers = lambda operation, arguments: None
        backoff = Backoff(self.waits.append, lambda most: most)
        self.dynamo = Dynamo(TABLES, backoff, SimulatedConnection(self._call))

    def _call(self, operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.sent.append((operation, arguments))
        assert len(self.sent) < CALLS_MAX, "this goes on for ever"
        told = self.instead(operation, arguments)
        return self.tables.call(operation, arguments) if told is None else told

    def filled(self, count: int, pk: str = "p") -> list[str]:
        names = [f"s{number:03}" for number in range(count)]
        for number, sk in enumerate(names):
            self.dynamo.put("work", (pk, sk), {"n": number})
        self.sent.clear()
        return names

    def asked(self, name: str) -> list[Any]:
        """One argument of every call since."""
        return [arguments.get(name) for _, arguments in self.sent]


@pytest.fixture
def line() -> Line:
    return Line()


def names(items: Sequence[Mapping[str, Any]]) -> list[str]:
    return [item["sk"] for item in items]


# ---------------------------------------------------------------- connecting


def test_a_connection_gives_up_soon_and_leaves_the_trying_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    config = connect(get_session()).client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
    assert config.retries["total_max_attempts"] == 1
    assert config.max_pool_connections == 64


# ---------------------------------------------------------------- single items


def test_an_item_is_read_as_it_is_now_where_that_is_asked(line: Line) -> None:
    line.filled(1)
    assert line.dynamo.get("work", ("p", "s000")) == {"pk": "p", "sk": "s000", "n": 0}
    assert line.dynamo.get("work", ("p", "none"), consistent=True) is None
    assert [bool(asked) for asked in line.asked("ConsistentRead")] == [False, True]


@pytest.mark.parametrize("table, key", [("work", ("p", "s")), ("cards", ("crd", ""))])
def test_an_item_is_written_changed_and_gone_under_its_condition(
    line: Line, table: str, key: tuple[str, str]
) -> None:
    dynamo, absent = line.dynamo, path("pk").does_not_exist()
    assert [dynamo.put(table, key, {"n": 1}, absent) for _ in range(2)] == [True, False]
    changed = dynamo.update(table, key, [path("n").add(value(2))], path("n") == value(1))
    assert changed is not None and changed["n"] == 3
    assert dynamo.update(table, key, [path("n").add(value(2))], path("n") == value(1)) is None
    assert dynamo.delete(table, key, path("n") == value(1)) is False
    assert (dynamo.get(table, key) or {})["n"] == 3
    assert dynamo.delete(table, key, path("n") == value(3)) is True
    assert dynamo.get(table, key) is None
    assert dynamo.delete(table, key) is True


@pytest.mark.parametrize("call", ["put", "update", "delete"])
def test_what_is_refused_for_another_reason_than_its_condition_is_no_answer(line: Line, call: str) -> None:
    def denied(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        raise client_error(operation, "AccessDeniedException", "no")

    line.instead = denied
    deeds: dict[str, Callable[[], object]] = {
        "put": lambda: line.dynamo.put("work", ("p", "s"), {}),
        "update": lambda: line.dynamo.update("work", ("p", "s"), [path("n").set(value(1))]),
        "delete": lambda: line.dynamo.delete("work", ("p", "s")),
    }
    with pytest.raises(PynamoDBException):
        deeds[call]()


# ---------------------------------------------------------------- transactions


def test_a_transaction_asks_for_what_stood_in_the_way_where_it_has_a_condition(line: Line) -> None:
    dynamo, absent = line.dynamo, path("pk").does_not_exist()
    writes = [
        dynamo.update_write("work", ("p", "u"), [path("n").set(value(1))], None),
        dynamo.put_write("work", ("p", "p"), {"n": 1}, absent),
        dynamo.delete_write("work", ("p", "d")),
        dynamo.check_write("work", ("p", "c"), absent),
    ]
    assert [write.kind for write in writes] == ["Update", "Put", "Delete", "ConditionCheck"]
    assert in_transaction_order(writes) == [3, 2, 1, 0]
    dynamo.transact(writes, "token")
    ((_, arguments),) = line.sent
    assert arguments["ClientRequestToken"] == "token"
    told = {
        kind: member.get("ReturnValuesOnConditionCheckFailure")
        for item in arguments["TransactItems"]
        for kind, member in item.items()
    }
    assert told == {"ConditionCheck": "ALL_OLD", "Delete": None, "Put": "ALL_OLD", "Update": None}
    assert [*told] == ["ConditionCheck", "Delete", "Put", "Update"]
    assert names(dynamo.query("work", "p")) == ["p", "u"]


# ---------------------------------------------------------------- queries and scans


@pytest.mark.parametrize(
    "limit, newest, expected, limits",
    [
        (0, False, [0, 1, 2, 3, 4], [None, None, None]),
        (1, False, [0], [1]),
        (2, False, [0, 1], [2]),
        (3, False, [0, 1, 2], [3, 1]),
        (3, True, [4, 3, 2], [3, 1]),
        (9, False, [0, 1, 2, 3, 4], [9, 7, 5]),
    ],
)
def test_a_query_goes_on_from_page_to_page_until_it_has_enough(
    line: Line, limit: int, newest: bool, expected: list[int], limits: list[int | None]
) -> None:
    line.filled(5)
    line.filled(2, "q")
    line.tables.page_items_max = 2
    found = line.dynamo.query("work", "p", limit=limit, newest=newest)
    assert [item["n"] for item in found] == expected
    assert line.asked("Limit") == limits
    assert not any(line.asked("ConsistentRead"))


def test_a_consistent_query_is_so_on_every_page(line: Line) -> None:
    line.filled(3)
    line.tables.page_items_max = 2
    assert len(line.dynamo.query("work", "p", path("sk") >= value("s001"), consistent=True)) == 2
    assert line.asked("ConsistentRead") == [True] * len(line.sent)


@pytest.mark.parametrize("table, has_sort_key", [("work", True), ("cards", False)])
def test_a_whole_table_is_gone_through_a_page_at_a_time(line: Line, table: str, has_sort_key: bool) -> None:
    keys = [(f"p{number}", "s" if has_sort_key else "") for number in range(5)]
    for key in keys:
        line.dynamo.put(table, key, {"n": 1})
    line.sent.clear()
    found: list[tuple[str, str]] = []
    after: tuple[str, str] | None = ("", "")
    pages = 0
    while after is not None:
        items, after = line.dynamo.scan(table, after, 2)
        found += [(item["pk"], item.get("sk", "")) for item in items]
        assert len(items) <= 2
        assert after is None or after == found[-1]
        pages += 1
    assert sorted(found) == keys
    assert pages == 3
    assert line.asked("ConsistentRead") == [True] * pages


# ---------------------------------------------------------------- several at once


def test_many_items_are_read_at_once_and_each_once(line: Line) -> None:
    line.filled(3)
    keys = [("p", "s000"), ("p", "none"), ("p", "s002"), ("p", "s000")]
    found = line.dynamo.get_many("work", keys, consistent=True)
    assert {key: item["n"] for key, item in found.items()} == {("p", "s000"): 0, ("p", "s002"): 2}
    ((_, arguments),) = line.sent
    asked = arguments["RequestItems"][WORK]
    assert (len(asked["Keys"]), asked["ConsistentRead"]) == (3, True)
    assert line.waits == []


def test_a_hundred_keys_are_read_and_no_more(line: Line) -> None:
    line.filled(100)
    keys = [("p", f"s{number:03}") for number in range(101)]
    assert len(line.dynamo.get_many("work", keys[:100])) == 100
    with pytest.raises(AssertionError):
        line.dynamo.get_many("work", keys)
    assert line.dynamo.get_many("work", []) == {}


def giving_back_keys(line: Line, done: list[int]) -> Answers:
    """A table that reads so many of the keys it is asked for, call by call, and all of them afterwards."""

    def answer(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        if not done:
            return None
        keys = arguments["RequestItems"][WORK]["Keys"]
        number = done.pop(0)
        wanted = {**arguments, "RequestItems": {WORK: {"Keys": keys[:number]}}}
        told = line.tables.call(operation, wanted) if number else {"Responses": {}}
        return {**told, "UnprocessedKeys": {WORK: {"Keys": keys[number:]}}}

    return answer


def giving_back_items(line: Line, done: list[int]) -> Answers:
    """A table that writes so many of the items it is given, call by call, and all of them afterwards."""

    def answer(operation: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        if not done:
            return None
        requests = arguments["RequestItems"][WORK]
        number = done.pop(0)
        if number:
            line.tables.call(operation, {"RequestItems": {WORK: requests[:number]}})
        return {"UnprocessedItems": {WORK: requests[number:]}}

    return answer


@pytest.mark.parametrize(
    "done, waits", [([3], []), ([0], [20]), ([0, 0, 1], [20, 40]), ([0, 1, 0], [20, 20]), ([1, 1], [])]
)
def test_what_a_table_gives_back_is_asked_for_again_after_a_wait_where_nothing_was_done(
    line: Line, done: list[int], waits: list[int]
) -> None:
    keys = [("p", sk) for sk in line.filled(5)]
    line.instead = giving_back_keys(line, list(done))
    assert list(line.dynamo.get_many("work", keys)) == keys
    assert line.waits == waits
    line.waits.clear()
    line.instead = giving_back_items(line, list(done))
    line.dynamo.put_many("work", [(("q", sk), {"n": 1}) for _, sk in keys])
    line.instead = lambda operation, arguments: None
    assert names(line.dynamo.query("work", "q")) == [sk for _, sk in keys]
    assert line.waits == waits


def test_a_table_that_gives_everything_back_is_unavailable_after_so_many_tries(line: Line) -> None:
    line.filled(1)
    for giving_back, deed in (
        (giving_back_keys, lambda: line.dynamo.get_many("work", [("p", "s000")])),
        (giving_back_items, lambda: line.dynamo.put_many("work", [(("q", "s"), {})])),
    ):
        line.sent.clear()
        line.instead = giving_back(line, [0] * (ATTEMPTS_MAX + 5))
        with pytest.raises(Unavailable):
            deed()
        assert len(line.sent) == ATTEMPTS_MAX


def test_many_items_are_written_in_as_few_calls_as_there_may_be(line: Line) -> None:
    rows = [(("q", f"s{number:03}"), {"n": number}) for number in range(60)]
    line.dynamo.put_many("work", [*rows, (("q", "s059"), {"n": 99})])
    assert [len(asked[WORK]) for asked in line.asked("RequestItems")] == [25, 25, 10]
    assert [item["n"] for item in line.dynamo.query("work", "q")] == [*range(59), 99]


def test_what_was_given_back_goes_with_the_next_items(line: Line) -> None:
    line.instead = giving_back_items(line, [20])
    line.dynamo.put_many("work", [(("q", f"s{number:03}"), {}) for number in range(30)])
    sent = [
        [request["PutRequest"]["Item"]["sk"]["S"] for request in asked[WORK]]
        for asked in line.asked("RequestItems")
    ]
    assert sent == [[f"s{n:03}" for n in range(25)], [f"s{n:03}" for n in range(20, 30)]]


@pytest.mark.parametrize("table, names", [("cards", ["pk"]), ("accounts", ["pk", "sk"])])
def test_the_client_is_told_the_key_of_each_table_as_it_is(line: Line, table: str, names: list[str]) -> None:
    assert line.dynamo.connection.get_meta_table(TABLES[table]).get_key_names() == names
