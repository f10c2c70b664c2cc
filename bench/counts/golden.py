"""The golden file: what did every operation cost when somebody last agreed to it?"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.counts.measure import Counted

PATH = Path(__file__).parent / "golden.json"
# The text of a time or a number is a few bytes shorter now and then; what it costs is compared exactly.
BYTES_APART_MAX = 24


def read() -> list[Counted]:
    return [_counted(known) for known in json.loads(PATH.read_text())]


def write(counts: Iterable[Counted]) -> None:
    lines = ",\n".join(json.dumps(counted.plain(), ensure_ascii=False) for counted in counts)
    PATH.write_text(f"[\n{lines}\n]\n")


def differences(counts: Iterable[Counted], known: Iterable[Counted]) -> list[str]:
    """One sentence for each operation that costs more, less, or something else than agreed."""
    before = {counted.name: counted for counted in known}
    now = {counted.name: counted for counted in counts}
    found = [f"{name} is in the golden file and was not measured" for name in before.keys() - now.keys()]
    for name, counted in now.items():
        if name not in before:
            found.append(f"{name} is not in the golden file")
        elif _costs(counted) != _costs(before[name]):
            found.append(f"{name}: {_costs(counted)}, agreed were {_costs(before[name])}")
        elif _grown(counted, before[name]):
            found.append(f"{name}: items of {_sizes(counted)} bytes, agreed were {_sizes(before[name])}")
    return sorted(found)


def _costs(counted: Counted) -> dict[str, Any]:
    return {
        "calls": counted.calls,
        "write_units": counted.write_units,
        "read_units": counted.read_units,
        "shared_writes": counted.shared_writes,
        "writes": [(table, kind, purpose, units) for table, kind, purpose, _, units in counted.writes],
    }


def _sizes(counted: Counted) -> list[int]:
    return [size for *_, size, _ in counted.writes]


def _grown(counted: Counted, before: Counted) -> bool:
    pairs = zip(_sizes(counted), _sizes(before), strict=True)
    return any(abs(now - known) > BYTES_APART_MAX for now, known in pairs)


def _counted(known: dict[str, Any]) -> Counted:
    writes = tuple(tuple(write) for write in known.pop("writes"))
    return Counted(**known, writes=writes)  # type: ignore[arg-type]
