"""The platform's books: which lines does a record leave, and what is a product's margin made of?"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.platform_books import (
    PACK_LINES_MAX,
    Margin,
    PlatformLine,
    days_key,
    days_through,
    each_once,
    is_open,
    last_closable_day,
    lines_in,
    lines_of,
    margins_of,
    minute_prefix,
    packs_of,
)
from chalicelib.domain.record import Record

AT = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # half past midnight of the 23rd in Shanghai


def a_sale(sku_id: str, paid_fen: int, cost_fen: int) -> Record:
    lines = (
        debit("A:CHANNEL:sandbox", paid_fen),
        credit("A:SUPPLIER_PREPAY:oil", cost_fen),
        credit("I:MARGIN", paid_fen - cost_fen),
    )
    return Record("pay", sku_id, "SALE_AGENT", AT, "sandbox", {"sku": sku_id}, lines)


def test_only_the_platforms_own_accounts_leave_lines_and_each_one_only() -> None:
    lines = (debit("E:PROMO", 3), debit("A:CHANNEL:x", 5), debit("E:PROMO", 2), credit("L:PREPAID:crd_A", 10))
    record = Record("p", "e", "TOPUP_ISSUER", AT, "x", lines=lines)
    found = lines_of(record)
    assert {(line.account, line.amount_fen, line.day) for line in found} == {
        ("E:PROMO", 5, "20261123"),
        ("A:CHANNEL:x", 5, "20261123"),
    }
    assert [line for item in items_of(found) for line in lines_in(item)] == found


def test_a_margin_is_what_is_left_of_the_spread() -> None:
    commission = Record(
        "dst_A", "cme_1", "COMMISSION", AT, "system", {"sku": "a"},
        (debit("E:COMMISSION", 40), credit("L:COMM_FROZEN:dst_A:20261129", 40)),
    )  # fmt: skip
    records = [a_sale("a", 1_000, 900), a_sale("b", 500, 490), commission]
    margins = margins_of(line for record in records for line in lines_of(record))
    assert margins == [Margin("a", spread_fen=100, commission_fen=40), Margin("b", spread_fen=10)]
    assert [margin.margin_fen for margin in margins] == [60, 10]


def test_what_a_channel_keeps_is_a_cost_beside_no_product() -> None:
    lines = (debit("A:BANK_CUSTODY", 997), debit("E:CHANNEL_FEE", 3), credit("A:CHANNEL:x", 1_000))
    settled = Record("bank", "1", "CHANNEL_SETTLED", AT, "bank", lines=lines)
    records = [a_sale("a", 1_000, 900), settled]
    margins = margins_of(line for record in records for line in lines_of(record))
    assert [(margin.sku_id, margin.margin_fen) for margin in margins] == [("", -3), ("a", 100)]


def test_a_day_is_open_until_two_hours_after_its_end() -> None:
    assert is_open("20261123", AT)
    assert is_open("20261122", AT)
    assert not is_open("20261121", AT)
    closes = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # two o'clock of the 23rd in Shanghai
    just_before = closes - timedelta(microseconds=1)
    assert (last_closable_day(just_before), last_closable_day(closes)) == ("20261121", "20261122")
    written = timedelta(minutes=30)  # whoever writes now may take so long to do it
    assert is_open("20261122", just_before - written)
    assert not is_open("20261122", closes - written)


def test_days_follow_each_other_over_the_end_of_a_month() -> None:
    assert days_through("20261129", "20261202") == ["20261129", "20261130", "20261201", "20261202"]
    assert days_through("20261202", "20261201") == []


def test_a_line_keeps_the_product_and_the_release_day_that_its_record_tells() -> None:
    record = Record(
        "dst_A", "cme_1", "COMMISSION", AT, "system", {"sku": "a", "release": "20261129"},
        (debit("E:COMMISSION", 40), credit("L:COMM_FROZEN:dst_A:20261129", 40)),
    )  # fmt: skip
    (line,) = lines_of(record)
    wanted = PlatformLine(
        "E:COMMISSION", "20261123", "dst_A/cme_1", 40, "0030", "COMMISSION", "a", "20261129"
    )
    assert line == wanted
    assert line.row_key == ("platform#E:COMMISSION#20261123", "dst_A/cme_1")
    (bare,) = lines_of(replace(record, about={}))
    assert (bare.sku_id, bare.release) == ("", "")
    assert days_key("E:COMMISSION") == "platform#E:COMMISSION"


# ---------------------------------------------------------------- packs


def items_of(lines: Iterable[PlatformLine]) -> list[dict[str, Any]]:
    return [{"pk": pk, "sk": sk, **values} for pk, sk, values in packs_of(lines)]


def once(*items: dict[str, Any]) -> list[PlatformLine]:
    """The lines of items as a day is read: by their sort keys, the newest first; of one key there is one."""
    by_key = {item["sk"]: item for item in items}
    return list(each_once(by_key[sk] for sk in sorted(by_key, reverse=True)))


def a_line(record_id: str, amount_fen: int = 1, minute: str = "0930", sku_id: str = "a") -> PlatformLine:
    return PlatformLine("I:FEE", "20261123", record_id, amount_fen, minute, "SALE_AGENT", sku_id)


def a_row(record_id: str, amount_fen: int) -> dict[str, Any]:
    """A line as older versions wrote it."""
    values = {"amount_fen": amount_fen, "at": 1, "action": "SALE_AGENT", "sku": "a"}
    return {"pk": "platform#I:FEE#20261123", "sk": record_id, **values}


def test_the_lines_of_an_account_and_a_minute_are_one_item_and_say_once_what_they_share() -> None:
    other = PlatformLine("I:FEE", "20261123", "dst_C/cme_1", -7, "0930", "COMMISSION", release="20261129")
    lines = [a_line("cus_B/ord_2", 2), other, a_line("cus_A/ord_1", 3)]
    ((pk, sk, values),) = packs_of(lines)
    assert (pk, sk[:5], len(sk)) == ("platform#I:FEE#20261123", minute_prefix("0930"), 21)
    assert values == {
        "amount_fen": -2,
        "lines": [
            {"action": "SALE_AGENT", "sku": "a", "fen": {"cus_A/ord_1": 3, "cus_B/ord_2": 2}},
            {"action": "COMMISSION", "release": "20261129", "fen": {"dst_C/cme_1": -7}},
        ],
    }
    assert set(once(*items_of(lines))) == set(lines)


def test_accounts_days_and_minutes_have_items_of_their_own() -> None:
    line = a_line("cus_A/ord_1")
    others = [replace(line, account="E:PROMO"), replace(line, day="20261124"), replace(line, minute="0931")]
    places = [(pk, sk[:5]) for pk, sk, _ in packs_of([line, *others])]
    assert places == [
        ("platform#I:FEE#20261123", "0930#"),
        ("platform#E:PROMO#20261123", "0930#"),
        ("platform#I:FEE#20261124", "0930#"),
        ("platform#I:FEE#20261123", "0931#"),
    ]


def test_the_same_records_are_the_same_item_in_whatever_order_and_however_often_they_came() -> None:
    lines = [a_line(f"cus_A/ord_{number}", number) for number in range(3)]
    wanted = packs_of(lines)
    assert all(packs_of(order) == wanted for order in permutations(lines))
    assert packs_of([*lines, *lines]) == wanted


def test_a_batch_that_comes_again_cut_otherwise_is_counted_once_and_takes_nothing_away() -> None:
    lines = [a_line(f"cus_A/ord_{number}", 2**number) for number in range(6)]
    cuts = [(0, 6), (0, 3), (3, 6), (1, 2), (2, 5), (0, 5)]
    items: list[dict[str, Any]] = []
    for start, end in cuts:
        items += items_of(lines[start:end])
    assert len({item["sk"] for item in items}) == len(cuts)
    found = once(*items)
    assert sorted(found, key=lambda line: line.record_id) == lines
    assert sum(line.amount_fen for line in once(*items[1:3])) == 63


def test_what_one_copy_lacks_another_one_has() -> None:
    whole, part = items_of([a_line("a", 1), a_line("b", 2)])[0], items_of([a_line("b", 2), a_line("c", 4)])[0]
    del whole["lines"][0]["fen"]["a"]
    assert {line.record_id: line.amount_fen for line in once(whole, part)} == {"b": 2, "c": 4}


def test_copies_that_differ_all_count_so_that_the_sum_is_wrong() -> None:
    one, other = items_of([a_line("a", 1), a_line("b", 2)])[0], items_of([a_line("b", 2)])[0]
    other["lines"][0]["fen"]["b"] = 9
    for items in ((one, other), (one, other, a_row("b", 2)), (one, other, a_row("b", 9))):
        assert sorted(line.amount_fen for line in once(*items)) == [1, 2, 9]


def test_a_row_of_an_older_version_counts_once_beside_a_pack_of_any_minute() -> None:
    packs = items_of([a_line("a", 1, "0930"), a_line("b", 2, "1145"), a_line("c", 4, "0930")])
    found = once(a_row("a", 1), *packs, a_row("b", 2), a_row("d", 8))
    assert sorted((line.record_id, line.amount_fen) for line in found) == [
        ("a", 1), ("b", 2), ("c", 4), ("d", 8)
    ]  # fmt: skip
    assert found[0] == PlatformLine("I:FEE", "20261123", "d", 8, "", "SALE_AGENT", "a")
    (bare,) = lines_in({"pk": "platform#I:FEE#20261123", "sk": "e", "amount_fen": 3, "action": "x"})
    assert bare == PlatformLine("I:FEE", "20261123", "e", 3, "", "x")
    assert once(a_row("a", 5), *packs)[0].amount_fen == 5
    assert sum(line.amount_fen for line in once(a_row("a", 5), *packs)) == 12, (
        "an altered row beside its copy"
    )


def test_a_minute_forgets_the_one_before() -> None:
    """What the same record says of two minutes is no copy, but an alteration."""
    packs = [*items_of([a_line("a", 1, "0930")]), *items_of([a_line("a", 1, "0931")])]
    assert [line.minute for line in once(*packs)] == ["0931", "0930"]


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (PACK_LINES_MAX - 1, [PACK_LINES_MAX - 1]),
        (PACK_LINES_MAX, [PACK_LINES_MAX]),
        (PACK_LINES_MAX + 1, [PACK_LINES_MAX, 1]),
        (2 * PACK_LINES_MAX + 5, [PACK_LINES_MAX, PACK_LINES_MAX, 5]),
    ],
)
def test_more_lines_than_an_item_may_hold_are_several_items(count: int, sizes: list[int]) -> None:
    lines = [a_line(f"cus_A/ord_{number:05}", number) for number in range(count)]
    items = items_of(lines)
    assert [len(list(lines_in(item))) for item in items] == sizes
    assert sorted(once(*items), key=lambda line: line.record_id) == lines
    assert sum(item["amount_fen"] for item in items) == sum(range(count))


def test_an_item_of_as_many_lines_as_it_may_hold_is_far_below_what_a_table_takes() -> None:
    """Even where each line shares nothing with another, and is named as long as can be."""
    lines = [
        a_line(f"{number:0>120}", -(10**15), sku_id=f"{number:0>64}") for number in range(PACK_LINES_MAX)
    ]
    (item,) = items_of(lines)
    assert len(repr(item)) < 200_000


def test_every_kind_of_income_and_cost_is_in_the_margin_and_nothing_else() -> None:
    moved = {
        "I:MARGIN": -500,
        "I:FEE": -30,
        "E:PROMO": 7,
        "E:COMMISSION": 40,
        "E:CHANNEL_FEE": 3,
        "A:BANK_OPER": 9,
    }
    lines = [PlatformLine(account, "20261123", "r", fen, "", "x", "a") for account, fen in moved.items()]
    (margin,) = margins_of([*lines, *lines])
    assert margin == Margin("a", 1_000, 60, 14, 80, 6)
    assert margin.margin_fen == 1_000 + 60 - 14 - 80 - 6
