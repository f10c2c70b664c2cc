"""The platform's books: which lines does a record leave, and what is a product's margin made of?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib.domain.business_time import to_ms
from chalicelib.domain.ledger import credit, debit
from chalicelib.domain.platform_books import (
    Margin,
    PlatformLine,
    days_key,
    days_through,
    is_open,
    last_closable_day,
    line_from,
    lines_of,
    margins_of,
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
    for line in found:
        assert line_from({"pk": line.key[0], "sk": line.key[1], **line.values()}) == line


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
        "E:COMMISSION", "20261123", "dst_A/cme_1", 40, to_ms(AT), "COMMISSION", "a", "20261129"
    )
    assert line == wanted
    assert line.key == ("platform#E:COMMISSION#20261123", "dst_A/cme_1")
    assert line_from({"pk": line.key[0], "sk": line.key[1], **line.values()}) == wanted
    (bare,) = lines_of(replace(record, about={}))
    assert bare.values() == {"amount_fen": 40, "at": to_ms(AT), "action": "COMMISSION"}
    assert days_key("E:COMMISSION") == "platform#E:COMMISSION"


def test_every_kind_of_income_and_cost_is_in_the_margin_and_nothing_else() -> None:
    moved = {
        "I:MARGIN": -500,
        "I:FEE": -30,
        "E:PROMO": 7,
        "E:COMMISSION": 40,
        "E:CHANNEL_FEE": 3,
        "A:BANK_OPER": 9,
    }
    lines = [PlatformLine(account, "20261123", "r", fen, 0, "x", "a") for account, fen in moved.items()]
    (margin,) = margins_of([*lines, *lines])
    assert margin == Margin("a", 1_000, 60, 14, 80, 6)
    assert margin.margin_fen == 1_000 + 60 - 14 - 80 - 6
