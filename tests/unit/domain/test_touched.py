"""Touched items: a record alone leads to every item that it changed."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.record import Line, Record
from chalicelib.domain.touched import named, touched

KEY, OTHER = "BBBBBBBBBBBB", "CCCCCCCCCCCC"
ULID = "01M82MS69D0000000000000002"
ORDER = f"ord_{KEY}{ULID}"
AT = datetime(2026, 11, 22, tzinfo=UTC)


def body(entry_id: str, *lines: tuple[str, int], partition: str = f"dst_{OTHER}", **about: str) -> object:
    made = tuple(Line(*line) for line in lines)
    return Record(partition, entry_id, "ANY", AT, "system", about, made).body()


SALE = body("1", ("A:CHANNEL:sandbox", 5), ("L:PREPAID:crd_A", -5), order=ORDER)
EARNED = body(f"cme_{ULID}_{KEY}_1", ("E:COMMISSION", 5), (f"L:COMM_FROZEN:dst_{OTHER}:20261129", -5))
HELD = body("wdr_1", (f"L:COMM_AVAIL:dst_{OTHER}", 5), (f"L:WD_HOLD:wdr_{OTHER}{ULID}", -5))
FROZEN = body("2", card="crd_B", partition=f"cus_{KEY}")


@pytest.mark.parametrize(
    "table, found, keys",
    [
        ("orders", SALE, {(f"cus_{KEY}", ORDER)}),
        ("orders", EARNED, {(f"cus_{KEY}", ORDER)}),
        ("orders", HELD, set()),
        ("cards", SALE, {("crd_A", "")}),
        ("cards", FROZEN, {("crd_B", "")}),
        ("accounts", SALE, set()),
        ("accounts", EARNED, {(f"dst_{OTHER}", "frozen#20261129")}),
        ("accounts", HELD, {(f"dst_{OTHER}", "main")}),
        ("journal", EARNED, {(f"dst_{OTHER}", f"cme_{ULID}_{KEY}_1")}),
    ],
)
def test_a_record_leads_to_what_it_changed(table: str, found: dict, keys: set[tuple[str, str]]) -> None:  # type: ignore[type-arg]
    assert touched(table, found) == keys


def test_a_join_stands_in_an_edge_and_not_in_the_journal() -> None:
    join = Record(f"cus_{KEY}", ULID, "distributor.join", AT, f"cus_{KEY}")
    assert touched("journal", join.body()) == set()


def test_no_other_table_is_replayed() -> None:
    with pytest.raises(ValueError, match="people"):
        touched("people", SALE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "table, any_id, key",
    [
        ("orders", ORDER, (f"cus_{KEY}", ORDER)),
        ("cards", "crd_A", ("crd_A", "")),
        ("journal", "cus_1/x/y", ("cus_1", "x/y")),
        ("orders", "crd_A", None),
        ("accounts", f"dst_{KEY}", None),
    ],
)
def test_an_id_names_one_item_or_none(table: str, any_id: str, key: tuple[str, str] | None) -> None:
    assert named(table, any_id) == key
