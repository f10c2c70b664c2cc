"""The gates: how many times the bare calls may each function take?"""

from collections.abc import Iterable

from bench.icount.measure import COLD, WARM, Counted

# A warm P: routing, authority, validation, domain, store and logs, over its calls behind Chalice alone.
WARM_MAX = 2.0
# A process that starts, with `.pyc`, to the end of its first answer, over `import boto3`, clients and calls.
COLD_HTTP_MAX = 1.8
COLD_STREAM_MAX = 1.3


def limit_of(name: str) -> float:
    """What this ratio may be at most."""
    return {WARM: WARM_MAX, COLD: COLD_HTTP_MAX}.get(name, COLD_STREAM_MAX)


def broken_gates(counts: Iterable[Counted]) -> list[str]:
    """One sentence for each gate that does not hold."""
    return [
        f"{one.name}: {one.ratio:.3f} times the bare calls, at most {limit_of(one.name)} are allowed"
        for one in counts
        if one.ratio > limit_of(one.name)
    ]
