"""CPU: how much of it did this process and all its children take so far?"""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
# Of /proc/<pid>/stat, behind the name in brackets: user and system time, its own and its ended children's.
_TIMES = slice(11, 15)
_PARENT = 1


def cpu_ms() -> float:
    """Milliseconds of this process and of everything below it, the ended included."""
    return _of(os.getpid(), _tree())


def _of(process: int, tree: dict[int, list[int]]) -> float:
    own = sum(int(ticks) for ticks in _fields(process)[_TIMES]) * 1000 / _TICKS
    return own + sum(_of(child, tree) for child in tree.get(process, []))


def _tree() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (fields := _fields(int(folder.name))):
            children.setdefault(int(fields[_PARENT]), []).append(int(folder.name))
    return children


def _fields(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
