"""The table: the bill of a million orders, as it stands in BENCHMARKS.md and on the terminal."""

from collections.abc import Iterator

from bench.cost.batch import Batch
from bench.cost.bill import (
    APART,
    CORE,
    CORE_USD_GOAL,
    GATEWAY,
    INVOCATIONS_MAX,
    WITH_GATEWAY_USD_GOAL,
    Line,
    break_even_orders,
    prices,
    usd,
)

PARTS = {CORE: "DynamoDB, streams, Lambda", GATEWAY: "API Gateway REST", APART: "apart"}


def text(batch: Batch, lines: list[Line]) -> str:
    """The whole bill."""
    return "\n".join([*_functions(batch), "", *_lines(lines), "", *_sums(batch, lines)])


def _functions(batch: Batch) -> Iterator[str]:
    yield f"| Function, for {batch.orders} orders | Invocations | Write units an order | Read units | Calls |"
    yield "|---|---:|---:|---:|---:|"
    for one in batch.used:
        write, read = one.write_units / batch.orders, one.read_units / batch.orders
        calls = sum(one.calls.values()) / batch.orders
        yield f"| {one.function} | {one.invocations} | {write:.2f} | {read:.2f} | {calls:.2f} |"
    write, read = batch.write_units_per_order, batch.read_units_per_order
    yield f"| an order | {batch.invocations_per_order:.2f} | {write:.2f} | {read:.2f} | |"


def _lines(lines: list[Line]) -> Iterator[str]:
    known = prices()
    yield "| Of a million orders | Quantity | How | Price | USD |"
    yield "|---|---:|---|---|---:|"
    for line in lines:
        price = known[line.price]
        told = f"{price['usd']:.10g} per {price['per']:,}" + ("" if price["confirmed"] else ", unconfirmed")
        name = f"{line.name} ({PARTS[line.part]})"
        yield f"| {name} | {_told(line.quantity)} | {line.how} | {told} | {line.usd:.2f} |"


def _told(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 100 else f"{quantity:.1f}"


def _sums(batch: Batch, lines: list[Line]) -> Iterator[str]:
    sums = (
        ("DynamoDB, streams and Lambda", usd(lines, CORE), CORE_USD_GOAL),
        ("with API Gateway REST", usd(lines, CORE, GATEWAY), WITH_GATEWAY_USD_GOAL),
    )
    yield "| USD | A million orders | A thousand orders | Goal for a million |"
    yield "|---|---:|---:|---:|"
    for name, found, goal in sums:
        yield f"| {name} | {found:.2f} | {found / 1000:.4f} | {goal:g} |"
    whole = usd(lines, CORE, GATEWAY, APART)
    yield f"| with logs, traces, WAF, CloudFront and KMS | {whole:.2f} | {whole / 1000:.4f} | |"
    yield ""
    yield (
        f"Invocations of functions per order: {batch.invocations_per_order:.2f} (goal {INVOCATIONS_MAX:g})."
        f" A busy server of {prices()['busy_server_months']['usd']:,.0f} USD a month costs as much as"
        f" {break_even_orders(lines) / 1e6:,.1f} million orders a month."
    )


READING = """
Counted: 100 orders P (a virtual card paid from a card account, two levels of commission), each by a
buyer of its own below promoters of its own, who have sold before on that day; so nothing is shared, and
readers get full batches. Computed: gigabyte-seconds, from the CPU of this machine around each function,
doubled for a slower core of Lambda, at the share of a core that its memory buys, and 6 ms for each call
of AWS. Assumed: 1,500 bytes of log an order, one trace in twenty. Not in it: storage, backups, data
sent out, and what schedules do meanwhile. The busy server: two application servers, a database in two
zones and a load balancer for 900 USD a month. Its month divided by what an order costs here is the
number of orders from which on it is cheaper; below it, and wherever load comes in waves, nothing is
paid for waiting."""
