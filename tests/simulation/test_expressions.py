"""Conditions: DynamoDB's documented semantics, case by case, over one item."""

from typing import Any

import pytest

from chalicelib.store.values import to_item
from tests.simulation.expressions import condition
from tests.simulation.typed_values import Invalid, Item
from tests.simulation.writes import check_placeholders

PRODUCT: Item = {
    **to_item(
        {
            "Id": 456,
            "Category": "Sporting Goods",
            "Price": 650,
            "Discount": 650,
            "InStock": True,
            "Nothing": None,
            "Brands": ["trek", "giant", 7],
            "Reviews": {"Best": {"Stars": 5, "By": ["Ada", "Bob"]}},
            "Flag": "\U0001f6b2!",
        }
    ),
    "Colours": {"SS": ["Red", "Black"]},
    "Sizes": {"NS": ["1", "20"]},
    "Code": {"B": b"abc"},
}


def holds(text: str, item: Item = PRODUCT, **values: Any) -> bool:
    """Bare names, and `:name` for each value; a dict of one capital key is taken as typed already."""
    typed: dict[str, Any] = {f":{name}": value for name, value in values.items()}
    typed = {name: v if isinstance(v, dict) else to_item({"v": v})["v"] for name, v in typed.items()}
    read = condition(text)
    check_placeholders({}, typed, read)
    return read.holds(item, {}, typed)


@pytest.mark.parametrize(
    "text, values, expected",
    [
        # comparisons: by value, within one kind
        ("Price = :p", {"p": 650}, True),
        ("Price = :p", {"p": {"N": "650.0"}}, True),
        ("Price = :p", {"p": "650"}, False),
        ("Price <> :p", {"p": "650"}, True),
        ("Price < :p", {"p": 1000}, True),
        ("Price < :p", {"p": "9"}, False),
        ("Price >= Discount", {}, True),
        ("Category < :c", {"c": "Sporting goods"}, True),
        ("Code < :c", {"c": {"B": b"abd"}}, True),
        ("InStock = :b", {"b": True}, True),
        ("Nothing = :n", {"n": None}, True),
        ("Colours = :c", {"c": {"SS": ["Black", "Red"]}}, True),
        ("Brands = :b", {"b": ["trek", "giant", 7]}, True),
        ("Reviews.Best.Stars = :s", {"s": 5}, True),
        ("Reviews.Best.By[1] = :s", {"s": "Bob"}, True),
        ("Reviews.Best.By[2] = :s", {"s": "Bob"}, False),
        # what is not there
        ("Missing = :p", {"p": 1}, False),
        ("Missing <> :p", {"p": 1}, True),
        ("Missing < :p", {"p": 1}, False),
        (":p < Missing", {"p": 1}, False),
        ("Missing = Gone", {}, False),
        ("Missing <> Gone", {}, True),
        ("Missing BETWEEN :a AND :b", {"a": 1, "b": 2}, False),
        ("NOT Missing < :p", {"p": 1}, True),
        # BETWEEN and IN
        ("Price BETWEEN :a AND :b", {"a": 650, "b": 650}, True),
        ("Price BETWEEN :a AND :b", {"a": 651, "b": 700}, False),
        ("Price between Id and Discount", {}, True),
        ("Category IN (:a, :b)", {"a": "Bicycles", "b": "Sporting Goods"}, True),
        ("Category IN (:a)", {"a": "Bicycles"}, False),
        ("Missing IN (:a)", {"a": 1}, False),
        # functions
        ("attribute_exists(Nothing)", {}, True),
        ("attribute_exists(Reviews.Best.By[0])", {}, True),
        ("attribute_exists(Reviews.Worst)", {}, False),
        ("attribute_not_exists(Missing.Deeper[3])", {}, True),
        ("begins_with(Category, :s)", {"s": "Sport"}, True),
        ("begins_with(Category, :s)", {"s": "sport"}, False),
        ("begins_with(Price, :s)", {"s": "6"}, False),
        ("contains(Category, :s)", {"s": "ing Go"}, True),
        ("contains(Colours, :s)", {"s": "Red"}, True),
        ("contains(Sizes, :n)", {"n": 20}, True),
        ("contains(Sizes, :n)", {"n": "20"}, False),
        ("contains(Brands, :s)", {"s": "giant"}, True),
        ("contains(Brands, :n)", {"n": 7}, True),
        ("contains(Price, :s)", {"s": "6"}, False),
        ("attribute_type(Colours, :t)", {"t": "SS"}, True),
        ("attribute_type(Price, :t)", {"t": "S"}, False),
        ("size(Brands) = :n", {"n": 3}, True),
        ("size(Category) > :n", {"n": 13}, True),
        ("size(Flag) = :n", {"n": 3}, True),
        ("size(Code) = :n", {"n": 3}, True),
        ("size(Reviews) = :n", {"n": 1}, True),
        ("size(Missing) < :n", {"n": 1}, False),
        # NOT binds before AND, AND before OR
        ("Price = :p OR Id = :p AND Id = :p", {"p": 650}, True),
        ("(Price = :p OR Id = :p) AND Id = :p", {"p": 650}, False),
        ("NOT Id = :p AND Price = :p", {"p": 650}, True),
        ("NOT (Id = :p AND Price = :p)", {"p": 650}, True),
        ("(NOT attribute_exists (Missing))", {}, True),
    ],
)
def test_a_condition_holds_of_an_item(text: str, values: dict[str, Any], expected: bool) -> None:
    assert holds(text, **values) is expected


def test_of_no_item_only_its_absence_holds() -> None:
    assert holds("attribute_not_exists(Id)", item={})
    assert holds("Id <> :p", item={}, p=1)
    assert not holds("Id = :p", item={}, p=1)


@pytest.mark.parametrize(
    "text, values",
    [
        ("", {}),
        ("Price", {}),
        ("Price =", {}),
        ("Price = :p)", {"p": 1}),
        ("(Price = :p", {"p": 1}),
        ("((Price = :p))", {"p": 1}),
        ("Price = :p Id", {"p": 1}),
        ("Price ! :p", {"p": 1}),
        ("exists(Price)", {}),
        ("attribute_exists(:p)", {"p": 1}),
        ("Price = :p", {}),
        ("Price = Id", {"p": 1}),
        ("#missing = :p", {"p": 1}),
        ("Price < :p", {"p": True}),
        (":p >= Price", {"p": [1]}),
        ("begins_with(Category, :p)", {"p": 1}),
        ("Price BETWEEN :a AND :b", {"a": 2, "b": 1}),
        ("Price BETWEEN :a AND :b", {"a": 1, "b": "2"}),
        ("Price BETWEEN :a OR :b", {"a": 1, "b": 2}),
    ],
)
def test_a_wrong_condition_is_refused_whatever_the_item_holds(text: str, values: dict[str, Any]) -> None:
    for item in (PRODUCT, {}):
        with pytest.raises(Invalid):
            holds(text, item=item, **values)


def test_a_condition_is_read_once() -> None:
    assert condition("Price = :p") is condition("Price = :p")
