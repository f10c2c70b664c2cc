"""The table: how does a reader see what our own code adds to the calls it makes?"""

from collections.abc import Iterable

from bench.icount.gates import limit_of
from bench.icount.measure import Counted

HEAD = (
    "| Program | Ours, million instructions | Bare calls | Ratio | At most |",
    "|---|---:|---:|---:|---:|",
)


def text(counts: Iterable[Counted]) -> str:
    """The rows of all programs."""
    return "\n".join([*HEAD, *(_row(one) for one in counts)])


def _row(one: Counted) -> str:
    ours, bare = one.ours / 1_000_000, one.bare / 1_000_000
    return f"| {one.name} | {ours:,.1f} | {bare:,.1f} | {one.ratio:.2f} | {limit_of(one.name)} |"
