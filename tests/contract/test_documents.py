"""Plain items: the same laws in memory, on the simulated tables and on the embedded engine."""

import itertools

import pytest

from chalicelib import bootstrap
from chalicelib.domain.change import DocumentChange, DocumentGone, NewDocument, Replayed, Stale
from chalicelib.domain.errors import Unavailable
from chalicelib.domain.record import Record
from chalicelib.store.books import DynamoBooks
from chalicelib.store.documents import DynamoDocuments
from chalicelib.usecases.ports import Books, Documents
from local.testing import World
from tests.fakes.books import FakeBooks
from tests.fakes.documents import FakeDocuments
from tests.simulation.store_on_tables import new_tables, store_on
from tests.unit.usecases.test_people import NOW

Stores = tuple[Documents, Books]


@pytest.fixture(params=["fake", "simulated", "engine"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        documents = FakeDocuments()
        return documents, FakeBooks(documents)
    if request.param == "simulated":
        dynamo, tokens = store_on(new_tables().call), itertools.count()
        return DynamoDocuments(dynamo), DynamoBooks(dynamo, lambda: f"token-{next(tokens)}")
    request.getfixturevalue("world")
    return bootstrap.documents(), bootstrap.books()


def test_what_is_put_is_read_with_its_key(stores: Stores) -> None:
    documents, _ = stores
    documents.put("people", "a", "x", {"n": 1, "yes": True, "texts": ["t"], "inner": {"m": -2}})
    expected = {"pk": "a", "sk": "x", "n": 1, "yes": True, "texts": ["t"], "inner": {"m": -2}}
    assert documents.get("people", "a", "x", consistent=True) == expected
    assert documents.get("people", "a", "y") is None
    documents.delete("people", "a", "x")
    documents.delete("people", "a", "x")
    assert documents.get("people", "a", "x", consistent=True) is None


def test_a_new_item_is_put_once(stores: Stores) -> None:
    documents, _ = stores
    assert documents.put_new("people", "a", "x", {"n": 1})
    assert not documents.put_new("people", "a", "x", {"n": 2})
    assert (documents.get("people", "a", "x", consistent=True) or {})["n"] == 1


def test_many_are_read_at_once_and_absent_ones_left_out(stores: Stores) -> None:
    documents, _ = stores
    documents.put_many("people", [("a", f"{number}", {"n": number}) for number in range(3)])
    found = documents.get_many("people", [("a", "0"), ("a", "2"), ("a", "9"), ("b", "0")])
    assert {key: item["n"] for key, item in found.items()} == {("a", "0"): 0, ("a", "2"): 2}


@pytest.mark.parametrize(
    "asked, expected",
    [
        ({}, ["a#1", "a#2", "a#3", "b#1"]),
        ({"prefix": "a#"}, ["a#1", "a#2", "a#3"]),
        ({"prefix": "a#", "after": "a#1"}, ["a#2", "a#3"]),
        ({"after": "a#3"}, ["b#1"]),
        ({"limit": 2}, ["a#1", "a#2"]),
        ({"newest": True, "limit": 2}, ["b#1", "a#3"]),
        ({"newest": True, "prefix": "a#", "after": "a#3"}, ["a#2", "a#1"]),
        ({"newest": True, "after": "a#3"}, ["a#2", "a#1"]),
        ({"prefix": "c"}, []),
    ],
)
def test_a_query_reads_in_order(stores: Stores, asked: dict[str, object], expected: list[str]) -> None:
    documents, _ = stores
    documents.put_many("people", [("p", sk, {}) for sk in ("a#2", "b#1", "a#1", "a#3")])
    documents.put("people", "q", "a#1", {})
    assert [item["sk"] for item in documents.query("people", "p", **asked)] == expected  # type: ignore[arg-type]


def change(**told: object) -> DocumentChange:
    values: dict[str, object] = {"set_values": {}, "expected": {}, **told}
    return DocumentChange("people", "a", "x", **values)  # type: ignore[arg-type]


CHANGES = [
    ("as expected", change(set_values={"s": "new"}, expected={"s": "old"}), {"s": "new", "n": 5}),
    ("moved on", change(set_values={"s": "new"}, expected={"s": "older"}), None),
    (
        "absent as expected",
        change(set_values={"t": "new"}, expected={"t": None}),
        {"s": "old", "n": 5, "t": "new"},
    ),
    ("not absent", change(set_values={"s": "new"}, expected={"s": None}), None),
    ("added", change(add={"n": 2}, expected={"s": "old"}), {"s": "old", "n": 7}),
    ("enough", change(add={"n": -5}, at_least={"n": 5}), {"s": "old", "n": 0}),
    ("not enough", change(add={"n": -6}, at_least={"n": 6}), None),
]


@pytest.mark.parametrize("asked, after", [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_a_change_holds_its_conditions(
    stores: Stores, asked: DocumentChange, after: dict[str, object] | None
) -> None:
    documents, _ = stores
    before = {"pk": "a", "sk": "x", "s": "old", "n": 5}
    documents.put("people", "a", "x", {"s": "old", "n": 5})
    found = documents.change(asked)
    assert found == (after and {"pk": "a", "sk": "x", **after})
    assert documents.get("people", "a", "x", consistent=True) == (found or before)


def test_a_change_of_nothing_makes_an_item_only_where_none_was_expected(stores: Stores) -> None:
    documents, _ = stores
    assert documents.change(change(set_values={"s": "new"}, expected={"s": "old"})) is None
    assert documents.get("people", "a", "x", consistent=True) is None
    made = documents.change(change(set_values={"s": "new"}, expected={"version": None}, add={"version": 1}))
    assert made == {"pk": "a", "sk": "x", "s": "new", "version": 1}


def record(request_hash: str = "hash") -> Record:
    return Record(
        "cus_BBBBBBBBBBBB", "01KAMX7Q000000000000000001", "demo", NOW, "x", request_hash=request_hash
    )


def test_a_record_and_its_items_are_written_together_and_once(stores: Stores) -> None:
    documents, books = stores
    new = NewDocument("people", "a", "x", {"n": 1})
    books.commit(record(), [new, DocumentGone("people", "g", "g")])
    assert books.record("cus_BBBBBBBBBBBB", "01KAMX7Q000000000000000001") == record()
    assert (documents.get("people", "a", "x", consistent=True) or {})["n"] == 1
    with pytest.raises(Replayed) as replayed:
        books.commit(record("another"), [NewDocument("people", "b", "x", {})])
    assert replayed.value.request_hash == "hash"
    assert documents.get("people", "b", "x", consistent=True) is None


def test_an_item_that_moved_on_stops_everything(stores: Stores) -> None:
    documents, books = stores
    documents.put("people", "a", "x", {"s": "old"})
    with pytest.raises(Stale):
        books.commit(record(), [NewDocument("people", "a", "x", {}), NewDocument("people", "b", "x", {})])
    with pytest.raises(Stale):
        books.commit(record(), [change(set_values={"s": "x"}, expected={"s": "older"})])
    for gone in (
        DocumentGone("people", "a", "x", {"s": "older"}),
        DocumentGone("people", "g", "g", {"n": 1}),
    ):
        with pytest.raises(Stale):
            books.commit(record(), [gone])
    assert books.record("cus_BBBBBBBBBBBB", "01KAMX7Q000000000000000001") is None
    assert documents.get("people", "b", "x", consistent=True) is None


def test_of_several_rows_of_one_key_the_last_is_put(stores: Stores) -> None:
    """A stream may show the same change twice in one batch."""
    documents, _ = stores
    documents.put_many("work", [("a", "x", {"n": 1}), ("a", "y", {"n": 2}), ("a", "x", {"n": 3})])
    assert [item["n"] for item in documents.query("work", "a", consistent=True)] == [3, 2]
    assert set(documents.get_many("work", [("a", "x"), ("a", "x")])) == {("a", "x")}


@pytest.mark.parametrize("action", ["BatchWriteItem", "BatchGetItem"])
def test_a_table_that_takes_nothing_for_long_is_unavailable(world: World, action: str) -> None:
    documents = bootstrap.documents()
    rows = [("a", f"{number:02}", {"n": number}) for number in range(30)]
    with world.faults(rate=0.5, kinds=["throttle"], seed=1, actions=[action]):
        documents.put_many("work", rows)
        assert len(documents.get_many("work", [(pk, sk) for pk, sk, _ in rows])) == 30
    call = {
        "BatchWriteItem": lambda: documents.put_many("work", rows),
        "BatchGetItem": lambda: documents.get_many("work", [("a", "01")]),
    }[action]
    with world.faults(rate=1, kinds=["throttle"], actions=[action]), pytest.raises(Unavailable):
        call()
