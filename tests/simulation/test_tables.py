"""The simulated tables: what AWS promises of each operation, beyond what the engine can be asked."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.store.values import from_item, to_item
from tests.simulation.tables import Tables

ORDERS, CARDS = "orders", "cards"
ABSENT = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


class Clock:
    def __init__(self) -> None:
        self.now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tables(clock: Clock) -> Tables:
    return Tables({ORDERS: True, CARDS: False}, clock)


def key(sk: str, pk: str = "p") -> dict[str, Any]:
    return to_item({"pk": pk, "sk": sk})


def put(sk: str, pk: str = "p", **values: Any) -> dict[str, Any]:
    return {"TableName": ORDERS, "Item": key(sk, pk) | to_item(values)}


def added(sk: str, number: int, **more: Any) -> dict[str, Any]:
    values = {":v": {"N": str(number)}}
    update = {"TableName": ORDERS, "Key": key(sk), "UpdateExpression": "ADD n :v"}
    return update | {"ExpressionAttributeValues": values} | more


def refusal(ask: Callable[[], object]) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        ask()
    response: dict[str, Any] = caught.value.response
    return response


def code(ask: Callable[[], object]) -> str:
    return str(refusal(ask)["Error"]["Code"])


def query(tables: Tables, condition: str = "pk = :p", **more: Any) -> dict[str, Any]:
    values = {":p": {"S": "p"}} | more.pop("values", {})
    asked = {"TableName": ORDERS, "KeyConditionExpression": condition, "ExpressionAttributeValues": values}
    as_of = more.pop("as_of", None)
    return tables.call("Query", asked | more, as_of=as_of)


def sort_keys(answer: dict[str, Any]) -> list[str]:
    return [item["sk"]["S"] for item in answer["Items"]]


# ---------------------------------------------------------------- single writes


def test_a_failed_condition_tells_the_item_if_asked_and_changes_nothing(tables: Tables) -> None:
    tables.call("PutItem", put("a", n=1))
    refused = refusal(lambda: tables.call("PutItem", put("a", n=2) | ABSENT))
    assert refused["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refused["Item"] == put("a", n=1)["Item"]
    untold = {"ConditionExpression": "attribute_not_exists(pk)"}
    assert "Item" not in refusal(lambda: tables.call("PutItem", put("a") | untold))
    assert tables.get(ORDERS, ("p", "a")) == put("a", n=1)["Item"]
    assert tables.change_number == 1


def test_an_update_makes_the_item_that_is_not_there_and_answers_what_was_asked(tables: Tables) -> None:
    answer = tables.call("UpdateItem", added("a", 5, ReturnValues="ALL_NEW"))
    assert from_item(answer["Attributes"]) == {"pk": "p", "sk": "a", "n": 5}
    assert tables.call("UpdateItem", added("a", 1)) == {}
    for wanted, expected in [("UPDATED_NEW", 7), ("UPDATED_OLD", 7)]:
        answer = tables.call("UpdateItem", added("a", 1, ReturnValues=wanted))
        assert from_item(answer["Attributes"]) == {"n": expected}
    assert from_item(tables.call("UpdateItem", added("a", 0, ReturnValues="ALL_OLD"))["Attributes"])["n"] == 8


def test_what_was_read_stays_as_it_was(tables: Tables) -> None:
    nested: dict[str, Any] = {"n": 1, "inner": {"rows": [1, 2]}}
    tables.call("PutItem", put("a", **nested))
    before = tables.call("GetItem", {"TableName": ORDERS, "Key": key("a")})
    seen = copy.deepcopy(before)
    update = added("a", 1) | {"UpdateExpression": "SET inner.rows[0] = :v, n = n + :v REMOVE inner.rows[1]"}
    tables.call("UpdateItem", update)
    assert before == seen


@pytest.mark.parametrize(
    "operation, arguments",
    [
        ("PutItem", {"TableName": ORDERS, "Item": to_item({"pk": "", "sk": "a"})}),
        ("PutItem", {"TableName": ORDERS, "Item": to_item({"pk": "p"})}),
        ("PutItem", {"TableName": ORDERS, "Item": to_item({"pk": 1, "sk": "a"})}),
        ("PutItem", {"TableName": CARDS, "Item": to_item({"pk": "x" * 2049})}),
        ("PutItem", {"TableName": ORDERS, "Item": to_item({"pk": "p", "sk": "x" * 1025})}),
        ("PutItem", put("a") | {"ReturnValues": "ALL_NEW"}),
        ("PutItem", {"TableName": ORDERS, "Item": {**key("a"), "s": {"SS": []}}}),
        ("PutItem", {"TableName": ORDERS, "Item": {**key("a"), "s": {"SS": ["x", "x"]}}}),
        ("PutItem", {"TableName": ORDERS, "Item": {**key("a"), "n": {"N": "one"}}}),
        ("PutItem", {"TableName": ORDERS, "Item": {**key("a"), "n": {"N": "1" * 39}}}),
        ("PutItem", put("a", text="x" * 409_600)),
        ("PutItem", put("a") | {"ExpressionAttributeValues": {":v": {"N": "1"}}}),
        ("GetItem", {"TableName": CARDS, "Key": key("a")}),
        ("GetItem", {"TableName": ORDERS, "Key": to_item({"pk": "p"})}),
        ("UpdateItem", added("a", 1) | {"UpdateExpression": "SET sk = :v"}),
        ("UpdateItem", added("a", 1) | {"UpdateExpression": "REMOVE pk SET n = :v"}),
        ("BatchGetItem", {"RequestItems": {ORDERS: {"Keys": [key("a"), key("a")]}}}),
        ("BatchGetItem", {"RequestItems": {ORDERS: {"Keys": [key(str(n)) for n in range(101)]}}}),
        ("BatchWriteItem", {"RequestItems": {ORDERS: [{"DeleteRequest": {"Key": key("a")}}] * 2}}),
        (
            "BatchWriteItem",
            {"RequestItems": {ORDERS: [{"PutRequest": {"Item": key(str(n))}} for n in range(26)]}},
        ),
        ("TransactWriteItems", {"TransactItems": []}),
        ("TransactWriteItems", {"TransactItems": [{"Put": put(str(n))} for n in range(101)]}),
        ("TransactWriteItems", {"TransactItems": [{"Put": put("a")}, {"Update": added("a", 1)}]}),
        ("TransactWriteItems", {"TransactItems": [{"Put": put("")}]}),
        ("TransactWriteItems", {"TransactItems": [{"Put": put("a")}], "ClientRequestToken": "x" * 37}),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": ORDERS, "Key": key("a")}}] * 2}),
        ("Scan", {"TableName": ORDERS, "Segment": 1, "TotalSegments": 1}),
        ("Scan", {"TableName": ORDERS, "Limit": 0}),
    ],
)
def test_a_wrong_request_is_refused_and_changes_nothing(
    tables: Tables, operation: str, arguments: dict[str, Any]
) -> None:
    assert code(lambda: tables.call(operation, arguments)) == "ValidationException"
    assert tables.changes == []


def test_an_unknown_table_is_not_found_and_an_unknown_operation_is_a_bug(tables: Tables) -> None:
    asked = {"TableName": "nowhere", "Key": key("a")}
    assert code(lambda: tables.call("GetItem", asked)) == "ResourceNotFoundException"
    with pytest.raises(NotImplementedError):
        tables.call("ExecuteStatement", {})


def test_an_item_of_exactly_400_kb_is_kept(tables: Tables) -> None:
    room = 400 * 1024 - len("pk") - len("p") - len("sk") - len("a") - len("text")
    tables.call("PutItem", put("a", text="x" * room))
    assert code(lambda: tables.call("PutItem", put("a", text="x" * (room + 1)))) == "ValidationException"
    assert code(lambda: tables.call("UpdateItem", added("a", 1))) == "ValidationException"


# ---------------------------------------------------------------- queries and scans


def test_a_page_that_ends_at_its_limit_tells_where_even_when_nothing_follows(tables: Tables) -> None:
    for sk in "abc":
        tables.call("PutItem", put(sk))
    page = query(tables, Limit=3)
    assert sort_keys(page) == ["a", "b", "c"]
    assert page["LastEvaluatedKey"] == key("c")
    last = query(tables, Limit=3, ExclusiveStartKey=page["LastEvaluatedKey"])
    assert last == {"Items": [], "Count": 0, "ScannedCount": 0}
    assert "LastEvaluatedKey" not in query(tables, Limit=4)


@pytest.mark.parametrize(
    "condition, values, found",
    [
        ("pk = :p AND sk = :a", {":a": "b"}, "b"),
        ("pk = :p AND sk < :a", {":a": "b"}, "a"),
        ("pk = :p AND sk <= :a", {":a": "b"}, "ab"),
        ("sk > :a AND pk = :p", {":a": "b"}, "cd"),
        ("(pk = :p AND sk >= :a)", {":a": "b"}, "bcd"),
        ("pk = :p AND sk BETWEEN :a AND :b", {":a": "b", ":b": "c"}, "bc"),
        ("pk = :p AND begins_with(sk, :a)", {":a": "d"}, "d"),
    ],
)
def test_a_query_reads_a_range_of_sort_keys_in_both_directions(
    tables: Tables, condition: str, values: dict[str, str], found: str
) -> None:
    for sk in "dbca":
        tables.call("PutItem", put(sk))
        tables.call("PutItem", put(sk, pk="other"))
    typed = to_item(values)
    assert sort_keys(query(tables, condition, values=typed)) == list(found)
    assert sort_keys(query(tables, condition, values=typed, ScanIndexForward=False)) == list(found)[::-1]


@pytest.mark.parametrize(
    "condition",
    [
        "sk = :p",
        "pk > :p",
        "pk = :p AND n = :p",
        "pk = :p AND pk = :p",
        "pk = :p OR sk = :p",
        "pk.x = :p",
        "((pk = :p))",
    ],
)
def test_a_query_needs_one_partition_and_at_most_one_range(tables: Tables, condition: str) -> None:
    assert code(lambda: query(tables, condition)) == "ValidationException"


def test_a_filter_leaves_out_what_was_counted_and_a_projection_shows_a_part(tables: Tables) -> None:
    for sk, number in zip("abc", (1, 5, 9), strict=True):
        tables.call("PutItem", put(sk, n=number, inner={"x": number, "y": 0}))
    chosen: dict[str, Any] = {"FilterExpression": "n > :n", "values": {":n": {"N": "3"}}}
    answer = query(tables, ProjectionExpression="sk, inner.x", Limit=2, **copy.deepcopy(chosen))
    assert [from_item(item) for item in answer["Items"]] == [{"sk": "b", "inner": {"x": 5}}]
    assert (answer["Count"], answer["ScannedCount"]) == (1, 2)
    assert query(tables, Select="COUNT", **chosen) == {"Count": 2, "ScannedCount": 3}


def test_the_segments_of_a_scan_hold_every_item_once_page_by_page(tables: Tables) -> None:
    for number in range(60):
        tables.call("PutItem", put(f"s{number % 3}", pk=f"p{number}"))
    found: list[str] = []
    for segment in range(4):
        asked = {"TableName": ORDERS, "Segment": segment, "TotalSegments": 4, "Limit": 5}
        while asked:
            page = tables.call("Scan", asked)
            found += [item["pk"]["S"] for item in page["Items"]]
            start = page.get("LastEvaluatedKey")
            asked = asked | {"ExclusiveStartKey": start} if start else {}
    assert sorted(found) == sorted(f"p{number}" for number in range(60))
    assert found != sorted(found), "nobody may lean on an order"


def test_pages_can_be_made_to_end_anywhere(tables: Tables) -> None:
    for sk in "abc":
        tables.call("PutItem", put(sk))
    tables.page_items_max = 2
    assert query(tables)["LastEvaluatedKey"] == key("b")
    assert sort_keys(query(tables, Limit=1)) == ["a"]


# ---------------------------------------------------------------- transactions


def reasons(ask: Callable[[], object]) -> list[str]:
    refused = refusal(ask)
    assert refused["Error"]["Code"] == "TransactionCanceledException"
    return [reason["Code"] for reason in refused["CancellationReasons"]]


def test_a_transaction_is_done_whole_or_not_at_all_and_each_member_has_a_reason(tables: Tables) -> None:
    tables.call("PutItem", put("a", n=1, s="text"))
    refused = refusal(
        lambda: tables.call(
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": put("new")},
                    {"Put": put("a") | ABSENT},
                    {"Update": added("c", 1) | {"UpdateExpression": "SET n = missing + :v"}},
                    {"Delete": {"TableName": ORDERS, "Key": to_item({"pk": "p", "sk": "d"})}},
                ]
            },
        )
    )
    told = refused["CancellationReasons"]
    assert [reason["Code"] for reason in told] == [
        "None",
        "ConditionalCheckFailed",
        "ValidationError",
        "None",
    ]
    assert told[1]["Item"] == put("a", n=1, s="text")["Item"]
    assert refused["Error"]["Message"].endswith("[None, ConditionalCheckFailed, ValidationError, None]")
    assert len(tables.changes) == 1


def test_a_condition_check_guards_an_item_and_leaves_it(tables: Tables) -> None:
    tables.call("PutItem", put("a", n=1))
    check = {"TableName": ORDERS, "Key": key("a"), "ConditionExpression": "n = :n"}

    def transact(number: int) -> object:
        guard = check | {"ExpressionAttributeValues": {":n": {"N": str(number)}}}
        return tables.call(
            "TransactWriteItems", {"TransactItems": [{"ConditionCheck": guard}, {"Put": put("b")}]}
        )

    assert reasons(lambda: transact(2)) == ["ConditionalCheckFailed", "None"]
    assert transact(1) == {}
    assert [change.keys for change in tables.changes] == [key("a"), key("b")]


def test_a_key_of_the_wrong_shape_is_a_reason(tables: Tables) -> None:
    wrong = {"Delete": {"TableName": ORDERS, "Key": to_item({"pk": "p"})}}
    transaction = {"TransactItems": [{"Put": put("a")}, wrong]}
    assert reasons(lambda: tables.call("TransactWriteItems", transaction)) == ["None", "ValidationError"]


def test_a_token_is_remembered_for_ten_minutes_after_it_succeeded(tables: Tables, clock: Clock) -> None:
    once = {"TransactItems": [{"Update": added("a", 1)}], "ClientRequestToken": "once"}
    other = {"TransactItems": [{"Update": added("a", 2)}], "ClientRequestToken": "once"}
    assert tables.call("TransactWriteItems", once) == {}
    clock.now_ms += 10 * 60 * 1000 - 1
    assert tables.call("TransactWriteItems", copy.deepcopy(once)) == {}
    assert code(lambda: tables.call("TransactWriteItems", other)) == "IdempotentParameterMismatchException"
    assert len(tables.changes) == 1
    clock.now_ms += 1
    tables.call("TransactWriteItems", other)
    assert [from_item(item)["n"] for item in tables.items(ORDERS)] == [3]


def test_a_token_of_a_refused_transaction_may_be_used_again(tables: Tables) -> None:
    tables.call("PutItem", put("a"))
    once = {"TransactItems": [{"Put": put("a") | ABSENT}], "ClientRequestToken": "once"}
    for _ in range(2):
        assert reasons(lambda: tables.call("TransactWriteItems", once)) == ["ConditionalCheckFailed"]
    tables.call("DeleteItem", {"TableName": ORDERS, "Key": key("a")})
    assert tables.call("TransactWriteItems", once) == {}


# ---------------------------------------------------------------- changes and lag


def test_every_change_is_told_once_with_both_images_and_nothing_when_nothing_changes(
    tables: Tables, clock: Clock
) -> None:
    tables.call("PutItem", put("a", n=1))
    tables.call("PutItem", put("a", n=1))
    clock.now_ms += 5
    tables.call("UpdateItem", added("a", 1))
    tables.call("UpdateItem", added("a", 0))
    tables.call("DeleteItem", {"TableName": ORDERS, "Key": key("a")})
    tables.call("DeleteItem", {"TableName": ORDERS, "Key": key("a")})
    told = [(c.number, c.event_name, c.old_image, c.new_image, c.at_ms) for c in tables.changes]
    one, two = put("a", n=1)["Item"], put("a", n=2)["Item"]
    assert told == [
        (1, "INSERT", None, one, 1_000_000),
        (2, "MODIFY", one, two, 1_000_005),
        (3, "REMOVE", two, None, 1_000_005),
    ]
    assert all(change.keys == key("a") and change.table == ORDERS for change in tables.changes)


def test_a_set_in_another_order_and_a_number_in_another_spelling_are_no_change(tables: Tables) -> None:
    first = {"tags": {"SS": ["a", "b"]}, "n": {"N": "1.50"}}
    tables.call("PutItem", {"TableName": ORDERS, "Item": key("a") | first})
    tables.call(
        "PutItem", {"TableName": ORDERS, "Item": key("a") | {"tags": {"SS": ["b", "a"]}, "n": {"N": "1.5"}}}
    )
    assert tables.change_number == 1
    assert tables.get(ORDERS, ("p", "a")) == key("a") | {"tags": {"SS": ["a", "b"]}, "n": {"N": "1.5"}}


def test_a_lagging_replica_is_one_change_behind(tables: Tables) -> None:
    tables.call("PutItem", put("a", n=1))
    tables.call("PutItem", put("gone", n=1))
    seen = tables.change_number
    tables.call("UpdateItem", added("a", 1))
    tables.call("PutItem", put("new"))
    tables.call("DeleteItem", {"TableName": ORDERS, "Key": key("gone")})

    def read(as_of: int | None, sk: str = "a", **more: Any) -> dict[str, Any]:
        asked = {"TableName": ORDERS, "Key": key(sk)} | more
        return tables.call("GetItem", asked, as_of=as_of)

    assert from_item(read(None)["Item"])["n"] == 2
    assert from_item(read(seen)["Item"])["n"] == 1
    assert from_item(read(seen, ConsistentRead=True)["Item"])["n"] == 2
    assert read(seen, sk="new") == {}
    assert from_item(read(seen, sk="gone")["Item"])["n"] == 1
    assert sort_keys(query(tables, as_of=seen)) == ["a", "gone"]
    assert sort_keys(query(tables, as_of=tables.change_number)) == ["a", "new"]
    assert sort_keys(query(tables, as_of=seen, ConsistentRead=True)) == ["a", "new"]
    batch = {"RequestItems": {ORDERS: {"Keys": [key("a"), key("new")]}}}
    assert len(tables.call("BatchGetItem", batch, as_of=seen)["Responses"][ORDERS]) == 1
