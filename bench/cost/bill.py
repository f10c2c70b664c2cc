"""The bill: what does a million orders cost, line by line?

Counted: units, invocations, calls. Computed: gigabyte-seconds, from the CPU that this
machine took for each function, as if Lambda's core were half as fast, plus a wait for
each call of AWS. Assumed: how much is logged and traced, and how often Lambda looks into a
stream, which is free. Each says which it is.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cost.batch import HTTP, Batch, Used

PRICES = Path(__file__).with_name("prices.toml")
MILLION = 1_000_000

# The goals, in USD per million orders, and in invocations of functions per order where batches are full.
CORE_USD_GOAL = 16.0  # DynamoDB, streams, Lambda
WITH_GATEWAY_USD_GOAL = 20.0
INVOCATIONS_MAX = 1.2
# For that which is counted; the rest of the goal is for what the CPU takes.
COUNTED_USD_MAX = 14.9

# A gigabyte-second is billed by the clock. Lambda gives a core's share by memory, a whole one at 1,769 MB.
CPU_FACTOR = 2.0  # a core of Lambda is taken to be half as fast as the one that measured
MB_OF_A_CORE = 1_769
CALL_WAIT_MS = 6.0  # for each call of AWS, in the region
MEMORY_MB = {HTTP: 1_024}
MEMORY_MB_ELSE = 512

LOG_BYTES_PER_ORDER = 1_500  # assumed: two lines of the gateway's access log and of Lambda's own report
TRACED_SHARE = 0.05  # assumed: X-Ray's rule of one in twenty

CORE, GATEWAY, APART = "core", "gateway", "apart"


@dataclass(frozen=True)
class Line:
    """One line of the bill of a million orders. `how`: counted, computed or assumed."""

    name: str
    part: str
    quantity: float
    price: str
    usd: float
    how: str


def prices() -> dict[str, Mapping[str, Any]]:
    """Every price by its name."""
    return tomllib.loads(PRICES.read_text(encoding="utf-8"))


def bill(batch: Batch) -> list[Line]:
    """The bill of a million orders that come as this batch did."""
    known = prices()
    return [
        Line(name, part, quantity * MILLION, price, quantity * MILLION * _usd(known[price]), how)
        for name, part, quantity, price, how in _quantities(batch)
    ]


def _quantities(batch: Batch) -> Iterator[tuple[str, str, float, str, str]]:
    """Name, part, quantity of one order, price, and how it was found."""
    yield "DynamoDB, write units", CORE, batch.write_units_per_order, "dynamodb_write_units", "counted"
    yield "DynamoDB, read units", CORE, batch.read_units_per_order, "dynamodb_read_units", "counted"
    yield "streams read by Lambda", CORE, 4.0, "dynamodb_stream_reads", "assumed"
    yield "Lambda, invocations", CORE, batch.invocations_per_order, "lambda_invocations", "counted"
    yield "Lambda, gigabyte-seconds", CORE, gb_seconds_per_order(batch), "lambda_gb_seconds", "computed"
    yield "archive, objects put", CORE, batch.calls_per_order("s3.PUT object"), "s3_puts", "counted"
    yield "API Gateway REST, requests", GATEWAY, 1.0, "api_gateway_rest_requests", "counted"
    yield "logs, gigabytes", APART, LOG_BYTES_PER_ORDER / 1e9, "log_gigabytes", "assumed"
    yield "traces", APART, TRACED_SHARE, "traces", "assumed"
    yield "WAF, requests", APART, 1.0, "waf_requests", "counted"
    yield "CloudFront, requests", APART, 1.0, "cloudfront_requests", "counted"
    yield "KMS, requests", APART, batch.calls_per_order("kms.GenerateDataKey"), "kms_requests", "counted"


def gb_seconds_per_order(batch: Batch) -> float:
    """What Lambda bills for time, of all functions together."""
    return sum(_gb_seconds(one) for one in batch.used) / batch.orders


def _gb_seconds(used: Used) -> float:
    memory_mb = MEMORY_MB.get(used.function, MEMORY_MB_ELSE)
    share = min(1.0, memory_mb / MB_OF_A_CORE)
    billed_ms = used.cpu_ms * CPU_FACTOR / share + sum(used.calls.values()) * CALL_WAIT_MS
    return billed_ms / 1000 * memory_mb / 1024


def usd(lines: list[Line], *parts: str) -> float:
    """The sum of these parts."""
    return sum(line.usd for line in lines if line.part in parts)


def break_even_orders(lines: list[Line]) -> float:
    """Orders a month from which on a server that is always busy costs less."""
    return _usd(prices()["busy_server_months"]) / usd(lines, CORE, GATEWAY, APART) * MILLION


def counted_usd(lines: list[Line]) -> float:
    """The core without its gigabyte-seconds, which depend on the machine that measures."""
    return sum(line.usd for line in lines if line.part == CORE and line.how == "counted")


def broken_gates(batch: Batch, lines: list[Line]) -> list[str]:
    """One sentence for each thing that is dearer than agreed."""
    return _above(
        ("USD per million orders for what is counted", counted_usd(lines), COUNTED_USD_MAX),
        ("invocations of functions per order", batch.invocations_per_order, INVOCATIONS_MAX),
    )


def missed_goals(lines: list[Line]) -> list[str]:
    """One sentence for each goal that is not reached."""
    return _above(
        ("USD per million orders for DynamoDB, streams and Lambda", usd(lines, CORE), CORE_USD_GOAL),
        ("USD per million orders with API Gateway", usd(lines, CORE, GATEWAY), WITH_GATEWAY_USD_GOAL),
    )


def _above(*found: tuple[str, float, float]) -> list[str]:
    return [f"{name}: {value:.2f}, wanted {limit:g}" for name, value, limit in found if value > limit]


def _usd(price: Mapping[str, Any]) -> float:
    """The price of one."""
    return float(price["usd"] / price["per"])
