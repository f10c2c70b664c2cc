"""The bill: is each counted thing multiplied by its price, and a broken gate told?"""

from dataclasses import replace

import pytest

from bench.cost.batch import HTTP, Batch, Used
from bench.cost.bill import (
    APART,
    CORE,
    GATEWAY,
    bill,
    break_even_orders,
    broken_gates,
    gb_seconds_per_order,
    missed_goals,
    prices,
    usd,
)

# One order: a request and a reader.
ONE = Batch(
    orders=1,
    used=(
        Used(HTTP, 1, 5.0, 8, 1.0, {"dynamodb.TransactWriteItems": 1, "dynamodb.BatchGetItem": 1}),
        Used("archive_journal", 1, 1.0, 4, 3.0, {"s3.PUT object": 1, "kms.GenerateDataKey": 1}),
    ),
)


def test_every_line_is_a_quantity_times_its_price() -> None:
    told = {line.name: (line.quantity, round(line.usd, 4)) for line in bill(ONE)}
    assert told["DynamoDB, write units"] == (12_000_000, 7.5)
    assert told["DynamoDB, read units"] == (4_000_000, 0.5)
    assert told["streams read by Lambda"][1] == 0
    assert told["Lambda, invocations"] == (2_000_000, 0.4)
    assert told["archive, objects put"] == (1_000_000, 5.0)
    assert told["API Gateway REST, requests"] == (1_000_000, 3.5)
    assert told["KMS, requests"] == (1_000_000, 3.0)


def test_a_gigabyte_second_is_cpu_at_its_share_and_the_wait_for_calls() -> None:
    request_ms = 5.0 * 2 / (1024 / 1769) + 2 * 6
    reader_ms = 1.0 * 2 / (512 / 1769) + 2 * 6
    assert gb_seconds_per_order(ONE) == pytest.approx((request_ms + reader_ms / 2) / 1000)


def test_parts_add_up_to_the_whole() -> None:
    lines = bill(ONE)
    assert usd(lines, CORE, GATEWAY, APART) == pytest.approx(sum(line.usd for line in lines))
    assert usd(lines, GATEWAY) == 3.5


def test_a_busy_server_is_cheaper_from_where_its_month_costs_as_much() -> None:
    lines = bill(ONE)
    month_usd = prices()["busy_server_months"]["usd"]
    assert break_even_orders(lines) * usd(lines, CORE, GATEWAY, APART) / 1e6 == pytest.approx(month_usd)


def test_each_gate_can_break() -> None:
    dear = replace(ONE, used=tuple(replace(one, write_units=90, invocations=9) for one in ONE.used))
    assert len(broken_gates(dear, bill(dear))) == 2
    assert len(missed_goals(bill(dear))) == 2
    cheap = replace(ONE, used=(replace(ONE.used[0], cpu_ms=0.0),))
    assert broken_gates(cheap, bill(cheap)) == missed_goals(bill(cheap)) == []


def test_every_price_says_where_it_comes_from_and_when() -> None:
    for name, price in prices().items():
        assert price["source"], name
        assert price["read"].year >= 2024, name
        assert isinstance(price["confirmed"], bool), name
        assert price["per"] >= 1, name
