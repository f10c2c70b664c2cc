"""The cost table: how does a reader see what each operation costs, and what each unit buys?"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.counts.gates import GATES
from bench.counts.measure import Counted
from bench.counts.operations import OPERATIONS

PATH = Path(__file__).parents[2] / "docs" / "costs.md"
PARTS = {
    "request": "Requests: what a caller waits for",
    "follow-up": "Follow-ups: money that streams and schedules move",
    "projection": "Projections: what the streams derive, for one order alone",
    "read": "Reads",
}
HEAD = """# What each operation costs

Written by `python -m bench.counts --write`; `make counts` and the tests compare it with what the
embedded engine meters and, independently, with the sizes of the items that were touched.

A trip is a call of AWS that somebody waits for (KMS and SQS count; a data key is fetched once an hour
by each process, and the catalogue is looked at every five seconds at most: neither is in the table,
but for P, of which a row says what the look adds).
A write unit (WRU) is one item up to 1 KB, two in a transaction; a read unit (RRU) is one item up to
4 KB, half where it may be a little old. Bytes are those of the larger item, before or after the write.
The same counts hold with 10 and with 10,000 promoters, with none and with 1,000 old orders of the
buyer, with 10 and with 10,000 entries of a promoter, with 60 and with 3,000 release days behind one
(tests/e2e/test_counts_growth.py); `make counts-large` compares them with a million promoters. Ten million
cost the same, because every access names its keys and none names all promoters: docs/access.md.
"""


def text(counts: Iterable[Counted]) -> str:
    """The whole page."""
    known = list(counts)
    return "\n".join([HEAD, *_gates(known), *(line for part in PARTS for line in _part(known, part))]) + "\n"


def _gates(counts: list[Counted]) -> Iterator[str]:
    by_name = {counted.name: counted for counted in counts}
    yield "## Gates"
    yield ""
    yield "| Measure | Counted | At most |"
    yield "|---|---|---|"
    for gate in GATES:
        found = sum(gate.of(by_name[name]) for name in gate.operations)
        yield f"| {gate.measure} | {found:g} | {gate.limit:g} |"
    largest = max(counts, key=lambda counted: counted.bytes_max)
    yield f"| bytes of the largest item ({largest.name}) | {largest.bytes_max} | 1023 |"
    yield ""


def _part(counts: list[Counted], part: str) -> Iterator[str]:
    reasons = {operation.name: operation.reason for operation in OPERATIONS}
    yield f"## {PARTS[part]}"
    yield ""
    for counted in counts:
        if counted.part != part:
            continue
        calls = ", ".join(f"{n} × {call.removeprefix('dynamodb.')}" for call, n in counted.calls.items())
        sums = f"{counted.round_trips} trips, {counted.write_units} WRU, {counted.read_units:g} RRU"
        yield f"### {counted.name}: {sums}"
        yield ""
        if reasons.get(counted.name):
            yield f"Why: {reasons[counted.name]}."
            yield ""
        yield f"Calls: {calls or 'none'}."
        yield ""
        yield from _writes(counted)


def _writes(counted: Counted) -> Iterator[str]:
    if not counted.writes:
        return
    yield "| Table | Write | Bytes | WRU | Buys |"
    yield "|---|---|---|---|---|"
    for table, kind, purpose, size, units in counted.writes:
        yield f"| {table} | {kind} | {size} | {units} | {purpose} |"
    yield ""
