"""Sockets: on which addresses do processes listen, as the kernel tells it?"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LOCALHOST = "0100007F"  # 127.0.0.1, in the kernel's own spelling
LISTEN = "0A"


def listening(pids: Iterable[int], family: str = "tcp") -> list[tuple[str, int]]:
    """Address and port of every listening socket of these processes; `family`: tcp or tcp6."""
    own = {inode for pid in pids for inode in _sockets_of(pid)}
    rows = [line.split() for line in Path(f"/proc/net/{family}").read_text().splitlines()[1:]]
    places = [row[1].split(":") for row in rows if row[3] == LISTEN and row[9] in own]
    return [(address, int(port, 16)) for address, port in places]


def _sockets_of(pid: int) -> set[str]:
    links = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed since
            links.append(str(link.readlink()))
    return {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}
