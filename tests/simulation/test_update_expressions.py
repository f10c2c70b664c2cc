"""Updates: what an item becomes, and that the item it was stays as it was."""

import copy
from typing import Any

import pytest

from chalicelib.store.values import from_item, to_item
from tests.simulation.typed_values import Invalid, Item
from tests.simulation.update_expressions import update
from tests.simulation.writes import check_placeholders

PRODUCT = {"Id": 1, "Price": 100, "Text": "t", "Rows": ["a", "b", "c", "d"], "Map": {"x": 1, "y": {"z": 2}}}


def updated(text: str, item: Item, **values: Any) -> Item:
    typed: dict[str, Any] = {f":{name}": value for name, value in values.items()}
    typed = {name: v if isinstance(v, dict) else to_item({"v": v})["v"] for name, v in typed.items()}
    read = update(text)
    check_placeholders({}, typed, read)
    read.check({}, typed)
    return read.apply(item, {}, typed)


@pytest.mark.parametrize(
    "text, values, changed",
    [
        ("SET Price = :p", {"p": 7}, {"Price": 7}),
        ("SET Price = Price - :p, Old = Price", {"p": 30}, {"Price": 70, "Old": 100}),
        ("SET Price = :p + Id", {"p": 30}, {"Price": 31}),
        ("set Price = :p", {"p": 7}, {"Price": 7}),
        ("SET Price = if_not_exists(Price, :p)", {"p": 7}, {}),
        ("SET New = if_not_exists(New, :p) + :p", {"p": 7}, {"New": 14}),
        ("SET #a = Price REMOVE Price", {}, {"Copy": 100, "Price": None}),
        ("SET Rows = list_append(Rows, :r)", {"r": ["e"]}, {"Rows": ["a", "b", "c", "d", "e"]}),
        ("SET Rows = list_append(:r, Rows)", {"r": ["e"]}, {"Rows": ["e", "a", "b", "c", "d"]}),
        ("SET New = list_append(if_not_exists(New, :r), :r)", {"r": [1]}, {"New": [1, 1]}),
        ("SET Rows[1] = :v", {"v": 5}, {"Rows": ["a", 5, "c", "d"]}),
        ("SET Rows[9] = :v, Rows[7] = Rows[0]", {"v": 5}, {"Rows": ["a", "b", "c", "d", "a", 5]}),
        ("SET Rows[0] = :v REMOVE Rows[1], Rows[2]", {"v": 5}, {"Rows": [5, "d"]}),
        ("REMOVE Rows[0], Rows[9]", {}, {"Rows": ["b", "c", "d"]}),
        ("SET Map.y.w = :v, Map.x = :v", {"v": 5}, {"Map": {"x": 5, "y": {"z": 2, "w": 5}}}),
        ("REMOVE Map.y, Map.nothing, Missing", {}, {"Map": {"x": 1}}),
        ("ADD Price :v, New :v", {"v": -5}, {"Price": 95, "New": -5}),
        ("ADD Map.x :v", {"v": 5}, {"Map": {"x": 6, "y": {"z": 2}}}),
        (
            "SET Text = :t ADD Price :v REMOVE Map",
            {"t": "u", "v": 1},
            {"Text": "u", "Price": 101, "Map": None},
        ),
    ],
)
def test_an_update_changes_what_it_names_and_nothing_else(
    text: str, values: dict[str, Any], changed: dict[str, Any]
) -> None:
    item = to_item(PRODUCT)
    before = copy.deepcopy(item)
    text = text.replace("#a", "Copy")
    expected = {name: content for name, content in (PRODUCT | changed).items() if content is not None}
    assert from_item(updated(text, item, **values)) == expected
    assert item == before


def test_a_set_grows_by_add_and_vanishes_with_its_last_member() -> None:
    grown = updated("ADD Tags :t", {}, t={"SS": ["a"]})
    grown = updated("ADD Tags :t", grown, t={"SS": ["a", "b"]})
    assert grown == {"Tags": {"SS": ["a", "b"]}}
    assert updated("DELETE Tags :t", grown, t={"SS": ["a", "z"]}) == {"Tags": {"SS": ["b"]}}
    assert updated("DELETE Tags :t", grown, t={"SS": ["b", "a"]}) == {}
    assert updated("DELETE Tags :t", {}, t={"SS": ["b"]}) == {}


def test_numbers_in_a_set_are_the_same_in_any_spelling() -> None:
    assert updated("ADD Tags :t", {"Tags": {"NS": ["1"]}}, t={"NS": ["1.0"]}) == {"Tags": {"NS": ["1"]}}


def test_sums_are_exact() -> None:
    money = {"Sum": {"N": "0.1"}}
    assert updated("ADD #s :v".replace("#s", "Sum"), money, v={"N": "0.2"}) == {"Sum": {"N": "0.3"}}
    large = {"Sum": {"N": "9" * 37}}
    assert updated("ADD #s :v".replace("#s", "Sum"), large, v={"N": "1"}) == {"Sum": {"N": "1" + "0" * 37}}
    with pytest.raises(Invalid):
        updated("SET #s = #s + :v".replace("#s", "Sum"), {"Sum": {"N": "9" * 38}}, v={"N": "0.5"})


@pytest.mark.parametrize(
    "text, values",
    [
        ("SET Price = Missing", {}),
        ("SET Price = Missing + :v", {"v": 1}),
        ("SET Price = Text + :v", {"v": 1}),
        ("SET Rows = list_append(Text, :v)", {"v": [1]}),
        ("SET Rows = list_append(Missing, :v)", {"v": [1]}),
        ("SET Missing.a = :v", {"v": 1}),
        ("SET Text.a = :v", {"v": 1}),
        ("SET Map[0] = :v", {"v": 1}),
        ("SET Rows.a = :v", {"v": 1}),
        ("REMOVE Missing.a", {}),
        ("ADD Missing.a :v", {"v": 1}),
        ("ADD Text :v", {"v": 1}),
        ("DELETE Price :v", {"v": {"SS": ["a"]}}),
    ],
)
def test_an_update_that_does_not_fit_the_item_is_refused(text: str, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        updated(text, to_item(PRODUCT), **values)


@pytest.mark.parametrize(
    "text, values",
    [
        ("", {}),
        ("Price = :v", {"v": 1}),
        ("SET Price :v", {"v": 1}),
        ("SET Price = :v + :v + :v", {"v": 1}),
        ("SET Price = (:v + :v)", {"v": 1}),
        ("SET Price = :v SET Text = :v", {"v": 1}),
        ("SET Price = :v, Price = :v", {"v": 1}),
        ("SET Price = :v REMOVE Price", {"v": 1}),
        ("SET Map = :v, Map.x = :v", {"v": 1}),
        ("SET Map.x = :v, Map[1] = :v", {"v": 1}),
        ("SET Price = :v + :v", {"v": "1"}),
        ("SET Price = if_not_exists(:v, :v)", {"v": 1}),
        ("SET Rows = list_append(:v, :v)", {"v": 1}),
        ("SET Rows = list_append(:v)", {"v": [1]}),
        ("ADD Price :v", {"v": "1"}),
        ("ADD Price Id", {}),
        ("DELETE Price :v", {"v": 1}),
        ("SET Price = :w", {"v": 1}),
    ],
)
def test_a_wrong_update_is_refused_whatever_the_item_holds(text: str, values: dict[str, Any]) -> None:
    for item in (to_item(PRODUCT), {}):
        with pytest.raises(Invalid):
            updated(text, item, **values)
