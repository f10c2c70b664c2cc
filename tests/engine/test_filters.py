"""Filters of event source mappings: Lambda's rules as a table."""

from typing import Any

import pytest

from local.filters import matches, matches_any

ORDER = {
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"pk": {"S": "ord_1"}},
        "NewImage": {"cm": {"S": "yes"}, "amount_fen": {"N": "100"}, "paid": {"BOOL": True}},
        "SizeBytes": 120,
        "tags": ["a", "b"],
    },
}


@pytest.mark.parametrize(
    "pattern, expected",
    [
        ({"eventName": ["INSERT"]}, True),
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"eventName": ["REMOVE"]}, False),
        ({"eventName": [{"prefix": "INS"}]}, True),
        ({"eventName": [{"prefix": "MOD"}]}, False),
        ({"eventName": [{"suffix": "ERT"}]}, True),
        ({"eventName": [{"equals-ignore-case": "insert"}]}, True),
        ({"eventName": [{"anything-but": ["REMOVE"]}]}, True),
        ({"eventName": [{"anything-but": ["INSERT", "REMOVE"]}]}, False),
        ({"eventName": [{"anything-but": {"prefix": "INS"}}]}, False),
        ({"missing": [{"anything-but": ["x"]}]}, False),
        ({"dynamodb": {"NewImage": {"cm": {"S": [{"exists": True}]}}}}, True),
        ({"dynamodb": {"NewImage": {"no": {"S": [{"exists": True}]}}}}, False),
        ({"dynamodb": {"NewImage": {"no": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"OldImage": {"cm": {"S": [{"exists": False}]}}}}, True),
        ({"dynamodb": {"NewImage": [{"exists": True}]}}, False),  # exists is for leaves only
        ({"dynamodb": {"SizeBytes": [{"numeric": [">", 100]}]}}, True),
        ({"dynamodb": {"SizeBytes": [{"numeric": [">", 100, "<=", 119]}]}}, False),
        ({"dynamodb": {"SizeBytes": [120]}}, True),
        ({"dynamodb": {"NewImage": {"amount_fen": {"N": ["100"]}}}}, True),
        ({"dynamodb": {"NewImage": {"amount_fen": {"N": [100]}}}}, False),  # a stream's numbers are text
        ({"dynamodb": {"NewImage": {"amount_fen": {"N": [{"numeric": ["=", 100]}]}}}}, False),
        ({"dynamodb": {"NewImage": {"paid": {"BOOL": [True]}}}}, True),
        ({"dynamodb": {"NewImage": {"paid": {"BOOL": [False]}}}}, False),
        ({"dynamodb": {"tags": ["b"]}}, True),
        ({"eventName": ["INSERT"], "dynamodb": {"SizeBytes": [1]}}, False),
        ({"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"SizeBytes": [120]}}]}, True),
        ({"$or": [{"eventName": ["REMOVE"]}, {"dynamodb": {"SizeBytes": [1]}}]}, False),
    ],
)  # fmt: skip
def test_a_pattern_matches_as_on_lambda(pattern: dict[str, Any], expected: bool) -> None:
    assert matches(pattern, ORDER) is expected


def test_one_of_several_patterns_is_enough_and_none_lets_everything_pass() -> None:
    assert matches_any([{"eventName": ["REMOVE"]}, {"eventName": ["INSERT"]}], ORDER)
    assert matches_any([], ORDER)


def test_an_unknown_rule_is_refused_instead_of_matching_nothing() -> None:
    with pytest.raises(ValueError, match="wildcard"):
        matches({"eventName": [{"wildcard": "*"}]}, ORDER)
