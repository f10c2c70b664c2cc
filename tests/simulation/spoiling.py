"""Spoiling: what does a request look like that nobody should send?"""

import copy
from collections.abc import Callable
from random import Random
from typing import Any

Call = tuple[str, dict[str, Any]]
# A request without any of these has no place for values: botocore would not send it.
WITH_VALUES = ("ConditionExpression", "FilterExpression", "KeyConditionExpression", "UpdateExpression")
Spoiler = Callable[[dict[str, Any], Random], None]


def spoiled(call: Call, random: Random) -> Call:
    """The request with one thing wrong in it, or as it was if it has no such thing."""
    operation, arguments = call
    arguments = copy.deepcopy(arguments)
    spoil: Spoiler = random.choice(SPOILERS)
    members = arguments.get("TransactItems")
    if members and operation == "TransactWriteItems":
        (member,) = random.choice(members).values()
        spoil(member, random)
    else:
        spoil(arguments, random)
    return operation, arguments


def _forget_a_value(request: dict[str, Any], random: Random) -> None:
    values = request.get("ExpressionAttributeValues", {})
    if len(values) > 1:
        del values[random.choice(list(values))]


def _define_one_too_many(request: dict[str, Any], random: Random) -> None:
    if "Item" in request or any(name in request for name in WITH_VALUES):
        request.setdefault("ExpressionAttributeValues", {})[":unused"] = {"N": "1"}


def _give_a_value_another_kind(request: dict[str, Any], random: Random) -> None:
    values = request.get("ExpressionAttributeValues", {})
    if values:
        kinds = [{"S": "a"}, {"N": "1"}, {"BOOL": True}, {"L": []}, {"M": {}}, {"SS": ["a"]}]
        values[random.choice(list(values))] = random.choice(kinds)


def _break_an_expression(request: dict[str, Any], random: Random) -> None:
    names = [name for name in request if name.endswith("Expression")]
    if names:
        name = random.choice(names)
        text = request[name]
        request[name] = random.choice((f"(({text}))", f"{text} AND", f"{text})", text.replace("#0", "#9", 1)))


def _name_no_table(request: dict[str, Any], random: Random) -> None:
    if "TableName" in request:
        request["TableName"] = "nowhere"


def _write_a_key(request: dict[str, Any], random: Random) -> None:
    if "UpdateExpression" in request:
        request["UpdateExpression"] = "SET pk = :key"
        request["ExpressionAttributeValues"] = {":key": {"S": "pz"}}
        for name in (
            "ConditionExpression",
            "ExpressionAttributeNames",
            "ReturnValuesOnConditionCheckFailure",
        ):
            request.pop(name, None)


def _put_what_cannot_be(request: dict[str, Any], random: Random) -> None:
    """Of what botocore sends: a kind that it does not know never reaches a table."""
    if "Item" in request:
        request["Item"]["n"] = random.choice(
            (
                {"N": "one"},
                {"SS": []},
                {"SS": ["a", "a"]},
                {"NS": ["1", "1.0"]},
                {"N": "1" * 39},
                {},
            )
        )


SPOILERS: tuple[Spoiler, ...] = (
    _forget_a_value,
    _define_one_too_many,
    _give_a_value_another_kind,
    _break_an_expression,
    _name_no_table,
    _write_a_key,
    _put_what_cannot_be,
)
